"""Steps that people take, one function a step, in the caller's transaction: the steps that were stored, or why not. Merging and
splitting stand in parts.py.

A step is claimed on the newest one, as a rule's is. Where another step came between, MovedOnError is raised: the caller starts a new
transaction and tries once more, so that no note is lost. What a name or a text may be is checked before (web/pages/incidents/asked.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from dashboard.decisions.kinds import Objection
from dashboard.incidents import ledger, sentences
from dashboard.incidents.incident import IncidentKind, Scope, Severity, Step, StepKind
from dashboard.incidents.ledger import OPEN, RESOLVED
from dashboard.incidents.transitions import Change
from dashboard.incidents.transitions.districts import scope_of
from dashboard.incidents.transitions.records import family
from dashboard.settings import ControlRoomFile
from dashboard.store.schema import incident, incident_step

NO_INCIDENT: Final = 2**53  # a larger number would not fit into a question to the store
SNOOZE_MOST_S: Final = 24 * 3600
_OLDEST_S: Final = 30 * 24 * 3600
BY_HAND: Final = tuple(kind for kind in IncidentKind if kind is not IncidentKind.MONITOR_OFFLINE)
_NOTHING: Final[Mapping[str, Any]] = {}
Taken = tuple[Step, ...] | Objection


class MovedOnError(Exception):
    """Another step of the incident came between; nothing was stored."""


@dataclass(frozen=True)
class By:
    """Who takes the step, when (seconds UTC), and the number of the newest step that was seen; None: whichever it is."""

    who: str
    now: float
    seen: int | None = None


@dataclass(frozen=True)
class Opening:
    """An incident to open: what, where (LGD codes), since when (seconds UTC), and how it is known."""

    kind: IncidentKind
    districts: frozenset[int]
    since: float
    why: str


def open_incident(connection: Connection, settings: ControlRoomFile, new: Opening, by: By) -> Taken:
    """Open one that no rule closes; refused where an open incident of its family has one of the districts."""
    if new.kind not in BY_HAND:
        return Objection("kind", "the monitor itself says when it is cut off", "Choose another kind")
    if not 0 <= by.now - new.since <= _OLDEST_S:
        return Objection("since", "it began after now, or over 30 days ago", "Send a moment of the last 30 days")
    ledger.wait_for_openings(connection)
    standing = ledger.standing(connection, by.now, frozenset(d.code for d in settings.districts))
    kinds = family(new.kind)
    for item in standing:
        shared = item.members & new.districts
        if item.resolved is None and shared and not item.kinds.isdisjoint(kinds):
            stands = f"{sentences.names(settings, shared)} stands in incident {item.incident_id} already"
            error = f"{stands}, {_step_words(connection, item.incident_id, 1, by)}"
            return Objection("districts", error, "Write a note there, or leave the district out", conflict=True)
    words = f"{sentences.headline(settings, new.kind, new.districts, new.since)}: {new.why}"
    scope = scope_of(settings, new.districts)
    change = Change(None, StepKind.OPENED, new.kind, scope, new.since, new.districts, new.districts, words)
    step = ledger.record(connection, change, by.now, by.who)
    assert step is not None
    return (step,)


def acknowledge(connection: Connection, number: int, by: By, owner: str = "") -> Taken:
    """Take an open incident that nobody has acknowledged; it gets an owner, the one who acknowledges if no other is named."""
    row = found(connection, number, by)
    if isinstance(row, Objection):
        return row
    if row.status != OPEN:
        return conflict(f"incident {number} is over", "Only an open incident is acknowledged")
    if row.acknowledged_ms is not None:
        before = f"by {row.acknowledged_by}, {sentences.ago(row.acknowledged_ms / 1000, by.now)}"
        return conflict(f"incident {number} was acknowledged before, {before}", "Assign it instead")
    has_it = owner or by.who
    values = {"acknowledged_ms": int(by.now * 1000), "acknowledged_by": by.who, "owner": has_it}
    words = f"Seen by {by.who}" + (f"; {has_it} has it" if has_it != by.who else "")
    return take(connection, row, StepKind.ACKNOWLEDGED, words, by, values)


def assign(connection: Connection, number: int, by: By, owner: str) -> Taken:
    """Another owner."""
    row = found(connection, number, by)
    if isinstance(row, Objection):
        return row
    if row.owner == owner:
        return conflict(f"{owner} has incident {number} already", "Nothing was changed")
    words = f"{owner} has it now" + (f", before {row.owner}" if row.owner else "")
    return take(connection, row, StepKind.ASSIGNED, words, by, {"owner": owner})


def note(connection: Connection, number: int, by: By, text: str) -> Taken:
    """A note, also on one that is closed."""
    row = found(connection, number, by)
    return row if isinstance(row, Objection) else take(connection, row, StepKind.NOTED, text, by)


def grade(connection: Connection, number: int, by: By, severity: Severity) -> Taken:
    """Another severity; no rule changes it after this."""
    row = found(connection, number, by)
    if isinstance(row, Objection):
        return row
    words = f"Severity set to {severity}, before {row.severity}"
    return take(connection, row, StepKind.GRADED, words, by, {"severity": severity})


def snooze(connection: Connection, settings: ControlRoomFile, number: int, by: By, until: float | None) -> Taken:
    """No mails until then (seconds UTC, at most a day ahead), but that of its end; None ends a snooze."""
    row = found(connection, number, by)
    if isinstance(row, Objection):
        return row
    if row.status != OPEN:
        return conflict(f"incident {number} is over", "It sends no more mails")
    if until is None:
        if row.snoozed_until_ms is None:
            return conflict(f"incident {number} is not snoozed", "Nothing was changed")
        words = f"The snooze was ended and it still lasts. {row.sentence}"
        return take(connection, row, StepKind.WOKEN, words, by, {"snoozed_until_ms": None})
    if not 0 < until - by.now <= SNOOZE_MOST_S:
        return Objection("until", "a snooze ends within the next 24 hours", "Send a moment between now and then")
    words = f"No mails until {sentences.clock(settings, until)}, but that of its end"
    return take(connection, row, StepKind.SNOOZED, words, by, {"snoozed_until_ms": int(until * 1000)})


def close(connection: Connection, number: int, by: By, why: str) -> Taken:
    """An open one is over by this word, and its officers are told; a recovering one is done with."""
    row = found(connection, number, by)
    if isinstance(row, Objection):
        return row
    if row.closed_ms is not None:
        before = f"by {row.closed_by}, {sentences.ago(row.closed_ms / 1000, by.now)}"
        return conflict(f"incident {number} was closed before, {before}", "Nothing was changed")
    now_ms = int(by.now * 1000)
    closed = {"closed_ms": now_ms, "closed_by": by.who, "snoozed_until_ms": None}
    if row.status != OPEN:
        return take(connection, row, StepKind.CLOSED, f"Closed: {why}", by, closed)
    words = f"Closed by {by.who}: {why}"
    over = closed | {"status": RESOLVED, "resolved_ms": now_ms, "sentence": words}
    taken = take(connection, row, StepKind.RESOLVED, words, by, over)
    ledger.set_left(connection, number, None, now_ms)
    return taken


def accept(connection: Connection, number: int, by: By, why: str) -> Taken:
    """Close an open slowdown as the new normal: from the watch's next look on, what is measured now is usual in its districts."""
    row = found(connection, number, by)
    if isinstance(row, Objection):
        return row
    if row.status != OPEN or row.kind != IncidentKind.SLOWDOWN:
        return conflict(f"incident {number} is no open slowdown", "Only what is slow can become the new normal")
    words = "What is measured now is taken as usual from here on"
    (step,) = take(connection, row, StepKind.ACCEPTED, words, by)
    over = close(connection, number, replace(by, seen=step.number), why)
    return over if isinstance(over, Objection) else (step, *over)


