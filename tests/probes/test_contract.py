"""The bounds of the contract: what an agent cannot send, an intake need not fear."""

import pytest
from pydantic import ValidationError

from probes.sample import Batch
from probes.settings import Probes, Rehearsal

from .test_spool import sample

ONE = sample(1).model_dump(mode="json")


@pytest.mark.parametrize(
    "wrong",
    [
        {"seq": 2**53 + 1}, {"seq": 0}, {"bytes_up": 2**53 + 1}, {"bytes_down": -1}, {"district": 0}, {"district": 10_000_000},
        {"started": float("nan")}, {"started": 32_503_680_001}, {"lateness": float("inf")}, {"vantage": "x" * 65}, {"vantage": ""},
    ],
)  # fmt: skip
def test_a_sample_beyond_its_bounds_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Batch.model_validate({"agent": "a", "boot": "0" * 32, "sent": 1.0, "samples": [ONE | wrong]})


@pytest.mark.parametrize(
    "wrong", [{"sent": float("inf")}, {"sent": float("nan")}, {"sent": 32_503_680_001}, {"dropped": 2**53 + 1}]
)
def test_a_batch_beyond_its_bounds_is_refused(wrong: dict[str, object]) -> None:
    good = {"agent": "a", "boot": "0" * 32, "sent": 1.0, "samples": [ONE]}
    assert Batch.model_validate(good).dropped == 0
    with pytest.raises(ValidationError):
        Batch.model_validate(good | wrong)


@pytest.mark.parametrize("code", [0, -1, 10_000_000])
def test_an_agent_cannot_be_told_to_measure_what_it_could_not_report(code: int) -> None:
    check = {"name": "ping", "kind": "http", "url": "http://127.0.0.1:1/"}
    with pytest.raises(ValidationError, match="districts"):
        Probes.model_validate({"agent": "a", "vantage": "here", "districts": [code], "checks": [check]})


@pytest.mark.parametrize("ahead", [float("nan"), float("inf"), -1.6e9])
def test_a_rehearsal_stays_within_the_years_of_the_contract(ahead: float) -> None:
    with pytest.raises(ValidationError, match="clock_ahead_s"):
        Rehearsal(clock_ahead_s=ahead)
