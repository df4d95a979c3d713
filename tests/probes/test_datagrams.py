"""UDP packets and their answers, against a real server on 127.0.0.1."""

import socket
import threading
import time
from collections.abc import Iterable, Iterator

import pytest

from probes.exchange import Datagram
from probes.sample import Reason

from .line_servers import Lines, udp_server
from .servers import free_port


@pytest.fixture
def lines() -> Iterator[Lines]:
    made = Lines()
    yield made
    made.close()


def ask(lines: Lines, port: int, within: float = 60.0, host: str = "127.0.0.1") -> Datagram:
    return Datagram(
        host=host, port=port, deadline=lines.within(within), payload=b"how are you", accept=lambda said: said == b"well"
    )


def test_the_first_answer_of_its_own_counts(lines: Lines) -> None:
    with udp_server(lambda _: [b"", b"ill", b"well", b"well again"]) as port:
        result = lines.of(ask(lines, port))
    assert (result.reason, result.body, result.bytes_up, result.bytes_down) == (Reason.NONE, b"well", 11, 4)
    assert result.phases.first_byte == result.phases.total
    assert 0 < result.phases.total < 1
    assert (result.phases.dns, result.phases.connect) == (None, None)


def test_what_was_sent_arrives(lines: Lines) -> None:
    heard = []

    def answer(data: bytes) -> Iterable[bytes]:
        heard.append(data)
        return [b"well"]

    with udp_server(answer) as port:
        lines.of(ask(lines, port))
    assert heard == [b"how are you"]


def test_a_port_where_nobody_listens_is_refused(lines: Lines) -> None:
    result = lines.of(ask(lines, free_port()))
    assert (result.reason, result.stage) == (Reason.REFUSED, "first_byte")
    assert result.detail == "nobody listens on that port (Connection refused)"


def test_many_at_once_each_get_their_own(lines: Lines) -> None:
    with udp_server(lambda _: [b"well"]) as port:
        results = lines.all([ask(lines, port) for _ in range(200)])
    assert [result.reason for result in results] == [Reason.NONE] * 200


@pytest.mark.process
def test_silence_ends_at_the_deadline(lines: Lines) -> None:
    with udp_server(lambda _: []) as port:
        wish = ask(lines, port, within=0.2)
        result = lines.of(wish)
    assert (result.reason, result.stage) == (Reason.TIMEOUT, "first_byte")
    assert result.detail == "no end after 0.2 s, waiting for the answer to begin"
    assert lines.told[0] <= wish.deadline + 0.05


@pytest.mark.process
def test_answers_that_are_not_its_own_are_told_at_the_deadline(lines: Lines) -> None:
    with udp_server(lambda _: [b"ill", b"dead"]) as port:
        result = lines.of(ask(lines, port, within=0.2))
    assert result.reason is Reason.TIMEOUT
    assert result.detail.endswith("waiting for the answer to begin; 2 came that answer something else")


@pytest.mark.process
def test_an_answer_from_another_address_is_never_taken(lines: Lines) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def answer_from_elsewhere() -> None:
            _, sender = server.recvfrom(100)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.sendto(b"well", sender)

        threading.Thread(target=answer_from_elsewhere, daemon=True).start()
        result = lines.of(ask(lines, server.getsockname()[1], within=0.2))
    assert result.reason is Reason.TIMEOUT


@pytest.mark.process
@pytest.mark.timed
def test_a_flood_of_foreign_answers_does_not_hold_up_the_others(lines: Lines) -> None:
    stop = threading.Event()

    def flood(_: bytes) -> Iterator[bytes]:
        while not stop.is_set():
            yield b"ill"

    with udp_server(flood) as noisy, udp_server(lambda _: [b"well"]) as quiet:
        flooded = ask(lines, noisy, within=0.3)
        late = lines.within(0.1)
        other = Datagram(host="127.0.0.1", port=quiet, payload=b"?", accept=bool, deadline=late + 0.15, not_before=late)
        good, bad = lines.all([flooded, other])
        stop.set()
    assert (good.reason, bad.reason) == (Reason.NONE, Reason.TIMEOUT)
    assert lines.told[1] <= flooded.deadline + 0.05


@pytest.mark.process
@pytest.mark.timed
def test_a_busy_loop_does_not_make_a_server_look_slow(lines: Lines) -> None:
    sent: list[float] = []

    def answer(_: bytes) -> Iterator[bytes]:
        sent.append(time.monotonic())
        yield b"well"
        sent.append(time.monotonic())

    with udp_server(answer) as port:
        result = lines.of(ask(lines, port), busy_s=0.06)
    assert lines.told[0] - sent[1] >= 0.04
    assert sent[0] - 0.001 <= result.ended <= sent[1] + 0.005
    assert result.phases.total == pytest.approx(result.ended - result.began, abs=0.005)
