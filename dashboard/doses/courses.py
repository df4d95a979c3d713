"""The two counts of each place over the days, put side by side out of whatever was told: since the start, or day by day. Pure.

Three ways, and the page says which one was taken: the one that reaches the newest day, and of equal ones the first.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from dashboard.doses.backlog import Backlog, InSession, Point, backlog, points
from dashboard.doses.figure import SINCE_START
from dashboard.doses.versions import Version, choose

_DAY = timedelta(days=1)
_SINGLE = ("reported", "recorded")


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


_VALUE: Final = 3  # of a telling
_AS_OF: Final = 5


class _Place:
    """What was told of one place, by kind and day. Nearly every figure is told once: where it was told again, all stands apart.

    There may be tens of thousands of tellings, so fields are read by their place: by name a row of the store is five times as slow.
    """

    def __init__(self, prefer: Sequence[str]) -> None:
        self._prefer = prefer
        self._first: dict[str, dict[str, Telling]] = {kind: {} for kind in (*_SINGLE, *SINCE_START.values())}
        self._again: dict[str, dict[str, list[Telling]]] = {kind: {} for kind in self._first}

    def take(self, kind: str, day: str, telling: Telling) -> None:
        """The next telling, in any order."""
        first = self._first[kind].setdefault(day, telling)
        if first is not telling:
            self._again[kind].setdefault(day, [first]).append(telling)

    def counts(self, kind: str) -> dict[str, int]:
        """The count that is chosen of each day."""
        counts = {day: telling[_VALUE] for day, telling in self._first[kind].items()}
        return counts | {day: self._chosen(rows) for day, rows in self._again[kind].items()}

    def course(self, day_of: Callable[[int], Date]) -> Course | None:
        """The sums over the days of which both numbers are known, at the end of each day on which a number was told."""
        reported, recorded = (self.counts(kind) for kind in _SINGLE)
        both = reported.keys() & recorded.keys()
        if not both:
            return None
        ends: dict[Date, Point] = {}
        sums = 0, 0
        for at, move in self._moves(both):
            sums = sums[0] + move[0], sums[1] + move[1]
            on = day_of(at)
            ends[on] = Point(on, *sums)
        gaps = {Date.fromisoformat(day): reported[day] - recorded[day] for day in both}
        return Course(Basis.DAYS, tuple(ends.values()), max(gaps), gaps)

    def _moves(self, both: Iterable[str]) -> Iterator[tuple[int, tuple[int, int]]]:
        """By how much the two sums move at each moment on which a number was told, from the first on which they hold a day."""
        moves = dict.fromkeys((row[_AS_OF] for kind in _SINGLE for row in self._rows(kind)), (0, 0))
        since = max(moves)
        for day in both:
            for at, reported, recorded in self._moves_of(day):
                before = moves[at]
                moves[at] = before[0] + reported, before[1] + recorded
                since = min(since, at)
        return ((at, moves[at]) for at in sorted(moves) if at >= since)

    def _rows(self, kind: str) -> Iterator[Telling]:
        yield from self._first[kind].values()
        for rows in self._again[kind].values():
            yield from rows

    def _moves_of(self, day: str) -> list[tuple[int, int, int]]:
        """The same of one day's doses: they count from when both numbers are known, and change with each telling after it."""
        if not any(day in self._again[kind] for kind in _SINGLE):
            one, other = (self._first[kind][day] for kind in _SINGLE)
            return [(max(one[_AS_OF], other[_AS_OF]), one[_VALUE], other[_VALUE])]
        told = (self._again[kind].get(day) or [self._first[kind][day]] for kind in _SINGLE)
        moves, before = [], (0, 0)
        known: dict[str, list[Telling]] = {kind: [] for kind in _SINGLE}
        for telling in sorted(itertools.chain(*told), key=_age):
            known[telling.kind].append(telling)
            if all(known.values()):
                now = self._chosen(known["reported"]), self._chosen(known["recorded"])
                moves.append((telling.as_of_ms, now[0] - before[0], now[1] - before[1]))
                before = now
        return moves

    def _chosen(self, rows: Sequence[Telling]) -> int:
        """Of one source its newest word, of several by the rules."""
        if all(row.source == rows[0].source for row in rows):
            return max(rows, key=_age).value
        found = choose(map(_version, rows), self._prefer)
        assert found is not None
        return found.value


def _age(telling: Telling) -> tuple[int, int, int]:
    return telling.as_of_ms, telling.received_ms, telling.figure_id


def courses(
    told: Iterable[Telling],
    day_of: Callable[[int], Date],
    in_session: InSession,
    first_day: Date,
    joint: Mapping[str, Sequence[str]],
    prefer: Sequence[str] = (),
) -> dict[str, Course]:
    """The course of each place that has one. `told` in any order; `day_of` gives the local day of a moment;
    `prefer` are the preferred sources of config.yaml.

    Figures of single days are taken as they were known at the end of each day, so that paper entered on the third day for the first
    shrinks the backlog on the third, and not before.
    """
    places: dict[str, _Place] = defaultdict(lambda: _Place(prefer))
    for telling in told:
        place, day, kind = telling[:3]
        places[place].take(kind, day, telling)
    found: dict[str, Course] = {}
    for place, mine in list(places.items()):
        counted = mine.counts("recorded_cum")
        mixed = _added_up(_told_days(place, places, joint), in_session, first_day, max(counted)) if counted else {}
        ways = (
            _of_counts(Basis.SINCE_START, points(mine.counts("reported_cum"), counted)),
            _of_counts(Basis.DAYS_AND_REGISTRY, points(mixed, counted)),
            mine.course(day_of),
        )
        if able := [way for way in ways if way]:
            found[place] = max(able, key=lambda way: way.reach)
    return found


def _of_counts(basis: Basis, series: list[Point]) -> Course | None:
    return Course(basis, tuple(series), series[-1].day) if series else None


def _version(one: Telling) -> Version:
    return Version(
        one.figure_id, one.place, one.day, one.kind, one.value, one.as_of_ms, True, one.received_ms, one.source, one.who,
        status=one.status,
    )  # fmt: skip


def _told_days(place: str, places: Mapping[str, _Place], joint: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Reported doses by day; of a joint area its own word, or else that of its districts where all of them told."""
    own = places[place].counts("reported")
    parts = [places[code].counts("reported") if code in places else {} for code in joint.get(place, ())]
    if not parts:
        return own
    together = set.intersection(*(set(part) for part in parts))
    return {day: sum(part[day] for part in parts) for day in together} | own


def _added_up(told: Mapping[str, int], in_session: InSession, first_day: Date, last: str) -> dict[str, int]:
    """Reported doses since the start by day, as far as no session day lacks its report."""
    added, total, day = {}, 0, first_day
    while told and (iso := day.isoformat()) <= last and (iso in told or not in_session(day)):
        total += told.get(iso, 0)
        added[iso] = total
        day += _DAY
    return added
