"""Why places show no doses of a day: no session, planned downtime, suspended, not reported, or a stall. Read-only."""

from collections.abc import Mapping, Sequence
from datetime import date as Date

from sqlalchemy import Connection

from dashboard.decisions.kinds import Decision, DecisionKind
from dashboard.decisions.standing import in_force, standing
from dashboard.doses.places import Places
from dashboard.doses.sessions import Sessions
from dashboard.doses.silence import Silence, silence_of
from dashboard.queries.figures_known import DayView
from dashboard.queries.quiet_days import Session, SessionTimes
from dashboard.settings import STATE_PLACE, ControlRoomFile
from dashboard.store import decisions


def silences(
    connection: Connection, settings: ControlRoomFile, places: Places, view: DayView, now_ms: int
) -> dict[str, Silence]:
    """The word of each district, joint area and the state without reported doses, by place; `now_ms`: as known at that moment.

    A zero of a session that is not over says nothing yet: no word.
    """
    day, sessions = Date.fromisoformat(view.day), Sessions(settings.calendar, places)
    times = SessionTimes(settings, places)
    held = {code: times.on(str(code), day) for code in sessions.codes(STATE_PLACE)}
    suspended = _suspended(decisions.until(connection, now_ms), held)
    found: dict[str, Silence] = {}
    for place in sorted({*places.districts, *places.joint, STATE_PLACE}):
        new = view.value(place, "reported")
        word = silence_of(place, day, new, sessions, suspended)
        session = times.on(place, day)
        if word is not Silence.NONE and not (word is Silence.STALL and session and now_ms < session[1]):
            found[place] = word
    return found


def _suspended(taken: Sequence[Decision], held: Mapping[int, Session | None]) -> frozenset[int]:
    """LGD codes of the districts whose own session was suspended at its opening, or later that day."""
    found: set[int] = set()
    for session in {one for one in held.values() if one is not None}:
        opens, closes = session
        later = (one for one in taken if one.what is DecisionKind.SUSPEND and opens < one.taken_ms < closes)
        stopped = in_force(standing(taken, opens), DecisionKind.SUSPEND).union(*(one.districts for one in later))
        found |= {code for code in stopped if held.get(code) == session}
    return frozenset(found)
