"""When a recovering incident is done with, and what its closing waits for."""

from datetime import date as Date

import pytest

from dashboard.doses.backlog import Point, backlog
from dashboard.doses.recovery import Recovery
from dashboard.incidents.recovering import closing_words, waits_for
from tests.places import at, example

OVER = at("12:00")
LATER = OVER + 1800
LEFT, ENTERED = (backlog([Point(Date(2021, 1, 16), 100, recorded)]) for recorded in (40, 100))


@pytest.mark.parametrize(
    ("recovery", "words", "waits"),
    [
        (Recovery(LEFT, is_counted=True), "", "It is closed when none is left, or by a person"),
        (
            Recovery(ENTERED, is_counted=True),
            "Closed: no doses are left on paper",
            "It is closed when it stayed good for 30 minutes",
        ),
        (Recovery(LEFT, is_awaited=True), "", "It waits for the counts of that day, or for a person"),
        (Recovery(LEFT), "Closed: good for 30 minutes; no counts", "It is closed when it stayed good for 30 minutes"),
        (Recovery(None), "Closed: good for 30 minutes; no counts", "It is closed when it stayed good for 30 minutes"),
    ],
)
def test_it_is_closed_when_the_paper_is_entered_or_where_no_counts_tell_when_it_stayed_good(
    recovery: Recovery, words: str, waits: str
) -> None:
    assert closing_words(example(), OVER, recovery, LATER - 1) == ""
    said = closing_words(example(), OVER, recovery, LATER)
    assert said.startswith(words)
    assert bool(said) == bool(words)
    assert waits_for(example(), recovery) == waits
