"""How far a job has come, and when it last ran."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select, update

from dashboard.store.schema import job

WATCH = "watch"


def watermark(connection: Connection, name: str) -> int:
    """What the job had reached; 0 before its first run."""
    return int(connection.execute(select(job.c.watermark).where(job.c.name == name)).scalar() or 0)


def ran_at(connection: Connection, name: str) -> int | None:
    """When the job last ran, milliseconds since 1970 UTC."""
    return connection.execute(select(job.c.ran_ms).where(job.c.name == name)).scalar()


def memory(connection: Connection, name: str) -> dict[str, Any]:
    """What the job wanted back after a restart; empty before its first run."""
    stored: dict[str, Any] = json.loads(
        connection.execute(select(job.c.state).where(job.c.name == name)).scalar() or "{}"
    )
    return stored


def advance(connection: Connection, name: str, reached: int, ran_ms: int, memory: Mapping[str, Any]) -> None:
    """Note how far the job came, in the caller's transaction."""
    values = {"watermark": reached, "ran_ms": ran_ms, "state": json.dumps(memory)}
    if connection.execute(update(job).where(job.c.name == name).values(values)).rowcount == 0:
        connection.execute(job.insert().values(name=name, **values))
