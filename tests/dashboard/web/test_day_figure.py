"""The day's figure, looked at as data and layout."""

from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboard.detection.states import DistrictState
from dashboard.settings import ControlRoomFile
from dashboard.web.figures import heat, lanes
from dashboard.web.figures.day import blank, day_figure
from dashboard.web.figures.theme import DARK, LIGHT, step_of
from dashboard.web.figures.view import View
from dashboard.web.pages.overview.day import chart_version, day_frames, view_of
from dashboard.web.pages.overview.reading import Reading, read_overview
from tests.builders import Scene
from tests.dashboard.web.conftest import Pictures
from tests.dashboard.web.pictures import all_down, calm_day, empty_store, rehearsed_curves, sunday


def drawn(scene: Scene, theme: str = "dark", size: str = "wall") -> go.Figure:
    read = read_overview(scene.engine, scene.settings, scene.clock.now())
    return day_figure(day_frames(read, scene.settings, size == "phone"), view_of(read.day, theme, size))


def words(figure: go.Figure) -> list[str]:
    return [str(item.text) for item in figure.layout.annotations]


def trace(figure: go.Figure, name: str) -> Any:
    return next(item for item in figure.data if item.name == name)


@pytest.fixture
def launch_figure(launch_reading: Reading, settings: ControlRoomFile) -> go.Figure:
    return day_figure(day_frames(launch_reading, settings), view_of(launch_reading.day, "dark", "wall"))


def test_all_three_panes_share_one_window_and_one_line_for_now(launch_figure: go.Figure) -> None:
    layout = launch_figure.layout
    ranges = {tuple(axis.range) for axis in (layout.xaxis, layout.xaxis2, layout.xaxis3)}
    assert ranges == {("2021-01-16 10:00:00.000", "2021-01-16 18:30:00.000")}
    now = [shape for shape in layout.shapes if shape.yref == "paper"]
    assert [shape.x0 for shape in now] == ["2021-01-16 16:40:00.000"]
    assert "<b>now 16:40</b>" in words(launch_figure)
    assert all(axis.fixedrange for axis in (layout.yaxis, layout.yaxis2, layout.yaxis3))


def test_incident_lanes_carry_their_words(launch_figure: go.Figure) -> None:
    said = words(launch_figure)
    for expected in (
        "Registry slow · 9 districts",
        "Dhule: down",
        "Raigad: own line lost",
        "Gadchiroli: silent",
        "Latur: own line lost",
    ):
        assert expected in said


def test_expected_reported_and_recorded_are_told_apart(launch_figure: go.Figure) -> None:
    assert list(trace(launch_figure, "expected").y) == [0, 28500]
    reported, recorded = trace(launch_figure, "reported"), trace(launch_figure, "recorded")
    assert reported.line.color == DARK.reported
    assert recorded.line.color == DARK.recorded
    assert reported.fill == "tonexty"
    assert reported.line.dash == "dash"


def test_made_up_points_are_marked_and_published_values_carry_their_own_hour(launch_figure: go.Figure) -> None:
    said = " ".join(words(launch_figure)).replace("<br>", " ")
    assert "dashed: rehearsed, made up" in said
    assert "<b>18,338 reported</b> night of 16 January" in said
    assert "<b>5,726 recorded</b> hour not published" in said
    assert "expected: straight line" in said
    assert "made up" in trace(launch_figure, "reported").hovertemplate


def test_the_heatmap_has_the_deviating_districts_worst_first_and_the_others_folded(launch_figure: go.Figure) -> None:
    names = list(launch_figure.layout.yaxis3.ticktext)
    assert names[:5] == ["Dhule", "Raigad", "Thane", "Akola", "Gadchiroli"]
    assert names[-1] == "24 others"
    assert len(names) == 13
    steps = trace(launch_figure, "p95").z
    assert steps[2][-1] == 4  # Thane, 60 to 180 s
    assert pd.isna(steps[0][-1])  # Dhule: nothing got through, so there is no time
    said = words(launch_figure)
    assert "every upload fails since 12:05" in said
    assert "own line lost since 13:12" in said


def test_some_failures_are_crosses(launch_figure: go.Figure) -> None:
    crosses = trace(launch_figure, heat.SOME_FAILED)
    assert set(crosses.y) == {0, 2, 3}  # Dhule's first step, Thane, Akola
    assert set(crosses.text) == {"×"}


def test_the_figure_is_small_enough_to_send(launch_figure: go.Figure) -> None:
    assert len(launch_figure.to_json()) < 60_000


def test_a_phone_gets_short_names_and_the_light_theme_its_colours(
    launch_reading: Reading, settings: ControlRoomFile
) -> None:
    figure = day_figure(day_frames(launch_reading, settings, short=True), view_of(launch_reading.day, "light", "phone"))
    assert figure.layout.yaxis3.ticktext[:2] == ("Dhu", "Rai")
    assert figure.layout.yaxis3.ticktext[-1] == "+24"
    assert trace(figure, "reported").line.color == LIGHT.reported
    assert "9 districts" in words(figure)


