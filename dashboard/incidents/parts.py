"""Merging and splitting incidents by hand. Both timelines say so, nobody is mailed, and rules leave it as it is.

A merged incident keeps its districts and steps and is closed; the one it went into stands for its kind too. A split leaves two
incidents of the same kind, each closed by the rule when its own districts are good.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Text, cast, or_, select, update

from dashboard.decisions.kinds import Objection
from dashboard.incidents import ledger, sentences
from dashboard.incidents.by_hand import By, Taken, conflict, found, grade, take
from dashboard.incidents.incident import IncidentKind, Scope, Severity, Step, StepKind, severity, worst
from dashboard.incidents.ledger import OPEN, RESOLVED
from dashboard.incidents.transitions import Change
from dashboard.incidents.transitions.districts import scope_of
from dashboard.incidents.transitions.records import LINES, REGISTRY
from dashboard.settings import ControlRoomFile
from dashboard.store.schema import incident, incident_district, incident_step

_MEASURED = (*REGISTRY, *LINES)


def merge(connection: Connection, settings: ControlRoomFile, into: int, by: By, others: Collection[int]) -> Taken:
    """Others become part of this one: their districts are in it, they are closed."""
    row = found(connection, into, by)
    if isinstance(row, Objection):
        return row
    if row.status != OPEN:
        return conflict(f"incident {into} is over", "Merge into one that is open")
    rows: list[Row[Any]] = []
    for number in sorted(set(others) - {into}):
        other = found(connection, number, By(by.who, by.now))
        objection = other if isinstance(other, Objection) else _misfit(row, other)
        if objection is not None:
            return objection
        rows.append(other)  # type: ignore[arg-type]
    if not rows:
        return Objection("others", "no other incident is named", "Send the numbers of those to merge into it")
    steps = [_away(connection, other, into, by) for other in rows]
    return (_taken_in(connection, settings, row, rows, by), *steps)


def _misfit(row: Row[Any], other: Row[Any]) -> Objection | None:
    """Registry and lines go together, doses only with their own kind; what is closed stays as it is."""
    together = row.kind in _MEASURED and other.kind in _MEASURED
    if not together and (row.kind != other.kind or row.kind == IncidentKind.MONITOR_OFFLINE):
        error = f"incident {other.incident_id} ({other.kind}) is another matter than {row.incident_id} ({row.kind})"
        return Objection("others", error, "Merge registry and lines, or incidents of doses of the same kind")
    if other.closed_ms is not None:
        return Objection(
            "others", f"incident {other.incident_id} is closed", "Name open or recovering ones", conflict=True
        )
    return None


def _away(connection: Connection, other: Row[Any], into: int, by: By) -> Step:
    now_ms = int(by.now * 1000)
    gone = {"merged_into": into, "closed_ms": now_ms, "closed_by": by.who, "status": RESOLVED, "snoozed_until_ms": None}
    if other.resolved_ms is None:
        gone["resolved_ms"] = now_ms
    (step,) = take(connection, other, StepKind.MERGED, f"Merged into incident {into}", by, gone)
    ledger.set_left(connection, other.incident_id, None, now_ms)
    return step


def _taken_in(
    connection: Connection, settings: ControlRoomFile, row: Row[Any], others: Sequence[Row[Any]], by: By
) -> Step:
    """The step of the incident that goes on. It began when the first of them did, and is as severe as the worst."""
    for one in others:
        if one.status == OPEN:
            codes = ledger.ever_of(connection, one.incident_id) - ledger.members_of(connection, row.incident_id)
            ledger.set_joined(connection, row.incident_id, codes, one.since_ms)
    codes = ledger.members_of(connection, row.incident_id)
    since_ms = min(one.since_ms for one in (row, *others))
    numbers = " and ".join(str(one.incident_id) for one in others)
    headline = sentences.headline(settings, IncidentKind(row.kind), codes, since_ms / 1000, row.sentence)
    words = f"{headline}. Incident {numbers} merged into it"
    scope = _widest(settings, codes, (row, *others))
    by_rule = [] if ledger.is_graded(connection, row.incident_id) else [severity(IncidentKind(row.kind), scope, codes)]
    gravest = worst((*(Severity(one.severity) for one in (row, *others)), *by_rule))
    values = {"since_ms": since_ms, "scope": scope, "severity": gravest, "sentence": words}
    (step,) = take(connection, row, StepKind.MERGED, words, by, values)
    return step


def _widest(settings: ControlRoomFile, codes: Collection[int], rows: Sequence[Row[Any]]) -> Scope:
    """As wide as a rule would call these districts, and not narrower than what was told; of a backlog the counts decide, not how many."""
    if any(one.scope == Scope.STATE for one in rows):
        return Scope.STATE
    return Scope(rows[0].scope) if rows[0].kind == IncidentKind.BACKLOG_STALLED else scope_of(settings, codes)


def split(connection: Connection, settings: ControlRoomFile, number: int, by: By, codes: frozenset[int]) -> Taken:
    """These districts become an incident of their own; the rest stays."""
    row = found(connection, number, by)
    if isinstance(row, Objection):
        return row
    if row.status != OPEN or row.kind not in _MEASURED:
        return conflict(f"incident {number} cannot be split", "Only an open incident of the registry or of lines can")
    members = ledger.members_of(connection, number)
    if not codes or not codes < members:
        error = "some of its districts, and not all of them, must be named"
        return Objection("districts", error, f"It is about {sentences.names(settings, members)}")
    here = (incident_district.c.incident_id == number, incident_district.c.district.in_(codes))
    connection.execute(incident_district.delete().where(*here))
    part = _part(connection, settings, row, codes, by)
    rest, names = members - codes, sentences.names(settings, codes)
    words = f"{_headline(settings, row, rest)}. {names} split off as incident {part.incident_id}"
    scope = scope_of(settings, rest)
    values = {"sentence": words, "scope": scope, **_severity(connection, row, scope, rest)}
    return (*take(connection, row, StepKind.SPLIT, words, by, values), part)


def _part(connection: Connection, settings: ControlRoomFile, row: Row[Any], codes: frozenset[int], by: By) -> Step:
    """The new incident; a rule's stays a rule's, which closes it. Who has the whole has its parts; what was snoozed stays so."""
    kind, since = IncidentKind(row.kind), row.since_ms / 1000
    words = f"{_headline(settings, row, codes)}. Split off from incident {row.incident_id}"
    scope = scope_of(settings, codes)
    change = Change(None, StepKind.SPLIT, kind, scope, since, codes, codes, words)
    step = ledger.record(connection, change, by.now, by.who, made_by=row.made_by)
    assert step is not None
    kept = {name: getattr(row, name) for name in ("acknowledged_ms", "acknowledged_by", "owner", "snoozed_until_ms")}
    kept |= _severity(connection, row, scope, codes)
    if ledger.is_graded(connection, row.incident_id):
        grade(connection, step.incident_id, replace(by, seen=None), Severity(row.severity))
    connection.execute(update(incident).where(incident.c.incident_id == step.incident_id).values(kept))
    return step


def _severity(connection: Connection, row: Row[Any], scope: Scope, codes: Collection[int]) -> dict[str, Severity]:
    """The rule's for these districts of a whole; what a person set, or came with those it took in, stays."""
    if ledger.is_graded(connection, row.incident_id) or ledger.merged_kinds(connection, [row.incident_id]):
        return {"severity": Severity(row.severity)}
    return {"severity": severity(IncidentKind(row.kind), scope, codes)}


class Kin(NamedTuple):
    """Another incident that shares a merge or a split with one: what it told before its step `before` counts from `step` on here."""

    incident_id: int
    before: int
    step: int


def kin(connection: Connection, incident_id: int, before: int) -> list[Kin]:
    """The incidents that became part of this one, or that it was parted from, by steps earlier than `before`.

    A merge or split has one moment in both timelines. The one that went, or was made by it, names the other at the end of its sentence.
    """
    here, there = incident_step.alias(), incident_step.alias()
    query = select(there.c.incident_id, there.c.step, here.c.step).where(
        here.c.incident_id == incident_id, here.c.step < before, here.c.what.in_((StepKind.MERGED, StepKind.SPLIT)),
        there.c.incident_id != incident_id, there.c.what == here.c.what, there.c.at_ms == here.c.at_ms,
        or_(_names(here, there), _names(there, here)),
    )  # fmt: skip
    return [Kin(*row) for row in connection.execute(query)]


def _names(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return one.c.sentence.like("% incident " + cast(other.c.incident_id, Text))


def _headline(settings: ControlRoomFile, row: Row[Any], codes: frozenset[int]) -> str:
    return sentences.headline(settings, IncidentKind(row.kind), codes, row.since_ms / 1000, row.sentence)
