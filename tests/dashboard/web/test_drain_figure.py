"""The drain curves: one pane a place, days without sessions shaded, the pace carried on, nothing below zero."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from dashboard.doses.backlog import Point, backlog
from dashboard.doses.places import Places
from dashboard.doses.sessions import Sessions
from dashboard.settings import STATE_PLACE
from dashboard.web.figures.drain import Pane, drain_figure, quiet_spans
from dashboard.web.figures.theme import DARK, LIGHT
from tests.places import example

ROOM = example()
IN_SESSION = Sessions(ROOM.calendar, Places(ROOM)).on(STATE_PLACE)


def pane(name: str, *counts: tuple[int, int]) -> Pane:
    series = [Point(date(2021, 1, 19 + n), *pair) for n, pair in enumerate(counts)]
    now = backlog(series)
    assert now is not None
    return Pane(name, series, now, IN_SESSION)


DRAINING = pane("Thane", (100, 0), (100, 20), (100, 30), (100, 60))
STALLED = pane("Pune", (100, 40), (110, 40), (120, 40), (130, 40))
AHEAD = pane("Nagpur", (100, 90), (100, 80), (100, 116))


def test_each_place_has_a_pane_with_its_name_its_backlog_and_its_day() -> None:
    figure = drain_figure([DRAINING, STALLED], DARK)
    assert [note.text for note in figure.layout.annotations] == [
        "<b>Thane</b>  40 on 22 Jan", "<b>Pune</b>  90 on 22 Jan, stalled",
    ]  # fmt: skip
    assert [list(trace.y) for trace in figure.data if trace.name in ("Thane", "Pune")] == [
        [100, 80, 70, 40],
        [60, 70, 80, 90],
    ]


def test_the_fan_carries_on_the_fastest_and_the_slowest_pace_of_the_window() -> None:
    fastest, slowest = (trace for trace in drain_figure([DRAINING], DARK).data if trace.line.dash == "dash")
    assert list(slowest.y) == [40, 0]
    assert slowest.x[1] == datetime(2021, 1, 26)  # noqa: DTZ001 - a day on an axis
    assert (fastest.y[1], fastest.x[1] < slowest.x[1]) == (0, True)


def test_a_registry_that_is_ahead_is_no_negative_count_and_says_so() -> None:
    trace = drain_figure([AHEAD], LIGHT).data[0]
    assert list(trace.y) == [10, 20, 0]
    assert "registry ahead by 16" in trace.customdata[2]


def test_a_count_that_fell_is_a_hollow_triangle() -> None:
    trace = drain_figure([AHEAD], LIGHT).data[0]
    assert list(trace.marker.symbol) == ["circle", "triangle-down", "circle"]
    assert "recorded revised downward by 10" in trace.customdata[1]


def test_days_without_sessions_and_planned_downtime_are_shaded_in_one_run() -> None:
    assert quiet_spans(date(2021, 2, 26), date(2021, 3, 5), IN_SESSION) == [
        (date(2021, 2, 27), date(2021, 3, 1)), (date(2021, 3, 4), date(2021, 3, 4)),
    ]  # fmt: skip
    shades = drain_figure([DRAINING], DARK).layout.shapes
    assert (shades[0].x0, shades[0].x1) == (datetime(2021, 1, 20, 12), datetime(2021, 1, 21, 12))  # noqa: DTZ001


def test_each_pane_is_shaded_by_the_calendar_of_its_own_place() -> None:
    every_day = replace(STALLED, in_session=lambda day: True)
    shades = drain_figure([every_day, DRAINING], DARK).layout.shapes
    assert {shade.yref for shade in shades} == {"y2 domain"}


def test_a_slow_end_that_runs_away_does_not_flatten_what_is_known() -> None:
    figure = drain_figure([pane("Latur", (100, 0), (100, 90), (5_000, 4_890))], DARK)
    assert figure.layout.yaxis.range == (0, 137.5)


def test_a_long_course_is_drawn_for_six_weeks() -> None:
    long = [Point(date.fromordinal(date(2021, 1, 16).toordinal() + n), 100 * n, 90 * n) for n in range(200)]
    now = backlog(long)
    assert now is not None
    assert len(drain_figure([Pane("Beed", long, now, IN_SESSION)], DARK).data[0].x) == 43


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_without_any_course_it_says_what_is_missing(theme: object) -> None:
    figure = drain_figure([], theme)  # type: ignore[arg-type]
    assert "No place has both numbers yet" in figure.layout.annotations[0].text
