"""When the kernel's stamps are believed, and when not."""

import socket
import struct

import pytest

from probes.carriers.stamps import Instant, arrival, ask_for_stamps, handshake_s, instant, stamp_of
from probes.clock import SetClock

SENT = Instant(wall=1_600_000_000.0, monotonic=50.0)
READ = Instant(wall=1_600_000_000.2, monotonic=50.2)


def test_a_stamp_tells_when_a_packet_came_and_not_when_it_was_read() -> None:
    assert arrival(SENT, READ, 1_600_000_000.01) == pytest.approx(50.01, abs=1e-6)


def test_without_a_stamp_the_moment_of_reading_counts() -> None:
    assert arrival(SENT, READ, None) == 50.2


@pytest.mark.parametrize("step", [-3600.0, -0.02, 0.02, 3600.0])
def test_a_wall_clock_that_was_stepped_is_not_believed(step: float) -> None:
    stepped = Instant(READ.wall + step, READ.monotonic)
    assert arrival(SENT, stepped, stepped.wall - 0.1) == 50.2


@pytest.mark.parametrize("stamp", [1_599_999_999.9, 1_600_000_000.3, 0.0])
def test_a_stamp_from_before_sending_or_after_reading_is_not_believed(stamp: float) -> None:
    assert arrival(SENT, READ, stamp) == 50.2


def test_a_stamp_a_hair_outside_is_put_inside() -> None:
    assert arrival(SENT, READ, SENT.wall - 0.0005) == 50.0


def test_a_clock_that_is_slewed_is_still_believed() -> None:
    slewed = Instant(READ.wall + 0.001, READ.monotonic)
    assert arrival(SENT, slewed, slewed.wall - 0.1) == pytest.approx(50.1, abs=1e-6)


def test_an_instant_is_by_the_machine_and_by_the_clock_it_is_given() -> None:
    found = instant(SetClock(5.0))
    assert found.monotonic == 5.0
    assert found.wall > 1_600_000_000


def test_a_message_without_a_readable_stamp_has_none() -> None:
    short = struct.pack("@l", 1)
    assert stamp_of([(socket.SOL_SOCKET, socket.SCM_RIGHTS, b""), (socket.SOL_SOCKET, 35, short)]) is None


def test_what_cannot_stamp_is_left_as_it_is() -> None:
    closed = socket.socket()
    closed.close()
    ask_for_stamps(closed)
    assert handshake_s(closed) is None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as no_tcp:
        assert handshake_s(no_tcp) is None
