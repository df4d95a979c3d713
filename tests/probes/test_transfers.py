"""The transfer loop against real sockets with every fault of the trade."""

import os
import resource
import socket
import threading
import time
from urllib.parse import unquote

import pytest

from probes.carriers.look_ups import MAY_HANG
from probes.carriers.transfers import TransferLoop
from probes.clock import WallClock
from probes.exchange import Answer, Request
from probes.sample import Reason

from .conftest import Fetch, run_all
from .servers import Call, Handle, free_port, http_server, raw_server, read_request, reset

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def answers(*parts: bytes, pause: float = 0.0) -> Handle:
    """Read the request, then send the parts, each after a pause."""

    def handle(connection: socket.socket) -> None:
        read_request(connection)
        for part in parts:
            threading.Event().wait(pause) if pause else None
            connection.sendall(part)

    return handle


def hang(connection: socket.socket) -> None:
    read_request(connection)
    connection.recv(1)


def test_it_returns_status_bytes_and_phases_of_a_good_answer(fetch: Fetch) -> None:
    with raw_server(answers(OK)) as port:
        result = fetch(f"http://127.0.0.1:{port}/")
    assert (result.reason, result.status, result.found, result.detail) == (Reason.NONE, 200, True, "")
    assert result.bytes_down == len(OK)
    assert result.bytes_up > 30
    assert result.phases.dns is not None
    assert result.phases.connect is not None
    assert result.phases.tls is None
    alone = (result.phases.dns, result.phases.connect, result.phases.first_byte, result.phases.transfer)
    assert sum(one for one in alone if one) <= result.phases.total


def test_nobody_listening_is_refused(fetch: Fetch) -> None:
    result = fetch(f"http://127.0.0.1:{free_port()}/")
    assert (result.reason, result.status) == (Reason.REFUSED, None)
    assert result.detail.startswith("nobody listens on that port")
    assert result.phases.connect is None


