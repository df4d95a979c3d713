"""Pictures that many tests only look at are made once; each is a real SQLite store."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dashboard.settings import ControlRoomFile
from dashboard.web.pages.overview.reading import Reading, read_overview
from dashboard.web.pages.overview.snapshot import snapshot
from tests.builders import Scene, example_settings
from tests.dashboard.web.pictures import calm_day, launch_day, rehearsed_curves

Build = Callable[[Path, ControlRoomFile], Scene]
Pictures = Callable[[Build], Scene]


@pytest.fixture(scope="session")
def settings() -> ControlRoomFile:
    return example_settings()


@pytest.fixture(scope="session")
def pictures(settings: ControlRoomFile, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pictures]:
    """A builder's picture, made once, to be looked at and not changed."""
    made: dict[str, Scene] = {}
    folder = tmp_path_factory.mktemp("pictures")

    def picture(build: Build) -> Scene:
        if build.__name__ not in made:
            made[build.__name__] = build(folder / f"{build.__name__}.db", settings)
        return made[build.__name__]

    yield picture
    for scene in made.values():
        scene.engine.dispose()


@pytest.fixture
def calm_copy(pictures: Pictures, settings: ControlRoomFile, tmp_path: Path) -> Iterator[Scene]:
    """The calm day in a store of its own, to be changed."""
    source = pictures(calm_day)
    with closing(source.engine.raw_connection()) as connection:
        connection.execute("VACUUM INTO ?", (str(tmp_path / "calm.db"),))  # type: ignore[attr-defined]
    scene = Scene(tmp_path / "calm.db", settings)
    yield scene
    scene.engine.dispose()


@pytest.fixture(scope="session")
def launch(settings: ControlRoomFile, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    scene = launch_day(tmp_path_factory.mktemp("launch") / "tikawatch.db", settings)
    rehearsed_curves(scene)
    yield scene
    scene.engine.dispose()


@pytest.fixture(scope="session")
def launch_reading(launch: Scene) -> Reading:
    return read_overview(launch.engine, launch.settings, launch.clock.now())


@pytest.fixture(scope="session")
def launch_snapshot(launch_reading: Reading, settings: ControlRoomFile) -> dict[str, Any]:
    return snapshot(launch_reading, settings)
