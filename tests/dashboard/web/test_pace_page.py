"""Pace and the cost of incidents, from a filled store to the doses page, its CSV, the overview and the API."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import flask
import pytest
from dash import html
from flask.testing import FlaskClient

from dashboard.doses.places import Places
from dashboard.web.api import create_api
from dashboard.web.app import create_app
from dashboard.web.figures.day import day_figure
from dashboard.web.pace_export import pace_csv
from dashboard.web.pages.doses import pace_tables
from dashboard.web.pages.doses.pace import PaceKnown, PaceReader
from dashboard.web.pages.doses.reading import read_day
from dashboard.web.pages.overview.day import chart_version, day_frames, view_of
from dashboard.web.pages.overview.doses_now import DosesReader
from dashboard.web.pages.overview.panel import panel
from dashboard.web.pages.overview.reading import Reading, read_overview
from dashboard.web.pages.overview.snapshot import snapshot
from tests.builders import Scene, example_settings
from tests.dashboard.queries.weeks import TODAY
from tests.dashboard.web.pace_pictures import SLOW, slow_tuesday
from tests.dashboard.web.pictures import launch_day
from tests.dashboard.web.test_doses_page import text
from tests.places import IST

COST = "240 to about 1,200 doses delayed"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    made = slow_tuesday(tmp_path_factory.mktemp("pace") / "t.db", example_settings())
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def now(scene: Scene) -> PaceKnown:
    return known_at(scene, None)


@pytest.fixture(scope="module")
def overview(scene: Scene) -> Reading:
    return read_overview(scene.engine, scene.settings, scene.clock.now())


@pytest.fixture(scope="module")
def client(scene: Scene) -> FlaskClient:
    server = flask.Flask("tikawatch-test")
    create_app(server, scene.engine, scene.settings, scene.clock, lambda *_: True)
    server.register_blueprint(create_api(scene.engine, scene.settings, scene.clock))
    return server.test_client()


def known_at(scene: Scene, hour: str | None) -> PaceKnown:
    at_ms = None if hour is None else scene.ms(hour)
    known = read_day(scene.engine, Places(scene.settings), scene.day, at_ms)
    return PaceReader(scene.engine, scene.settings, scene.clock).of(known, at_ms)


def test_each_place_stands_beside_its_usual_day_with_the_state_and_the_sum(scene: Scene, now: PaceKnown) -> None:
    assert now.state is not None
    assert now.total is not None
    assert (len(now.rows), now.total.name, now.state.reported, now.total.reported) == (
        35,
        "Sum of the 33 told",
        5422,
        5422,
    )
    rows = {row.name: row for row in now.rows}
    assert rows["Washim"].behind is None
    slow, fine = rows["Thane"].behind, rows["Raigad"].behind
    assert slow is not None
    assert fine is not None
    assert (fine < 15, slow > 70) == (True, True)
    words = text(pace_tables.pace_table(now, {"column": "behind", "down": True}, scene.settings))
    assert words.index("Thane") < words.index("Raigad") < words.index("Washim")
    assert text(html.Div(pace_tables.pace_notes(now))) == (
        "Forecast at close: state 9,161, sum of the 33 told 8,993; difference 168."
        "Expected of the state: by its own 12 quiet days."
    )


def test_a_look_back_is_as_it_was_then(scene: Scene) -> None:
    then = known_at(scene, "12:00")
    assert then.state is not None
    assert (then.state.reported, then.now_ms) == (3862, scene.ms("12:00"))
    assert [hit.since_ms for hit, _ in then.costs] == [scene.ms("10:20"), scene.ms("11:00")]


def test_the_incidents_of_the_day_have_a_line_each_with_a_range_or_nothing(scene: Scene, now: PaceKnown) -> None:
    card = pace_tables.costs(now, scene.settings)
    assert card is not None
    lines = text(card).removeprefix("What the incidents cost")
    assert lines.startswith(
        "Own line lost, Latur, 10:20 to 10:50: no shortfall can be told from the figures.Registry slow, 9 districts: "
    )
    assert text(card).endswith(
        f"11:00 to now: {COST} in 9 districts during the incident so far, as told until 14:00; they may still be given today."
    )
    assert pace_tables.costs(known_at(scene, "10:00"), scene.settings) is None


@pytest.mark.parametrize(("hour", "until"), [("13:00", "11:00 to now: "), ("23:59:59", "11:00 to the next day: ")])
def test_what_goes_on_at_the_end_of_a_day_goes_on_the_next_day(scene: Scene, hour: str, until: str) -> None:
    assert until in text(pace_tables.costs(known_at(scene, hour), scene.settings))


def test_where_no_quiet_day_is_known_it_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    first = launch_day(tmp_path_factory.mktemp("first") / "t.db", example_settings())
    known = known_at(first, "13:30")
    raigad = next(row for row in known.rows if row.name == "Raigad")
    assert (raigad.behind_range and round(raigad.behind_range.low), round(raigad.behind or 0)) == (0, 123)
    table = text(pace_tables.pace_table(known, {"column": "name", "down": False}, first.settings))
    assert "10at 13:300 to 1330 to 12310 to 277straight line" in table
    assert "a straight line, from nobody comes to every place is filled" in text(
        html.Div(pace_tables.pace_notes(known))
    )
    assert {doses for _, doses in known_at(first, "23:59:59").costs} == {
        None
    }  # one figure in the evening says nothing of the hours
    (line,) = (line for line in csv.DictReader(io.StringIO(pace_csv(known, IST))) if line["name"] == "Raigad")
    assert [line[name] for name in ("expected_low", "expected", "expected_high")] == ["0.0", "", "133.3"]
    first.engine.dispose()


def test_the_words_of_how_it_is_computed_name_no_cause_but_once() -> None:
    words = text(pace_tables.computed())
    assert "which names no cause" in words
    assert "because" not in words


def test_what_is_shown_can_be_exported(client: FlaskClient, scene: Scene) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get(f"/doses/pace.csv?day={TODAY}").get_data(as_text=True))))
    assert [row["name"] for row in rows[:2]] == ["Maharashtra", "Sum of the 33 told"]
    thane = next(row for row in rows if row["name"] == "Thane")
    assert (thane["reported"], thane["reported_at"], thane["quiet_days"]) == ("108", "2021-02-09T14:00:00+05:30", "12")
    assert float(thane["close_low"]) <= float(thane["close"]) <= float(thane["close_high"])
    then = client.get(f"/doses/pace.csv?day={TODAY}&as_known_ms={scene.ms('12:00')}").get_data(as_text=True)
    assert ("T14:00:00" in then, "T12:00:00" in then) == (False, True)


@pytest.mark.parametrize(
    "asked",
    ["", "day=x", "day=0001-01-01", "day=9999-12-31", "day=2021-02-09&as_known_ms=-", "day=2021-02-09&as_known_ms="],
)
def test_an_export_takes_only_a_day_and_a_moment(client: FlaskClient, asked: str) -> None:
    answer = client.get(f"/doses/pace.csv?{asked}")
    assert (answer.status_code, answer.get_data(as_text=True)[:19]) == (400, "Give day=2021-01-16")


def test_the_overview_says_it_beside_the_incident_and_counts_behind_by_the_usual_day(
    scene: Scene, overview: Reading
) -> None:
    words = snapshot(overview, scene.settings)
    (row,) = words["incidents"]
    assert row["doses"] == COST
    assert row["doses_title"].endswith("they may still be given today.")
    assert words["resolved"][0]["doses"] == ""
    assert words["equation"][1]["sub"] == "38.7% · 1,167 behind pace"


def test_the_panel_of_a_district_has_its_pace_and_its_forecast(scene: Scene) -> None:
    joint = scene.settings.joint_areas[0].districts[0]

    def rows(name: str) -> Any:
        reader, code = DosesReader(scene.settings), joint if name == "Mumbai" else scene.code(name)
        return panel(scene.engine, scene.settings, reader, scene.clock.now(), code, "dark")["pace"]

    assert [row["label"] for row in rows("Thane")] == ["Expected by now", "Behind", "Forecast at close"]
    assert rows("Thane")[1] == {"label": "Behind", "value": "85", "hour": "72 to 96 at 14:00", "title": ""}
    assert rows("Thane")[0]["title"] == "by its own 12 quiet days"
    assert rows("Mumbai")[0]["title"] == "by its own 12 quiet days, Mumbai (both districts)"
    assert [row["label"] for row in rows("Washim")] == ["Expected by now"]


@pytest.mark.parametrize("size", ["wall", "phone"])
def test_the_chart_expects_a_usual_day_and_leads_to_the_forecast(scene: Scene, overview: Reading, size: str) -> None:
    frames, view = day_frames(overview, scene.settings), view_of(overview.day, "light", size)
    figure = day_figure(frames, view)
    traces = {trace.name: trace for trace in figure.data}
    assert [traces["expected"].y[0], traces["expected"].y[-1]] == [0, 10328]
    assert list(traces["forecast"].y) == [5422, 9161]
    low, high = sorted(traces["forecast range"].y)[1:]
    assert low <= 9161 <= high
    assert any("9,161" in str(note.text) for note in figure.layout.annotations)
    assert chart_version(frames, view) != chart_version(replace(frames, usual=None), view)


def test_the_api_gives_the_range_with_its_sentence_or_null(client: FlaskClient) -> None:
    by_kind = {row["kind"]: row["doses"] for row in client.get("/api/v1/incidents").get_json()["incidents"]}
    assert by_kind["local"] is None
    slow = by_kind["slowdown"]
    assert (slow["what"], slow["day"], slow["sentence"].startswith(COST)) == ("delayed", "2021-02-09", True)
    assert 0 < slow["low"] < slow["high"]
    assert len(SLOW) == 9
