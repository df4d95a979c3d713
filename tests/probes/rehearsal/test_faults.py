"""What a request meets under which faults."""

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from probes.rehearsal.faults import Encounter, Ending, Fault, FaultKind, encounter
from probes.rehearsal.latency import Call


def never() -> float:
    raise AssertionError("no randomness is needed here")


def always(value: float) -> Callable[[], float]:
    return lambda: value


def test_without_faults_a_request_is_answered() -> None:
    assert encounter((), 491, Call.PING, never) == Encounter()


@pytest.mark.parametrize(
    ("kind", "call", "ending"),
    [
        (FaultKind.ERRORS, Call.PING, Ending.ERROR),
        (FaultKind.ERRORS, Call.UPLOAD, Ending.ERROR),
        (FaultKind.ERRORS, Call.READ, Ending.ANSWER),
        (FaultKind.HANG, Call.READ, Ending.HANG),
        (FaultKind.REFUSE, Call.PING, Ending.RESET),
        (FaultKind.REFUSE, Call.ANCHOR, Ending.ANSWER),
        (FaultKind.UNSTORED, Call.UPLOAD, Ending.UNSTORED),
        (FaultKind.UNSTORED, Call.PING, Ending.ANSWER),
        (FaultKind.LINE_CUT, Call.UPLOAD, Ending.RESET),
        (FaultKind.LINE_CUT, Call.ANCHOR, Ending.RESET),
    ],
)
def test_each_kind_ends_the_calls_it_touches(kind: FaultKind, call: Call, ending: Ending) -> None:
    assert encounter([Fault(kind=kind)], 491, call, never).ending is ending


def test_a_fault_of_one_district_leaves_the_others_alone() -> None:
    fault = Fault(kind=FaultKind.HANG, districts=(491,))
    assert encounter([fault], 491, Call.PING, never).ending is Ending.HANG
    assert encounter([fault], 490, Call.PING, never).ending is Ending.ANSWER


def test_a_rate_is_the_share_of_requests_that_meet_the_fault() -> None:
    fault = Fault(kind=FaultKind.ERRORS, rate=0.45)
    assert encounter([fault], 484, Call.PING, always(0.44)).ending is Ending.ERROR
    assert encounter([fault], 484, Call.PING, always(0.46)).ending is Ending.ANSWER


def test_of_several_slow_faults_the_greatest_factor_counts() -> None:
    faults = [Fault(kind=FaultKind.SLOW, factor=3), Fault(kind=FaultKind.SLOW, factor=8, districts=(497,))]
    assert encounter(faults, 497, Call.UPLOAD, never).factor == 8
    assert encounter(faults, 490, Call.UPLOAD, never).factor == 3
    assert encounter(faults, 490, Call.ANCHOR, never).factor == 1


def test_a_cut_line_hides_what_the_registry_would_have_done() -> None:
    faults = [Fault(kind=FaultKind.ERRORS), Fault(kind=FaultKind.HANG), Fault(kind=FaultKind.LINE_CUT)]
    assert encounter(faults, 491, Call.PING, never).ending is Ending.RESET


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "slow"},
        {"kind": "hang", "factor": 2},
        {"kind": "slow", "factor": 0.5},
        {"kind": "slow", "factor": float("nan")},
        {"kind": "errors", "rate": 0},
        {"kind": "errors", "rate": 1.5},
        {"kind": "errors", "share": 0.5},
        {"kind": "explode"},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Fault.model_validate(wrong)


def test_a_fault_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Fault(kind=FaultKind.HANG).rate = 0.5  # type: ignore[misc]
