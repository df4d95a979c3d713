"""Incidents for pages: which are open or lately resolved, whom they concern, who was told."""

import pandas as pd
from sqlalchemy import Connection, Select, func, select

from dashboard.queries.frame import read
from dashboard.store.schema import incident, incident_district, notice

INCIDENTS = {
    "incident_id": "int64", "kind": "str", "scope": "str", "status": "str", "since_ms": "int64", "resolved_ms": "Int64",
    "acknowledged_ms": "Int64", "acknowledged_by": "object", "sentence": "str", "steps": "int64",
}  # fmt: skip
CONCERNED = {"incident_id": "int64", "district": "int64", "left_ms": "Int64"}
TOLD = {"incident_id": "int64", "told": "int64", "owed": "int64"}
MAX_INCIDENTS = 60


def incidents_touching(connection: Connection, start_ms: int) -> pd.DataFrame:
    """Open incidents and those resolved since `start_ms`, newest first, at most MAX_INCIDENTS: columns INCIDENTS."""
    touching = (incident.c.status == "open") | (incident.c.resolved_ms >= start_ms)
    statement = (
        _incidents().where(touching).order_by(incident.c.status, incident.c.since_ms.desc()).limit(MAX_INCIDENTS)
    )
    return read(connection, statement, INCIDENTS)


def incidents_of(connection: Connection, district: int, start_ms: int) -> pd.DataFrame:
    """The same for one district, newest first: columns INCIDENTS."""
    concerned = select(incident_district.c.incident_id).where(incident_district.c.district == district)
    touching = (incident.c.status == "open") | (incident.c.resolved_ms >= start_ms)
    statement = _incidents().where(touching, incident.c.incident_id.in_(concerned))
    return read(connection, statement.order_by(incident.c.since_ms.desc()).limit(MAX_INCIDENTS), INCIDENTS)


def concerned(connection: Connection, incident_ids: list[int]) -> pd.DataFrame:
    """The districts of these incidents: columns CONCERNED; left_ms <NA> while it lasts there."""
    statement = select(
        incident_district.c.incident_id, incident_district.c.district, incident_district.c.left_ms
    ).where(incident_district.c.incident_id.in_(incident_ids))
    return read(connection, statement.order_by(incident_district.c.district), CONCERNED)


def told(connection: Connection, incident_ids: list[int]) -> pd.DataFrame:
    """Mails taken by the relay, and mails owed, over all steps of these incidents: columns TOLD."""
    taken = func.count().filter(notice.c.state == "accepted")
    statement = (
        select(notice.c.incident_id, taken, func.count())
        .where(notice.c.incident_id.in_(incident_ids))
        .group_by(notice.c.incident_id)
    )
    return read(connection, statement, TOLD)


def _incidents() -> Select[tuple[object, ...]]:
    return select(
        incident.c.incident_id, incident.c.kind, incident.c.scope, incident.c.status, incident.c.since_ms,
        incident.c.resolved_ms, incident.c.acknowledged_ms, incident.c.acknowledged_by, incident.c.sentence, incident.c.steps,
    )  # fmt: skip
