"""A standstill of the agent itself is seen, and excuses only what it may have spoilt."""

from dataclasses import replace

import pytest

from probes.carriers.stalls import KEPT, Stalls, excused, waited
from probes.checks import Measurement
from probes.sample import Outcome, Phases, Reason

TIMEOUT = Measurement(Reason.TIMEOUT, Phases(dns=0.1, total=10.0), detail="no end after 10.0 s, connecting")
GOOD = Measurement(Reason.NONE, Phases(first_byte=0.3, total=0.4), status=200)


class Waits:
    """What the system tells of the processor, moved by hand."""

    def __init__(self) -> None:
        self.seconds: float | None = 0.0

    def __call__(self) -> float | None:
        return self.seconds


def loop(*turns: tuple[float, float, float]) -> Stalls:
    """A loop that asked at a moment, for some patience, and woke at another."""
    stalls = Stalls(0.0, Waits())
    for asked, patience, woke in turns:
        stalls.woke(asked, patience, woke)
    return stalls


def test_a_loop_that_wakes_in_time_never_stood_still() -> None:
    calm = loop((0.01, 1.0, 1.01), (1.02, 1.0, 1.5), (1.51, 0.0, 1.52))
    assert calm.within(0.0, 1.53) == 0.0


def test_oversleeping_is_a_standstill() -> None:
    assert loop((0.01, 0.1, 3.31)).within(0.0, 3.31) == pytest.approx(3.2)


def test_being_held_up_at_work_is_a_standstill_too() -> None:
    assert loop((0.01, 0.1, 0.1), (2.1, 0.1, 2.2)).within(0.0, 2.2) == pytest.approx(2.0)


def test_the_turn_under_way_counts() -> None:
    assert loop((0.01, 0.1, 0.1)).within(0.0, 4.1) == pytest.approx(4.0)


def test_only_what_fell_into_the_check_counts() -> None:
    frozen = loop((0.0, 0.0, 2.0), (2.0, 1.0, 3.0), (3.0, 0.0, 5.0))
    assert frozen.within(0.0, 5.0) == pytest.approx(4.0)
    assert frozen.within(1.0, 5.0) == pytest.approx(3.0)
    assert frozen.within(5.0, 5.01) == 0.0


def test_a_processor_that_is_not_given_is_a_standstill() -> None:
    waits = Waits()
    starved = Stalls(0.0, waits)
    for turn in range(1, 11):
        starved.woke(turn * 0.1 - 0.099, 0.1, turn * 0.1)  # before its patience ends, and long after it was called
        assert waits.seconds is not None
        waits.seconds += 0.09
    assert starved.within(0.0, 1.01) == pytest.approx(0.81, abs=0.02)  # nine of the spans have ended


def test_a_system_that_does_not_tell_or_stops_telling_counts_as_given() -> None:
    waits = Waits()
    stalls = Stalls(0.0, waits)
    for turn, told in enumerate([500.0, None, 600.0, None, 700.0], start=1):
        waits.seconds = told
        stalls.woke(turn * 0.1, 0.0, turn * 0.1)
    assert stalls.within(0.0, 0.5) < 0.6  # the gaps between the turns, and nothing of the hundreds of seconds


def test_the_system_tells_how_long_this_thread_was_kept_waiting() -> None:
    told = waited()
    assert told is None or 0 <= told < 1e6


def test_it_keeps_no_more_than_the_latest() -> None:
    stalls = loop(*((float(turn), 0.0, turn + 0.5) for turn in range(5 * KEPT)))
    assert stalls.within(0.0, 5.0 * KEPT) <= KEPT + 1


@pytest.mark.parametrize(
    ("away_s", "deadline_s", "outcome"),
    [
        (0.0, 10, Outcome.FAILED), (0.9, 10, Outcome.FAILED), (1.0, 10, Outcome.UNKNOWN),
        (0.2, 1, Outcome.FAILED), (0.3, 1, Outcome.UNKNOWN), (0.2, 0.4, Outcome.FAILED), (0.25, 0.5, Outcome.UNKNOWN),
    ],
)  # fmt: skip
def test_a_failure_is_excused_by_a_second_or_a_share_of_the_deadline(
    away_s: float, deadline_s: float, outcome: Outcome
) -> None:
    assert excused(TIMEOUT, away_s, deadline_s).outcome is outcome


@pytest.mark.parametrize(
    ("away_s", "total", "outcome"),
    [(0.2, 0.25, Outcome.OK), (0.3, 0.4, Outcome.UNKNOWN), (1.0, 20.0, Outcome.OK), (6.0, 20.0, Outcome.UNKNOWN)],
)
def test_a_good_answer_is_set_aside_when_much_of_its_time_was_ours(
    away_s: float, total: float, outcome: Outcome
) -> None:
    good = Measurement(Reason.NONE, Phases(total=total), status=200)
    assert excused(good, away_s, 30).outcome is outcome


def test_it_says_how_long_and_gives_no_time_that_is_not_the_targets() -> None:
    late = excused(TIMEOUT, 3.2, 10)
    assert (late.reason, late.phases) == (Reason.AGENT_FAULT, Phases(total=10.0))
    assert late.detail == "the agent itself stood still for 3.2 s: no end after 10.0 s, connecting"
    assert excused(GOOD, 0.3, 10).detail == (
        "the agent itself stood still for 0.3 s: a good answer, but the time is not the target's"
    )


def test_a_sleep_of_days_still_makes_a_sample() -> None:
    days = replace(TIMEOUT, phases=Phases(total=1.0).model_copy(update={"total": 200_000.0}))
    assert excused(days, 200_000.0, 10).phases == Phases(total=86_400.0)


@pytest.mark.parametrize(
    ("reason", "waited_s", "outcome"),
    [
        (Reason.NOT_VISIBLE, 2.4, Outcome.FAILED), (Reason.NOT_VISIBLE, 2.5, Outcome.UNKNOWN),
        (Reason.TIMEOUT, 2.5, Outcome.UNKNOWN), (Reason.HTTP_STATUS, 9.0, Outcome.FAILED),
    ],
)  # fmt: skip
def test_a_wait_for_our_own_budget_excuses_only_what_ran_out_of_time(
    reason: Reason, waited_s: float, outcome: Outcome
) -> None:
    assert excused(replace(TIMEOUT, reason=reason), 0.0, 10, waited_s).outcome is outcome


def test_a_good_time_that_was_a_wait_for_our_own_budget_is_not_told() -> None:
    assert excused(GOOD, 0.0, 10, 0.2) is GOOD
    late = excused(GOOD, 0.0, 10, 0.3)
    assert (late.reason, late.phases) == (Reason.AGENT_FAULT, Phases(total=0.4))
    assert late.detail == ("the agent waited 0.3 s for its own budget: a good answer, but the time is not the target's")


def test_what_is_unknown_already_keeps_its_own_words() -> None:
    cut_off = Measurement(Reason.AGENT_OFFLINE, Phases(total=1.0), detail="the agent itself is cut off")
    assert excused(cut_off, 5.0, 10) is cut_off