def test_a_localhost_that_answers_on_its_second_address_is_good(fetch: Fetch) -> None:
    with raw_server(answers(OK)) as port:
        assert fetch(f"http://localhost:{port}/").reason is Reason.NONE


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhel"])
def test_a_reset_before_or_within_the_answer_is_a_reset(fetch: Fetch, sent: bytes) -> None:
    def handle(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(sent)
        reset(connection)

    with raw_server(handle) as port:
        result = fetch(f"http://127.0.0.1:{port}/")
    assert result.reason is Reason.RESET


def test_a_connection_closed_without_a_word_is_a_reset(fetch: Fetch) -> None:
    with raw_server(answers()) as port:
        assert fetch(f"http://127.0.0.1:{port}/").reason is Reason.RESET


def test_an_answer_cut_short_is_a_reset_and_keeps_its_status(fetch: Fetch) -> None:
    with raw_server(answers(OK[:-2])) as port:
        result = fetch(f"http://127.0.0.1:{port}/")
    assert (result.reason, result.status) == (Reason.RESET, 200)


@pytest.mark.process
def test_a_hanging_server_ends_at_the_deadline_and_names_the_stage(fetch: Fetch) -> None:
    with raw_server(hang) as port:
        result = fetch(f"http://127.0.0.1:{port}/", within=0.3)
    assert result.reason is Reason.TIMEOUT
    assert result.detail.endswith("waiting for the answer to begin")
    assert result.phases.total >= 0.29
    assert result.phases.first_byte is None


@pytest.mark.process
def test_a_trickling_server_ends_at_the_deadline(fetch: Fetch) -> None:
    with raw_server(answers(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", *[b"x"] * 40, pause=0.05)) as port:
        result = fetch(f"http://127.0.0.1:{port}/", within=0.3)
    assert (result.reason, result.detail[-18:]) == (Reason.TIMEOUT, "reading the answer")


def test_tls_to_a_server_without_it_is_a_tls_fault(fetch: Fetch) -> None:
    with raw_server(lambda connection: connection.sendall(OK)) as port:
        result = fetch(f"https://127.0.0.1:{port}/")
    assert result.reason is Reason.TLS
    assert (result.phases.first_byte, result.phases.transfer) == (None, None)


@pytest.mark.parametrize("sent", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x00\x01\x02", b"HTTP/1.1 abc\r\n\r\n"])
def test_an_answer_that_is_not_http_is_a_protocol_fault(fetch: Fetch, sent: bytes) -> None:
    with raw_server(answers(sent)) as port:
        result = fetch(f"http://127.0.0.1:{port}/")
    assert (result.reason, result.status) == (Reason.PROTOCOL, None)


@pytest.mark.parametrize("head", [b"Content-Length: 100000\r\n", b""])
def test_an_answer_over_the_limit_is_cut_with_and_without_a_length(fetch: Fetch, head: bytes) -> None:
    with raw_server(answers(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n", b"x" * 100_000)) as port:
        result = fetch(f"http://127.0.0.1:{port}/", max_bytes=1000)
    assert (result.reason, result.status) == (Reason.TOO_LARGE, 200)


def test_endless_headers_are_too_large(fetch: Fetch) -> None:
    with raw_server(answers(b"HTTP/1.1 200 OK\r\n", *[b"X-More: " + b"y" * 8000 + b"\r\n"] * 200)) as port:
        assert fetch(f"http://127.0.0.1:{port}/").reason is Reason.TOO_LARGE


def test_a_redirect_is_not_followed(fetch: Fetch) -> None:
    def redirect(call: Call) -> tuple[int, bytes, dict[str, str]]:
        return 302, b"", {"Location": "file:///etc/passwd"} if call.path == "/a" else {"Location": "/b"}

    with http_server(redirect) as server:
        results = [fetch(f"{server.url}{path}") for path in ("/a", "/c")]
        assert [call.path for call in server.calls] == ["/a", "/c"]
    assert [(result.status, result.redirect) for result in results] == [
        (302, "file:///etc/passwd"),
        (302, f"{server.url}/b"),
    ]


@pytest.mark.parametrize("location", [b"http://[::1", b"//[x", b"http://exa\xffmple/", b"http://\xff["])
def test_an_unreadable_redirect_is_read_as_far_as_it_goes(fetch: Fetch, location: bytes) -> None:
    with raw_server(answers(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n")) as port:
        result = fetch(f"http://127.0.0.1:{port}/")
    assert (result.reason, result.redirect) == (Reason.NONE, location.decode("utf-8", "replace"))


@pytest.mark.parametrize(
    ("asked", "low", "high"), [("7", 7, 7), ("Fri, 31 Dec 2999 23:59:59 GMT", 10_000, 1e10), ("x", 0, 0)]
)
def test_a_retry_after_is_read_in_both_its_forms(fetch: Fetch, asked: str, low: float, high: float) -> None:
    with http_server(lambda _: (503, b"", {"Retry-After": asked})) as server:
        assert low <= fetch(server.url).retry_after <= high


@pytest.mark.parametrize(
    ("sent", "word"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "chunk"),
        (b"HTTP/1.1 101 x\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n", "101"),
    ],
)
def test_bad_framing_and_an_unasked_upgrade_are_protocol_faults(fetch: Fetch, sent: bytes, word: str) -> None:
    with raw_server(answers(sent)) as port:
        result = fetch(f"http://127.0.0.1:{port}/")
    assert result.reason is Reason.PROTOCOL
    assert result.detail.startswith("the answer is not HTTP")
    assert word in result.detail


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/"])
def test_only_http_is_spoken(fetch: Fetch, url: str) -> None:
    result = fetch(url)
    assert (result.reason, result.detail[:28]) == (Reason.AGENT_FAULT, "the address cannot be asked ")


def test_a_name_that_does_not_exist_is_a_dns_fault(fetch: Fetch) -> None:
    result = fetch(f"http://{'n' * 64}/")  # longer than a name can be: nobody is asked
    assert (result.reason, result.phases.dns) == (Reason.DNS, None)


def test_a_name_whose_look_ups_hang_is_not_looked_up_again_for_a_while(loop: TransferLoop) -> None:
    now = WallClock().monotonic()
    for _ in range(MAY_HANG):
        loop._look_ups.gave_up("localhost", now)
    with raw_server(answers(OK)) as port:
        urls = [f"http://{host}:{port}/" for host in ("LOCALHOST", "127.0.0.1")]
        refused, good = run_all(loop, [Request(url=url, deadline=now + 5) for url in urls])
    assert (refused.reason, refused.detail) == (Reason.DNS, "look-ups of this name hang")
    assert good.reason is Reason.NONE


def test_a_deadline_already_past_starts_nothing(fetch: Fetch) -> None:
    result = fetch("http://127.0.0.1:1/", within=-1.0)
    assert (result.reason, result.detail) == (Reason.AGENT_FAULT, "no time was left to start")
    assert result.stage == "dns"


def test_a_proxy_in_the_environment_is_not_used(fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    with raw_server(answers(OK)) as port:
        assert fetch(f"http://127.0.0.1:{port}/").reason is Reason.NONE


def test_handles_used_again_carry_nothing_over(loop: TransferLoop) -> None:
    deadline = WallClock().monotonic() + 5
    with http_server(lambda _: (200, b"fine")) as server:
        run_all(
            loop,
            [Request(url=server.url + "/1", deadline=deadline, method="POST", headers=("X-One: 1",), body=b"body")],
        )
        run_all(loop, [Request(url=server.url + "/2", deadline=deadline, method="DELETE")])
        run_all(loop, [Request(url=server.url + "/3", deadline=deadline)])
    assert [(call.method, call.body, "x-one" in call.headers) for call in server.calls] == [
        ("POST", b"body", True), ("DELETE", b"", False), ("GET", b"", False),
    ]  # fmt: skip
    assert all(call.headers["user-agent"] == "Tikawatch test" for call in server.calls)


def test_each_request_has_a_connection_of_its_own(loop: TransferLoop) -> None:
    ports: list[int] = []

    def handle(connection: socket.socket) -> None:
        ports.append(connection.getpeername()[1])
        while read_request(connection):
            connection.sendall(OK)

    with raw_server(handle) as port:
        for _ in range(3):
            run_all(loop, [Request(url=f"http://127.0.0.1:{port}/", deadline=WallClock().monotonic() + 5)])
    assert len(set(ports)) == 3


@pytest.mark.process
def test_a_request_waits_for_its_moment(loop: TransferLoop) -> None:
    now = WallClock().monotonic()
    with raw_server(answers(OK)) as port:
        request = Request(url=f"http://127.0.0.1:{port}/", deadline=now + 5, not_before=now + 0.15)
        [result] = run_all(loop, [request])
    assert 0.15 <= result.began - now < 5


@pytest.mark.process
@pytest.mark.timed
def test_many_at_once_above_descriptor_1024_end_without_a_busy_loop(loop: TransferLoop) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(1100)]
    try:
        with raw_server(answers(OK, pause=0.5)) as port:
            spent, began = time.thread_time(), WallClock().monotonic()
            results = run_all(loop, [Request(url=f"http://127.0.0.1:{port}/", deadline=began + 10) for _ in range(20)])
            spent = time.thread_time() - spent
    finally:
        for one in held:
            os.close(one)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert {result.reason for result in results} == {Reason.NONE}
    assert spent < 0.45  # a busy loop takes all of the half second


def test_addresses_and_headers_beyond_ascii_go_out_as_utf8(fetch: Fetch) -> None:
    with http_server(lambda _: (200, b"")) as server:
        result = fetch(f"{server.url}/नाशिक", headers=("X-Place: नाशिक",))
        assert result.reason is Reason.NONE
        assert unquote(server.calls[0].path) == "/नाशिक"


def test_an_address_that_cannot_be_sent_is_a_result_and_not_an_error(fetch: Fetch) -> None:
    result = fetch("http://127.0.0.1:1/\0")
    assert (result.reason, result.detail[:26]) == (Reason.PROTOCOL, "the request cannot be sent")


def test_another_thread_can_wake_the_loop(loop: TransferLoop) -> None:
    stop = threading.Event()
    caller = threading.Thread(target=lambda: loop.call_soon(stop.set))
    caller.start()
    loop.run(stop, lambda: None)
    caller.join()
    assert stop.is_set()


@pytest.mark.parametrize(
    "chunks", [[b"all tw-probe-1 here"], [b"all tw-", b"pro", b"be-1 here"], [b"tw-tw-probe-", b"1"]]
)
def test_a_text_is_found_across_chunks(chunks: list[bytes]) -> None:
    answer = Answer(1000, "tw-probe-1")
    for chunk in chunks:
        answer.write(chunk)
    assert answer.found


def test_a_text_of_one_sign_is_found() -> None:
    answer = Answer(1000, "z")
    answer.write(b"abc")
    assert not answer.found
    answer.write(b"xyz")
    assert answer.found
