"""What is due when, with the clock moved by hand."""

import random
from bisect import bisect_left
from collections import Counter
from itertools import pairwise

import pytest

from probes.checks import Target
from probes.kinds import check_of
from probes.kinds.check import Check
from probes.schedule import AT_ONCE, BURST_S, GRID_S, JITTER_SHARE, PACE, Schedule, Start, phase

PING = check_of({"name": "ping", "kind": "http", "url": "http://127.0.0.1:1/", "interval_s": 15})
UPLOAD = PING.model_copy(update={"name": "upload", "interval_s": 60})
HOURLY = PING.model_copy(update={"name": "hourly", "interval_s": 3600})


def targets(count: int, check: Check = PING) -> list[Target]:
    return [Target(467 + number, check) for number in range(count)]


def schedule(members: list[Target], in_flight: int = 1000, seed: int = 1) -> Schedule:
    return Schedule(members, 0.0, in_flight, random.Random(seed), "agent-1")


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


def follow(plan: Schedule, until: float, began: float = 0.0) -> list[tuple[float, Start]]:
    """As `play`, for checks that take no time: from one moment that the plan asks for to the next."""
    started: list[tuple[float, Start]] = []
    now = began
    while now < until:
        for cohort in plan.cohorts:
            cohort.release(now)
        for start in plan.due(now):
            started.append((now, start))
            plan.ended(start.target)
        now = max(plan.wake(now), now + 1e-6)
    return started


def busiest(started: list[tuple[float, Start]], window_s: float) -> int:
    """The most starts within any such window."""
    moments = [now for now, _ in started]
    return max(bisect_left(moments, moment + window_s) - number for number, moment in enumerate(moments))


def test_every_target_starts_once_per_interval_at_its_phase() -> None:
    members = targets(36)
    started = play(schedule(members), until=60.0)
    assert set(Counter(start.target for _, start in started).values()) == {4}
    for now, start in started:
        into = (start.due - phase(start.target, "agent-1")) % 15
        assert min(into, 15 - into) <= JITTER_SHARE * 15 + 1e-6
        assert 0 <= now - start.due < 0.02


def test_starts_do_not_drift_over_ten_thousand_intervals() -> None:
    members = targets(3)
    started = follow(schedule(members), until=150_000.0)
    assert set(Counter(start.target for _, start in started).values()) == {10_000}
    last = {start.target: (now, start.due) for now, start in started}
    for target, (now, due) in last.items():
        assert due == pytest.approx(phase(target, "agent-1") + 9999 * 15, abs=JITTER_SHARE * 15 + 1e-6)
        assert now - due < 0.02


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


def test_there_is_no_herd_at_the_start() -> None:
    started = follow(schedule(targets(600)), until=15.0)  # 40 a second
    assert len(started) == 600
    assert busiest(started, 0.1) <= 16


@pytest.mark.parametrize(("count", "check"), [(36, UPLOAD), (36, PING), (3000, PING)])
def test_phases_that_fall_together_by_chance_are_not_held_back(count: int, check: Check) -> None:
    plan = schedule(targets(count, check))
    started = follow(plan, until=2 * check.interval_s)
    assert max(now - start.due for now, start in started) < 0.001
    assert (len(started) >= 1.9 * count, plan.skipped) == (True, 0)


def test_starts_share_wake_ups_and_are_not_late_for_it() -> None:
    started = follow(schedule(targets(6000)), until=30.0)  # 400 a second
    wake_ups = len({round(now / GRID_S) for now, _ in started})
    assert len(started) > 11_900
    assert wake_ups <= 30 / GRID_S < len(started) / 1.9
    assert max(now - start.due for now, start in started) < 0.001


@pytest.mark.parametrize("asleep_s", [0.5, 3.0, 14.0, 100.0, 7200.0])
def test_after_a_sleep_nothing_starts_as_a_herd_and_each_target_catches_up_once_at_most(asleep_s: float) -> None:
    plan = schedule(targets(600))
    follow(plan, until=30.0)
    woke = 30.0 + asleep_s
    started = follow(plan, began=woke, until=woke + 30)
    usual = 600 / 15
    assert busiest(started, 0.1) <= max(AT_ONCE, PACE * usual * BURST_S) + PACE * usual * 0.1 + 1
    assert busiest(started, 1.0) <= PACE * usual * 1.1 + AT_ONCE
    overdue = Counter(start.target for now, start in started if start.due < woke)
    assert set(overdue.values()) <= {1}
    assert set(Counter(start.target for _, start in started).values()) <= {1, 2, 3}
    assert all(now - start.due <= 7.5 for now, start in started)
    settled = [now - start.due for now, start in started if now > woke + 15]
    assert max(settled) < 0.02


def test_a_host_that_falls_asleep_again_and_again_starts_no_herd() -> None:
    plan = schedule(targets(600))
    started, now = follow(plan, until=30.0), 30.0
    for _ in range(10):
        now += 20.0
        started += follow(plan, began=now, until=now + 0.5)
        now += 0.5
    assert busiest(started, 0.5) <= PACE * 40 * 0.6 + AT_ONCE


def test_every_turn_is_started_or_counted_as_skipped() -> None:
    plan, rng, members = schedule(targets(50)), random.Random(7), 50
    started, now = 0, 0.0
    for _ in range(60):
        awake = rng.uniform(0, 40)
        started += len(follow(plan, began=now, until=now + awake))
        now += awake + rng.choice([0, 0.2, 5, 16, 300])
    started += len(follow(plan, began=now, until=now + 15))
    elapsed = (now + 15) / 15 * members
    assert started + plan.skipped == pytest.approx(elapsed, abs=members)
    assert plan.skipped > 0


def test_a_turn_that_comes_seldom_is_late_rather_than_lost() -> None:
    [target] = targets(1, HOURLY)
    plan = schedule([target])
    due = phase(target, "agent-1")
    follow(plan, until=due - 1)
    [(_, start)] = follow(plan, began=due + 120, until=due + 121)
    assert start.due == pytest.approx(due)
    assert plan.skipped == 0


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
    assert plan.unreleased == pytest.approx(60 / 37.5, abs=1)
