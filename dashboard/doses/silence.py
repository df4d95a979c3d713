"""A day without new doses: no session, planned downtime, not reported, or a stall. Only the last is worth waking anybody. Pure."""

from datetime import date as Date
from enum import StrEnum

from dashboard.settings import Calendar


class Silence(StrEnum):
    """Why a day shows no new doses."""

    NONE = "doses were counted"
    NO_SESSION = "no session was planned"
    PLANNED = "planned downtime"
    NOT_REPORTED = "not reported"
    STALL = "sessions were planned, nothing was counted"

    @property
    def alerts(self) -> bool:
        """True when a person should hear of it."""
        return self is Silence.STALL


def silence(day: Date, new_doses: int | None, calendar: Calendar) -> Silence:
    """What the new doses of a day (None: not reported, or the count was revised downward) mean under the session calendar."""
    if new_doses:
        return Silence.NONE
    if any(entry.date == day for entry in calendar.closed):
        return Silence.PLANNED
    if calendar.hours_on(day) is None:
        return Silence.NO_SESSION
    return Silence.NOT_REPORTED if new_doses is None else Silence.STALL
