"""TCP connections of our own, against real servers that are good, slow, rude or not there."""

import select
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from probes.carriers.dialling import Dialling
from probes.exchange import Dial
from probes.sample import Reason

from .line_servers import Lines, black_hole
from .servers import Handle, free_port, raw_server, reset

LATE_S = 0.05  # a result is there by its deadline and so much


@pytest.fixture
def lines() -> Iterator[Lines]:
    made = Lines()
    yield made
    made.close()


def dial(lines: Lines, port: int, within: float = 60.0, **more: object) -> Dial:
    return Dial(host="127.0.0.1", port=port, deadline=lines.within(within), **more)  # type: ignore[arg-type]


def says(*parts: bytes, pause: float = 0.0) -> Handle:
    """Send the parts, each after a pause, and wait until the other side has gone."""

    def handle(connection: socket.socket) -> None:
        for part in parts:
            threading.Event().wait(pause) if pause else None
            connection.sendall(part)
        while connection.recv(4096):
            pass

    return handle


def test_connecting_alone_is_measured(lines: Lines) -> None:
    with raw_server(says()) as port:
        result = lines.of(dial(lines, port))
    assert (result.reason, result.found, result.bytes_up, result.bytes_down) == (Reason.NONE, True, 0, 0)
    assert result.phases.connect is not None
    assert 0 < result.phases.connect < 1
    assert result.phases.total == result.phases.connect
    assert (result.phases.dns, result.phases.first_byte, result.phases.transfer) == (None, None, None)


def test_a_greeting_is_read_until_it_holds_the_text(lines: Lines) -> None:
    with raw_server(says(b"220 mail.", b"example.org ESMTP\r\n")) as port:
        result = lines.of(dial(lines, port, until=b"example.org"))
    assert (result.reason, result.found) == (Reason.NONE, True)
    assert result.body.startswith(b"220 mail.example.org")
    assert result.bytes_down == len(result.body)
    phases = result.phases
    assert phases.total == pytest.approx((phases.connect or 0) + (phases.first_byte or 0) + (phases.transfer or 0))


def test_what_is_to_be_sent_goes_out_first(lines: Lines) -> None:
    def shout(connection: socket.socket) -> None:
        while said := connection.recv(4096):
            connection.sendall(said.upper())

    with raw_server(shout) as port:
        result = lines.of(dial(lines, port, send=b"ping\r\n", until=b"PING\r\n"))
    assert (result.reason, result.found, result.bytes_up, result.body) == (Reason.NONE, True, 6, b"PING\r\n")


def test_much_goes_out_piece_by_piece(lines: Lines) -> None:
    heard = []

    def swallow(connection: socket.socket) -> None:
        while said := connection.recv(65_536):
            heard.append(len(said))
            if sum(heard) == 8_000_000:
                connection.sendall(b"thanks")

    with raw_server(swallow) as port:
        result = lines.of(dial(lines, port, send=b"x" * 8_000_000, until=b"thanks"))
    assert (result.reason, result.bytes_up, result.found) == (Reason.NONE, 8_000_000, True)


def test_something_sent_without_waiting_for_an_answer_is_enough(lines: Lines) -> None:
    with raw_server(says()) as port:
        result = lines.of(dial(lines, port, send=b"bye"))
    assert (result.reason, result.bytes_up, result.found) == (Reason.NONE, 3, True)


def test_nobody_listening_is_refused(lines: Lines) -> None:
    result = lines.of(dial(lines, free_port()))
    assert (result.reason, result.stage) == (Reason.REFUSED, "connect")
    assert result.detail == "nobody listens on that port (Connection refused)"
    assert result.phases.connect is None


def test_ip_version_6_works_too(lines: Lines) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        wish = Dial(host="::1", port=listener.getsockname()[1], deadline=lines.within(60))
        assert lines.of(wish).reason is Reason.NONE


def test_a_reset_has_its_stage(lines: Lines) -> None:
    def hear_and_reset(connection: socket.socket) -> None:
        connection.recv(10)
        reset(connection)

    with raw_server(hear_and_reset) as port:
        result = lines.of(dial(lines, port, send=b"hello", until=b"220 "))
    assert (result.reason, result.stage) == (Reason.RESET, "first_byte")
    assert result.detail == "the connection broke off (Connection reset by peer)"


def test_a_reset_in_the_middle_has_another_stage(lines: Lines) -> None:
    def greet_and_reset(connection: socket.socket) -> None:
        connection.sendall(b"22")
        connection.recv(10)
        reset(connection)

    with raw_server(greet_and_reset) as port, socket.create_connection(("127.0.0.1", port)):
        wish = dial(lines, port, send=b"hello", until=b"220 ")
        result = lines.of(wish)
    assert result.reason is Reason.RESET
    assert result.stage in ("first_byte", "transfer")  # a reset may overtake what was sent before


