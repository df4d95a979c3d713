"""Evidence of incidents in the store: one row a step, appended once and never changed. What a body holds: dashboard/evidence/."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, exists, select

from dashboard.store.engine import insert_new
from dashboard.store.schema import evidence, incident, incident_step


class Due(NamedTuple):
    """A step without evidence. `since_ms`: when the incident's fault began, by the samples."""

    incident_id: int
    step: int
    what: str
    at_ms: int
    kind: str
    scope: str
    districts: tuple[int, ...]
    sentence: str
    who: str
    since_ms: int


class Kept(NamedTuple):
    """A stored row. `body` is the gzip of canonical JSON, `sha256` that of the JSON itself, both as they were written."""

    step: int
    taken_ms: int
    samples: int
    sha256: str
    body: bytes


def due(connection: Connection, whats: Sequence[str], by_ms: int, limit: int) -> list[Due]:
    """Steps of these kinds taken by a moment (ms since 1970 UTC) that have no evidence yet, each incident's in their order."""
    has_one = exists().where(
        evidence.c.incident_id == incident_step.c.incident_id, evidence.c.step == incident_step.c.step
    )
    query = (
        select(
            incident_step.c.incident_id, incident_step.c.step, incident_step.c.what, incident_step.c.at_ms, incident_step.c.kind,
            incident_step.c.scope, incident_step.c.districts, incident_step.c.sentence, incident_step.c.who, incident.c.since_ms,
        )
        .join(incident, incident.c.incident_id == incident_step.c.incident_id)
        .where(incident_step.c.what.in_(whats), incident_step.c.at_ms <= by_ms, ~has_one)
        .order_by(incident_step.c.incident_id, incident_step.c.step)
        .limit(limit)
    )  # fmt: skip
    rows = connection.execute(query).mappings()
    return [Due(**{**row, "districts": tuple(json.loads(row["districts"]))}) for row in rows]


def last_before(connection: Connection, incident_id: int, step: int) -> tuple[int, str] | None:
    """Step and SHA-256 of the incident's evidence before a step; None when there is none."""
    query = (
        select(evidence.c.step, evidence.c.sha256)
        .where(evidence.c.incident_id == incident_id, evidence.c.step < step)
        .order_by(evidence.c.step.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.step, row.sha256)


def append(connection: Connection, incident_id: int, row: Kept) -> bool:
    """Store the evidence of a step in the caller's transaction; False: there is some already, which stays as it is."""
    new = insert_new(connection, evidence).values(incident_id=incident_id, **row._asdict())
    return connection.execute(new).rowcount == 1


def of_incident(connection: Connection, incident_id: int) -> list[Kept]:
    """Every row of an incident, in the order of its steps."""
    columns = (evidence.c[name] for name in Kept._fields)
    query = select(*columns).where(evidence.c.incident_id == incident_id).order_by(evidence.c.step)
    return [Kept(*row) for row in connection.execute(query)]
