"""The strips of decisions under the pace: where they stand, and where their words do."""

from zoneinfo import ZoneInfo

import pandas as pd

from dashboard.web.figures.decided import DECIDED, STRIP, add_decided, no_decisions, room_below
from dashboard.web.figures.marks import Marks
from dashboard.web.figures.view import View, view_named
from tests.places import at

START, END = int(at("10:00") * 1000), int(at("18:00") * 1000)


def frame(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    made = [(what, words, int(at(start) * 1000), int(at(end) * 1000)) for what, words, start, end in rows]
    return pd.DataFrame(made, columns=list(DECIDED)).astype(DECIDED)


def drawn(decided: pd.DataFrame) -> Marks:
    theme, scale = view_named("dark", "wall")
    marks = Marks(View(theme, scale, ZoneInfo("Asia/Kolkata"), int(at("16:40") * 1000), START, END))
    add_decided(marks, decided)
    return marks


def words_of(marks: Marks) -> list[tuple[str, str, str]]:
    return [(one["text"], one["x"][11:16], one["xanchor"]) for one in marks._annotations]


def test_without_decisions_nothing_changes() -> None:
    assert room_below(no_decisions(), 100.0) == -2.0
    assert words_of(drawn(no_decisions())) == []


def test_each_kind_has_a_strip_below_zero_that_the_axis_leaves_room_for() -> None:
    both = frame(("paper", "paper: Dhule", "12:00", "16:40"), ("suspend", "suspended: Pune", "14:00", "16:40"))
    low = room_below(both, 100.0)
    assert -low / (100.0 - low) > 2 * STRIP
    bands = [one for one in drawn(both)._shapes if one["type"] == "rect"]
    assert [(one["x0"][11:16], one["y0"]) for one in bands] == [("12:00", 0.0), ("14:00", STRIP)]


def test_words_stand_in_a_long_strip_and_beside_a_short_one() -> None:
    long, short, late = (
        ("paper", "paper: Dhule", "12:00", "16:00"),
        ("paper", "paper: Dhule", "12:00", "12:10"),
        ("paper", "paper: Dhule", "17:30", "17:40"),
    )
    assert words_of(drawn(frame(long))) == [("paper: Dhule", "12:00", "left")]
    assert words_of(drawn(frame(short))) == [("paper: Dhule", "12:10", "left")]
    assert words_of(drawn(frame(late))) == [("paper: Dhule", "17:30", "right")]


def test_what_lies_outside_the_window_is_not_drawn() -> None:
    assert words_of(drawn(frame(("paper", "paper: Dhule", "08:00", "09:00")))) == []
