"""Incidents in the store. Every step is a row, claimed by a conditional UPDATE: who comes second changes nothing.

Here stand the steps of rules, and what all steps share; those that people take are in by_hand.py. What a person did holds against
rules in the very claim: a rule neither resolves what a person opened nor reopens what a person closed.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, or_, select, update

from dashboard.incidents.course import Spell, Told, course
from dashboard.incidents.incident import (
    RECOVERING,
    RULE,
    IncidentKind,
    Scope,
    Severity,
    Step,
    StepKind,
    severity,
    worst,
)
from dashboard.incidents.transitions import Change, Standing
from dashboard.store.engine import insert_new
from dashboard.store.jobs import WATCH
from dashboard.store.schema import incident, incident_district, incident_step, job

OPEN, RESOLVED = "open", "resolved"
IS_RECOVERING = and_(incident.c.status == RESOLVED, incident.c.closed_ms.is_(None))
_NOBODY: frozenset[int] = frozenset()


def standing(connection: Connection, resolved_after: float, districts: frozenset[int]) -> list[Standing]:
    """Open incidents, and those resolved after the given moment (seconds UTC), which may come back.

    Districts that are not in `districts`, the configured ones, are left out: they cannot be judged any more.
    """
    lately = incident.c.resolved_ms > int(resolved_after * 1000)
    query = select(incident).where(or_(incident.c.status == OPEN, lately), incident.c.merged_into.is_(None))
    rows = connection.execute(query).all()
    numbers = [row.incident_id for row in rows]
    members, ever = _districts_of(connection, numbers, districts)
    merged, split = merged_kinds(connection, numbers), _split(connection, numbers)
    spells = spells_of(connection, {row.incident_id: row.since_ms for row in rows})
    return [
        Standing(
            row.incident_id, IncidentKind(row.kind), Scope(row.scope), row.since_ms / 1000,
            row.resolved_ms / 1000 if row.resolved_ms is not None else None, row.steps,
            frozenset(members[row.incident_id]), frozenset(ever[row.incident_id]),
            by_hand=row.made_by != RULE, closed_by_hand=row.closed_by not in (None, RULE),
            ended_by_hand=row.closed_by not in (None, RULE) and row.closed_ms == row.resolved_ms,
            merged=frozenset(merged[row.incident_id]), is_split=row.incident_id in split, spells=spells[row.incident_id],
        )
        for row in rows
        if ever[row.incident_id]
    ]  # fmt: skip


def accepted_after(connection: Connection, at_ms: int) -> list[tuple[int, frozenset[int]]]:
    """When slowdowns were accepted as the new normal after a moment, ms, and in which districts."""
    query = (
        select(incident_step.c.at_ms, incident_step.c.districts)
        .where(incident_step.c.what == StepKind.ACCEPTED, incident_step.c.at_ms > at_ms)
        .order_by(incident_step.c.at_ms)
    )
    return [(row.at_ms, frozenset(json.loads(row.districts))) for row in connection.execute(query)]


def record(connection: Connection, change: Change, now: float, who: str = RULE, made_by: str = "") -> Step | None:
    """Store one change in the caller's transaction; None when somebody else took the incident's next step first.

    `made_by`: whose a new incident is, if not of who takes the step. What is not the rule's is closed by a person.
    """
    now_ms = int(now * 1000)
    old = change.incident
    incident_id = _open(connection, change, now_ms, made_by or who) if old is None else old.incident_id
    number = old.steps + 1 if old else 1
    if old is not None and not claim(
        connection, incident_id, old.steps, _values(connection, change, now_ms), _allowed(change)
    ):
        return None
    _set_members(connection, incident_id, change, now_ms)
    concerned = change.members or (old.ever if old else _NOBODY)
    step = Step(
        incident_id, number, change.what, now, change.since, change.kind, change.scope,
        tuple(sorted(concerned)), tuple(sorted(change.joined)), change.sentence, who, is_snoozed(connection, incident_id, now),
    )  # fmt: skip
    append(connection, step)
    return step


def claim(
    connection: Connection, incident_id: int, seen: int, values: Mapping[str, Any], *only: ColumnElement[bool]
) -> bool:
    """Take the next step of an incident whose newest is still `seen`, and whose row is as `only` demands; False: it is not."""
    mine = (incident.c.incident_id == incident_id, incident.c.steps == seen, *only)
    return connection.execute(update(incident).where(*mine).values(steps=seen + 1, **values)).rowcount == 1


def append(connection: Connection, step: Step) -> None:
    """The row of a step that was claimed."""
    connection.execute(
        incident_step.insert().values(
            incident_id=step.incident_id, step=step.number, what=step.what, at_ms=int(step.at * 1000), kind=step.kind,
            scope=step.scope, districts=json.dumps(step.districts), sentence=step.sentence, who=step.who,
        )
    )  # fmt: skip


def step_of(row: Row[Any], what: StepKind, districts: Collection[int], sentence: str, who: str, now: float) -> Step:
    """The step after the newest of an incident's row; it changes neither kind nor scope."""
    return Step(
        row.incident_id, row.steps + 1, what, now, row.since_ms / 1000, IncidentKind(row.kind), Scope(row.scope),
        tuple(sorted(districts)), (), sentence, who,
    )  # fmt: skip


