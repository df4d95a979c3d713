"""What is due when, with the clock moved by hand."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Event

import pytest

from probes.checks import Target
from probes.cohorts import EveryFromNow, start_releases
from probes.schedule import JITTER_SHARE, Budget, Schedule, Start, phase
from probes.settings import Check

PING = Check.model_validate({"name": "ping", "kind": "http", "url": "http://127.0.0.1:1/", "interval_s": 15})
UPLOAD = PING.model_copy(update={"name": "upload", "interval_s": 60})


def targets(count: int, check: Check = PING) -> list[Target]:
    return [Target(467 + number, check) for number in range(count)]


def schedule(members: list[Target], in_flight: int = 1000, starts_per_second: float = 1000, seed: int = 1) -> Schedule:
    return Schedule(members, 0.0, in_flight, Budget(starts_per_second, 0.0), random.Random(seed), "agent-1")


def play(
    plan: Schedule, until: float, step: float = 0.01, began: float = 0.0, lasts: float = 0.0
) -> list[tuple[float, Start]]:
    """Every start with its moment, when each check lasts so many seconds and cohorts are released in time."""
    started: list[tuple[float, Start]] = []
    running: list[tuple[float, Target]] = []
    for turn in range(round((until - began) / step)):
        now = began + turn * step
        for cohort in plan.cohorts:
            cohort.release(now)
        for end, target in [one for one in running if one[0] <= now]:
            plan.ended(target)
            running.remove((end, target))
        for start in plan.due(now):
            started.append((now, start))
            running.append((now + lasts, start.target))
    return started


def test_every_target_starts_once_per_interval_at_its_phase() -> None:
    members = targets(36)
    started = play(schedule(members), until=60.0)
    assert set(Counter(start.target for _, start in started).values()) == {4}
    for now, start in started:
        into = (start.due - phase(start.target, "agent-1")) % 15
        assert min(into, 15 - into) <= JITTER_SHARE * 15 + 1e-6
        assert 0 <= now - start.due < 0.02


def test_starts_do_not_drift() -> None:
    [target] = targets(1)
    started = play(schedule([target]), until=15_000.0, step=0.5)
    assert len(started) == 1000
    assert started[-1][1].due == pytest.approx(phase(target, "agent-1") + 999 * 15, abs=JITTER_SHARE * 15 + 1e-6)


def test_a_phase_stays_the_same_and_differs_between_districts_checks_and_agents() -> None:
    one, other = targets(2)
    page = Target(467, PING.model_copy(update={"name": "page"}))
    assert phase(one, "agent-1") == phase(Target(467, PING), "agent-1")
    different = {phase(target, "agent-1") for target in (one, other, page)} | {phase(one, "agent-2")}
    assert len(different) == 4
    assert all(0 <= phase(target, "agent-1") < 15 for target in targets(200))


def test_phases_spread_the_load_over_the_interval() -> None:
    thirds = Counter(int(phase(target, "agent-1") // 5) for target in targets(300))
    assert all(70 < thirds[third] < 130 for third in range(3))


def test_a_check_that_still_runs_is_skipped_and_counted() -> None:
    [target] = targets(1)
    plan = schedule([target])
    started = play(plan, until=120.0, lasts=40.0)
    assert len(started) == 3
    assert plan.skipped == 8 - 3
    assert all(later - earlier >= 40.0 for (earlier, _), (later, _) in pairwise(started))


def test_no_more_than_the_cap_are_under_way() -> None:
    plan = schedule(targets(30), in_flight=5)
    for cohort in plan.cohorts:
        cohort.release(16.0)
    first = plan.due(16.0)
    assert len(first) == 5
    assert plan.due(16.0) == []
    assert plan.wake(16.0) == float("inf")
    plan.ended(first[0].target)
    assert len(plan.due(16.0)) == 1


def test_no_more_starts_than_the_budget_even_when_all_are_late() -> None:
    plan = schedule(targets(400), starts_per_second=20)
    started = play(plan, until=19.0, began=14.0)
    assert 100 <= len(started) <= 103
    by_second = Counter(int(now) for now, _ in started)
    assert max(by_second.values()) <= 22


def test_other_requests_come_out_of_the_same_budget() -> None:
    budget = Budget(10, 0.0)
    plan = Schedule(targets(400), 0.0, 1000, budget, random.Random(1), "agent-1")
    looks = [budget.take(14.0) for _ in range(20)]
    assert looks == [pytest.approx(14.0 + max(number * 0.1 - 0.1, 0)) for number in range(20)]
    assert plan.due(14.0) == plan.due(15.8) == []
    assert len(plan.due(15.91)) == 1


def test_a_budget_without_end_never_waits() -> None:
    budget = Budget(float("inf"), 0.0)
    assert [budget.take(5.0) for _ in range(3)] == [5.0, 5.0, 5.0]


def test_a_budget_too_small_skips_turns_instead_of_piling_them_up() -> None:
    plan = schedule(targets(60), starts_per_second=2)
    started = play(plan, until=150.0, step=0.05)
    assert 295 <= len(started) <= 302
    assert all(now - start.due < 15.2 for now, start in started)
    assert plan.skipped == pytest.approx(600 - 300, abs=70)


def test_wake_says_when_the_budget_allows_the_next() -> None:
    plan = schedule(targets(5), starts_per_second=1)
    assert len(plan.due(14.9)) == 1
    assert plan.wake(14.9) == pytest.approx(15.8)
    assert plan.due(15.7) == []
    assert len(plan.due(plan.wake(14.9))) == 1


def test_after_a_long_sleep_each_target_starts_once_and_the_gap_is_counted() -> None:
    plan = schedule(targets(10))
    play(plan, until=30.0)
    assert plan.skipped == 0
    started = play(plan, began=7230.0, until=7230.1)
    assert len(started) == 10
    assert all(0 <= now - start.due < 15.1 for now, start in started)
    assert plan.skipped == 10 * (7200 // 15 - 1)


def test_different_intervals_have_cohorts_of_their_own() -> None:
    plan = schedule(targets(3) + targets(2, UPLOAD))
    assert sorted(cohort.interval_s for cohort in plan.cohorts) == [15, 60]
    started = play(plan, until=120.0)
    assert Counter(start.target.check.name for _, start in started) == {"ping": 24, "upload": 4}


def test_a_cohort_that_is_not_released_goes_on_by_itself_and_is_counted() -> None:
    plan = schedule(targets(4))
    count = 0
    for turn in range(6000):
        for start in plan.due(turn * 0.01):
            count += 1
            plan.ended(start.target)
    assert count == 16
    assert plan.unreleased == pytest.approx(60 / 22.5, abs=1)


def test_the_next_release_is_counted_from_now_even_when_the_clock_was_set() -> None:
    trigger = EveryFromNow(15)
    day = datetime(2021, 1, 16, 12, tzinfo=UTC)
    assert trigger.get_next_fire_time(day - timedelta(days=3650), day) == day + timedelta(seconds=15)


@pytest.mark.process
def test_a_real_scheduler_releases_each_cohort_again_and_again() -> None:
    plan = schedule(targets(2, PING.model_copy(update={"interval_s": 0.2})))
    enough, released = Event(), []

    def release(cohort: object) -> None:
        released.append(cohort)
        if len(released) == 3:
            enough.set()

    scheduler = start_releases(plan.cohorts, release)
    try:
        assert enough.wait(5)
        [job] = scheduler.get_jobs()
        assert (job.coalesce, job.max_instances) == (True, 1)
    finally:
        scheduler.shutdown()
