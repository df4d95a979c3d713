"""Where each place stands against its own usual day: expected by now, behind, forecast of the close. Read-only.

The formulas are in dashboard/doses/pace.py. May be changed: how many weeks of quiet days are read.
"""

import threading
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date as Date
from datetime import timedelta
from typing import Final, cast

from sqlalchemy import ColumnElement, Connection, func, select

from dashboard.decisions.kinds import DecisionKind
from dashboard.decisions.standing import in_force, standing
from dashboard.doses.pace import PaceNow, Part, QuietDay, Stretch, Usual, gone, pace_now, usual
from dashboard.doses.places import Places
from dashboard.doses.versions import Version, choose
from dashboard.queries.figures_known import DayView
from dashboard.queries.quiet_days import PlaceDay, Session, SessionTimes, not_quiet, span_of, suspended
from dashboard.settings import STATE_PLACE, ControlRoomFile
from dashboard.store import decisions
from dashboard.store.schema import figure

LOOK_BACK_DAYS: Final = 21
_KEPT: Final = 8  # days whose courses are kept
_EVENING_MS: Final = 30 * 60_000
_READ = (
    "figure_id", "place", "day", "kind", "value", "as_of_ms", "hour_known", "received_ms", "source", "who", "status",
)  # fmt: skip


class Courses:
    """The usual course of each place's day. Kept until an earlier day gets a figure or turns out not to have been quiet."""

    def __init__(self, settings: ControlRoomFile, places: Places) -> None:
        self.places, self.times = places, SessionTimes(settings, places)
        self._lock = threading.Lock()
        self._kept: dict[tuple[Date, int, frozenset[PlaceDay]], Mapping[str, Usual]] = {}

    def of(self, connection: Connection, day: Date) -> Mapping[str, Usual]:
        """By place, out of the quiet days of the three weeks before a day, as they were known when it began.

        So a later figure of an earlier day changes the course from the next day on, and no view of the past.
        """
        before = [day - timedelta(days=n) for n in range(1, LOOK_BACK_DAYS + 1)]
        key = day, _newest_before(connection, day), not_quiet(connection, self.times, before)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._read(connection, day, key[2])
                while len(self._kept) > _KEPT:
                    self._kept.pop(next(iter(self._kept)))
            return self._kept[key]

    def _read(self, connection: Connection, day: Date, touched: frozenset[PlaceDay]) -> dict[str, Usual]:
        quiet: dict[str, list[QuietDay]] = {place: [] for place in _own_places(self.places)}
        for (place, iso), told in _told_before(connection, self.times, day).items():
            that_day = Date.fromisoformat(iso)
            session = self.times.on(place, that_day) if place in quiet else None
            if session is not None and (place, that_day) not in touched:
                quiet[place] += _quiet_day(told, session, self.places.prefer)
        return {place: usual(days).without(self._pauses(place, day)) for place, days in quiet.items()}

    def _pauses(self, place: str, day: Date) -> list[tuple[float, float]]:
        """Planned downtime of the day itself, as shares of its session."""
        session = self.times.on(place, day)
        return [] if session is None else [
            (gone(*session, begins), gone(*session, ends)) for begins, ends in self.times.planned(place, day)
        ]  # fmt: skip


def paces(
    connection: Connection, view: DayView, times: SessionTimes, courses: Mapping[str, Usual], now_ms: int
) -> dict[str, PaceNow]:
    """The pace at a moment (ms since 1970 UTC) of every place with a session that day, a known target and no suspension then."""
    found, day, taken = {}, Date.fromisoformat(view.day), decisions.until(connection, now_ms)
    shut, closed = in_force(standing(taken, now_ms), DecisionKind.SUSPEND), defaultdict[int, list[Session]](list)
    for span in suspended(taken, times.settings):
        closed[span.code].append((span.start_ms, span.end_ms))
    for place, course in courses.items():
        target, session, codes = view.value(place, "target"), times.on(place, day), times.codes(place)
        if target and session is not None and not codes <= shut:
            told = view.chosen.get((place, "reported"))
            reported = (told.value, told.version.as_of_ms) if told else None
            apart = len(codes) > 1 or codes & closed.keys()  # a district alone has its planned downtime in its course
            held = course.of_parts(_parts(view, times, place, session, closed)) if apart else course
            found[place] = pace_now(target, reported, session, now_ms, held)
    return found