def test_the_version_changes_with_the_minute_and_not_within_a_step(
    launch_reading: Reading, settings: ControlRoomFile
) -> None:
    frames, view = day_frames(launch_reading, settings), view_of(launch_reading.day, "dark", "wall")
    again = frames.cells.assign(p95_s=frames.cells["p95_s"] + 0.001)
    same = type(frames)(**{**vars(frames), "cells": again})
    assert chart_version(frames, view) == chart_version(same, view)
    later = View(**{**vars(view), "now_ms": view.now_ms + 60_000})
    assert chart_version(frames, later) != chart_version(frames, view)


def test_frames_are_not_changed_by_drawing(launch_reading: Reading, settings: ControlRoomFile) -> None:
    frames = day_frames(launch_reading, settings)
    before = frames.cells.copy(), frames.incidents.copy()
    day_figure(frames, view_of(launch_reading.day, "dark", "wall"))
    pd.testing.assert_frame_equal(frames.cells, before[0])
    pd.testing.assert_frame_equal(frames.incidents, before[1])


def test_an_empty_store_says_why_each_pane_is_empty(pictures: Pictures) -> None:
    said = words(drawn(pictures(empty_store)))
    assert "no incident in these hours" in said
    assert "no doses reported yet: curves begin with the first figure" in said
    assert "nothing measured yet: rows come with the first samples" in said


def test_a_day_without_session_expects_no_doses(pictures: Pictures) -> None:
    figure = drawn(pictures(sunday))
    assert "no session today: no doses are expected" in words(figure)
    assert not any(item.name == "expected" for item in figure.data)


def test_a_calm_day_shows_the_slowest_districts(pictures: Pictures) -> None:
    names = drawn(pictures(calm_day)).layout.yaxis3.ticktext
    assert len(names) == 13
    assert names[-1] == "24 others"


def test_others_that_are_all_down_are_folded_into_a_run(pictures: Pictures) -> None:
    figure = drawn(pictures(all_down))
    runs = [item for item in figure.data if item.type == "bar" and item.name == DistrictState.DOWN and 12 in item.y]
    assert len(runs) == 1


def test_published_hours_give_solid_curves_with_their_value(tmp_path: Path, settings: ControlRoomFile) -> None:
    scene = empty_store(tmp_path / "a.db", settings)
    scene.figure("STATE", "target", 28_500)
    for value, hour in ((1000, "12:00"), (9000, "14:00"), (18_338, "16:30")):
        scene.figure("STATE", "reported", value, hour)
    figure = drawn(scene)
    assert trace(figure, "reported").line.dash == "solid"
    assert "<b>18,338 reported</b>" in words(figure)


def test_more_incidents_than_lanes_are_counted(settings: ControlRoomFile, launch_reading: Reading) -> None:
    view = view_of(launch_reading.day, "dark", "wall")
    rows = [(DistrictState.DOWN, f"Incident number {n}", view.start_ms + n, view.now_ms, True) for n in range(8)]
    bars, left_out = lanes.packed(pd.DataFrame(rows, columns=list(lanes.LANES)).astype(lanes.LANES), view)
    assert (len(bars), left_out) == (5, 3)


def test_latency_steps_are_those_of_the_scale() -> None:
    assert [step_of(s) for s in (0.5, 2, 4.9, 5, 15, 59, 60, 180, 400)] == [0, 1, 1, 2, 3, 3, 4, 5, 5]


def test_the_blank_figure_has_no_axes_to_be_mistaken() -> None:
    figure = blank(300)
    assert figure.layout.xaxis.visible is False
    assert len(figure.data) == 0


def test_made_up_curves_begin_at_opening(tmp_path: Path, settings: ControlRoomFile) -> None:
    scene = empty_store(tmp_path / "a.db", settings)
    rehearsed_curves(scene, until="13:00")
    assert str(trace(drawn(scene), "reported").x[0])[:16] == "2021-01-16T11:30"


def test_lanes_stand_in_the_order_of_their_beginning(launch_reading: Reading) -> None:
    view = view_of(launch_reading.day, "dark", "wall")
    hour = 3_600_000
    rows = [
        (DistrictState.SLOW, "Third", view.start_ms + 3 * hour, view.now_ms, True),
        (DistrictState.DOWN, "First", view.start_ms + hour, view.now_ms - hour, False),
        (DistrictState.OWN_LINE, "Second", view.start_ms + 2 * hour, view.now_ms, True),
    ]
    bars, _ = lanes.packed(pd.DataFrame(rows, columns=list(lanes.LANES)).astype(lanes.LANES), view)
    assert [bar.words for bar in sorted(bars, key=lambda bar: bar.number)] == ["First", "Second", "Third"]
