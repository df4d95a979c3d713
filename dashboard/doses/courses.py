"""The two counts of each place over the days, put side by side out of whatever was told: since the start, or day by day. Pure.

Three ways, and the page says which one was taken: the one that reaches the newest day, and of equal ones the first.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from dashboard.doses.backlog import Backlog, InSession, Point, backlog, points
from dashboard.doses.versions import Version, choose

_DAY = timedelta(days=1)


class Telling(NamedTuple):
    """One stored figure, only what is needed to choose among several; see dashboard/doses/versions.py."""

    place: str
    day: str
    kind: str
    value: int
    source: str
    as_of_ms: int
    received_ms: int
    figure_id: int
    who: str
    status: str


class Basis(StrEnum):
    """Out of what a place's two counts were made."""

    SINCE_START = "both counts since the start of the drive"
    DAYS_AND_REGISTRY = "reported days added up, beside the registry's count since the start"
    DAYS = "the days on which both numbers are known, added up"


@dataclass(frozen=True)
class Course:
    """A place's two counts over days, oldest first; `unentered` doses by service day where each day is known by itself."""

    basis: Basis
    points: tuple[Point, ...]
    reach: Date  # the newest service day of which both counts are known
    unentered: Mapping[Date, int] | None = None

    def now(self, in_session: InSession, first_day: Date) -> Backlog:
        """Where the backlog stands at the end of the course."""
        found = backlog(self.points, in_session=in_session, unentered=self.unentered, first_day=first_day)
        assert found is not None, "a course has at least one point"
        return found


_OTHER = {"reported": "recorded", "recorded": "reported"}


class _Days:
    """A place's day-by-day figures as they come in, and the sums over the days on which both numbers are known."""

    def __init__(self) -> None:
        self.told: dict[str, dict[str, int]] = {"reported": {}, "recorded": {}}
        self._sums = {"reported": 0, "recorded": 0}
        self._ends: dict[Date, tuple[int, int]] = {}

    def take(self, day: str, kind: str, value: int, told_on: Date) -> None:
        """A day's chosen count, known from `told_on` on; these come in the order they were told."""
        before, against = self.told[kind].get(day), self.told[_OTHER[kind]].get(day)
        self.told[kind][day] = value
        if against is not None:
            self._sums[kind] += value - (before or 0)
            self._sums[_OTHER[kind]] += against if before is None else 0
        if self._ends or against is not None:
            self._ends[told_on] = (self._sums["reported"], self._sums["recorded"])

    def course(self) -> Course | None:
        reported, recorded = self.told["reported"], self.told["recorded"]
        gaps = {Date.fromisoformat(day): reported[day] - recorded[day] for day in reported.keys() & recorded.keys()}
        if not gaps:
            return None
        ends = tuple(Point(day, *sums) for day, sums in sorted(self._ends.items()))
        return Course(Basis.DAYS, ends, max(gaps), gaps)


def courses(
    told: Iterable[Telling],
    day_of: Callable[[int], Date],
    in_session: InSession,
    first_day: Date,
    joint: Mapping[str, Sequence[str]],
    prefer: Sequence[str] = (),
) -> dict[str, Course]:
    """The course of each place that has one. `told` in the order of as-of, received, stored; `day_of` gives the local day of a moment;
    `prefer` are the preferred sources of config.yaml.

    Figures of single days are taken as they were known at the end of each day, so that paper entered on the third day for the first
    shrinks the backlog on the third, and not before.
    """
    since_start: dict[str, dict[str, dict[str, int]]] = {
        "reported_cum": defaultdict(dict),
        "recorded_cum": defaultdict(dict),
    }
    days: dict[str, _Days] = defaultdict(_Days)
    for telling, value in _chosen(told, prefer):
        place, day, kind = telling[:3]
        if kind in since_start:
            since_start[kind][place][day] = value
        else:
            days[place].take(day, kind, value, day_of(telling.as_of_ms))
    reported, recorded = since_start["reported_cum"], since_start["recorded_cum"]
    found: dict[str, Course] = {}
    for place in reported.keys() | recorded.keys() | days.keys():
        counted = recorded.get(place, {})
        mixed = _added_up(_told_days(place, days, joint), in_session, first_day, max(counted, default=""))
        ways = (
            _of_counts(Basis.SINCE_START, points(reported.get(place, {}), counted)),
            _of_counts(Basis.DAYS_AND_REGISTRY, points(mixed, counted)),
            days[place].course() if place in days else None,
        )
        if able := [way for way in ways if way]:
            found[place] = max(able, key=lambda way: way.reach)
    return found


def _of_counts(basis: Basis, series: list[Point]) -> Course | None:
    return Course(basis, tuple(series), series[-1].day) if series else None


def _chosen(told: Iterable[Telling], prefer: Sequence[str]) -> Iterable[tuple[Telling, int]]:
    """Each telling with the count that is chosen once it is known: of one source its newest word, of several by the rules."""
    newest: dict[tuple[str, str, str], list[Telling]] = {}
    for telling in told:
        place, day, kind, value, source = telling[:5]
        rows = newest.setdefault((place, day, kind), [])
        rows.append(telling)
        if len(rows) > 1 and any(row.source != source for row in rows):
            found = choose(map(_version, rows), prefer)
            assert found is not None
            value = found.value
        yield telling, value


def _version(one: Telling) -> Version:
    return Version(
        one.figure_id, one.place, one.day, one.kind, one.value, one.as_of_ms, True, one.received_ms, one.source, one.who,
        status=one.status,
    )  # fmt: skip


def _told_days(place: str, days: Mapping[str, _Days], joint: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Reported doses by day; of a joint area its own word, or else that of its districts where all of them told."""
    own = _reported(days.get(place))
    parts = [_reported(days.get(code)) for code in joint.get(place, ())]
    if not parts:
        return own
    together = set.intersection(*(set(part) for part in parts))
    return {day: sum(part[day] for part in parts) for day in together} | own


def _reported(days: _Days | None) -> dict[str, int]:
    return days.told["reported"] if days else {}


def _added_up(told: Mapping[str, int], in_session: InSession, first_day: Date, last: str) -> dict[str, int]:
    """Reported doses since the start by day, as far as no session day lacks its report."""
    added, total, day = {}, 0, first_day
    while told and (iso := day.isoformat()) <= last and (iso in told or not in_session(day)):
        total += told.get(iso, 0)
        added[iso] = total
        day += _DAY
    return added
