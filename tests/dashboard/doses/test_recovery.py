"""What is left when the registry works again: how much paper of how much, how fast it goes, and counts that do not fit."""

from datetime import date as Date

import pytest

from dashboard.doses.backlog import Point
from dashboard.doses.recovery import Days, Pace, recovery

FIRST = 16
DAYS = Days(Date(2021, 1, 19), Date(2021, 1, 19), Date(2021, 1, 20))
NOT_KNOWN = Pace()


def course(*counts: tuple[int, int]) -> list[Point]:
    """Reported and recorded since the start, a day each from 16 January on."""
    return [Point(Date(2021, 1, FIRST + n), reported, recorded) for n, (reported, recorded) in enumerate(counts)]


def test_it_says_how_much_of_how_much_is_left_and_when_it_may_be_cleared() -> None:
    found = recovery({"Raigad": course((100, 100), (200, 200), (300, 300), (400, 310), (500, 440))}, DAYS, NOT_KNOWN)
    assert (found.left, found.most) == (60, 90)
    assert found.sentence == "60 of 90 doses are left on paper, not shrinking"
    slow = recovery({"Raigad": course((300, 100), (300, 120), (300, 150), (300, 180), (300, 220))}, DAYS, NOT_KNOWN)
    assert slow.sentence == "80 of 120 doses are left on paper, 33 fewer a day; cleared in 2 to 3 days"


def test_several_places_are_added_up_on_the_days_on_which_all_are_known() -> None:
    raigad, thane = (
        course((50, 50), (90, 60), (150, 110), (200, 180), (260, 200)),
        course((10, 10), (20, 5), (30, 10), (40, 20)),
    )
    found = recovery({"Raigad": raigad, "Thane": thane}, DAYS, NOT_KNOWN)
    assert found.now is not None
    assert (found.now.point.day, found.left, found.most) == (Date(2021, 1, 19), 40, 40)


def test_nothing_left_is_said_and_counts_of_before_say_nothing() -> None:
    assert (
        recovery({"Raigad": course((9, 9), (20, 20), (30, 30), (40, 40))}, DAYS, NOT_KNOWN).sentence
        == "No doses are left on paper"
    )
    before = recovery({"Raigad": course((9, 9), (20, 20), (30, 30))}, DAYS, NOT_KNOWN)
    assert (before.left, before.is_awaited) == (None, True)
    assert before.sentence == "The registry's counts of that day are not known yet; the newest are of 18 January"
    long_ago = Days(Date(2021, 3, 1), Date(2021, 3, 1), Date(2021, 3, 1))
    assert not recovery({"Raigad": course((9, 9))}, long_ago, NOT_KNOWN).is_awaited
    assert recovery({}, DAYS, NOT_KNOWN).sentence == "No counts of the registry are known here"


def test_a_surge_is_told_beside_the_usual_hour() -> None:
    counts = course((80, 80), (160, 160), (240, 240), (400, 300))
    found = recovery({"Raigad": counts}, DAYS, Pace(lately=45.0, hours=8.0))
    assert found.sentence.endswith("45 recorded an hour lately, 4.5 times the usual")
    assert "lately" not in recovery({"Raigad": counts[3:]}, DAYS, Pace(lately=45.0)).sentence  # no usual day known


def test_recorded_above_reported_is_shown_as_possible_duplicates() -> None:
    raigad, pune = course((0, 0), (0, 0), (0, 0), (50, 40)), course((0, 0), (0, 0), (0, 0), (70, 75))
    found = recovery({"Raigad": raigad, "Pune": pune}, DAYS, NOT_KNOWN)
    assert found.doubled == {"Pune": 5}
    assert found.sentence.endswith("Recorded is above reported by 5 in Pune: possible duplicates")


@pytest.mark.parametrize("counts", [[(0, 0)], [(5, 9), (5, 9), (5, 9), (5, 9)]])
def test_doses_left_are_never_below_nothing(counts: list[tuple[int, int]]) -> None:
    assert (recovery({"Raigad": course(*counts)}, DAYS, NOT_KNOWN).left or 0) >= 0