# -- what they share ---------------------------------------------------------------------------------------------------


def found(connection: Connection, number: int, by: By) -> Row[Any] | Objection:
    """The incident's row, if it is there and still at the step that was seen."""
    query = select(incident).where(incident.c.incident_id == min(number, NO_INCIDENT))
    row = connection.execute(query).one_or_none()
    if row is None:
        return Objection("incident_id", f"there is no incident {number}", "GET /api/v1/incidents lists them")
    if by.seen is not None and by.seen != row.steps:
        newest = f"{row.steps}, not {by.seen}: {_step_words(connection, number, row.steps, by)}"
        error = f"incident {number} has moved on: its newest step is {newest}"
        return Objection("step", error, "Look at it again", conflict=True)
    return row


def take(
    connection: Connection, row: Row[Any], what: StepKind, words: str, by: By, values: Mapping[str, Any] = _NOTHING
) -> tuple[Step, ...]:
    """Claim and store the step after the row's newest, with what it changes in the row."""
    concerned = ledger.ever_of if what is StepKind.RESOLVED else ledger.members_of
    step = ledger.step_of(row, what, concerned(connection, row.incident_id), words, by.who, by.now)
    step = replace(step, scope=Scope(values.get("scope", step.scope)))
    if not ledger.claim(connection, row.incident_id, row.steps, values):
        raise MovedOnError
    ledger.append(connection, step)
    return (step,)


def _step_words(connection: Connection, number: int, step: int, by: By) -> str:
    """`acknowledged by Asha, 2 min ago`."""
    this = (incident_step.c.incident_id == number, incident_step.c.step == step)
    row = connection.execute(select(incident_step).where(*this)).one()
    return f"{row.what} by {row.who}, {sentences.ago(row.at_ms / 1000, by.now)}"


def conflict(error: str, hint: str) -> Objection:
    """The world has moved on, or never was so."""
    return Objection("incident_id", error, hint, conflict=True)
