"""The stand-in registry over real sockets."""

import http.client
import socket
import threading
import time
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from probes.clock import SetClock
from probes.rehearsal.faults import Fault, FaultKind
from probes.rehearsal.latency import Call, draw_s
from probes.rehearsal.listening import CannotListen
from probes.rehearsal.registry import StandIn
from tests.probes.rehearsal.conftest import Ask

pytestmark = pytest.mark.process  # real servers, real waiting

NOON = 1_610_778_600.0  # 16 January 2021 in India
RECORD = {"id": "tw-probe-1", "synthetic": True, "padding": "xxx"}


def seen(ask: Ask, path: str, within_s: float = 30.0) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if ask("GET", path)[0] == 200:
            return True
        time.sleep(0.005)
    return False


def open_request(port: int, path: str = "/api/491/ping") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return client


def test_a_ping_is_answered(ask: Ask) -> None:
    assert ask("GET", "/api/491/ping") == (200, {"status": "UP"})


def test_the_neutral_host_answers(ask: Ask, stand_in: StandIn) -> None:
    assert ask("GET", "/anchor/491", port=stand_in.ports.anchor) == (200, {"status": "UP"})


def test_a_registration_is_answered(ask: Ask) -> None:
    assert ask("POST", "/api/491/register", RECORD) == (201, {"id": "tw-probe-1", "status": "registered"})


def test_a_record_is_accepted_then_seen_then_taken_away(ask: Ask) -> None:
    path = "/api/491/records/tw-probe-1"
    assert ask("GET", path)[0] == 404
    assert ask("POST", "/api/491/records", RECORD) == (202, {"id": "tw-probe-1", "status": "accepted"})
    assert seen(ask, path)
    assert ask("GET", path) == (200, RECORD)
    assert ask("GET", "/api/490/records/tw-probe-1")[0] == 404
    assert ask("DELETE", path) == (204, None)
    assert ask("DELETE", path) == (204, None)
    assert ask("GET", path)[0] == 404


def test_a_record_is_not_seen_at_the_moment_it_is_accepted() -> None:
    clock = SetClock(NOON)
    server = StandIn(scale=0.01, clock=clock)
    server.start()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", server.ports.registry, timeout=30)
        statuses = []
        for method, path, body, move in (
            ("POST", "/api/491/records", b'{"id": "a", "synthetic": true}', 0.0),
            ("GET", "/api/491/records/a", None, 1.0),
            ("GET", "/api/491/records/a", None, 0.0),
        ):
            connection.request(method, path, body)
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
            clock.move(move)
        connection.close()
    finally:
        server.stop()
    assert statuses == [202, 404, 200]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"id": "a"}, 422, "synthetic"),
        ({"id": "a", "synthetic": "true"}, 422, "synthetic"),
        ({"id": "", "synthetic": True}, 422, "id"),
        ({"id": 7, "synthetic": True}, 422, "id"),
        ([1, 2], 422, ""),
        ("{", 400, ""),
        (b"\xff\xfe", 400, ""),
        ("[" * 100_000, 400, ""),
    ],
)
@pytest.mark.parametrize("where", ["records", "register"])
def test_only_records_marked_synthetic_are_taken(ask: Ask, where: str, body: object, status: int, field: str) -> None:
    got, answer = ask("POST", f"/api/491/{where}", body)
    assert (got, answer["field"]) == (status, field)
    assert answer["error"]
    assert answer["hint"]
    assert ask("GET", "/control/load")[1]["records_left"] == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/api/raigad/ping", 404),
        ("GET", "/api/0/ping", 404),
        ("GET", "/api/12345678/ping", 404),
        ("GET", "/api/491/nothing", 404),
        ("POST", "/api/491/ping", 405),
        ("PUT", "/api/491/records/a", 405),
        ("GET", "/anchor/491", 404),
    ],
)
def test_what_is_not_known_gets_a_json_error(ask: Ask, method: str, path: str, status: int) -> None:
    got, answer = ask(method, path)
    assert got == status
    assert set(answer) == {"error", "field", "hint"}


def test_the_neutral_host_knows_nothing_else(ask: Ask, stand_in: StandIn) -> None:
    assert ask("GET", "/api/491/ping", port=stand_in.ports.anchor)[0] == 404


def test_errors_are_503(ask: Ask, stand_in: StandIn) -> None:
    stand_in.set_faults([Fault(kind=FaultKind.ERRORS, districts=(471,))])
    assert ask("GET", "/api/471/ping")[0] == 503
    assert ask("POST", "/api/471/records", RECORD)[0] == 503
    assert ask("GET", "/api/491/ping")[0] == 200
    assert stand_in.load()["records_left"] == 0


def test_errors_come_at_their_rate(ask: Ask, stand_in: StandIn) -> None:
    stand_in.set_faults([Fault(kind=FaultKind.ERRORS, rate=0.45)])
    failed = sum(ask("GET", "/api/471/ping")[0] == 503 for _ in range(100))
    assert 15 <= failed <= 75  # six standard deviations


def test_slow_takes_longer_by_its_factor() -> None:
    usual = draw_s(Call.UPLOAD, 474, 12.0, Random(1))
    assert draw_s(Call.UPLOAD, 474, 12.0, Random(1), factor=10) == pytest.approx(10 * usual)


