"""The checks below HTTP on lines that are really broken: a network namespace each, with its own routes, filters and resolver.

Rows 18, 23 and 24 of the fault catalogue, and what a firewall can do to a connection. Everything ends with its namespace.
"""

import ctypes
import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from probes.checks import Measurement
from probes.checks.bundle import bundled
from probes.kinds import check_of
from probes.registry import FUNCTIONS
from probes.sample import Outcome, Reason
from tests.faults.hosts import absent
from tests.faults.networks import OF_THE_MACHINE, OF_THIS_THREAD, in_its_own_network
from tests.probes.line_servers import Lines, dns_answer, udp_server
from tests.probes.servers import raw_server

pytestmark = [pytest.mark.process, pytest.mark.timed]

LATE_S = 0.05
CLONE_NEWNS = 0x00020000
RESOLVER_PORT = 5353  # of the resolver inside
DROP_REPLIES = "iptables -A INPUT -p icmp --icmp-type echo-reply"
NAME: dict[str, object] = {"kind": "tcp", "host": "registry.example", "port": 443}
PORT: dict[str, object] = {"kind": "tcp", "host": "127.0.0.1"}
PING: dict[str, object] = {"kind": "icmp", "host": "127.0.0.1"}
QUESTION: dict[str, object] = {
    "kind": "dns", "resolver": "127.0.0.1", "port": RESOLVER_PORT, "question": "registry.example",
}  # fmt: skip


def run(*commands: str) -> None:
    assert os.readlink(OF_THIS_THREAD) != os.readlink(OF_THE_MACHINE), "only in a network of the test's own"
    for command in commands:
        subprocess.run(shlex.split(command), check=True, capture_output=True)


def measure(**fields: object) -> tuple[Measurement, float]:
    """What a check finds here, and the seconds it took. A port that is not named is one that listens."""
    with ExitStack() as stack:
        if fields["kind"] == "tcp" and "port" not in fields:
            fields["port"] = stack.enter_context(raw_server(lambda connection: connection.recv(1)))
        lines = stack.enter_context(closing(Lines()))
        began = lines.clock.monotonic()
        check = check_of({"name": "line", **fields})
        found = lines.measure(bundled(FUNCTIONS[check.kind]), **fields)
        return found, lines.told[-1] - began


@contextmanager
def resolver() -> Iterator[None]:
    with udp_server(lambda asked: [dns_answer(asked, ("A", bytes(4)))], RESOLVER_PORT):
        yield
        run("iptables -F")  # or its end would not be heard