def wait_for_openings(connection: Connection) -> None:
    """Until no other person's opening is under way: of two at once, the second must see the first. SQLite has one writer anyway."""
    connection.execute(select(job.c.name).where(job.c.name == WATCH).with_for_update())


def ever_of(connection: Connection, incident_id: int) -> frozenset[int]:
    """The districts it ever had."""
    of_this = select(incident_district.c.district).where(incident_district.c.incident_id == incident_id)
    return frozenset(connection.execute(of_this).scalars())


def members_of(connection: Connection, incident_id: int) -> frozenset[int]:
    """The districts it lasts for; after its end, or a merge, those it ever had."""
    of_this = select(incident_district.c.district).where(
        incident_district.c.incident_id == incident_id, incident_district.c.left_ms.is_(None)
    )
    return frozenset(connection.execute(of_this).scalars()) or ever_of(connection, incident_id)


def wake(connection: Connection, now: float) -> list[Step]:
    """End the snoozes whose time has come; the steps of those that are open are told."""
    due = incident.c.snoozed_until_ms <= int(now * 1000)
    woken = []
    for row in connection.execute(select(incident).where(incident.c.status == OPEN, due)).all():
        words = f"The snooze is over and it still lasts. {row.sentence}"
        step = step_of(row, StepKind.WOKEN, members_of(connection, row.incident_id), words, RULE, now)
        if claim(connection, row.incident_id, row.steps, {"snoozed_until_ms": None}):
            append(connection, step)
            woken.append(step)
    return woken


def is_snoozed(connection: Connection, incident_id: int, now: float) -> bool:
    """Whether no mails are wanted at this moment (seconds UTC)."""
    until = select(incident.c.snoozed_until_ms).where(incident.c.incident_id == incident_id)
    return (connection.scalar(until) or 0) > now * 1000


def set_left(connection: Connection, incident_id: int, codes: Collection[int] | None, now_ms: int) -> None:
    """These districts, or all, are in it no longer."""
    mine = [incident_district.c.incident_id == incident_id, incident_district.c.left_ms.is_(None)]
    if codes is not None:
        mine.append(incident_district.c.district.in_(codes))
    connection.execute(update(incident_district).where(*mine).values(left_ms=now_ms))


def set_joined(connection: Connection, incident_id: int, codes: Collection[int], joined_ms: int) -> None:
    """These districts are in it, whether they were before or not."""
    rows = [{"incident_id": incident_id, "district": code, "joined_ms": joined_ms} for code in sorted(codes)]
    if rows:
        connection.execute(insert_new(connection, incident_district), rows)
        again = (incident_district.c.incident_id == incident_id, incident_district.c.district.in_(codes))
        connection.execute(update(incident_district).where(*again).values(left_ms=None))


def _open(connection: Connection, change: Change, now_ms: int, made_by: str) -> int:
    result = connection.execute(
        incident.insert().values(
            kind=change.kind, scope=change.scope, status=OPEN, since_ms=int(change.since * 1000), opened_ms=now_ms,
            sentence=change.sentence, steps=1, severity=severity(change.kind, change.scope, change.members), made_by=made_by,
        )
    )  # fmt: skip
    return int(result.inserted_primary_key[0])  # type: ignore[index]