def _parts(
    view: DayView, times: SessionTimes, place: str, session: Session, closed: Mapping[int, Sequence[Session]]
) -> list[Part]:
    """The districts of a place, alike ones together. Planned downtime of all of them is left out: its course knows that already."""
    day, codes = Date.fromisoformat(view.day), times.codes(place)
    sits = {code: one for code in codes if (one := times.pattern(code, day))}
    planned = [one for one in times.settings.calendar.downtime if not all(map(one.concerns, codes))]

    def share(span: Session) -> Stretch:
        return gone(*session, span[0]), gone(*session, span[1])

    weights = defaultdict[tuple[Stretch, tuple[Stretch, ...]], float](float)
    for code, target in _targets(view, times.places, place, sits).items():
        pauses = [*(span_of(one) for one in planned if one.concerns(code)), *closed.get(code, ())]
        shares = tuple(one for one in map(share, pauses) if one[0] < one[1])
        weights[share(sits[code]), shares] += target
    return [Part(weight, *of) for of, weight in weights.items()]


def _targets(view: DayView, places: Places, place: str, codes: Collection[int]) -> dict[int, float]:
    """The target of each of a place's districts; what the place's own leaves is shared evenly among those without one."""
    found = {code: float(own) for code in codes if (own := view.value(str(code), "target")) is not None}
    joint = {key: {int(code) for code in parts}.intersection(codes) for key, parts in places.joint.items()}
    for area, among in (joint | {place: set(codes)}).items():
        whole, lacking = view.value(area, "target"), among - found.keys()
        if whole is not None and lacking:
            rest = whole - sum(found[code] for code in among - lacking)
            found |= dict.fromkeys(lacking, max(0.0, rest / len(lacking)))
    return found


def told_in_full(version: Version, session: Session) -> bool:
    """Whether a figure is of the evening: from the last half hour of the session on, or with an hour that is not known."""
    return version.as_of_ms >= session[1] - _EVENING_MS


def _own_places(places: Places) -> list[str]:
    return [STATE_PLACE, *sorted(places.joint), *sorted(places.districts)]


def _before(day: Date) -> tuple[ColumnElement[bool], ...]:
    """Targets and reports of the days before, without made-up ones."""
    first = (day - timedelta(days=LOOK_BACK_DAYS)).isoformat()
    of_days = figure.c.day >= first, figure.c.day < day.isoformat()
    return *of_days, figure.c.kind.in_(("target", "reported")), figure.c.rehearsed == 0


def _newest_before(connection: Connection, day: Date) -> int:
    """Grows with each figure of the days before; today's come by the minute and change nothing here."""
    return int(connection.execute(select(func.max(figure.c.figure_id)).where(*_before(day))).scalar() or 0)


def _told_before(connection: Connection, times: SessionTimes, day: Date) -> Mapping[tuple[str, str], list[Version]]:
    """Targets and reports by place and day (ISO) of the days before, as known when the day began."""
    known = figure.c.as_of_ms < times.midnight_ms(day)
    query = select(*(figure.c[name] for name in _READ)).where(*_before(day), known)
    found: dict[tuple[str, str], list[Version]] = defaultdict(list)
    rows = connection.execute(query.order_by(figure.c.as_of_ms, figure.c.received_ms, figure.c.figure_id)).all()
    for row in cast("Sequence[Version]", rows):  # rows have the same names
        found[row.place, row.day].append(row)
    return found


def _quiet_day(told: Sequence[Version], session: Session, prefer: Sequence[str]) -> list[QuietDay]:
    """The day as its chosen source told it, or nothing: without an evening count or a target it is no evidence."""
    reports = [version for version in told if version.kind == "reported"]
    final, target = choose(reports, prefer), choose([version for version in told if version.kind == "target"], prefer)
    if final is None or target is None or not told_in_full(final.version, session):
        return []
    (opens, closes), source = session, final.version.source
    within = {
        gone(opens, closes, at_ms): version.value
        for version in reports
        if opens < (at_ms := version.as_of_ms) < closes and version.hour_known and version.source == source
    }
    return [QuietDay(tuple(sorted(within.items())), final.value, target.value)]