def ask_only(server: str, folder: Path) -> None:
    """The system's resolver, for this thread and those it starts, asks this server alone."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        absent(f"a mount namespace ({os.strerror(ctypes.get_errno())})")
    file = folder / "resolv.conf"
    file.write_text(f"nameserver {server}\n")
    run("mount --make-rprivate /", f"mount --bind {file} /etc/resolv.conf")


@in_its_own_network
def test_a_dead_resolver_is_told_at_once(tmp_path: Path) -> None:
    ask_only("127.0.0.1", tmp_path)
    found, took = measure(**NAME, deadline_s=2)
    assert (found.reason, found.stage) == (Reason.DNS, "dns")
    assert found.detail == "the name could not be resolved (Temporary failure in name resolution)"
    assert took < 1


@pytest.mark.parametrize("fields", [NAME, {"kind": "icmp", "host": "registry.example"}])
@in_its_own_network
def test_a_resolver_that_hangs_ends_at_the_deadline(tmp_path: Path, fields: dict[str, object]) -> None:
    ask_only("127.0.0.1", tmp_path)
    run("iptables -A INPUT -p udp --dport 53 -j DROP")
    found, took = measure(**fields, deadline_s=0.3)
    assert (found.reason, found.stage) == (Reason.DNS, "dns")
    assert found.detail == "the name could not be resolved within 0.3 s"
    assert took <= 0.3 + LATE_S


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "tcp", "host": "192.0.2.10", "port": 443},
        {"kind": "dns", "resolver": "192.0.2.53", "port": 53, "question": "registry.example"},
        {"kind": "icmp", "host": "192.0.2.10"},
        {"kind": "tcp", "host": "2001:db8::10", "port": 443},
    ],
)
@pytest.mark.parametrize(
    ("route", "words"),
    [
        ("", "Network is unreachable"),
        ("unreachable", "No route to host"),
        ("prohibit", "Permission denied"),
        ("blackhole", "Invalid argument"),
    ],
)
@in_its_own_network
def test_a_network_that_is_not_there_is_told_at_once(fields: dict[str, object], route: str, words: str) -> None:
    if route:
        run(f"ip route add {route} default", f"ip -6 route add {route} default")
    found, took = measure(**fields, deadline_s=2)
    ours = route == "prohibit"  # a rule of this machine
    assert (found.reason, found.stage) == (Reason.AGENT_FAULT if ours else Reason.UNREACHABLE, "connect")
    said = "the agent itself could not open a connection" if ours else "the host cannot be reached"
    assert found.detail == f"{said} ({words})"
    assert took < 0.5


@in_its_own_network
def test_a_connection_that_is_dropped_ends_at_the_deadline() -> None:
    run("iptables -A INPUT -p tcp --syn -j DROP")
    found, took = measure(**PORT, deadline_s=0.3)
    assert (found.reason, found.stage) == (Reason.TIMEOUT, "connect")
    assert found.detail == "no end after 0.3 s, connecting"
    assert took <= 0.3 + LATE_S


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("tcp-reset", Reason.REFUSED),
        ("icmp-port-unreachable", Reason.REFUSED),
        ("icmp-host-unreachable", Reason.UNREACHABLE),
    ],
)
@in_its_own_network
def test_a_connection_that_is_rejected_is_told_soon(answer: str, reason: Reason) -> None:
    run(f"iptables -A INPUT -p tcp --syn -j REJECT --reject-with {answer}")
    found, took = measure(**PORT, deadline_s=3)
    assert (found.reason, found.stage) == (reason, "connect")
    assert took < 2.5  # the kernel asks a second time when it was only a router that said no


@pytest.mark.parametrize(
    ("fields", "asked"), [(PING, "icmp --icmp-type echo-request"), (QUESTION, f"udp --dport {RESOLVER_PORT}")]
)
@in_its_own_network
def test_a_router_that_says_no_is_heard_without_a_connection_too(fields: dict[str, object], asked: str) -> None:
    run(f"iptables -A INPUT -p {asked} -j REJECT --reject-with icmp-host-unreachable")
    found, took = measure(**fields, deadline_s=2)
    assert (found.reason, found.stage) == (Reason.UNREACHABLE, "first_byte")
    assert took < 0.5


@in_its_own_network
def test_a_first_packet_that_is_lost_is_in_the_time_of_the_connection() -> None:
    run("iptables -A INPUT -p tcp --syn -m statistic --mode nth --every 1000 --packet 0 -j DROP")
    found, _ = measure(**PORT, deadline_s=3)
    assert found.outcome is Outcome.OK
    assert found.phases.connect is not None
    assert 0.9 < found.phases.connect < 1.5


def two_of_five(rule: str) -> None:
    """Of every five packets two are lost: 40 %, the same each time."""
    nth = "-m statistic --mode nth --packet 0"
    run(f"{rule} {nth} --every 5 -j DROP", f"{rule} {nth} --every 4 -j DROP")


def lost(found: Measurement) -> int:
    return sum(one is None for one in found.bundle)


@pytest.mark.parametrize(
    ("fields", "rule"), [(PING, DROP_REPLIES), (QUESTION, f"iptables -A INPUT -p udp --dport {RESOLVER_PORT}")]
)
@in_its_own_network
def test_forty_percent_loss_is_seen_as_loss_and_not_as_a_failure(fields: dict[str, object], rule: str) -> None:
    with resolver():
        two_of_five(rule)
        found, took = measure(**fields, deadline_s=2, bundle={"count": 20, "gap_s": 0.01, "most_lost": 10})
    assert lost(found) == 8
    assert (found.outcome, found.reason) == (Outcome.OK, Reason.NONE)
    assert found.detail.startswith("8 of 20 lost; the last: no end after 0.1 s")
    assert took <= 2 + LATE_S


@in_its_own_network
def test_more_loss_than_allowed_is_a_failure_called_lost() -> None:
    two_of_five(DROP_REPLIES)
    found, took = measure(**PING, deadline_s=1, bundle={"count": 10, "gap_s": 0.01, "most_lost": 3})
    assert (found.outcome, found.reason, lost(found)) == (Outcome.FAILED, Reason.LOST, 4)
    assert took <= 1 + LATE_S


@in_its_own_network
def test_when_every_packet_is_lost_it_is_the_deadline_that_passed() -> None:
    run(f"{DROP_REPLIES} -j DROP")
    found, took = measure(**PING, deadline_s=0.5, bundle={"count": 5, "gap_s": 0.05})
    assert (found.reason, found.stage, lost(found)) == (Reason.TIMEOUT, "first_byte", 5)
    assert took <= 0.5 + LATE_S
