"""What an agent owes the registry: rest when it asks for it, one budget, and nothing left behind; and neutral hosts wait for nobody."""

import json
import threading
import time
from urllib.request import urlopen

import pytest

from probes.clock import WallClock
from probes.rehearsal.faults import Fault, FaultKind
from probes.rehearsal.registry import StandIn

from .agents import Place, anchor, answered, by_check, get, local, running, stand_in, until, upload
from .servers import Call, HttpServer, Intake, free_port, http_server, raw_server

pytestmark = pytest.mark.process


@pytest.mark.parametrize("location", ["http://[::1", "//[x", "http://exa\xffmple/"])
@pytest.mark.timed
def test_an_unreadable_redirect_is_a_sample_and_the_agent_goes_on(
    place: Place, intake: Intake, room: HttpServer, location: str
) -> None:
    with (
        http_server(lambda _: (302, b"", {"Location": location})) as bad,
        running(place.config(room.url, [get(bad.url)])),
    ):
        until(lambda: len(intake.samples) >= 6)
    assert by_check(intake) == {"ping": {("failed", "redirect")}}


def test_a_secret_that_cannot_be_read_is_said_once_at_the_start(
    place: Place, intake: Intake, room: HttpServer, good: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    check = upload(local(good.ports.registry)) | {"secrets": {"key": str(place.folder / "absent")}}
    with running(place.config(room.url, [check | {"headers": {"X-Key": "{secret:key}"}}])):
        until(lambda: len(intake.samples) >= 6)
    assert by_check(intake) == {"upload": {("unknown", "agent_fault")}}
    assert len([one for one in caplog.messages if one.startswith('check upload: the secret "key" cannot be read')]) == 1


@pytest.mark.timed
def test_a_registry_that_asks_for_rest_gets_it_and_neutral_hosts_are_asked_on(
    place: Place, good: StandIn, intake: Intake, room: HttpServer
) -> None:
    port = free_port()
    with http_server(lambda _: (429, b"", {"Retry-After": "3600"})) as busy:
        with running(place.config(room.url, [get(busy.url), anchor(good)], metrics={"port": port})):
            until(lambda: good.load()["anchor"] >= 12)
            with urlopen(f"{local(port)}/metrics") as page:
                scraped = page.read().decode()
        assert len(busy.calls) <= 3  # what had started before the first answer
    [held] = [line for line in scraped.splitlines() if line.startswith("tikawatch_schedule_held_total{")]
    assert held.startswith('tikawatch_schedule_held_total{reason="429"}')
    assert float(held.split()[-1]) >= 5


@pytest.mark.timed
def test_neutral_hosts_wait_neither_for_the_budget_nor_for_checks_that_hang(
    place: Place, good: StandIn, intake: Intake, room: HttpServer
) -> None:
    with raw_server(lambda connection: threading.Event().wait(60)) as hanging:
        hang = {"name": "hang", "kind": "http", "url": local(hanging), "interval_s": 60, "deadline_s": 60}
        config = place.config(room.url, [anchor(good), hang], in_flight=1, starts_per_second=0.1)
        with running(config):
            until(lambda: len(intake.samples) >= 12)
    assert by_check(intake) == {"neutral": {("ok", "none")}}
    assert all(float(str(sample["lateness"])) < 3 for sample in intake.samples.values())


def test_looks_and_clean_ups_come_out_of_the_same_budget_as_checks(place: Place, room: HttpServer) -> None:
    with stand_in(Fault(kind=FaultKind.UNSTORED)) as forgetful:
        check = upload(local(forgetful.ports.registry)) | {"interval_s": 1, "deadline_s": 20}
        began = time.monotonic()
        with running(place.config(room.url, [check], starts_per_second=4)):
            until(lambda: answered(forgetful) >= 14)
            assert time.monotonic() - began >= 3


@pytest.mark.timed
def test_a_stop_takes_the_records_of_open_uploads_away(place: Place, room: HttpServer) -> None:
    with stand_in(Fault(kind=FaultKind.SLOW, factor=1000)) as slow:
        config = place.config(room.url, [upload(local(slow.ports.registry)) | {"deadline_s": 60}])
        with running(config):
            until(lambda: slow.load()["records_left"] == 3)
            slow.set_faults(())
        assert slow.load()["records_left"] == 0


@pytest.mark.timed
def test_clean_ups_that_a_stop_leaves_no_time_for_are_kept_for_the_next_start(place: Place, room: HttpServer) -> None:
    with stand_in(Fault(kind=FaultKind.SLOW, factor=1000)) as slow:
        check = upload(local(slow.ports.registry)) | {"deadline_s": 60}
        with running(place.config(room.url, [check], starts_per_second=2)):
            until(lambda: slow.load()["records_left"] == 3)
            slow.set_faults([Fault(kind=FaultKind.HANG)])
            asked = time.monotonic()
        assert time.monotonic() - asked < 6
    assert len(place.left()) == 3


def test_a_clean_up_that_failed_is_made_good_after_a_restart(place: Place, room: HttpServer) -> None:
    left: set[str] = set()
    refuses = [True]

    def registry(call: Call) -> tuple[int, bytes]:
        record = call.path.rsplit("/", 1)[-1]
        if call.method == "POST":
            left.add(json.loads(call.body)["id"])
            return 202, b""
        if call.method == "DELETE" and not refuses[0]:
            left.discard(record)
        return (500 if call.method == "DELETE" and refuses[0] else 200), record.encode()

    with http_server(registry) as server:
        config = place.config(room.url, [upload(server.url)])
        with running(config):
            until(lambda: len(left) >= 3)
        before = set(left)
        assert {(method, url.rsplit("/", 1)[-1]) for method, url in place.left()} == {("DELETE", one) for one in before}
        refuses[0] = False
        with running(config, WallClock(3600)):
            until(lambda: not left & before)
        assert place.left() == []
