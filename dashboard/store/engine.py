"""Opens the store. SQLite runs in WAL mode with synchronous=FULL: what was acknowledged survives a power cut."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError

MIGRATIONS = Path(__file__).parent / "migrations"


class StoreError(RuntimeError):
    """The store cannot be used; `str()` says which file, why, and what to do."""


def open_store(file: Path) -> Engine:
    """The engine of a SQLite file, created and brought to the newest schema if need be.

    Raises:
        StoreError: the file is no store, cannot be opened, or belongs to a newer Tikawatch.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    engine = engine_for(f"sqlite+pysqlite:///{file}")
    try:
        upgrade(engine)
    except DBAPIError as problem:
        raise StoreError(
            f"{file} cannot be used as the store: {problem.orig}. Name another file in dashboard.store"
        ) from None
    except CommandError as problem:
        raise StoreError(f"{file} is not a store of this version: {problem}. Run the Tikawatch that wrote it") from None
    return engine


def engine_for(url: str) -> Engine:
    """An engine with our settings, without touching the schema."""
    engine = create_engine(url, connect_args={"timeout": 5} if url.startswith("sqlite") else {})
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _careful)
        event.listen(engine, "begin", _begin_immediate)
    return engine


def upgrade(engine: Engine) -> None:
    """Bring the schema to the newest revision."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _careful(connection: DBAPIConnection, _record: Any) -> None:
    connection.isolation_level = None  # we send BEGIN ourselves, below
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    """Writers queue at BEGIN instead of failing at their first write; readers ask for `readonly` and do not queue."""
    readonly = connection.get_execution_options().get("readonly", False)
    connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that only reads and does not queue behind the writer."""
    with engine.connect().execution_options(readonly=True) as connection:
        yield connection


def insert_or_replace(connection: Connection, table: Table) -> Any:
    """INSERT that overwrites the row of the same primary key, in the dialect of the connection."""
    statement = _dialect(connection).insert(table)
    keys = list(table.primary_key.columns)
    values = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=keys, set_=values)


def insert_new(connection: Connection, table: Table) -> Any:
    """INSERT that leaves rows alone which are there already, in the dialect of the connection."""
    return _dialect(connection).insert(table).on_conflict_do_nothing()


def _dialect(connection: Connection) -> Any:
    return postgresql if connection.dialect.name == "postgresql" else sqlite
