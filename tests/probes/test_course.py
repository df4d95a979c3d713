"""How old samples are, whatever the clock on the wall does."""

from itertools import accumulate, chain, repeat

from probes.spool.course import JUMP_S, Course


def covered(*started: float) -> float:
    """Seconds of measuring between the first and the last of these stamps."""
    return list(accumulate(started, Course.after, initial=Course(0.0, started[0])))[-1].seconds


def test_samples_cover_the_time_between_their_starts() -> None:
    assert covered(1000.0, 1015.0, 1030.0) == 30.0


def test_one_that_ends_late_changes_nothing() -> None:
    assert covered(1000.0, 1100.0, 1050.0, 1101.0) == 101.0


def test_a_clock_that_jumps_covers_nothing() -> None:
    assert covered(0.0, 10.0, 10.0 + 3e8, 20.0 + 3e8, 30.0, 40.0) == 30.0


def test_a_clock_that_jumps_between_checks_under_way_covers_nothing_however_they_mix() -> None:
    before, after = repeat(1e9, 500), repeat(1.3e9, 500)
    assert covered(*chain.from_iterable(zip(before, after, strict=True))) == 0.0


def test_a_small_step_back_is_waited_out() -> None:
    assert covered(1000.0, 400.0, 990.0, 1010.0) == 10.0


def test_time_in_which_nothing_was_measured_does_not_count() -> None:
    assert covered(0.0, JUMP_S + 1, JUMP_S + 2) == 1.0
