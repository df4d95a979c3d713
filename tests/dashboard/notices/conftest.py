"""A real store, a real relay on a free port, the example config, and a clock that moves when told to."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from dashboard.incidents.incident import IncidentKind, Scope, Step, StepKind
from dashboard.settings import SECTIONS_OF_OTHERS, ControlRoomFile
from dashboard.store.schema import incident, incident_step
from probes.clock import SetClock
from probes.config_file import load
from tests.stores import fresh_store

from .relay import Relay

CONFIG = Path(__file__).parents[3] / "config.yaml"
T1312 = 1610782920.0  # 16 January 2021, 13:12 IST
RAIGAD, THANE, PUNE, SATARA, NASHIK, DHULE = 491, 497, 490, 494, 487, 474


def make_step(number: int = 1, what: StepKind = StepKind.OPENED, **changes: object) -> Step:
    fields: dict[str, object] = {
        "incident_id": 3, "number": number, "what": what, "at": T1312 + 120, "since": T1312,
        "kind": IncidentKind.SLOWDOWN, "scope": Scope.DIVISION, "districts": (THANE, PUNE), "joined": (THANE, PUNE),
        "sentence": "Uploads take 31 s in Thane and 28 s in Pune since 13:12; 3 s in the 34 other districts.",
    }  # fmt: skip
    return Step(**(fields | changes))  # type: ignore[arg-type]


def with_officers(settings: ControlRoomFile, **officers: dict[str, str]) -> ControlRoomFile:
    """The settings with changed officers, by district name."""
    districts = tuple(
        d.model_copy(update={"officer": d.officer.model_copy(update=officers.get(d.name, {}))})
        for d in settings.districts
    )
    return settings.model_copy(update={"districts": districts})


def with_mail(settings: ControlRoomFile, **changes: object) -> ControlRoomFile:
    dashboard = settings.dashboard
    mail = dashboard.mail.model_copy(update=changes)
    return settings.model_copy(update={"dashboard": dashboard.model_copy(update={"mail": mail})})


def write_step(engine: Engine, step: Step) -> None:
    """Store a step as the ledger does, the incident with its first."""
    with engine.begin() as connection:
        if step.number == 1:
            row = {
                "incident_id": step.incident_id, "kind": step.kind, "scope": step.scope, "status": "open",
                "since_ms": round(step.since * 1000), "opened_ms": round(step.at * 1000),
                "sentence": step.sentence, "steps": 1,
            }  # fmt: skip
            connection.execute(insert(incident), row)
        row = {
            "incident_id": step.incident_id, "step": step.number, "what": step.what, "at_ms": round(step.at * 1000),
            "kind": step.kind, "scope": step.scope, "districts": str(list(step.districts)),
            "sentence": step.sentence, "who": step.who,
        }  # fmt: skip
        connection.execute(insert(incident_step), row)


@pytest.fixture(scope="session")
def example() -> ControlRoomFile:
    return load(CONFIG, ControlRoomFile, SECTIONS_OF_OTHERS)


@pytest.fixture
def relay() -> Iterator[Relay]:
    running = Relay()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def settings(example: ControlRoomFile, relay: Relay) -> ControlRoomFile:
    return with_mail(example, host="127.0.0.1", port=relay.port, timeout_s=10.0)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    store = fresh_store(tmp_path / "store.db")
    yield store
    store.dispose()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(T1312 + 121)


@pytest.fixture
def nobody_there() -> int:
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
