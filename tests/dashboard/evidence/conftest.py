"""One incident with the evidence of both its steps, shared by the tests that only read it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.detection.states import DistrictState
from dashboard.evidence.taking import EvidenceTaking
from dashboard.incidents.incident import IncidentKind
from dashboard.store import evidence
from dashboard.store.engine import reading
from dashboard.store.evidence import Kept
from dashboard.store.schema import incident_step
from tests.builders import Scene, example_settings
from tests.places import THANE


def kept(scene: Scene, incident_id: int = 1) -> list[Kept]:
    with reading(scene.engine) as connection:
        return evidence.of_incident(connection, incident_id)


def taken(scene: Scene, at: str) -> list[Kept]:
    """What the store has of incident 1 after a look at this hour."""
    scene.clock.at = scene.ms(at) / 1000
    EvidenceTaking(scene.engine, scene.settings, scene.clock).step()
    return kept(scene)


def measured(file: Path) -> Scene:
    """Thane at 6 s and Pune at 2 s an upload, from 11:50 to 12:20."""
    scene = Scene(file, example_settings())
    scene.agent()
    scene.samples("Thane", "11:50", "12:20", 6.0, every_s=15)
    scene.samples("Pune", "11:50", "12:20", 2.0, every_s=15)
    return scene


def resolved(scene: Scene, at: str, step: int) -> None:
    scene.put(incident_step, [{
        "incident_id": 1, "step": step, "what": "resolved", "at_ms": scene.ms(at), "kind": "slowdown", "scope": "district",
        "districts": f"[{THANE}]", "sentence": "Over.", "who": "rule",
    }])  # fmt: skip


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = measured(tmp_path / "t.db")
    yield made
    made.engine.dispose()


@pytest.fixture(scope="package")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """An incident opened at 12:00 and resolved at 12:10."""
    made = measured(tmp_path_factory.mktemp("evidence") / "t.db")
    made.flip("Thane", "09:00", DistrictState.OK)
    made.flip("Pune", "09:00", DistrictState.OK)
    made.flip("Thane", "12:00", DistrictState.SLOW, old="ok")
    made.incident(IncidentKind.SLOWDOWN, ["Thane"], "12:00", "Thane is slow.")
    resolved(made, "12:10", 2)
    taken(made, "12:12")
    yield made
    made.engine.dispose()


@pytest.fixture(scope="package")
def rows(told: Scene) -> list[Kept]:
    return kept(told)
