"""A desk with an empty store, and one whose store holds the figures of config.yaml."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from dashboard.store import figures
from tests.dashboard.forms.desk import Desk, settings_in
from tests.places import at


@pytest.fixture
def desk(engine: Engine, tmp_path: Path) -> Desk:
    return Desk(engine, settings_in(tmp_path))


@pytest.fixture
def published(desk: Desk) -> Desk:
    with desk.engine.begin() as connection:
        figures.append(connection, list(desk.settings.figures), desk.settings.zone, int(at("08:00") * 1000))
    return desk
