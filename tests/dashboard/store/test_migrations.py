"""Migrations on a store with figures in it: nothing is lost on the way up, and the way down is open."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from dashboard.store.engine import MIGRATIONS, engine_for

ROW = (
    "INSERT INTO figure (place, day, kind, value, as_of_ms, hour_known, received_ms, said, source, who, status, note, rehearsed) "
    "VALUES ('497', '2021-01-16', 'reported', {value}, 1, 1, 1, '', 'x', '', 'provisional', '', 0)"
)


def migrate(engine: Engine, to: str, *, down: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, to)


def values(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return [row[0] for row in connection.execute(text("SELECT value FROM figure ORDER BY figure_id"))]


def test_figures_of_the_first_schema_are_kept_and_the_way_back_is_open(tmp_path: Path) -> None:
    engine = engine_for(f"sqlite+pysqlite:///{tmp_path / 'old.db'}")
    migrate(engine, "0001")
    with engine.begin() as connection:
        connection.execute(text(ROW.format(value=1740)))
    migrate(engine, "head")
    with engine.begin() as connection:
        assert connection.execute(text("SELECT value, version FROM figure")).all() == [(1740, 1)]
        connection.execute(
            text(ROW.format(value=1829).replace("rehearsed)", "rehearsed, version)").replace(", 0)", ", 0, 2)"))
        )
    assert values(engine) == [1740, 1829]
    migrate(engine, "0001", down=True)
    assert values(engine) == [1740]
    migrate(engine, "head")
    engine.dispose()
