"""How days usually go and where the backlog stands, out of the stored figures. Read-only; the formulas are in dashboard/doses."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date as Date
from datetime import datetime, time, timedelta
from functools import cache
from typing import Final, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, or_, select

from dashboard.doses.backlog import Backlog
from dashboard.doses.courses import Course, Telling
from dashboard.doses.courses import courses as put_together
from dashboard.doses.figure import SINCE_START
from dashboard.doses.pace import QuietDay, Usual, gone, usual
from dashboard.doses.places import Places
from dashboard.doses.versions import choose
from dashboard.queries.figures_known import Moment
from dashboard.settings import Calendar
from dashboard.store import figures
from dashboard.store.schema import figure

LOOK_BACK_DAYS: Final = 60
_COUNTS = (*SINCE_START, *SINCE_START.values())


def course(connection: Connection, place: str, quiet: Iterable[Date], calendar: Calendar, zone: ZoneInfo) -> Usual:
    """The usual course of a place's day, out of days without incident; which days those are, the caller knows."""
    found = (_quiet_day(connection, place, day, calendar, zone) for day in quiet)
    return usual([day for day in found if day])


def _quiet_day(connection: Connection, place: str, day: Date, calendar: Calendar, zone: ZoneInfo) -> QuietDay | None:
    hours = calendar.hours_on(day)
    told = figures.history(connection, place, day.isoformat(), "reported")
    final, target = choose(told), choose(figures.history(connection, place, day.isoformat(), "target"))
    if not (hours and final and target):
        return None
    opens, closes = (_ms(day, hour, zone) for hour in hours)
    within = {
        gone(opens, closes, version.as_of_ms): version.value
        for version in told
        if version.hour_known and opens < version.as_of_ms < closes and version.source == final.version.source
    }
    return QuietDay(tuple(sorted(within.items())), final.value, target.value)


def _ms(day: Date, hour: time, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, hour, zone).timestamp() * 1000)


def courses(
    connection: Connection, moment: Moment, places: Places, calendar: Calendar, zone: ZoneInfo
) -> dict[str, Course]:
    """The two counts over the days of each place where both are known, as known at a moment."""
    days: dict[int, Date] = {}

    def day_of(at_ms: int) -> Date:
        if at_ms not in days:
            days[at_ms] = datetime.fromtimestamp(at_ms / 1000, zone).date()
        return days[at_ms]

    told, sessions = _told(connection, moment), in_session(calendar)
    return put_together(told, day_of, sessions, calendar.first_day, places.joint, places.prefer)


def backlogs(
    connection: Connection, moment: Moment, places: Places, calendar: Calendar, zone: ZoneInfo
) -> dict[str, Backlog]:
    """The backlog of each place with both counts, as known at a moment."""
    found = courses(connection, moment, places, calendar, zone)
    return {place: course.now(in_session(calendar), calendar.first_day) for place, course in found.items()}


def in_session(calendar: Calendar) -> Callable[[Date], bool]:
    """Whether sessions are held on a day."""
    return cache(lambda day: calendar.hours_on(day) is not None)


def days_counted(connection: Connection, zone: ZoneInfo) -> list[str]:
    """Days (ISO, in the state's zone) on which some count became true, oldest first; what a rehearsal made up is left out."""
    query = select(figure.c.as_of_ms).where(figure.c.kind.in_(_COUNTS), figure.c.rehearsed == 0).distinct()
    moments = connection.execute(query).scalars()
    return sorted({datetime.fromtimestamp(at_ms / 1000, zone).date().isoformat() for at_ms in moments})


def _told(connection: Connection, moment: Moment) -> Sequence[Telling]:
    """All figures of single days, and of counts since the start those of the last LOOK_BACK_DAYS: the sum needs no more."""
    known = [figure.c.kind.in_(_COUNTS), figure.c.rehearsed == 0, figure.c.as_of_ms <= moment.at_ms]
    if moment.heard_by_ms is not None:
        known.append(figure.c.received_ms <= moment.heard_by_ms)
    newest = connection.execute(
        select(figure.c.day).where(*known).order_by(figure.c.day.desc()).limit(1)
    ).scalar_one_or_none()
    if newest is None:
        return []
    since = (Date.fromisoformat(newest) - timedelta(days=LOOK_BACK_DAYS)).isoformat()
    query = (
        select(*(figure.c[name] for name in Telling._fields))
        .where(*known, or_(figure.c.day >= since, figure.c.kind.in_(tuple(SINCE_START))))
        .order_by(figure.c.as_of_ms, figure.c.received_ms, figure.c.figure_id)
    )
    return cast("Sequence[Telling]", connection.execute(query).all())  # rows have the same names in the same order
