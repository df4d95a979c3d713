"""What is left of incidents that are over: read from the stored figures, put together in dashboard/doses/recovery.py. Read-only."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, time

from sqlalchemy import Connection, select

from dashboard.doses.courses import Course
from dashboard.doses.places import Places
from dashboard.doses.recovery import Days, Pace, Recovery, recovery
from dashboard.queries import doses_course
from dashboard.queries.figures_known import Moment
from dashboard.settings import STATE_PLACE, ControlRoomFile
from dashboard.store.schema import figure

_LATELY_MS = 3 * 3_600_000
_HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Ended:
    """An incident that is over: its districts (LGD codes), and when it began and ended (ms since 1970 UTC)."""

    districts: frozenset[int]
    is_state: bool
    since_ms: int
    resolved_ms: int


def recoveries(
    connection: Connection, settings: ControlRoomFile, places: Places, ended: Mapping[int, Ended], now_ms: int
) -> dict[int, Recovery]:
    """Where the recovery of each stands, by number. Reads every count once: ask seldom, and not without need."""
    if not ended:
        return {}
    moment = Moment(now_ms, now_ms)
    found = doses_course.courses(connection, moment, places, settings.calendar, settings.zone)
    hourly = _hourly(connection, now_ms)
    today = datetime.fromtimestamp(now_ms / 1000, settings.zone).date()
    return {number: _recovery(settings, _Told(places, found, hourly, today), one) for number, one in ended.items()}


@dataclass(frozen=True)
class _Told:
    """What is known of the doses at the moment that is asked for."""

    places: Places
    courses: Mapping[str, Course]
    hourly: Mapping[str, float]
    today: Date


def _recovery(settings: ControlRoomFile, told: _Told, one: Ended) -> Recovery:
    names = _places_of(told, one)
    began, ended = (datetime.fromtimestamp(at / 1000, settings.zone).date() for at in (one.since_ms, one.resolved_ms))
    lately = [told.hourly[place] for place in names if place in told.hourly]
    pace = Pace(sum(lately) if lately else None, _session_hours(settings, one.districts, ended))
    courses = {told.places.names[place]: told.courses[place].points for place in names}
    return recovery(courses, Days(began, ended, told.today, _is_session(settings, one.districts)), pace)


def _places_of(told: _Told, one: Ended) -> list[str]:
    """The places among its districts with both counts; the state's own where it was the state's and none of them has any."""
    places, found = told.places, told.courses
    own = {str(code) for code in one.districts}
    own |= {key for key, codes in places.joint.items() if set(codes) <= own}
    kept, _ = places.without_doubles(own & found.keys())
    return sorted(kept) or ([STATE_PLACE] if one.is_state and STATE_PLACE in found else [])


def _hourly(connection: Connection, now_ms: int) -> dict[str, float]:
    """Doses recorded an hour over the last three hours, of places whose count was told twice in them with its hour."""
    told: dict[tuple[str, str, str], list[tuple[int, int]]] = defaultdict(list)
    query = select(figure.c.place, figure.c.day, figure.c.source, figure.c.as_of_ms, figure.c.value).where(
        figure.c.kind == "recorded", figure.c.hour_known == 1, figure.c.rehearsed == 0,
        figure.c.as_of_ms > now_ms - _LATELY_MS, figure.c.as_of_ms <= now_ms,
    )  # fmt: skip
    for row in connection.execute(query.order_by(figure.c.as_of_ms, figure.c.figure_id)):
        told[row.place, row.day, row.source].append((row.as_of_ms, row.value))
    return {key[0]: rate for key, points in told.items() if (rate := _rate(points)) is not None}


def _rate(points: Sequence[tuple[int, int]]) -> float | None:
    (first_ms, first), (last_ms, last) = points[0], points[-1]
    return (last - first) * _HOUR_MS / (last_ms - first_ms) if last_ms > first_ms else None


def _is_session(settings: ControlRoomFile, codes: frozenset[int]) -> Callable[[Date], bool]:
    """Whether one of these districts holds sessions on a day."""
    return lambda day: settings.calendar.span_on(day, codes) is not None


def _session_hours(settings: ControlRoomFile, codes: frozenset[int], day: Date) -> float:
    opens, closes = settings.calendar.span_on(day, codes) or (time(9), time(17))
    return (closes.hour - opens.hour) + (closes.minute - opens.minute) / 60 or 8.0
