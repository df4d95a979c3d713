"""A fresh store for each test: a real SQLite file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.stores import fresh_store


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = fresh_store(tmp_path / "tikawatch.db")
    yield engine
    engine.dispose()
