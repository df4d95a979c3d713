"""The rooms put together: what a control room answers to."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from dashboard import wiring
from probes.clock import SetClock
from tests.places import at, example


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Flask]:
    room = example()
    changed = room.dashboard.model_copy(update={"store": tmp_path / "tikawatch.db"})
    built = wiring.build(room.model_copy(update={"dashboard": changed}), SetClock(at("14:00")))
    yield built.server
    built.engine.dispose()


def test_it_answers_machines_and_people(server: Flask) -> None:
    client = server.test_client()
    for path in ("/", "/healthz", "/metrics", "/api/v1/districts", "/api/v1/incidents"):
        assert client.get(path).status_code == 200, path
    assert client.post("/api/v1/samples").status_code == 401
    assert client.post("/api/v1/doses", json={"figures": []}).status_code == 401


def test_the_config_files_figures_are_in_the_store_from_the_start(server: Flask) -> None:
    lines = server.test_client().get("/metrics").get_data(as_text=True).splitlines()
    assert 'tikawatch_doses{kind="reported"} 18338.0' in lines
    assert 'tikawatch_doses{kind="recorded"} 5726.0' in lines


def test_nothing_is_served_to_another_name(server: Flask) -> None:
    assert server.test_client().get("/", headers={"Host": "evil.example"}).status_code == 400
