"""What all carriers below HTTP promise: a result each, in time, and nothing left open."""

import os
import resource
import socket
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from probes.carriers.echoes import echo_allowed
from probes.exchange import Datagram, Dial, Echo, Wish
from probes.sample import Reason

from .line_servers import Lines, black_hole, udp_server
from .servers import free_port, raw_server, reset


@pytest.fixture
def lines() -> Iterator[Lines]:
    made = Lines()
    yield made
    made.close()


def one_of_each(lines: Lines, port: int, deadline: float, not_before: float = 0.0) -> list[Wish]:
    return [
        Dial(host="127.0.0.1", port=port, deadline=deadline, not_before=not_before),
        Datagram(host="127.0.0.1", port=port, payload=b"?", accept=bool, deadline=deadline, not_before=not_before),
        Echo(host="127.0.0.1", deadline=deadline, not_before=not_before),
    ]


def test_what_has_no_time_left_is_not_started(lines: Lines) -> None:
    for wish in one_of_each(lines, free_port(), lines.within(0)):
        result = lines.of(wish)
        assert (result.reason, result.detail) == (Reason.AGENT_FAULT, "no time was left to start")


@pytest.mark.process
def test_a_wish_waits_for_its_moment(lines: Lines) -> None:
    moment = lines.within(0.1)
    for result in lines.all(one_of_each(lines, free_port(), moment + 1, moment)):
        assert moment <= result.began <= moment + 0.05


@pytest.mark.process
def test_what_was_abandoned_gives_no_result_and_leaves_nothing_open(lines: Lines) -> None:
    told = []
    with black_hole() as port, udp_server(lambda _: []) as silent:
        lines.of(Dial(host="127.0.0.1", port=free_port(), deadline=lines.within(60)))
        before = _open_files()
        wishes: list[Wish] = [
            Dial(host="127.0.0.1", port=port, deadline=lines.within(0.1)),
            Dial(host="localhost", port=port, deadline=lines.within(0.1)),
            Dial(host="127.0.0.1", port=port, deadline=lines.within(0.2), not_before=lines.within(0.1)),
            Datagram(host="127.0.0.1", port=silent, payload=b"?", accept=bool, deadline=lines.within(0.1)),
        ]
        for wish in wishes:
            lines.carriers[type(wish)].start(wish, told.append)
        assert _open_files() > before
        for carrier in lines.carriers.values():
            carrier.abandon()
        stop = threading.Event()
        lines.loop.at(lines.within(0.25), stop.set)
        lines.loop.run(stop, lambda: None)
        assert told == []
        assert _open_files() == before


def test_an_agent_without_descriptors_says_so(lines: Lines) -> None:
    port = free_port()
    lines.of(Dial(host="127.0.0.1", port=port, deadline=lines.within(60)))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_highest_file() + 1, hard))
    spare = _fill_up()
    try:
        results = [lines.of(wish) for wish in one_of_each(lines, port, lines.within(60))]
    finally:
        for fd in spare:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert {result.reason for result in results} == {Reason.AGENT_FAULT}
    assert {result.detail for result in results} == {
        "the agent itself could not open a connection (Too many open files)"
    }


@pytest.mark.process
def test_ten_thousand_starts_leave_no_descriptor_open(lines: Lines) -> None:
    with raw_server(reset) as port, udp_server(lambda data: [data]) as answering:
        lines.all(one_of_each(lines, answering, lines.within(60)))
        before = _open_files()
        wishes = _a_mixture(lines, port, answering)
        ended = 0
        while batch := list(islice(wishes, 250)):
            ended += len(lines.all(batch))
        assert ended == 10_000
        assert _settled(before) <= before + 2  # of the server's own, still being closed


def _a_mixture(lines: Lines, port: int, answering: int) -> Iterator[Wish]:
    refused = free_port()
    pings = not echo_allowed()
    for number in range(10_000):
        deadline = lines.within(2)
        if number % 4 == 0:
            yield Dial(host="127.0.0.1", port=port, deadline=deadline, until=b"220 ")
        elif number % 4 == 1:
            yield Dial(host="127.0.0.1", port=refused, deadline=deadline)
        elif number % 20 == 2 and pings:
            yield Echo(host="127.0.0.1", deadline=deadline)
        else:
            dead = number % 40 == 3
            yield Datagram(
                host="127.0.0.1", port=refused if dead else answering, payload=b"?", accept=bool, deadline=deadline
            )


def _settled(before: int) -> int:
    for _ in range(100):
        if _open_files() <= before:
            break
        threading.Event().wait(0.02)
    return _open_files()


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def _highest_file() -> int:
    return max(int(link.name) for link in Path("/proc/self/fd").iterdir())


def _fill_up() -> list[int]:
    taken = []
    try:
        while True:
            taken.append(os.dup(0))
    except OSError:
        return taken


def test_a_socket_is_closed_when_its_result_is_told(lines: Lines) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        lines.of(Dial(host="127.0.0.1", port=listener.getsockname()[1], deadline=lines.within(60)))
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(60)
            assert connection.recv(1) == b""
