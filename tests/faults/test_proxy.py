"""The fault proxy does what it says: its faults are the ground of other tests."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.faults.proxy import Line, Proxy, proxy
from tests.probes.agents import until
from tests.probes.servers import raw_server

pytestmark = [pytest.mark.process, pytest.mark.timed]


@pytest.fixture
def heard() -> list[bytes]:
    return []


@pytest.fixture
def line(heard: list[bytes]) -> Iterator[Proxy]:
    """To a server that says back what it hears, in capitals."""

    def shout(connection: socket.socket) -> None:
        while said := connection.recv(65_536):
            heard.append(said)
            connection.sendall(said.upper())

    with raw_server(shout) as port, proxy(port) as made:
        yield made


def opened(line: Proxy, wait: float = 5.0) -> socket.socket:
    return socket.create_connection(("127.0.0.1", line.port), timeout=wait)


def ask(line: Proxy, words: bytes = b"hello", wait: float = 5.0) -> tuple[bytes, float]:
    """The whole answer, and the seconds it took."""
    with opened(line, wait) as client:
        began = time.monotonic()
        client.sendall(words)
        answer = b""
        while len(answer) < len(words):
            chunk = client.recv(65_536)
            if not chunk:
                break
            answer += chunk
        return answer, time.monotonic() - began


def test_a_good_line_carries_everything_both_ways(line: Proxy) -> None:
    words = b"a" * 1_000_000
    assert ask(line, words)[0] == words.upper()
    assert (line.connections, line.bytes_up) == (1, 1_000_000)


def test_a_delay_is_taken_each_way(line: Proxy) -> None:
    line.line = Line(delay_s=0.2, jitter_s=0.05)
    answer, took = ask(line)
    assert answer == b"HELLO"
    assert 0.4 <= took < 1.0


def test_a_narrow_line_takes_its_time(line: Proxy) -> None:
    line.line = Line(bytes_per_s=10_000)
    assert 0.29 <= ask(line, b"a" * 3000)[1] < 1.5


def test_a_line_is_cut_after_so_many_bytes(line: Proxy, heard: list[bytes]) -> None:
    line.line = Line(cut_after=1000)
    with pytest.raises(ConnectionResetError):
        ask(line, b"a" * 5000)
    until(lambda: len(b"".join(heard)) == 1000)


def test_a_black_hole_keeps_the_connection_and_says_nothing(line: Proxy, heard: list[bytes]) -> None:
    line.line = Line(vanish_after=3)
    with pytest.raises(TimeoutError):
        ask(line, wait=0.3)
    assert b"".join(heard) == b"hel"
    line.line = Line()
    assert ask(line)[0] == b"HELLO"


def test_a_reply_is_dropped_after_the_server_has_heard_it_all(line: Proxy, heard: list[bytes]) -> None:
    line.line = Line(drop_reply=True)
    with pytest.raises(ConnectionResetError):
        ask(line)
    assert (heard, line.replies_dropped) == ([b"hello"], 1)


def test_a_server_that_is_gone_looks_like_a_reset() -> None:
    with raw_server(lambda _: None) as port:
        pass
    with proxy(port) as line, pytest.raises((ConnectionResetError, BrokenPipeError)):
        ask(line)


def test_a_client_that_has_said_all_still_gets_its_answer() -> None:
    def count(connection: socket.socket) -> None:
        total = 0
        while said := connection.recv(65_536):
            total += len(said)
        connection.sendall(b"%d" % total)

    with raw_server(count) as port, proxy(port) as line, opened(line) as client:
        client.sendall(b"hello")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b"5"
        assert client.recv(100) == b""


def test_it_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    with raw_server(lambda connection: connection.recv(10)) as port:
        with proxy(port, Line(vanish_after=0)) as line, opened(line) as client:
            client.sendall(b"hello")
        assert threading.active_count() <= before + 2  # the server's own
