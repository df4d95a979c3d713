"""Stores for tests: real SQLite files, migrated once a run and copied, as each migration costs a tenth of a second.

They do not wait for the disk at each commit: a test outlives a killed process, but no power cut.
"""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, event

from dashboard.store.engine import engine_for, open_store


def fresh_store(file: Path) -> Engine:
    """A new store of the newest schema at `file`; one that is there already is opened as it is."""
    if not file.exists():
        shutil.copyfile(_migrated(), file)
    engine = engine_for(f"sqlite+pysqlite:///{file}")
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    return engine


@cache
def _migrated() -> Path:
    file = Path(tempfile.mkdtemp(prefix="tikawatch-tests-")) / "migrated.db"
    engine = open_store(file)
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")  # our engines begin at once; a checkpoint needs no transaction
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    engine.dispose()
    return file
