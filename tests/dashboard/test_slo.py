"""The budget of bad checks: what is planned, what is left, how fast it burns. Pure."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pytest

from dashboard.settings.thresholds import Slo
from dashboard.slo import CELL_MS, FAST, SLOW, WHOLE_STATE, Budget, Checks, Session, budgets, course

HOUR_MS = 12 * CELL_MS
THANE, PUNE = 490, 493
HOURS = Session(0, 6 * HOUR_MS, (THANE, PUNE), np.ones((2, 72), dtype=bool))
RULES = Slo()


def checks(cells: Iterable[tuple[int, int, int, int, int]]) -> Checks:
    """Cells of (district, kind, number of the cell, counted, bad); everything tried was counted."""
    district, kind, number, counted, bad = np.array(list(cells), dtype=np.int64).reshape(-1, 5).T
    return Checks(district, kind, number * CELL_MS, counted, counted, bad)


def steady(places: Iterable[int], cells: int, bad: dict[int, int] | None = None) -> Checks:
    """Twenty checks of two kinds in each cell; `bad` by number of the cell, of the first kind."""
    told = bad or {}
    return checks(
        (place, kind, n, 20, told.get(n, 0) if kind == 0 else 0) for place in places for kind in (0, 1) for n in range(cells)
    )  # fmt: skip


def state(found: Checks, now_ms: int) -> Budget:
    return budgets(found, HOURS, now_ms, RULES)[WHOLE_STATE]


def test_the_plan_is_the_usual_number_of_checks_over_the_session() -> None:
    found = budgets(steady([THANE, PUNE], 12), HOURS, HOUR_MS, RULES)
    assert (found[THANE].allowed, found[WHOLE_STATE].allowed) == pytest.approx((40 * 72 / 100, 2 * 40 * 72 / 100))
    assert found[THANE].left == 1


def test_bad_checks_come_off_the_budget_and_it_may_be_overspent() -> None:
    assert state(steady([THANE], 12, {3: 9}), HOUR_MS).left == pytest.approx(1 - 9 / 28.8)
    assert state(steady([THANE], 12, {3: 20, 4: 20}), HOUR_MS).left == pytest.approx(1 - 40 / 28.8)


def test_unknown_checks_are_planned_and_not_counted() -> None:
    found = checks((THANE, 0, n, 20, 0) for n in range(12))
    blind = Checks(found.district, found.kind, found.start_ms, found.tried, np.zeros(12, dtype=np.int64), found.bad)
    budget = state(blind, HOUR_MS)
    assert budget.allowed == pytest.approx(20 * 72 / 100)
    assert (budget.counted, budget.left, budget.burn["1h"]) == (0, 1, None)


def test_a_place_that_falls_silent_keeps_its_plan() -> None:
    budget = budgets(steady([THANE], 6), HOURS, 5 * HOUR_MS, RULES)[THANE]
    assert budget.allowed == pytest.approx(28.8)
    assert budget.burn == {"5m": None, "30m": None, "1h": None, "6h": 0}


def test_nothing_is_said_of_the_budget_before_five_minutes_are_over() -> None:
    early = state(steady([THANE], 1), CELL_MS - 1)
    assert (early.left, early.counted) == (None, 40)
    assert course(steady([THANE], 1), HOURS, CELL_MS - 1, early) == []


def test_without_any_check_there_is_only_an_empty_state() -> None:
    nothing = budgets(checks([]), HOURS, HOUR_MS, RULES)
    assert nothing == {WHOLE_STATE: Budget(0, 0, 0, None, dict.fromkeys(("5m", "30m", "1h", "6h")))}


def test_the_burn_is_the_bad_share_against_the_allowed_share() -> None:
    budget = state(steady([THANE], 24, dict.fromkeys(range(18, 24), 8)), 24 * CELL_MS)
    assert {window: rate and round(rate, 6) for window, rate in budget.burn.items()} == {
        "5m": 20, "30m": 20, "1h": 10, "6h": 5,
    }  # fmt: skip


def test_both_windows_must_be_above_the_factor() -> None:
    def burning(long: float | None, short: float | None) -> bool:
        return Budget(1, 1, 0, 1, {"1h": long, "5m": short}).burns(FAST, 14.4)

    assert [burning(20, 20), burning(20, 2), burning(2, 20), burning(20, None), burning(14.4, 20)] == [
        True, False, False, False, False,
    ]  # fmt: skip
    assert SLOW == ("6h", "30m")


def test_too_few_checks_have_no_rate() -> None:
    few = checks((THANE, 0, n, 4, 1) for n in range(12))
    assert state(few, HOUR_MS).burn["5m"] is None
    assert state(few, HOUR_MS).burn["1h"] == pytest.approx(25)


def test_before_and_after_the_session_nothing_burns_and_the_budget_stays() -> None:
    spoilt = dict.fromkeys(range(70, 80), 20)
    late = state(steady([THANE], 80, spoilt), 7 * HOUR_MS)
    assert set(late.burn.values()) == {None}
    assert late.left == pytest.approx(1 - 40 / 28.8)  # of the cells after the close none counts


def test_the_course_falls_by_what_was_bad_and_ends_where_the_budget_stands() -> None:
    found = steady([THANE, PUNE], 12, {1: 6, 5: 3})
    budget = budgets(found, HOURS, HOUR_MS - 60_000, RULES)
    mine = course(found, HOURS, HOUR_MS - 60_000, budget[THANE], THANE)
    assert mine[0] == (0, 1.0)
    assert mine[-1] == (HOUR_MS - 60_000, pytest.approx(budget[THANE].left))
    assert [round((before[1] - after[1]) * 28.8) for before, after in pairwise(mine)] == [
        0,
        6,
        0,
        0,
        0,
        3,
        0,
        0,
        0,
        0,
        0,
        0,
    ]
    whole = course(found, HOURS, HOUR_MS - 60_000, budget[WHOLE_STATE])
    assert whole[-1][1] == pytest.approx(budget[WHOLE_STATE].left)


def test_each_district_is_counted_within_its_own_session_alone() -> None:
    sits = np.ones((2, 72), dtype=bool)
    sits[1, 6:] = False  # Pune closes after half an hour
    own = Session(0, 6 * HOUR_MS, (THANE, PUNE), sits)
    found = budgets(steady([THANE, PUNE, 400], 12, {2: 4, 8: 20}), own, HOUR_MS, RULES)
    assert {code: (round(one.allowed, 6), one.bad) for code, one in found.items()} == {
        WHOLE_STATE: (31.2, 28), THANE: (28.8, 24), PUNE: (2.4, 4),
    }  # fmt: skip
    assert set(found[PUNE].burn.values()) == {None}
    assert found[WHOLE_STATE].burn["5m"] == 0
    assert [own.is_open(place, at) for place, at in ((PUNE, 0), (PUNE, HOUR_MS), (WHOLE_STATE, HOUR_MS), (THANE, -1))] == [
        True, False, True, False,
    ]  # fmt: skip
