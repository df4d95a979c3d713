"""A day without new doses: no session, planned downtime, suspended, not reported, or a stall. Only the last is worth waking anybody. Pure.

The words stand on pages: a zero is shown with its word, never bare.
"""

from collections.abc import Collection
from datetime import date as Date
from enum import StrEnum

from dashboard.doses.sessions import Sessions
from dashboard.settings import Calendar


class Silence(StrEnum):
    """Why a day shows no new doses; the one that is worst for a joint area stands last."""

    NONE = "doses were counted"
    NO_SESSION = "no session"
    PLANNED = "planned downtime"
    SUSPENDED = "sessions suspended"
    NOT_REPORTED = "not reported"
    STALL = "stall"

    @property
    def alerts(self) -> bool:
        """True when a person should hear of it."""
        return self is Silence.STALL


def silence(day: Date, new_doses: int | None, calendar: Calendar, *, suspended: bool = False) -> Silence:
    """What the new doses of a day (None: not reported, or the count was revised downward) mean under a district's calendar.

    `suspended`: a decision to suspend stood during the session of that day.
    """
    if new_doses:
        return Silence.NONE
    if calendar.downtime_on(day) is not None:
        return Silence.PLANNED
    if calendar.hours_on(day) is None:
        return Silence.NO_SESSION
    if suspended:
        return Silence.SUSPENDED
    return Silence.NOT_REPORTED if new_doses is None else Silence.STALL


def silence_of(
    place: str, day: Date, new_doses: int | None, sessions: Sessions, suspended: Collection[int] = ()
) -> Silence:
    """The same for a place of the figures. Of a joint area or the state the district that leaves most to explain decides.

    `suspended`: LGD codes of the districts in which sessions were suspended during that day.
    """
    found = [
        silence(day, new_doses, sessions.calendar.of(code), suspended=code in suspended)
        for code in sessions.codes(place)
    ]
    return max(found or [silence(day, new_doses, sessions.calendar)], key=list(Silence).index)
