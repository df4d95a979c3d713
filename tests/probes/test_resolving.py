"""Names are looked up in few threads, and one that hangs is left alone."""

import re
import socket
import threading
import weakref
from collections.abc import Iterator

import pytest

from probes.carriers.look_ups import MAY_HANG
from probes.carriers.resolving import MOST, MOST_A_HOST, LookUp, Names, literal
from probes.clock import WallClock
from probes.exchange import Dial, Result
from probes.sample import Reason

from .line_servers import Lines
from .servers import free_port, raw_server


class Resolver:
    """In place of the system's: names that begin with "hang" hang until the end, "odd" ones have no address."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        self.asked.append(host)
        if host.startswith("hang"):
            self.released.wait(20)
        if host.startswith("memory"):
            raise socket.gaierror(socket.EAI_MEMORY, "Memory allocation failure")
        if host.startswith("odd"):
            return []
        return [(socket.AF_INET, None, None, "", ("127.0.0.1", port))]


@pytest.fixture
def resolver() -> Iterator[Resolver]:
    made = Resolver()
    yield made
    made.released.set()


@pytest.fixture
def lines(resolver: Resolver) -> Iterator[Lines]:
    made = Lines(resolver)
    yield made
    made.close()


def dial(lines: Lines, host: str, within: float = 60.0, port: int = 1, **more: object) -> Dial:
    return Dial(host=host, port=port, deadline=lines.within(within), **more)  # type: ignore[arg-type]


def test_an_address_that_is_written_out_is_not_looked_up(lines: Lines, resolver: Resolver) -> None:
    with raw_server(lambda connection: connection.recv(1)) as port:
        assert lines.of(dial(lines, "127.0.0.1", port=port)).phases.dns is None
        assert lines.of(dial(lines, "registry.example", port=port)).phases.dns is not None
    assert resolver.asked == ["registry.example"]


def test_what_counts_as_written_out() -> None:
    assert literal("192.0.2.1", 80) == (socket.AF_INET, ("192.0.2.1", 80))
    assert literal("2001:db8::1", 80) == (socket.AF_INET6, ("2001:db8::1", 80))
    assert [literal(host, 80) for host in ("registry", "192.0.2", "1", "\0", "ä")] == [None] * 5


def test_a_name_that_does_not_exist_is_told_with_the_systems_words() -> None:
    real = Lines()
    result = real.of(dial(real, "a" * 64 + ".invalid"))
    real.close()
    assert (result.reason, result.stage) == (Reason.DNS, "dns")
    assert result.detail.startswith("the name could not be resolved (")
    assert result.phases.dns is not None
    assert result.phases.connect is None


def test_a_resolver_that_gives_no_address_is_no_resolver(lines: Lines) -> None:
    result = lines.of(dial(lines, "odd.example"))
    assert (result.reason, result.detail) == (Reason.DNS, "the name could not be resolved (it has no address)")


def test_an_agent_without_memory_does_not_blame_the_registry(lines: Lines) -> None:
    result = lines.of(dial(lines, "memory.example"))
    assert result.reason is Reason.AGENT_FAULT
    assert result.detail == "the agent could not look the name up (Memory allocation failure)"


def test_many_look_ups_share_the_threads(lines: Lines, resolver: Resolver) -> None:
    port = free_port()
    results = lines.all([dial(lines, f"host-{number % 7}.example", port=port) for number in range(500)])
    assert [result.reason for result in results] == [Reason.REFUSED] * 500
    assert len(resolver.asked) == 500
    assert sum(thread.name == "look-up" for thread in threading.enumerate()) <= MOST


def test_look_ups_given_up_before_they_began_are_not_kept(lines: Lines, resolver: Resolver) -> None:
    names = Names(lines.loop, WallClock(), resolver)

    def wanted(host: str) -> LookUp:
        look_up = LookUp(host, 1, lambda: None)
        names.find(look_up)
        return look_up

    kept = [wanted(host) for host in ("hang.a", "hang.b") for _ in range(MOST_A_HOST)]
    late = [weakref.ref(wanted("registry.example")) for _ in range(100)]
    for reference in late:
        look_up = reference()
        assert look_up is not None
        assert not names.give_up(look_up)
    del look_up
    assert [reference() for reference in late] == [None] * 100
    assert len(kept) == MOST
    names.close()


@pytest.mark.process
@pytest.mark.timed
def test_a_name_that_hangs_ends_at_the_deadline_and_is_then_left_alone(lines: Lines, resolver: Resolver) -> None:
    wishes = [dial(lines, "hang.example", within=0.2) for _ in range(MOST_A_HOST + 10)]
    results = lines.all(wishes)
    assert {(one.reason, one.stage) for one in results} == {(Reason.DNS, "dns")}
    # a wish that a busy loop took up late had less of its time left
    assert all(re.fullmatch(r"the name could not be resolved within 0\.[12] s", one.detail) for one in results)
    assert max(lines.told) <= wishes[-1].deadline + 0.05
    assert len(resolver.asked) == MOST_A_HOST >= MAY_HANG
    assert lines.of(dial(lines, "hang.example")).detail == "look-ups of this name hang"


@pytest.mark.process
@pytest.mark.timed
def test_other_names_and_neutral_hosts_do_not_notice_one_that_hangs(lines: Lines) -> None:
    with raw_server(lambda connection: connection.recv(1)) as port:
        hanging = [dial(lines, "hang.example", within=0.3) for _ in range(MOST)]
        others = [dial(lines, "other.example", 0.25, port, neutral=neutral) for neutral in (False, True)]
        results = lines.all([*hanging, *others])
    assert [result.reason for result in results[:2]] == [Reason.NONE] * 2


@pytest.mark.process
@pytest.mark.timed
def test_when_all_threads_hang_the_agent_blames_itself(lines: Lines) -> None:
    hanging = [dial(lines, f"hang-{number}.example", within=0.3) for number in range(MOST)]
    other = dial(lines, "other.example", within=0.2)
    first: Result = lines.all([*hanging, other])[0]
    assert first.reason is Reason.AGENT_FAULT
    assert first.detail == "the agent has too many look-ups of other names under way"


@pytest.mark.process
def test_a_look_up_that_ends_after_the_loop_was_closed_tells_nobody(resolver: Resolver) -> None:
    lines = Lines(resolver)
    lines.of(dial(lines, "hang.example", within=0.1))
    hanging = [thread for thread in threading.enumerate() if thread.name == "look-up"]
    lines.close()
    resolver.released.set()
    for thread in hanging:
        thread.join(60)
    assert not any(thread.is_alive() for thread in hanging)


@pytest.mark.process
def test_once_a_name_is_found_again_it_is_asked_again(lines: Lines, resolver: Resolver) -> None:
    lines.all([dial(lines, "hang.example", within=0.1) for _ in range(MAY_HANG)])
    resolver.released.set()
    for thread in threading.enumerate():
        if thread.name == "look-up":
            thread.join(60)
    lines.of(dial(lines, "other.example", port=free_port()))
    assert lines.of(dial(lines, "hang.example", port=free_port())).reason is Reason.REFUSED
