"""When checks of a busy registry are held, and for how long."""

from itertools import count

import pytest

from probes.clock import SetClock
from probes.exchange import Result
from probes.sample import Phases, Reason
from probes.schedule.holds import LONGEST_ASKED_S, MANY, ORIGIN_S, Holds

HERE, THERE = "https://registry.example.org", "https://other.example.org"


def answer(status: int | None, retry_after: float = 0.0) -> Result:
    return Result(0.0, 1.0, Reason.NONE, Phases(total=1.0), status, retry_after=retry_after)


@pytest.fixture
def holds(clock: SetClock) -> Holds:
    return Holds(clock)


def hear(holds: Holds, *statuses: int | None) -> None:
    for status in statuses:
        holds.heard(HERE, answer(status))


def test_one_429_holds_the_checks_of_its_origin_and_no_other(holds: Holds) -> None:
    hear(holds, 200, 429)
    assert (holds.holds((HERE,), 491), holds.holds((THERE,), 491)) == (429, 0)


def test_a_few_503_hold_nothing(holds: Holds) -> None:
    hear(holds, *[503, 200] * 5, *[504, 200, 200] * 20)
    assert holds.holds((HERE,), 491) == 0


def test_errors_at_the_rate_of_the_rehearsal_hold_nothing(holds: Holds) -> None:
    # six districts of 36 fail at a rate of 0.45: three in a round of 36
    hear(holds, *([503] * 3 + [200] * 33) * 20)
    assert holds.holds((HERE,), 491) == 0


@pytest.mark.parametrize("status", [503, 504])
def test_half_of_the_last_answers_hold(holds: Holds, status: int) -> None:
    hear(holds, *[200] * 30, *[status] * (MANY - 1))
    assert holds.holds((HERE,), 491) == 0
    hear(holds, status)
    assert holds.holds((HERE,), 491) == status


def test_the_pause_doubles_up_to_a_limit_while_the_registry_stays_busy(holds: Holds, clock: SetClock) -> None:
    others = count(1)  # each district may start again after a while; one that never asked waits for the end
    hear(holds, *[503] * 9)
    pauses = []
    for _ in range(8):
        hear(holds, 503, 503)  # the second was under way already
        began = clock.at
        while holds.holds((HERE,), next(others)):
            clock.move(1)
        pauses.append(clock.at - began)
    assert pauses == [2, 4, 8, 16, 32, 64, 120, 120]


@pytest.mark.parametrize(("asked", "kept"), [(30.0, 30.0), (9999.0, LONGEST_ASKED_S)])
def test_a_retry_after_is_kept_within_bounds(holds: Holds, clock: SetClock, asked: float, kept: float) -> None:
    holds.heard(HERE, answer(429, asked))
    clock.move(1)
    started = []
    while clock.at < 1000 + kept:
        if not holds.holds((HERE,), 491):
            started.append(clock.at)
        clock.move(1)
    assert len(started) == (kept - 2) // ORIGIN_S
    assert [holds.holds((HERE,), code) for code in range(5)] == [0] * 5  # it is over


def test_under_a_429_one_check_a_minute_goes_on_whatever_its_district(holds: Holds, clock: SetClock) -> None:
    holds.heard(HERE, answer(429, 600.0))
    started = 0
    for _ in range(300):
        started += sum(holds.holds((HERE,), code) == 0 for code in range(36))
        clock.move(1)
    assert started == 4


@pytest.mark.parametrize("asked", [0.0, 600.0])
def test_under_a_503_every_district_can_still_be_judged(holds: Holds, clock: SetClock, asked: float) -> None:
    """A ping and an upload each 15 s, of 36 districts, all busy for a quarter of an hour: three samples in any 90 s."""
    checks = [(district, name) for district in range(36) for name in ("ping", "upload")]
    started: dict[tuple[int, str], list[float]] = {check: [] for check in checks}
    for second in range(900):
        for number, check in enumerate(checks):
            if second % 15 == number % 15 and holds.holds((HERE,), check) == 0:
                started[check].append(clock.at)
                holds.heard(HERE, answer(503, asked))
        clock.move(1)
    assert sum(map(len, started.values())) < 72 * 60 / 2.5
    for district in range(36):
        moments = sorted(started[district, "ping"] + started[district, "upload"])
        assert len(started[district, "upload"]) >= 15
        assert all(later - earlier <= 90 for earlier, later in zip(moments, moments[3:], strict=False))


def test_the_first_good_answer_ends_it(holds: Holds) -> None:
    hear(holds, *[503] * MANY)
    hear(holds, 200)
    assert holds.holds((HERE,), 491) == 0
    hear(holds, 503)
    assert holds.holds((HERE,), 491) == 0


@pytest.mark.parametrize("status", [500, None])
def test_another_failure_does_not_end_it(holds: Holds, status: int | None) -> None:
    hear(holds, 429, status)
    assert holds.holds((HERE,), 491) == 429


def test_a_look_or_a_clean_up_does_not_end_it(holds: Holds) -> None:
    hear(holds, 429)
    holds.heard(HERE, answer(204), of_check=False)
    assert holds.holds((HERE,), 491) == 429


def test_a_check_of_two_origins_is_held_by_either_and_then_counts_as_started_at_none(holds: Holds) -> None:
    holds.heard(THERE, answer(429, 60))
    assert holds.holds((HERE, THERE), 491) == 429
    hear(holds, 429)
    holds.heard(HERE, answer(200))
    assert (holds.holds((HERE,), 491), holds.holds((THERE, HERE), 491)) == (0, 429)
