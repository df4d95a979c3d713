"""When the agent is cut off, its failures say nothing of the registry."""

import os
import resource
from dataclasses import replace
from pathlib import Path

import pytest

from probes.checks import Measurement, Target
from probes.connectivity import Connectivity, handles_left, interface_up
from probes.kinds import check_of
from probes.sample import Outcome, Phases, Reason

REGISTRY = check_of({"name": "ping", "kind": "http", "url": "https://registry.example.org/ping"})
ANCHOR = check_of({"name": "neutral", "kind": "anchor", "url": "https://neutral.example.org/"})
LOCAL = check_of({"name": "local", "kind": "http", "url": "http://127.0.0.1:1/"})
REG_490, REG_491, ANC_490, ANC_491 = (Target(code, check) for check in (REGISTRY, ANCHOR) for code in (490, 491))
ALL = [REG_490, REG_491, ANC_490, ANC_491]


def found(reason: Reason) -> Measurement:
    return Measurement(reason, Phases(total=1.0), detail="the host cannot be reached")


def agent(targets: list[Target] = ALL, up: bool = True) -> Connectivity:
    return Connectivity(targets, lambda: up)


def test_everything_failing_to_resolve_or_to_be_reached_is_our_own_line() -> None:
    line = agent()
    for target in (ANC_490, ANC_491, REG_490):
        line.judged(target, found(Reason.DNS))
    last = line.judged(REG_491, found(Reason.UNREACHABLE))
    assert (last.reason, last.outcome) == (Reason.AGENT_OFFLINE, Outcome.UNKNOWN)
    assert last.detail == "the agent itself is cut off: the host cannot be reached"


def test_one_anchor_that_answers_leaves_the_fault_with_the_registry() -> None:
    line = agent()
    line.judged(ANC_490, found(Reason.NONE))
    for target in (ANC_491, REG_490, REG_491):
        assert line.judged(target, found(Reason.UNREACHABLE)).reason is Reason.UNREACHABLE


@pytest.mark.parametrize("reason", [Reason.TIMEOUT, Reason.REFUSED, Reason.RESET])
def test_a_host_that_can_be_heard_of_is_not_our_line(reason: Reason) -> None:
    line = agent()
    line.judged(REG_490, found(reason))
    assert line.judged(ANC_490, found(Reason.UNREACHABLE)).reason is Reason.UNREACHABLE


def test_without_an_anchor_a_name_that_is_gone_stays_the_registrys_fault() -> None:
    line = agent([REG_490, REG_491])
    line.judged(REG_490, found(Reason.DNS))
    assert line.judged(REG_491, found(Reason.DNS)).reason is Reason.DNS


def test_no_interface_up_is_our_line_at_once() -> None:
    assert agent([REG_490], up=False).judged(REG_490, found(Reason.DNS)).reason is Reason.AGENT_OFFLINE


@pytest.mark.parametrize("reason", [Reason.TIMEOUT, Reason.RESET, Reason.NOT_VISIBLE, Reason.NOT_ARRIVED, Reason.LOST])
def test_silence_while_no_interface_is_up_is_our_line_too(reason: Reason) -> None:
    local = Target(490, LOCAL)
    line = agent([REG_490, local], up=False)
    assert line.judged(REG_490, found(reason)).reason is Reason.AGENT_OFFLINE
    assert line.judged(local, found(reason)).reason is reason
    assert agent([REG_490]).judged(REG_490, found(reason)).reason is reason


def test_a_resolver_that_says_no_such_name_is_not_cut_off() -> None:
    said = replace(found(Reason.DNS), stage="answer")
    line = agent()
    assert line.judged(REG_490, said) is said
    assert line.judged(ANC_490, found(Reason.UNREACHABLE)).reason is Reason.UNREACHABLE
    assert Connectivity([REG_490], lambda: False, lambda: False).judged(REG_490, said) is said


def test_targets_on_this_machine_need_no_interface() -> None:
    local = Target(490, LOCAL)
    assert agent([local], up=False).judged(local, found(Reason.UNREACHABLE)).reason is Reason.UNREACHABLE


def test_after_the_line_is_back_failures_count_again() -> None:
    line = agent()
    for target in ALL:
        line.judged(target, found(Reason.DNS))
    line.judged(ANC_490, found(Reason.NONE))
    assert line.judged(REG_490, found(Reason.DNS)).reason is Reason.DNS


@pytest.mark.parametrize("reason", [Reason.UNREACHABLE, Reason.DNS])
def test_without_file_handles_it_is_our_own_fault(reason: Reason) -> None:
    last = Connectivity([REG_490], lambda: True, lambda: False).judged(REG_490, found(reason))
    assert (last.reason, last.outcome) == (Reason.AGENT_FAULT, Outcome.UNKNOWN)
    assert last.detail == "the agent itself has no file handles left: the host cannot be reached"


def test_a_refusal_needs_no_excuse_when_file_handles_are_short() -> None:
    line = Connectivity([REG_490], lambda: True, lambda: False)
    assert line.judged(REG_490, found(Reason.REFUSED)).reason is Reason.REFUSED


def test_what_is_unknown_already_says_nothing_of_the_line() -> None:
    line = agent()
    line.judged(ANC_490, found(Reason.NONE))
    unknown = found(Reason.AGENT_OFFLINE)
    assert line.judged(ANC_490, unknown) is unknown
    assert line.judged(REG_490, found(Reason.DNS)).reason is Reason.DNS


def test_it_sees_how_many_file_handles_are_left() -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert handles_left()
    lowest = os.dup(0)
    os.close(lowest)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + 2, limits[1]))
        assert not handles_left()
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, limits[1]))
        assert not handles_left()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({"lo": "unknown"}, False),
        ({"lo": "unknown", "eth0": "down"}, False),
        ({"eth0": "up"}, True),
        ({"tun0": "unknown"}, True),
    ],
)
def test_it_reads_the_interfaces_from_the_system(tmp_path: Path, states: dict[str, str], expected: bool) -> None:
    for name, state in states.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "operstate").write_text(state + "\n")
    assert interface_up(tmp_path) is expected


def test_a_system_that_does_not_tell_counts_as_up(tmp_path: Path) -> None:
    assert interface_up(tmp_path / "nowhere")
