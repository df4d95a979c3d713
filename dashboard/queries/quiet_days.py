"""Which days of a place were quiet: no incident, no suspension and no planned downtime touched their session. Read-only.

May be changed: what makes a day no quiet one.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date as Date
from datetime import datetime, time, timedelta
from typing import Final, NamedTuple

from sqlalchemy import Connection, func, select

from dashboard.decisions.kinds import Decision, DecisionKind
from dashboard.doses.places import Places
from dashboard.doses.sessions import Sessions
from dashboard.settings import STATE_PLACE, ControlRoomFile
from dashboard.settings.calendar import Downtime
from dashboard.store import decisions
from dashboard.store.schema import incident, incident_district

PAPER_WAITS: Final = "backlog_stalled"  # a kind of incident that says nothing of how many came
_FOR_EVER: Final = 2**62
_WIDE: Final = ("state", "division")
Session = tuple[int, int]  # opening and closing, ms since 1970 UTC
PlaceDay = tuple[str, Date]


class SessionTimes:
    """When the places of the figures hold sessions, in ms since 1970 UTC."""

    def __init__(self, settings: ControlRoomFile, places: Places) -> None:
        self.settings, self.places, self._sessions = settings, places, Sessions(settings.calendar, places)

    def codes(self, place: str) -> frozenset[int]:
        """LGD codes of the districts that a place stands for."""
        return self._sessions.codes(place)

    def on(self, place: str, day: Date) -> Session | None:
        """When a place's session of a day opens and closes; None: no session."""
        return self._span(day, self._sessions.hours_on(place, day))

    def pattern(self, code: int, day: Date) -> Session | None:
        """The same of a district (LGD code), as if no downtime were planned."""
        return self._span(day, self.settings.calendar.of(code).pattern_on(day))

    def _span(self, day: Date, hours: tuple[time, time] | None) -> Session | None:
        if hours is None:
            return None
        opens, closes = (int(datetime.combine(day, hour, self.settings.zone).timestamp() * 1000) for hour in hours)
        return opens, closes

    def planned(self, place: str, day: Date) -> list[Session]:
        """Planned downtime of all its districts that takes a part of a place's session of a day."""
        session = self.on(place, day)
        return [] if session is None else [
            span for one in self.settings.calendar.downtime
            if all(map(one.concerns, self.codes(place))) and _overlap(span := span_of(one), session)
        ]  # fmt: skip

    def midnight_ms(self, day: Date) -> int:
        """When a day begins."""
        return int(datetime.combine(day, time(0), self.settings.zone).timestamp() * 1000)

    def day_of(self, at_ms: int) -> Date:
        """The day that a moment falls into."""
        return datetime.fromtimestamp(at_ms / 1000, self.settings.zone).date()


class Span(NamedTuple):
    """What touched a district (LGD code), in ms since 1970 UTC; `wide`: as a part of what touched the state."""

    code: int
    start_ms: int
    end_ms: int
    wide: bool


def not_quiet(connection: Connection, times: SessionTimes, days: Sequence[Date]) -> frozenset[PlaceDay]:
    """Of these days, neighbours in time, the places and days whose session an incident, a suspension or planned downtime touched.

    A joint area is touched by what concerns one of its districts, the state by what concerns the state or a division.
    """
    first, last = min(days), max(days)
    found: set[PlaceDay] = set()
    for span in _spans(connection, times, first):
        begins, ends = times.day_of(span.start_ms), times.day_of(min(span.end_ms, times.midnight_ms(last)))
        for place in _places_of(times.settings, span):
            for n in range((max(first, begins) - first).days, (min(last, ends) - first).days + 1):
                session = times.on(place, day := first + timedelta(days=n))
                if session is not None and _overlap((span.start_ms, span.end_ms), session):
                    found.add((place, day))
    return frozenset(found)


def _spans(connection: Connection, times: SessionTimes, first: Date) -> Iterator[Span]:
    left_ms = func.coalesce(incident_district.c.left_ms, incident.c.resolved_ms, _FOR_EVER)
    query = (
        select(incident_district.c.district, incident_district.c.joined_ms, left_ms, incident.c.scope)
        .join(incident, incident.c.incident_id == incident_district.c.incident_id)
        .where(incident.c.kind != PAPER_WAITS, left_ms >= times.midnight_ms(first))
    )
    for code, joined_ms, ended_ms, scope in connection.execute(query):
        yield Span(code, joined_ms, ended_ms, scope in _WIDE)
    yield from suspended(decisions.until(connection, _FOR_EVER), times.settings)
    for one in times.settings.calendar.downtime:
        begins, ends = span_of(one)
        codes = [district.code for district in times.settings.districts if one.concerns(district.code)]
        if ends > times.midnight_ms(first):
            yield from (Span(code, begins, ends, len(codes) == len(times.settings.districts)) for code in codes)


def suspended(taken: Iterable[Decision], settings: ControlRoomFile) -> Iterator[Span]:
    """Suspensions of each district by decisions, oldest first; one of every district is one of the state. What stands ends far off."""
    since: dict[int, Span] = {}
    for one in taken:
        wide = len(one.districts) == len(settings.districts)
        for code in one.districts:
            if one.what is DecisionKind.SUSPEND:
                since.setdefault(code, Span(code, one.taken_ms, _FOR_EVER, wide))
            elif one.what is not DecisionKind.BACK_ENTRY_DONE and code in since:
                yield since.pop(code)._replace(end_ms=one.taken_ms)
    yield from since.values()


def span_of(downtime: Downtime) -> Session:
    """From its beginning to its end."""
    return int(downtime.since.timestamp() * 1000), int(downtime.until.timestamp() * 1000)


def _overlap(span: Session, session: Session) -> bool:
    """What ends as the session opens has not touched it."""
    return span[0] < session[1] and span[1] > session[0]


def _places_of(settings: ControlRoomFile, span: Span) -> list[str]:
    areas = [area.key for area in settings.joint_areas if span.code in area.districts]
    return [str(span.code), *areas, *([STATE_PLACE] if span.wide else [])]
