"""The control room takes evidence by itself, also of what a stop left undone."""

import threading
import time
from pathlib import Path

import pytest

from dashboard import wiring
from dashboard.settings import Web
from tests.builders import Scene, example_settings
from tests.dashboard.evidence.conftest import kept, measured
from tests.dashboard.evidence.test_taking import a_step


@pytest.mark.process
def test_a_control_room_that_starts_takes_what_is_due(tmp_path: Path) -> None:
    file = tmp_path / "tikawatch.db"
    scene: Scene = measured(file)
    a_step(scene)
    settings, stop = example_settings(store=file, web=Web(port=0)), threading.Event()
    room = threading.Thread(target=wiring.serve, args=(settings, scene.clock, stop))
    room.start()
    try:
        deadline = time.monotonic() + 120
        while not kept(scene) and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        stop.set()
        room.join(120)
    assert len(kept(scene)) == 1
    scene.engine.dispose()
