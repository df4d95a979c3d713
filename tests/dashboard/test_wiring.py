"""The rooms put together: what a control room answers to."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import date as Date
from pathlib import Path

import pytest
from flask import Flask

from dashboard import wiring
from dashboard.forms import links
from dashboard.forms.key_file import form_key
from dashboard.settings import Web
from dashboard.settings.outside import Outside
from dashboard.wiring import links_for_mails
from probes.clock import SetClock, WallClock
from probes.settings import Rehearsal
from tests.builders import example_settings
from tests.places import THANE, at, example


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


def test_mails_carry_links_only_where_a_phone_can_open_them_or_all_is_rehearsed(tmp_path: Path) -> None:
    day = Date(2021, 1, 16)
    shut = example_settings(store=tmp_path / "tikawatch.db")
    assert links_for_mails(shut)(THANE, day) == ""
    rehearsed = shut.model_copy(update={"rehearsal": Rehearsal(title="Rehearsal")})
    assert links_for_mails(rehearsed)(THANE, day).startswith("http://127.0.0.1:8600/report/497.2021-01-16.")
    web = Web(outside=Outside(address="https://report.example.org"))
    outside = example_settings(store=tmp_path / "tikawatch.db", web=web)
    link = links_for_mails(outside)(THANE, day)
    assert link.startswith("https://report.example.org/report/497.2021-01-16.")
    assert (
        links.read(form_key(tmp_path / "form-key"), links.REPORT, link.rpartition("/")[2], at("14:00")).district
        == THANE
    )
    (tmp_path / "form-key").chmod(0o644)
    assert links_for_mails(outside)(THANE, day) == ""  # the mail goes all the same


def test_nothing_is_served_to_another_name(server: Flask) -> None:
    assert server.test_client().get("/", headers={"Host": "evil.example"}).status_code == 400


@pytest.mark.process
def test_both_doors_open_and_shut_with_the_control_room(tmp_path: Path) -> None:
    pages, outside = free_port(), free_port()
    web = Web(port=pages, outside=Outside(address="https://report.example.org", port=outside))
    settings, stop = example_settings(store=tmp_path / "tikawatch.db", web=web), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        serving = pool.submit(wiring.serve, settings, WallClock(), stop)
        try:
            assert [healthy(pages, "127.0.0.1"), healthy(outside, "report.example.org")] == [True, True]
        finally:
            stop.set()
        serving.result(timeout=120)  # a door's thread that ended by itself would be an error


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def healthy(port: int, name: str) -> bool:
    """Ask until the door is open, for two minutes at most."""
    ends = time.monotonic() + 120
    while time.monotonic() < ends:
        with suppress(OSError), closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as line:
            line.request("GET", "/healthz", headers={"Host": name})
            return line.getresponse().status == 200
        time.sleep(0.1)
    return False
