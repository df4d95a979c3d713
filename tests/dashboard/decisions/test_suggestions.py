"""When a decision is suggested, and when not."""

from collections.abc import Mapping, Sequence

import pytest

from dashboard.decisions.kinds import Decision, DecisionKind
from dashboard.decisions.standing import standing
from dashboard.decisions.suggestions import Facts, State, Suggestion, suggestions
from dashboard.detection.states import DistrictState as S
from dashboard.settings.thresholds import Decisions

PAPER, SUSPEND, RESUME, DONE = DecisionKind
NOW = 10_000
MINUTE = 60_000
SIX = (1, 2, 3, 4, 5, 6)


def facts(
    states: Mapping[int, Sequence[tuple[int, S]]],
    decisions: Sequence[tuple[int, DecisionKind, tuple[int, ...]]] = (),
    left: Mapping[int, int | None] | None = None,
) -> Facts:
    """States and decisions by minutes ago; two of six districts are a third."""
    taken = [Decision(n, what, NOW * MINUTE - ago * MINUTE, codes) for n, (ago, what, codes) in enumerate(decisions)]
    runs = {
        code: [State((NOW - ago) * MINUTE, state) for ago, state in mine] for code, mine in states.items()
    }  # fmt: skip
    return Facts(NOW * MINUTE, SIX, runs, standing(taken, NOW * MINUTE), left or {})


def suggested(known: Facts) -> list[tuple[DecisionKind, tuple[int, ...]]]:
    return [(one.what, one.districts) for one in suggestions(known, Decisions())]


def test_a_third_unworkable_for_twenty_minutes_suggests_paper_for_those() -> None:
    known = facts({1: [(25, S.DOWN)], 2: [(40, S.OK), (20, S.DEGRADED)], 3: [(19, S.DOWN)], 4: [(90, S.OK)]})
    assert suggestions(known, Decisions()) == [
        Suggestion(
            PAPER, (1, 2), (NOW - 20) * MINUTE,
            "Registry unworkable for 20 minutes and more in 2 of 6 districts (1 down, 1 degraded)",
            "Silent there: stalls of recorded doses and of the backlog. Reported doses are still expected, the registry is still watched.",
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    "states",
    [
        {1: [(25, S.DOWN)]},
        {1: [(25, S.DOWN)], 2: [(19, S.DOWN)]},
        {1: [(25, S.DOWN)], 2: [(25, S.OWN_LINE)]},
        {1: [(25, S.DOWN)], 2: [(25, S.NO_DATA)]},
        {1: [(25, S.DOWN)], 2: [(25, S.NO_SESSION)]},
        {1: [(25, S.DOWN)], 2: [(50, S.SLOW)]},
        {1: [(25, S.DOWN)], 2: [(40, S.DOWN), (15, S.OK), (10, S.DOWN)]},
        {},
    ],
)
def test_less_than_that_suggests_nothing(states: Mapping[int, Sequence[tuple[int, S]]]) -> None:
    assert suggested(facts(states)) == []


def test_a_district_that_hops_between_down_and_degraded_has_been_unworkable_all_the_time() -> None:
    hops = [(60, S.OK), (30, S.DEGRADED), (12, S.DOWN), (3, S.DEGRADED)]
    assert suggested(facts({1: hops, 2: hops})) == [(PAPER, (1, 2))]


def test_who_is_on_paper_or_suspended_counts_but_is_not_suggested_again() -> None:
    down = {code: [(30, S.DOWN)] for code in (1, 2, 3)}
    assert suggested(facts(down, [(10, PAPER, (1,)), (10, SUSPEND, (2,))])) == [(PAPER, (3,))]
    assert suggested(facts(down, [(10, PAPER, (1, 2, 3))])) == []


def test_thirty_good_minutes_suggest_to_resume_where_a_decision_stands() -> None:
    good = {1: [(30, S.OK)], 2: [(60, S.DOWN), (45, S.OK)], 3: [(29, S.OK)], 4: [(90, S.OK)], 5: [(90, S.SLOW)]}
    taken = [(60, PAPER, (1, 3, 5)), (60, SUSPEND, (2,))]
    assert suggested(facts(good, taken)) == [(RESUME, (1, 2))]


def test_a_decision_taken_while_all_is_well_is_not_called_back_at_once() -> None:
    good = {1: [(300, S.OK)]}
    assert suggested(facts(good, [(29, SUSPEND, (1,))])) == []
    assert suggested(facts(good, [(30, SUSPEND, (1,))])) == [(RESUME, (1,))]


def test_a_backlog_of_zero_suggests_that_back_entry_is_done_but_an_unknown_one_does_not() -> None:
    taken = [(600, PAPER, (1, 2, 3, 4)), (300, RESUME, (1, 2, 3))]
    known = facts({}, taken, {1: 0, 2: 7, 3: None, 4: 0})
    assert suggested(known) == [(DONE, (1,))]
    assert suggestions(known, Decisions())[0].why == (
        "Backlog 0: the registry has counted all reported doses of 1 district that was on paper"
    )


def test_the_thresholds_are_settings() -> None:
    known = facts({1: [(6, S.DOWN)]})
    rules = Decisions(unworkable_min=5, districts=0.1)
    assert [one.what for one in suggestions(known, rules)] == [PAPER]
