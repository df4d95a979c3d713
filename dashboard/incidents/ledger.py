"""Incidents in the store. Every step is a row, claimed by a conditional UPDATE: who comes second changes nothing."""

import json
from collections import defaultdict

from sqlalchemy import Connection, and_, or_, select, update

from dashboard.incidents.incident import RULE, IncidentKind, Scope, Step, StepKind
from dashboard.incidents.transitions import Change, Standing
from dashboard.store.engine import insert_new
from dashboard.store.schema import incident, incident_district, incident_step

OPEN, RESOLVED = "open", "resolved"


def standing(connection: Connection, resolved_after: float, districts: frozenset[int]) -> list[Standing]:
    """Open incidents, and those resolved after the given moment (seconds UTC), which may come back.

    Districts that are not in `districts`, the configured ones, are left out: they cannot be judged any more.
    """
    lately = incident.c.resolved_ms > int(resolved_after * 1000)
    rows = connection.execute(select(incident).where(or_(incident.c.status == OPEN, lately))).all()
    members: dict[int, set[int]] = defaultdict(set)
    ever: dict[int, set[int]] = defaultdict(set)
    of_these = and_(
        incident_district.c.incident_id.in_([row.incident_id for row in rows]),
        incident_district.c.district.in_(districts),
    )
    for row in connection.execute(select(incident_district).where(of_these)):
        ever[row.incident_id].add(row.district)
        if row.left_ms is None:
            members[row.incident_id].add(row.district)
    return [
        Standing(
            row.incident_id, IncidentKind(row.kind), Scope(row.scope), row.since_ms / 1000,
            row.resolved_ms / 1000 if row.resolved_ms is not None else None, row.steps,
            frozenset(members[row.incident_id]), frozenset(ever[row.incident_id]),
        )
        for row in rows
        if ever[row.incident_id]
    ]  # fmt: skip


def record(connection: Connection, change: Change, now: float) -> Step | None:
    """Store one change in the caller's transaction; None when somebody else took the incident's next step first."""
    now_ms = int(now * 1000)
    incident_id = _open(connection, change, now_ms) if change.incident is None else change.incident.incident_id
    number = change.incident.steps + 1 if change.incident else 1
    if change.incident is not None and not _claim(connection, change, number, now_ms):
        return None
    _set_members(connection, incident_id, change, now_ms)
    concerned = change.members or (change.incident.ever if change.incident else frozenset())
    step = Step(
        incident_id, number, change.what, now, change.since, change.kind, change.scope,
        tuple(sorted(concerned)), tuple(sorted(change.joined)), change.sentence,
    )  # fmt: skip
    _append(connection, step, now_ms)
    return step


def acknowledge(connection: Connection, incident_id: int, step_seen: int, who: str, now: float) -> bool:
    """Take an open, unacknowledged incident by name, if its newest step is still the one that was seen."""
    now_ms = int(now * 1000)
    row = connection.execute(select(incident).where(incident.c.incident_id == incident_id)).one_or_none()
    if row is None:
        return False
    mine = (incident.c.incident_id == incident_id, incident.c.status == OPEN, incident.c.steps == step_seen)
    values = {"acknowledged_ms": now_ms, "acknowledged_by": who[:120], "steps": step_seen + 1}
    free = incident.c.acknowledged_ms.is_(None)
    if connection.execute(update(incident).where(*mine, free).values(values)).rowcount == 0:
        return False
    codes = connection.execute(
        select(incident_district.c.district).where(
            incident_district.c.incident_id == incident_id, incident_district.c.left_ms.is_(None)
        )
    ).scalars()
    step = Step(
        incident_id, step_seen + 1, StepKind.ACKNOWLEDGED, now, row.since_ms / 1000, IncidentKind(row.kind), Scope(row.scope),
        tuple(sorted(codes)), (), f"Seen by {who}", who,
    )  # fmt: skip
    _append(connection, step, now_ms)
    return True


def _open(connection: Connection, change: Change, now_ms: int) -> int:
    result = connection.execute(
        incident.insert().values(
            kind=change.kind, scope=change.scope, status=OPEN, since_ms=int(change.since * 1000), opened_ms=now_ms,
            sentence=change.sentence, steps=1,
        )
    )  # fmt: skip
    return int(result.inserted_primary_key[0])  # type: ignore[index]


def _claim(connection: Connection, change: Change, number: int, now_ms: int) -> bool:
    assert change.incident is not None
    values: dict[str, object] = {
        "kind": change.kind, "scope": change.scope, "sentence": change.sentence, "steps": number,
        "status": RESOLVED if change.what is StepKind.RESOLVED else OPEN,
        "resolved_ms": now_ms if change.what is StepKind.RESOLVED else None,
    }  # fmt: skip
    if change.what is StepKind.REOPENED:
        values |= {"acknowledged_ms": None, "acknowledged_by": None}
    where = (incident.c.incident_id == change.incident.incident_id, incident.c.steps == number - 1)
    return connection.execute(update(incident).where(*where).values(values)).rowcount == 1


def _set_members(connection: Connection, incident_id: int, change: Change, now_ms: int) -> None:
    mine = incident_district.c.incident_id == incident_id
    if change.what is StepKind.RESOLVED:
        connection.execute(
            update(incident_district).where(mine, incident_district.c.left_ms.is_(None)).values(left_ms=now_ms)
        )
        return
    rows = [{"incident_id": incident_id, "district": code, "joined_ms": now_ms} for code in sorted(change.joined)]
    if rows:
        connection.execute(insert_new(connection, incident_district), rows)
        again = (mine, incident_district.c.district.in_(change.joined))
        connection.execute(update(incident_district).where(*again).values(left_ms=None))


def _append(connection: Connection, step: Step, now_ms: int) -> None:
    connection.execute(
        incident_step.insert().values(
            incident_id=step.incident_id, step=step.number, what=step.what, at_ms=now_ms, kind=step.kind, scope=step.scope,
            districts=json.dumps(step.districts), sentence=step.sentence, who=step.who or RULE,
        )
    )  # fmt: skip
