"""Incidents for pages and the API: which are open, recovering or closed, whom they concern, their steps, who was told. Read-only."""

from collections.abc import Collection

import pandas as pd
from sqlalchemy import Connection, Select, case, func, select

from dashboard.queries.frame import read
from dashboard.store.schema import evidence, incident, incident_district, incident_step, notice

INCIDENTS = {
    "incident_id": "int64", "kind": "str", "scope": "str", "status": "str", "since_ms": "int64", "resolved_ms": "Int64",
    "acknowledged_ms": "Int64", "acknowledged_by": "object", "sentence": "str", "steps": "int64",
    "opened_ms": "int64", "closed_ms": "Int64", "closed_by": "object", "owner": "str", "severity": "str", "made_by": "str",
    "merged_into": "Int64", "snoozed_until_ms": "Int64", "phase": "str",
}  # fmt: skip
# recovering: checks are good again, and it is not done with
PHASE = case(
    (incident.c.status == "open", "open"), (incident.c.closed_ms.is_(None), "recovering"), else_="closed"
).label("phase")
STEPS = {
    "step": "int64", "what": "str", "at_ms": "int64", "kind": "str", "scope": "str", "districts": "str", "sentence": "str", "who": "str",
}  # fmt: skip
MAILS = {
    "step": "int64", "recipient": "str", "address": "str", "state": "str", "created_ms": "int64", "accepted_ms": "Int64",
    "last_reply": "str",
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


def listed(connection: Connection, kinds: Collection[str], phases: Collection[str], most: int) -> pd.DataFrame:
    """Incidents of these kinds and phases, open ones first, then recovering, each newest first: columns INCIDENTS. Nothing given: all."""
    statement = _incidents()
    if kinds:
        statement = statement.where(incident.c.kind.in_(kinds))
    if phases:
        statement = statement.where(PHASE.in_(phases))
    order = (incident.c.status, incident.c.closed_ms.is_not(None), incident.c.incident_id.desc())
    return read(connection, statement.order_by(*order).limit(most), INCIDENTS)


def numbered(connection: Connection, incident_ids: Collection[int]) -> pd.DataFrame:
    """The incidents of these numbers: columns INCIDENTS."""
    return read(connection, _incidents().where(incident.c.incident_id.in_(incident_ids)), INCIDENTS)


def taken_in(connection: Connection, incident_id: int) -> list[int]:
    """Numbers of the incidents that were merged into this one."""
    query = select(incident.c.incident_id).where(incident.c.merged_into == incident_id)
    return list(connection.execute(query.order_by(incident.c.incident_id)).scalars())


def steps_of(connection: Connection, incident_id: int) -> pd.DataFrame:
    """The timeline, oldest first: columns STEPS; `districts` a JSON list of LGD codes."""
    statement = select(*(incident_step.c[name] for name in STEPS)).where(incident_step.c.incident_id == incident_id)
    return read(connection, statement.order_by(incident_step.c.step), STEPS)


def steps_with_evidence(connection: Connection, incident_id: int) -> int:
    """How many of its steps have sealed evidence."""
    query = select(func.count()).select_from(evidence).where(evidence.c.incident_id == incident_id)
    return int(connection.execute(query).scalar_one())


def mails_of(connection: Connection, incident_id: int) -> pd.DataFrame:
    """The mails of its steps, oldest first: columns MAILS."""
    statement = select(*(notice.c[name] for name in MAILS)).where(notice.c.incident_id == incident_id)
    return read(connection, statement.order_by(notice.c.step, notice.c.notice_id), MAILS)


def _incidents() -> Select[tuple[object, ...]]:
    return select(*(incident.c[name] for name in INCIDENTS if name != "phase"), PHASE)
