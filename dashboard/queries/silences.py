"""Why places show no doses of a day: no session, planned downtime, suspended, not reported, or a stall. Read-only."""

from datetime import date as Date
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from dashboard.decisions.kinds import Decision, DecisionKind
from dashboard.decisions.standing import in_force, standing
from dashboard.doses.places import Places
from dashboard.doses.sessions import Sessions
from dashboard.doses.silence import Silence, silence_of
from dashboard.queries.figures_known import DayView
from dashboard.settings import STATE_PLACE, ControlRoomFile
from dashboard.store import decisions

Span = tuple[int, int]


def silences(
    connection: Connection, settings: ControlRoomFile, places: Places, view: DayView, now_ms: int
) -> dict[str, Silence]:
    """The word of each district, joint area and the state without reported doses, by place; `now_ms`: as known at that moment.

    A zero of a session that is not over says nothing yet: no word.
    """
    day, sessions = Date.fromisoformat(view.day), Sessions(settings.calendar, places)
    whole = _hours_ms(sessions, STATE_PLACE, day, settings.zone)
    suspended = _suspended(decisions.until(connection, now_ms), whole, now_ms) if whole else frozenset[int]()
    found: dict[str, Silence] = {}
    for place in sorted({*places.districts, *places.joint, STATE_PLACE}):
        new = view.value(place, "reported")
        word = silence_of(place, day, new, sessions, suspended)
        hours = _hours_ms(sessions, place, day, settings.zone)
        if word is not Silence.NONE and not (word is Silence.STALL and hours and now_ms < hours[1]):
            found[place] = word
    return found


def _hours_ms(sessions: Sessions, place: str, day: Date, zone: ZoneInfo) -> Span | None:
    hours = sessions.hours_on(place, day)
    return None if hours is None else (_ms(day, hours[0], zone), _ms(day, hours[1], zone))


def _ms(day: Date, hour: time, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, hour, zone).timestamp() * 1000)


def _suspended(taken: list[Decision], hours: Span, now_ms: int) -> frozenset[int]:
    """LGD codes of the districts whose sessions were suspended at the opening, or later that day."""
    opens, closes = hours
    later = [
        one for one in taken if one.what is DecisionKind.SUSPEND and opens < one.taken_ms < min(closes, now_ms + 1)
    ]
    before = in_force(standing(taken, opens), DecisionKind.SUSPEND)
    return before.union(*(one.districts for one in later))
