"""Several samples in one round, answered by hand."""

import random
from collections.abc import Sequence

import pytest

from probes.checks import Measurement, Steps, Target
from probes.checks.bundle import bundled
from probes.clock import Clock, SetClock
from probes.exchange import Dial, Result, Wish
from probes.kinds import check_of
from probes.sample import Outcome, Phases, Reason

Reply = tuple[float, Reason]  # seconds it takes, and what becomes of it


def once(target: Target, clock: Clock, _random: random.Random) -> Steps:
    """A check of one wish."""
    result = yield Dial(host="h", port=1, deadline=clock.monotonic() + target.check.deadline_s)
    return _measured(result)


def twice(target: Target, clock: Clock, _random: random.Random) -> Steps:
    """A check of two wishes, one after the other."""
    yield Dial(host="h", port=1, deadline=clock.monotonic() + target.check.deadline_s)
    return _measured((yield Dial(host="h", port=2, deadline=clock.monotonic() + 0.5)))


def _measured(result: Result) -> Measurement:
    more = {} if result.reason is Reason.NONE else {"detail": f"was {result.reason.value}", "stage": "connect"}
    return Measurement(result.reason, result.phases, status=204, bytes_up=10, bytes_down=100, **more)  # type: ignore[arg-type]


class Round:
    """One round of a bundle of five, 0.2 s apart, within 10 s, of which two may be lost."""

    def __init__(
        self, replies: Sequence[Reply], function: object = once, bundle: object = "usual", late_s: float = 0.0
    ) -> None:
        usual = {"count": 5, "gap_s": 0.2, "most_lost": 2}
        fields = {"bundle": usual if bundle == "usual" else bundle} if bundle else {}
        check = check_of({"name": "line", "kind": "tcp", "host": "h", "port": 1, **fields})
        clock = SetClock(1000.0)
        self.asked: list[Wish] = []
        steps = bundled(function)(Target(491, check), clock, random.Random(1))  # type: ignore[arg-type]
        try:
            wish = next(steps)
            for took, reason in replies:
                self.asked.append(wish)
                clock.at = max(clock.at, wish.not_before)
                began = clock.at
                clock.move(min(took, wish.deadline - clock.at) + late_s)
                wish = steps.send(Result(began, clock.at, reason, Phases(total=clock.at - began)))
            raise AssertionError("it asks for more")
        except StopIteration as end:
            self.found: Measurement = end.value


GOOD, LOST = (0.01, Reason.NONE), (99.0, Reason.TIMEOUT)


def test_samples_come_one_after_the_other_with_a_gap() -> None:
    assert [wish.not_before for wish in Round([GOOD] * 5).asked] == pytest.approx(
        [1000.0, 1000.2, 1000.4, 1000.6, 1000.8]
    )


def test_a_sample_longer_than_the_gap_puts_off_the_next() -> None:
    slow = (1.0, Reason.NONE)
    assert [wish.not_before for wish in Round([slow] * 5).asked] == pytest.approx([1000.0 + at for at in range(5)])


def test_each_has_an_equal_share_of_the_deadline_and_the_round_ends_in_time() -> None:
    asked = Round([LOST] * 5).asked
    assert [wish.deadline for wish in asked] == pytest.approx([1002.0, 1004.0, 1006.0, 1008.0, 1010.0])


def test_the_round_ends_in_time_even_when_each_sample_ends_a_little_late() -> None:
    late = Round([LOST] * 5, late_s=0.04)
    assert late.asked[-1].deadline == pytest.approx(1010.0)
    assert late.asked[-1].not_before == pytest.approx(1008.16)


def test_a_gap_longer_than_a_share_is_cut() -> None:
    asked = Round([GOOD] * 5, bundle={"count": 5, "gap_s": 2}).asked
    assert [wish.not_before for wish in asked] == pytest.approx([1000.0, 1002.0, 1004.0, 1006.0, 1008.0])


def test_the_middle_one_of_the_good_speaks_for_all() -> None:
    replies = [(0.04, Reason.NONE), (0.01, Reason.NONE), (0.03, Reason.NONE), (0.9, Reason.NONE), (0.02, Reason.NONE)]
    found = Round(replies).found
    assert (found.outcome, found.status, found.detail, found.stage) == (Outcome.OK, 204, "", "")
    assert found.phases.total == pytest.approx(0.03)
    assert found.bundle == pytest.approx((0.04, 0.01, 0.03, 0.9, 0.02))
    assert (found.bytes_up, found.bytes_down) == (50, 500)


def test_a_few_lost_ones_do_not_make_it_fail() -> None:
    found = Round([GOOD, LOST, GOOD, (0.02, Reason.NONE), LOST]).found
    assert (found.outcome, found.reason, found.stage) == (Outcome.OK, Reason.NONE, "")
    assert found.detail == "2 of 5 lost; the last: was timeout"
    assert found.bundle == (pytest.approx(0.01), None, pytest.approx(0.01), pytest.approx(0.02), None)


def test_more_lost_ones_make_it_lost() -> None:
    found = Round([LOST, GOOD, (0.1, Reason.RESET), LOST, (0.05, Reason.NONE)]).found
    assert (found.outcome, found.reason, found.stage) == (Outcome.FAILED, Reason.LOST, "connect")
    assert found.detail == "3 of 5 lost; the last: was timeout"
    assert found.phases.total == pytest.approx(0.01)
    assert found.bundle == (None, pytest.approx(0.01), None, None, pytest.approx(0.05))


def test_when_all_are_lost_for_one_reason_it_is_that_reason() -> None:
    found = Round([(0.001, Reason.REFUSED)] * 5).found
    assert (found.reason, found.detail) == (Reason.REFUSED, "5 of 5 lost; the last: was refused")
    assert found.bundle == (None,) * 5


def test_when_all_are_lost_for_several_reasons_it_is_lost() -> None:
    assert Round([*[LOST] * 4, (0.001, Reason.REFUSED)]).found.reason is Reason.LOST


def test_what_the_agent_could_not_measure_is_not_lost_on_the_line() -> None:
    own = (0.0, Reason.AGENT_OFFLINE)
    assert Round([own, own, own, GOOD, LOST]).found.outcome is Outcome.UNKNOWN
    assert Round([own] * 5).found.outcome is Outcome.UNKNOWN
    assert Round([own, GOOD, GOOD, GOOD, LOST]).found.outcome is Outcome.OK
    assert Round([own, LOST, LOST, LOST, GOOD]).found.reason is Reason.LOST


def test_a_check_of_several_steps_is_held_to_its_share() -> None:
    asked = Round([GOOD] * 10, twice).asked
    assert [wish.not_before for wish in asked[:4]] == pytest.approx([1000.0, 1000.0, 1000.2, 1000.2])
    assert [wish.deadline for wish in asked[:4]] == pytest.approx([1002.0, 1000.51, 1002.2, 1000.71])


def test_without_a_bundle_it_is_the_check_as_it_is() -> None:
    alone = Round([LOST], bundle=None)
    assert (alone.found.reason, alone.found.bundle, alone.asked[0].deadline) == (Reason.TIMEOUT, (), 1010.0)