def test_a_slow_upload_is_answered_later(ask: Ask, stand_in: StandIn) -> None:
    stand_in.set_faults([Fault(kind=FaultKind.SLOW, factor=10, districts=(474,))])
    began = time.monotonic()
    ask("POST", "/api/474/records", RECORD)
    # 1.2 s at the least, a fiftieth of it, ten times slowed, most of it before the answer
    assert time.monotonic() - began > 0.1


def test_an_unstored_upload_is_accepted_and_never_seen(ask: Ask, stand_in: StandIn) -> None:
    stand_in.set_faults([Fault(kind=FaultKind.UNSTORED, districts=(474,))])
    assert ask("POST", "/api/474/records", RECORD)[0] == 202
    assert not seen(ask, "/api/474/records/tw-probe-1", within_s=0.2)
    assert ask("GET", "/api/474/ping")[0] == 200


@pytest.mark.parametrize("kind", [FaultKind.REFUSE, FaultKind.LINE_CUT])
def test_refused_and_cut_connections_are_reset(ask: Ask, stand_in: StandIn, kind: FaultKind) -> None:
    stand_in.set_faults([Fault(kind=kind)])
    for method, path, body in (("GET", "/api/491/ping", None), ("POST", "/api/491/records", RECORD)):
        with pytest.raises(ConnectionResetError):
            ask(method, path, body)


def test_a_cut_line_takes_the_neutral_host_along_and_only_there(ask: Ask, stand_in: StandIn) -> None:
    anchor = stand_in.ports.anchor
    stand_in.set_faults([Fault(kind=FaultKind.LINE_CUT, districts=(491,))])
    with pytest.raises(ConnectionResetError):
        ask("GET", "/anchor/491", port=anchor)
    assert ask("GET", "/anchor/490", port=anchor)[0] == 200
    stand_in.set_faults([Fault(kind=FaultKind.REFUSE)])
    assert ask("GET", "/anchor/491", port=anchor)[0] == 200


def test_a_hanging_request_stays_open_without_an_answer(stand_in: StandIn) -> None:
    stand_in.set_faults([Fault(kind=FaultKind.HANG, districts=(491,))])
    with open_request(stand_in.ports.registry) as client:
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)


def test_stopping_ends_hanging_requests_at_once() -> None:
    server = StandIn(scale=0.02)
    server.start()
    server.set_faults([Fault(kind=FaultKind.HANG)])
    clients = [open_request(server.ports.registry) for _ in range(50)]
    until = time.monotonic() + 90
    while server.load()["ping"] < 50 and time.monotonic() < until:
        time.sleep(0.005)
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 5
    for client in clients:
        try:
            assert client.recv(1) == b""
        except ConnectionResetError:
            pass
        finally:
            client.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.ports.registry), timeout=30)


@pytest.mark.timed
def test_it_holds_300_slow_requests_at_once(stand_in: StandIn) -> None:
    # 80 to 250 ms a ping, a fiftieth of it, 20 times slowed: about 40 ms each if they overlap, 10 s if not
    stand_in.set_faults([Fault(kind=FaultKind.SLOW, factor=400)])
    threads = threading.active_count()
    clients = [open_request(stand_in.ports.registry, f"/api/{466 + one % 35}/ping") for one in range(300)]
    began = time.monotonic()
    for client in clients:
        assert client.recv(15) == b"HTTP/1.1 200 OK"
        client.close()
    assert time.monotonic() - began < 8  # one after the other it were 10
    assert threading.active_count() <= threads  # those of other tests may have ended


def test_a_connection_serves_many_requests(stand_in: StandIn) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", stand_in.ports.registry, timeout=30)
    connection.request("GET", "/api/491/ping")
    connection.getresponse().read()
    first = connection.sock
    connection.request("GET", "/api/491/ping")
    assert connection.getresponse().read() == b'{"status": "UP"}'
    assert connection.sock is first
    connection.close()


def test_load_counts_requests_by_kind_and_records_left_behind(ask: Ask, stand_in: StandIn) -> None:
    for _ in range(3):
        ask("GET", "/api/491/ping")
    ask("POST", "/api/491/records", RECORD)
    ask("GET", "/anchor/491", port=stand_in.ports.anchor)
    expected = {"ping": 3, "register": 0, "upload": 1, "read": 0, "delete": 0, "anchor": 1, "records_left": 1}
    assert ask("GET", "/control/load") == (200, expected)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "example.org", "::"])
def test_it_listens_on_this_machine_only(host: str) -> None:
    with pytest.raises(CannotListen, match="loopback only"):
        StandIn(host=host).start()


def test_a_taken_port_is_said_plainly_and_nothing_stays_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=f"cannot listen on port {port}: .*Choose another port"):
            StandIn(anchor_port=port).start()


def test_a_scenario_runs_by_the_clock_and_its_load_too() -> None:
    clock = SetClock(NOON)
    server = StandIn(clock=clock, scenario="first-day")
    kinds: Callable[[], list[Any]] = lambda: [fault.kind.value for fault in server.faults()]  # noqa: E731
    assert kinds() == []
    clock.move(30)
    assert kinds() == ["slow"]
    clock.move(470)
    assert kinds() == ["line_cut"]
    server.set_faults([Fault(kind=FaultKind.HANG)])
    assert kinds() == ["hang"]
    assert server.scenario is None
    server.set_scenario("first-day")
    assert kinds() == []


def test_stopping_one_that_never_started_does_no_harm() -> None:
    StandIn().stop()
