"""The printable sentence: true whatever is known, without a cause, and never two numbers merged into one."""

import random
from datetime import date

import pytest

from dashboard.doses.sentence import DayTold, printable

DAY = date(2021, 1, 16)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            DayTold("Maharashtra", DAY, 28_500, 18_338, 5_726, "the night of 16 January"),
            "On 16 January 2021 Maharashtra reported 18,338 doses given of 28,500 planned (64.3%); the registry's own count for the day "
            "was 5,726: 12,612 fewer than reported, as told by the night of 16 January. Figures are provisional.",
        ),
        (
            DayTold("Madhya Pradesh", DAY, None, 9_219, 9_435, final=True),
            "On 16 January 2021 Madhya Pradesh reported 9,219 doses given; the registry's own count for the day was 9,435: 216 more than "
            "reported.",
        ),
        (
            DayTold("Raigad", DAY, 400, 10, None),
            "On 16 January 2021 Raigad reported 10 doses given of 400 planned (2.5%). Figures are provisional.",
        ),
        (
            DayTold("Latur", DAY, 600, None, 55),
            "Latur has not reported its doses of 16 January 2021 yet; the registry's own count for the day was 55.",
        ),
        (DayTold("Latur", DAY, 600, None, None), "Latur has not reported its doses of 16 January 2021 yet."),
        (
            DayTold("Hingoli", DAY, 200, 200, 200, final=True),
            "On 16 January 2021 Hingoli reported 200 doses given of 200 planned (100.0%); the registry's own count for the day was 200, "
            "as reported.",
        ),
    ],
    ids=range(6),
)  # fmt: skip
def test_it_says_exactly_this(told: DayTold, said: str) -> None:
    assert printable(told) == said


def test_it_never_names_a_cause_and_never_prints_a_negative_count() -> None:
    chance = random.Random(20210116)
    for _ in range(500):
        numbers = [chance.choice([None, chance.randrange(30_000)]) for _ in range(3)]
        said = printable(DayTold("Pune", DAY, *numbers))
        assert "because" not in said
        assert "−" not in said
        assert "None" not in said
