"""When the agent is cut off, its failures say nothing of the registry."""

from pathlib import Path

import pytest

from probes.checks import Measurement, Target
from probes.connectivity import Connectivity, interface_up
from probes.sample import Outcome, Phases, Reason
from probes.settings import Check

REGISTRY = Check.model_validate({"name": "ping", "kind": "http", "url": "https://registry.example.org/ping"})
ANCHOR = Check.model_validate({"name": "neutral", "kind": "anchor", "url": "https://neutral.example.org/"})
LOCAL = Check.model_validate({"name": "local", "kind": "http", "url": "http://127.0.0.1:1/"})
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


def test_targets_on_this_machine_need_no_interface() -> None:
    local = Target(490, LOCAL)
    assert agent([local], up=False).judged(local, found(Reason.UNREACHABLE)).reason is Reason.UNREACHABLE


def test_after_the_line_is_back_failures_count_again() -> None:
    line = agent()
    for target in ALL:
        line.judged(target, found(Reason.DNS))
    line.judged(ANC_490, found(Reason.NONE))
    assert line.judged(REG_490, found(Reason.DNS)).reason is Reason.DNS


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
