"""Whoever scrapes gets a page soon, whatever others do at the same door, and the agent is not held up by any of them."""

import gzip
import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import repeat
from random import Random

import pytest

from probes.metrics.exposition import Packer, Piece
from probes.metrics.scrapes import PLACES, ScrapeServer

from .agents import until


@pytest.fixture(autouse=True)
def _nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record.getMessage() for record in caplog.get_records("call")] == []


GET = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"


@contextmanager
def serving(pieces: Callable[[], Iterator[Piece]], deadline_s: float = 15.0) -> Iterator[ScrapeServer]:
    server = ScrapeServer("127.0.0.1", 0, pieces, deadline_s)
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def saying(*texts: str) -> Callable[[], Iterator[Piece]]:
    packer = Packer()
    return lambda: (packer.pack(text) for text in texts)


@cache
def long_text() -> str:
    """12 MB, more than the sockets' buffers hold, and a megabyte of it even when packed."""
    return Random(1).randbytes(1_000_000).hex() * 6


def ask(
    server: ScrapeServer, path: str = "/metrics", method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def connected(server: ScrapeServer, sends: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.server_port), timeout=60)
    connection.sendall(sends)
    return connection


def rest(connection: socket.socket) -> bytes:
    """What the other side says until it ends the connection, one way or the other."""
    read = b""
    try:
        while chunk := connection.recv(1_048_576):
            read += chunk
    except ConnectionError:
        pass
    return read


@pytest.mark.parametrize("path", ["/metrics", "/metrics?name[]=up"])
def test_a_page_is_served_plain_with_its_length(path: str) -> None:
    with serving(saying("a 1\n", "b 2\n")) as server:
        status, headers, body = ask(server, path)
    assert (status, body, headers["Content-Length"], headers["Connection"]) == (200, b"a 1\nb 2\n", "8", "close")
    assert "Content-Encoding" not in headers


@pytest.mark.parametrize(
    ("accepts", "packed"),
    [
        ("gzip", True),
        ("deflate, GZip;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("identity, br", False),
    ],
)
def test_it_is_packed_for_whoever_takes_gzip(accepts: str, packed: bool) -> None:
    text = "a 1\n" * 30_000
    with serving(saying(text)) as server:
        _, headers, body = ask(server, **{"Accept-Encoding": accepts})
    assert (headers.get("Content-Encoding") == "gzip") == packed
    assert len(body) == int(headers["Content-Length"])
    assert (gzip.decompress(body) if packed else body) == text.encode()


def test_head_says_the_length_and_no_more() -> None:
    with serving(saying("a 1\n")) as server:
        status, headers, body = ask(server, method="HEAD")
    assert (status, headers["Content-Length"], body) == (200, "4", b"")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"404 Not Found"),
        (b"GET /metrics/x HTTP/1.1\r\n\r\n", b"404 Not Found"),
        (b"POST /metrics HTTP/1.1\r\n\r\n", b"405 Method Not Allowed"),
        (b"GET /metrics\r\n\r\n", b"400 Bad Request"),
        (b"\x16\x03\x01\x02\xff\r\n\r\n", b"400 Bad Request"),
    ],
)
def test_anything_else_is_refused_with_a_word(sent: bytes, status: bytes) -> None:
    with serving(saying("a 1\n")) as server, connected(server, sent) as connection:
        answer = rest(connection)
    assert answer.startswith(b"HTTP/1.1 " + status + b"\r\n")
    assert answer.endswith(b"\n")


@pytest.mark.parametrize("line", [b"x" * 64, b"A: b\r\n"])
def test_a_head_without_end_is_read_to_a_limit(line: bytes) -> None:
    with serving(saying("a 1\n")) as server, connected(server, GET[:-2]) as endless:
        with pytest.raises(ConnectionError):
            endless.sendall(line * (50_000_000 // len(line)))
        assert ask(server)[0] == 200


@pytest.mark.timed
def test_twenty_at_once_cost_one_page() -> None:
    made: list[int] = []
    pack = saying("a 1\n")

    def pieces() -> Iterator[Piece]:
        made.append(1)
        threading.Event().wait(
            0.2
        )  # a page is kept for as many times as long as it took: long enough for all of them here
        yield from pack()

    with serving(pieces) as server, ExitStack() as stack:
        asking = [stack.enter_context(connected(server, GET)) for _ in range(20)]
        assert all(rest(connection).endswith(b"a 1\n") for connection in asking)
    assert len(made) == 1


def test_it_answers_others_while_it_makes_a_long_page() -> None:
    enough, pack = threading.Event(), Packer().pack

    def pieces() -> Iterator[Piece]:
        while not enough.is_set():
            yield pack("a 1\n" * 100)

    with serving(pieces) as server, connected(server, GET) as asking:
        assert ask(server, "/other")[0] == 404
        enough.set()
        assert asking.recv(12) == b"HTTP/1.1 200"


@pytest.mark.process
def test_scrapers_that_do_not_read_hold_nobody_up() -> None:
    with serving(saying(long_text())) as server, ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(connected(server, GET))
        assert len(ask(server)[2]) == 12_000_000


def test_connections_without_end_take_the_place_of_the_oldest() -> None:
    with serving(saying("a 1\n")) as server, ExitStack() as stack:
        idle = [stack.enter_context(connected(server)) for _ in range(2 * PLACES)]
        assert ask(server)[0] == 200
        assert not any(rest(connection) for connection in idle[:PLACES])
        idle[-1].sendall(GET)
        assert rest(idle[-1]).endswith(b"a 1\n")


@pytest.mark.process
@pytest.mark.parametrize("sent", [b"", GET[:10], GET])
def test_whoever_is_slow_is_cut_off_when_the_time_is_over(sent: bytes) -> None:
    with serving(saying(long_text()), deadline_s=0.3) as server, connected(server, sent) as slow:
        threading.Event().wait(0.6)
        assert len(rest(slow)) < len(long_text())


@pytest.mark.process
def test_a_head_that_trickles_in_is_cut_off_all_the_same() -> None:
    with serving(saying("a 1\n"), deadline_s=0.3) as server, connected(server, GET[:10]) as slow:

        def refused() -> bool:
            try:
                slow.sendall(b"x")
            except ConnectionError:
                return True
            return False

        until(refused)


def test_it_ends_with_scrapers_that_hang_and_frees_the_port() -> None:
    endless = repeat(Packer().pack("a 1\n"))
    with ExitStack() as stack:
        for pieces in (saying(long_text()), lambda: endless):
            with serving(pieces) as server:
                for sent in (b"", GET, GET[:10]):
                    stack.enter_context(connected(server, sent))
                assert ask(server, "/x")[0] == 404
        again = ScrapeServer("127.0.0.1", server.server_port, saying("a 1\n"))
        assert ask(again)[2] == b"a 1\n"
        for _ in range(2):
            again.shutdown()
            again.server_close()


def test_it_listens_on_version_6_too() -> None:
    server = ScrapeServer("::1", 0, saying("a 1\n"))
    with socket.create_connection(("::1", server.server_port), timeout=60) as connection:
        connection.sendall(GET)
        assert rest(connection).endswith(b"a 1\n")
    server.shutdown()
    server.server_close()
