"""How far a job has come, and when it last ran."""

from sqlalchemy import Connection, select, update

from dashboard.store.schema import job

WATCH = "watch"


def watermark(connection: Connection, name: str) -> int:
    """What the job had reached; 0 before its first run."""
    return int(connection.execute(select(job.c.watermark).where(job.c.name == name)).scalar() or 0)


def ran_at(connection: Connection, name: str) -> int | None:
    """When the job last ran, milliseconds since 1970 UTC."""
    return connection.execute(select(job.c.ran_ms).where(job.c.name == name)).scalar()


def advance(connection: Connection, name: str, reached: int, ran_ms: int) -> None:
    values = {"watermark": reached, "ran_ms": ran_ms}
    if connection.execute(update(job).where(job.c.name == name).values(values)).rowcount == 0:
        connection.execute(job.insert().values(name=name, state="{}", **values))
