"""The two counts of places over the days and where they leave the backlog. Read-only; the formulas are in dashboard/doses."""

from collections.abc import Sequence
from datetime import date as Date
from datetime import datetime, timedelta
from typing import Final, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, or_, select

from dashboard.doses.backlog import Backlog
from dashboard.doses.courses import Course, Telling
from dashboard.doses.courses import courses as put_together
from dashboard.doses.figure import SINCE_START
from dashboard.doses.places import Places
from dashboard.doses.sessions import Sessions
from dashboard.queries.figures_known import Moment
from dashboard.settings import Calendar
from dashboard.store.schema import figure

LOOK_BACK_DAYS: Final = 60
_COUNTS = (*SINCE_START, *SINCE_START.values())


def courses(
    connection: Connection, moment: Moment, places: Places, calendar: Calendar, zone: ZoneInfo
) -> dict[str, Course]:
    """The two counts over the days of each place where both are known, as known at a moment."""
    days: dict[int, Date] = {}

    def day_of(at_ms: int) -> Date:
        if at_ms not in days:
            days[at_ms] = datetime.fromtimestamp(at_ms / 1000, zone).date()
        return days[at_ms]

    told, sessions = _told(connection, moment), Sessions(calendar, places)
    found = put_together(told, day_of, sessions.usual(), calendar.first_day, places.joint, places.prefer)
    for place in sessions.apart():
        found.pop(place, None)
        parts = {place, *places.joint.get(place, ())}
        mine = [telling for telling in told if telling.place in parts]
        own = put_together(mine, day_of, sessions.on(place), calendar.first_day, places.joint, places.prefer)
        found |= {key: course for key, course in own.items() if key == place}
    return found


def backlogs(
    connection: Connection, moment: Moment, places: Places, calendar: Calendar, zone: ZoneInfo
) -> dict[str, Backlog]:
    """The backlog of each place with both counts, as known at a moment."""
    found, sessions = courses(connection, moment, places, calendar, zone), Sessions(calendar, places)
    return {place: course.now(sessions.on(place), calendar.first_day) for place, course in found.items()}


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
    of_days = or_(figure.c.day >= since, figure.c.kind.in_(tuple(SINCE_START)))
    query = select(*(figure.c[name] for name in Telling._fields)).where(*known, of_days)
    return cast("Sequence[Telling]", connection.execute(query).all())  # rows have the same names in the same order