def test_a_server_that_closes_without_a_word_broke_off(lines: Lines) -> None:
    with raw_server(lambda connection: connection.shutdown(socket.SHUT_WR)) as port:
        result = lines.of(dial(lines, port, until=b"220 "))
    assert (result.reason, result.stage) == (Reason.RESET, "first_byte")
    assert result.detail == "the connection broke off (closed before the answer began)"


def test_a_server_that_says_something_else_and_closes_is_heard_out(lines: Lines) -> None:
    with raw_server(lambda connection: connection.sendall(b"\x00\xff garbage")) as port:
        result = lines.of(dial(lines, port, until=b"220 "))
    assert (result.reason, result.found, result.body) == (Reason.NONE, False, b"\x00\xff garbage")


def test_a_greeting_without_end_is_left_at_the_most(lines: Lines) -> None:
    def babble(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"x" * 65_536)

    with raw_server(babble) as port:
        result = lines.of(dial(lines, port, until=b"220 ", most=10_000))
    assert (result.reason, result.found, result.bytes_down) == (Reason.NONE, False, 10_000)


@pytest.mark.process
@pytest.mark.timed
def test_a_black_hole_ends_at_the_deadline(lines: Lines) -> None:
    with black_hole() as port:
        wish = dial(lines, port, within=0.2)
        result = lines.of(wish)
    assert (result.reason, result.stage, result.phases.connect) == (Reason.TIMEOUT, "connect", None)
    assert result.detail == "no end after 0.2 s, connecting"
    assert lines.told[0] <= wish.deadline + LATE_S


def test_an_event_meant_for_an_earlier_socket_of_the_same_number_is_not_a_connection(lines: Lines) -> None:
    told: list[object] = []
    with black_hole() as port:
        call = Dialling.errand(dial(lines, port), told.append, lines.carriers[Dial])
        call.begin()
        call.on_event(0, select.EPOLLOUT)
        assert (told, call.over, call.phases) == ([], False, {})
        call.close()


@pytest.mark.process
@pytest.mark.timed
def test_a_server_that_says_nothing_ends_at_the_deadline(lines: Lines) -> None:
    with raw_server(says()) as port:
        wish = dial(lines, port, within=0.2, until=b"220 ")
        result = lines.of(wish)
    assert (result.reason, result.stage) == (Reason.TIMEOUT, "first_byte")
    assert result.detail == "no end after 0.2 s, waiting for the answer to begin"
    assert result.phases.connect is not None
    assert lines.told[0] <= wish.deadline + LATE_S


@pytest.mark.process
@pytest.mark.timed
def test_a_trickle_ends_at_the_deadline(lines: Lines) -> None:
    with raw_server(says(*[b"x"] * 40, pause=0.02)) as port:
        wish = dial(lines, port, within=0.3, until=b"220 ")
        result = lines.of(wish)
    assert (result.reason, result.stage) == (Reason.TIMEOUT, "transfer")
    assert lines.told[0] <= wish.deadline + LATE_S


@pytest.mark.process
@pytest.mark.timed
def test_a_slow_greeting_is_timed_to_its_phases(lines: Lines) -> None:
    with raw_server(says(b"2", b"20 hello", pause=0.06)) as port:
        result = lines.of(dial(lines, port, until=b"220 "))
    assert (result.reason, result.found) == (Reason.NONE, True)
    for phase in (result.phases.first_byte, result.phases.transfer):
        assert phase is not None
        assert 0.055 < phase < 0.1


@pytest.mark.process
@pytest.mark.timed
def test_a_busy_loop_does_not_lengthen_the_hand_shake(lines: Lines) -> None:
    with raw_server(says()) as port:
        wish = dial(lines, port)
        result = lines.of(wish, busy_s=0.05)
    assert lines.told[0] - result.began >= 0.04
    assert result.phases.connect is not None
    assert result.phases.connect < 0.005


@pytest.mark.process
@pytest.mark.timed
def test_a_busy_loop_does_not_delay_the_first_byte(lines: Lines) -> None:
    sent: list[float] = []

    def greet(connection: socket.socket) -> None:
        threading.Event().wait(0.05)
        sent.append(time.monotonic())
        connection.sendall(b"220 hello")
        sent.append(time.monotonic())
        connection.recv(1)

    with raw_server(greet) as port:
        lines.loop.at(lines.within(0.03), lambda: threading.Event().wait(0.07))
        result = lines.of(dial(lines, port, until=b"220 "))
    assert lines.told[0] - sent[1] >= 0.04
    assert sent[0] - 0.001 <= result.ended <= sent[1] + 0.005
    assert result.phases.total == pytest.approx(result.ended - result.began, abs=0.005)


@pytest.mark.process
@pytest.mark.timed
def test_an_answer_that_came_after_the_deadline_is_late_though_it_was_read(lines: Lines) -> None:
    with raw_server(says(b"220 hello", pause=0.15)) as port:
        lines.loop.at(lines.within(0.05), lambda: threading.Event().wait(0.2))
        result = lines.of(dial(lines, port, within=0.1, until=b"220 "))
    assert result.reason is Reason.TIMEOUT