def _values(connection: Connection, change: Change, now_ms: int) -> dict[str, Any]:
    """The incident's row after a rule's step."""
    assert change.incident is not None
    values: dict[str, Any] = {"kind": change.kind, "scope": change.scope, "sentence": change.sentence}
    if change.what is StepKind.RESOLVED:
        closed = {} if change.kind in RECOVERING else {"closed_ms": now_ms, "closed_by": RULE}
        return values | closed | {"status": RESOLVED, "resolved_ms": now_ms, "snoozed_until_ms": None}
    if not is_graded(connection, change.incident.incident_id):
        values["severity"] = _severity(connection, change, change.incident)
    if change.what is StepKind.REOPENED:
        values |= {"acknowledged_ms": None, "acknowledged_by": None, "closed_ms": None, "closed_by": None}
    return values | {"status": OPEN, "resolved_ms": None}


def _severity(connection: Connection, change: Change, old: Standing) -> Severity:
    """The rule's; of one that others were merged into, not less than it came to be by them."""
    by_rule = severity(change.kind, change.scope, change.members)
    if not old.merged:
        return by_rule
    now = connection.scalars(select(incident.c.severity).where(incident.c.incident_id == old.incident_id)).one()
    return worst((by_rule, Severity(now)))


def _allowed(change: Change) -> ColumnElement[bool]:
    """What must hold of the row for a rule to take this step."""
    if change.what is StepKind.RESOLVED:
        return and_(incident.c.made_by == RULE, incident.c.status == OPEN)
    own_end = or_(incident.c.closed_by.is_(None), incident.c.closed_by == RULE)
    return and_(own_end, incident.c.merged_into.is_(None))


def _set_members(connection: Connection, incident_id: int, change: Change, now_ms: int) -> None:
    if change.what is StepKind.RESOLVED:
        set_left(connection, incident_id, None, now_ms)
    else:
        set_joined(connection, incident_id, change.joined, now_ms)


Members = Mapping[int, set[int]]


def _districts_of(
    connection: Connection, numbers: Collection[int], districts: frozenset[int]
) -> tuple[Members, Members]:
    """Present members, and all that ever were, by incident."""
    members: dict[int, set[int]] = defaultdict(set)
    ever: dict[int, set[int]] = defaultdict(set)
    of_these = and_(incident_district.c.incident_id.in_(numbers), incident_district.c.district.in_(districts))
    for row in connection.execute(select(incident_district).where(of_these)):
        ever[row.incident_id].add(row.district)
        if row.left_ms is None:
            members[row.incident_id].add(row.district)
    return members, ever


def spells_of(connection: Connection, since_ms: Mapping[int, int]) -> dict[int, tuple[Spell, ...]]:
    """What incidents were up to now, by number; of each it is given when it began."""
    told: dict[int, list[Told]] = defaultdict(list)
    steps = incident_step.c
    query = select(steps.incident_id, steps.what, steps.at_ms, steps.kind, steps.sentence)
    ordered = query.where(steps.incident_id.in_(since_ms)).order_by(steps.incident_id, steps.step)
    for row in connection.execute(ordered):
        told[row.incident_id].append(Told(StepKind(row.what), row.at_ms / 1000, IncidentKind(row.kind), row.sentence))
    return {number: course(told[number], began / 1000) for number, began in since_ms.items()}


def merged_kinds(connection: Connection, numbers: Collection[int]) -> Mapping[int, set[IncidentKind]]:
    """Kinds of the incidents that were merged into these, also by way of others."""
    kinds: dict[int, set[IncidentKind]] = defaultdict(set)
    into = {number: number for number in numbers}
    while into:
        query = select(incident.c.incident_id, incident.c.kind, incident.c.merged_into)
        found = connection.execute(query.where(incident.c.merged_into.in_(into))).all()
        for row in found:
            kinds[into[row.merged_into]].add(IncidentKind(row.kind))
        into = {row.incident_id: into[row.merged_into] for row in found}
    return kinds


def _split(connection: Connection, numbers: Collection[int]) -> frozenset[int]:
    query = select(incident_step.c.incident_id).where(
        incident_step.c.incident_id.in_(numbers), incident_step.c.what == StepKind.SPLIT
    )
    return frozenset(connection.execute(query).scalars())


def is_graded(connection: Connection, incident_id: int) -> bool:
    """Whether a person has set its severity: no rule changes it then."""
    graded = exists().where(incident_step.c.incident_id == incident_id, incident_step.c.what == StepKind.GRADED)
    return bool(connection.scalar(select(graded)))
