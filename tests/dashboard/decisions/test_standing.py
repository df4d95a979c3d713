"""Which decision stands after which sequence, and over which times."""

import pytest

from dashboard.decisions.kinds import Decision, DecisionKind
from dashboard.decisions.standing import AS_USUAL, BackEntry, Span, Standing, fits, in_force, misfit, spans, standing

PAPER, SUSPEND, RESUME, DONE = DecisionKind
HOUR = 3_600_000
NAMES = {1: "Akola", 2: "Beed", 3: "Dhule"}


def taken(*steps: tuple[int, DecisionKind] | tuple[int, DecisionKind, tuple[int, ...]]) -> list[Decision]:
    """Decisions at whole hours, for district 1 if no others are given."""
    return [
        Decision(n, step[1], step[0] * HOUR, step[2] if len(step) == 3 else (1,)) for n, step in enumerate(steps, start=1)
    ]  # fmt: skip


def owed(since: int, until: int | None = None) -> BackEntry:
    return BackEntry(since * HOUR, None if until is None else until * HOUR)


@pytest.mark.parametrize(
    ("steps", "what", "since", "entry"),
    [
        ([(1, PAPER)], PAPER, 1, owed(1)),
        ([(1, SUSPEND)], SUSPEND, 1, None),
        ([(1, PAPER), (2, RESUME)], None, 0, owed(1, 2)),
        ([(1, PAPER), (2, RESUME), (3, DONE)], None, 0, None),
        ([(1, PAPER), (2, SUSPEND)], SUSPEND, 2, owed(1, 2)),
        ([(1, PAPER), (2, SUSPEND), (3, RESUME)], None, 0, owed(1, 2)),
        ([(1, PAPER), (2, SUSPEND), (3, RESUME), (4, DONE)], None, 0, None),
        ([(1, SUSPEND), (2, PAPER)], PAPER, 2, owed(2)),
        ([(1, SUSPEND), (2, RESUME)], None, 0, None),
        ([(1, PAPER), (2, SUSPEND), (3, PAPER)], PAPER, 3, owed(1)),
        ([(1, PAPER), (2, RESUME), (3, PAPER), (4, RESUME)], None, 0, owed(1, 4)),
        ([(1, PAPER), (2, RESUME), (3, DONE), (4, PAPER)], PAPER, 4, owed(4)),
        ([(1, PAPER), (2, RESUME), (3, SUSPEND), (4, DONE)], SUSPEND, 3, None),
        ([(1, PAPER), (2, DONE)], PAPER, 1, owed(2)),  # the page refuses this; what comes after it is still owed
        ([(1, RESUME)], None, 0, None),
        ([(1, DONE)], None, 0, None),
    ],
)
def test_what_stands_follows_from_the_sequence(
    steps: list[tuple[int, DecisionKind]], what: DecisionKind | None, since: int, entry: BackEntry | None
) -> None:
    found = standing(taken(*steps), 9 * HOUR)[1]
    assert (found.what, found.since_ms, found.back_entry) == (what, since * HOUR, entry)


def test_it_is_asked_of_a_moment_and_of_a_district() -> None:
    decisions = taken((1, PAPER, (1, 2)), (2, SUSPEND, (2, 3)), (3, RESUME, (1,)))
    assert standing(decisions, 1 * HOUR - 1) == {}
    assert {code: one.what for code, one in standing(decisions, 2 * HOUR).items()} == {1: PAPER, 2: SUSPEND, 3: SUSPEND}
    assert {code: one.what for code, one in standing(decisions, 3 * HOUR).items()} == {1: None, 2: SUSPEND, 3: SUSPEND}


def test_the_order_of_the_list_does_not_matter_and_of_one_moment_the_later_stored_counts() -> None:
    decisions = taken((1, PAPER), (1, SUSPEND))
    assert standing(reversed(decisions), HOUR)[1].what is SUSPEND


def test_districts_in_force_are_counted_by_what_stands_and_by_what_is_owed() -> None:
    stands = standing(taken((1, PAPER, (1, 2)), (2, RESUME, (2,)), (2, SUSPEND, (3,))), 3 * HOUR)
    assert (in_force(stands, PAPER), in_force(stands, SUSPEND), in_force(stands, DONE)) == ({1}, {3}, {1, 2})


@pytest.mark.parametrize(
    ("what", "now", "good"),
    [
        (PAPER, AS_USUAL, True), (PAPER, Standing(PAPER), False), (PAPER, Standing(SUSPEND), True),
        (SUSPEND, AS_USUAL, True), (SUSPEND, Standing(PAPER), True), (SUSPEND, Standing(SUSPEND), False),
        (RESUME, AS_USUAL, False), (RESUME, Standing(PAPER), True), (RESUME, Standing(SUSPEND), True),
        (DONE, AS_USUAL, False), (DONE, Standing(PAPER, back_entry=owed(1)), False),
        (DONE, Standing(back_entry=owed(1, 2)), True), (DONE, Standing(SUSPEND, back_entry=owed(1, 2)), True),
    ],
)  # fmt: skip
def test_a_decision_fits_where_it_changes_something(what: DecisionKind, now: Standing, good: bool) -> None:
    assert fits(what, now) is good


def test_what_does_not_fit_is_named_with_the_reason() -> None:
    stands = standing(taken((1, PAPER, (1, 2))), HOUR)
    said = misfit(PAPER, (1, 2, 3), stands, NAMES)
    assert said is not None
    assert (said.field, said.error, said.conflict) == ("districts", "Akola, Beed: already on paper", True)
    still = misfit(DONE, (1,), stands, NAMES)
    assert still is not None
    assert still.error == "Akola: still on paper: resume first"
    assert misfit(RESUME, (1, 2), stands, NAMES) is None


def test_times_of_paper_and_suspension_are_joined_over_districts_and_cut_at_the_window() -> None:
    decisions = taken((1, PAPER, (1,)), (3, PAPER, (2,)), (4, RESUME, (1, 2)), (4, SUSPEND, (3,)), (6, PAPER, (1,)))
    assert spans(decisions, 2 * HOUR, 8 * HOUR) == [
        Span(PAPER, 2 * HOUR, 4 * HOUR, (1, 2), False),
        Span(SUSPEND, 4 * HOUR, 8 * HOUR, (3,), True),
        Span(PAPER, 6 * HOUR, 8 * HOUR, (1,), True),
    ]
    assert spans([], 0, HOUR) == []
