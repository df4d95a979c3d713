"""The backlog page from a filled store to its sentence, its table, its exports, and over HTTP."""

import csv
import io
from collections.abc import Iterator
from datetime import date as Date
from pathlib import Path
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient

from dashboard.doses.places import Places
from dashboard.doses.sessions import Sessions
from dashboard.doses.table import read_file
from dashboard.store import figures
from dashboard.web.app import create_app
from dashboard.web.backlog_export import curves_csv, table_csv
from dashboard.web.pages.backlog import tables, words
from dashboard.web.pages.backlog.callbacks import drawn_places, panes
from dashboard.web.pages.backlog.reading import Known, Readings
from tests.builders import Scene, example_settings
from tests.dashboard.doses.published import AT_HAND, FOLDER
from tests.dashboard.doses.reading import NOW, context
from tests.dashboard.web.backlog_pictures import a_fortnight, counted
from tests.dashboard.web.pictures import empty_store, launch_day

SESSIONS = Sessions(example_settings().calendar, Places(example_settings()))
WORST_FIRST = {"column": "backlog", "down": True}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    made = a_fortnight(tmp_path_factory.mktemp("backlog") / "t.db", example_settings())
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def readings(scene: Scene) -> Readings:
    return Readings(scene.engine, scene.settings)


@pytest.fixture(scope="module")
def known(readings: Readings) -> Known:
    return readings.get(None)


@pytest.fixture(scope="module")
def client(scene: Scene) -> FlaskClient:
    server = flask.Flask("tikawatch-test")
    create_app(server, scene.engine, scene.settings, scene.clock, lambda *_: True)
    return server.test_client()


def cells(known: Known, name: str) -> list[str]:
    """The texts of a place's line."""
    table: Any = tables.place_table(known, WORST_FIRST, [])
    lines = table.children.children[1].children
    return next(line for line in ([_text(cell) for cell in row.children] for row in lines) if line[0] == name)


def _text(part: Any) -> str:
    if part is None or isinstance(part, str):
        return part or ""
    inside = getattr(part, "children", None)
    return "".join(map(_text, inside)) if isinstance(inside, list) else _text(inside)


# -- sentence -------------------------------------------------------------------------------------------------------


def test_the_sentence_says_who_counted_what_by_when_and_no_cause(known: Known) -> None:
    assert words.headline(known) == (
        "By the end of 27 January 2021 the registry showed 12,000 doses fewer than Maharashtra had reported (1,18,000 of 1,30,000)."
    )


def test_the_second_line_says_how_fast_how_old_and_who_stands_still(known: Known) -> None:
    assert words.second(known) == (
        "The gap shrank by 3,600 a day over the last 3 session days; at that pace it is cleared in "
        "2 to 6 days. If doses are entered in the order "
        "they were given, the oldest not entered is of 27 Jan. "
        "Stalled: Pune has entered nothing in the last 3 session days."
    )


def test_as_known_earlier_it_is_the_sentence_of_that_day(readings: Readings) -> None:
    assert words.headline(readings.get(Date(2021, 1, 16))).startswith(
        "By the end of 16 January 2021 the registry showed 12,000"
    )


def test_an_empty_store_says_what_fills_the_page(tmp_path: Path) -> None:
    known = Readings(empty_store(tmp_path / "t.db", example_settings()).engine, example_settings()).get(None)
    assert (
        words.headline(known) == "No backlog is known yet: no place has told both its reported and its recorded doses."
    )
    assert "tikawatch doses import FILE" in str(tables.place_table(known, WORST_FIRST, []))
    assert panes(known, drawn_places(known, None), SESSIONS) == []


# -- table ----------------------------------------------------------------------------------------------------------


def test_a_place_has_backlog_oldest_dose_drain_forecast_and_day(known: Known) -> None:
    assert cells(known, "Thane") == ["Thane", "400", "27 Jan", "320 a day", "1 day (28 Jan) or never", "27 Jan"]


def test_an_old_count_says_so_and_a_forecast_that_ran_out_is_none(known: Known) -> None:
    assert cells(known, "Raigad")[4:] == ["was due by 20 Jan, no count since", "19 Jan, 8 days old"]


def test_a_place_where_nothing_is_entered_is_marked_stalled(known: Known) -> None:
    assert cells(known, "Pune") == ["Pune", "8,500", "19 Jan, 8 days", "stalled", "not shrinking", "27 Jan"]


def test_a_registry_that_is_ahead_is_no_negative_backlog(known: Known) -> None:
    line = cells(known, next(row.name for row in known.rows if row.place == "484"))
    assert line[1:5] == ["0, registry ahead by 16", "–", "–", "–"]


def test_a_joint_area_is_counted_once(known: Known) -> None:
    assert "mumbai" in [row.place for row in known.rows]
    assert not {"482", "483"} & {row.place for row in known.rows}
    assert "Mumbai City: counted once, with the joint area." in words.lacking(known)


def test_paper_entered_on_the_third_day_for_the_first_shrinks_the_backlog_on_the_third(readings: Readings) -> None:
    sizes = {}
    for day in (16, 18, 19):
        row = readings.get(Date(2021, 1, day)).row("491")
        assert row is not None
        sizes[day] = (row.backlog, row.now.oldest)
    assert sizes == {16: (4_000, Date(2021, 1, 16)), 18: (4_000, Date(2021, 1, 16)), 19: (50, Date(2021, 1, 19))}


def test_a_fall_on_the_way_is_marked_beside_the_drain(readings: Readings) -> None:
    assert cells(readings.get(Date(2021, 1, 18)), "Mumbai (both districts)")[3] == "grows 68 a day ▽"


def test_it_is_sorted_by_any_column_and_what_has_no_value_stands_last(known: Known) -> None:
    def names(column: str, down: bool) -> list[str]:
        return [row.name for row in tables.in_order(known.rows, {"column": column, "down": down})]

    assert names("backlog", True)[0] == "Pune"
    assert names("age", True)[0] == "Pune"
    assert names("cleared", False)[:2] == ["Raigad", "Thane"]
    assert names("drain", False)[0] == "Pune"
    ahead = next(row.name for row in known.rows if row.place == "484")
    assert names("cleared", True)[-1] == names("cleared", False)[-1] == ahead


def test_the_state_stands_beside_the_sum_and_the_ways_of_counting_are_named(known: Known) -> None:
    assert (
        words.sums(known) == "State 12,000, sum of 5 places 9,850; difference 2,150. Neither is corrected by the other."
    )
    assert any(line.startswith("Raigad: the days on which both numbers are known") for line in words.bases(known))
    assert "No backlog is known of 30 districts" in words.lacking(known)


# -- curves ---------------------------------------------------------------------------------------------------------


def test_the_state_and_the_worst_three_are_drawn_until_others_are_chosen(known: Known) -> None:
    assert [pane.name for pane in panes(known, drawn_places(known, None), SESSIONS)] == [
        "Maharashtra",
        "Pune",
        "Mumbai (both districts)",
        "Thane",
    ]
    assert drawn_places(known, ["491", "nowhere"]) == ["491"]
    assert drawn_places(known, []) == []


def test_what_was_read_is_kept_until_a_figure_comes(tmp_path: Path) -> None:
    scene = a_fortnight(tmp_path / "t.db", example_settings())
    readings = Readings(scene.engine, scene.settings)
    first = readings.get(None)
    assert readings.get(None) is first
    with scene.engine.begin() as connection:
        figures.store(
            connection, [counted("STATE", Date(2021, 1, 27), "recorded_cum", 120_000, told=Date(2021, 1, 28))], 1
        )
    assert words.headline(readings.get(None)).startswith("By the end of 27 January 2021 the registry showed 10,000")
    scene.engine.dispose()


# -- exports and HTTP -----------------------------------------------------------------------------------------------


def test_the_table_is_exported_with_plain_numbers(known: Known) -> None:
    lines = {line["place"]: line for line in csv.DictReader(io.StringIO(table_csv(known)))}
    assert next(iter(lines)) == "STATE"
    thane = lines["497"]
    assert [thane[key] for key in ("backlog", "oldest_day", "age_days", "drain_a_day", "stalled")] == [
        "400",
        "2021-01-27",
        "0",
        "320.0",
        "0",
    ]
    assert (lines["484"]["backlog"], lines["490"]["stalled"]) == ("-16", "1")


def test_every_curve_is_exported_day_by_day(known: Known) -> None:
    lines = list(csv.DictReader(io.StringIO(curves_csv(known))))
    mumbai = [line for line in lines if line["place"] == "mumbai"]
    assert [line["day"] for line in mumbai] == [f"2021-01-{day}" for day in range(16, 21)]
    assert mumbai[2]["revised"] == "recorded revised downward by 137"


def test_the_page_and_its_exports_answer_and_refuse_by_name(client: FlaskClient) -> None:
    page = client.get("/backlog/")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    then = client.get("/backlog/table.csv?at=2021-01-16")
    assert then.headers["Content-Disposition"] == 'attachment; filename="backlog-table-2021-01-16.csv"'
    assert "STATE,Maharashtra,2021-01-16,18000,6000,12000" in then.get_data(as_text=True)
    for what in ("table", "curves"):
        for asked, known in (("?at=2021-01-16", "2021-01-16"), ("", "")):
            lines = csv.DictReader(io.StringIO(client.get(f"/backlog/{what}.csv{asked}").get_data(as_text=True)))
            assert {line["as_known_on"] for line in lines} == {known}
    for wrong in ("16 January", "9999-12-31", "0001-01-01", "2021-01-16'"):
        refused = client.get("/backlog/table.csv", query_string={"at": wrong})
        assert (wrong, refused.status_code < 500) == (wrong, True)
    assert "Give at=2021-01-25" in client.get("/backlog/table.csv?at=x").get_data(as_text=True)


def test_the_launch_day_has_the_backlog_of_the_published_figures(tmp_path: Path) -> None:
    scene = launch_day(tmp_path / "t.db", example_settings())
    readings = Readings(scene.engine, scene.settings)
    evening, later = readings.get(Date(2021, 1, 16)), readings.get(None)
    assert cells(evening, "Thane")[1] == "1,791"
    assert words.headline(evening) == (
        "As told by the end of 16 January 2021, the registry showed 12,612 doses fewer than Maharashtra had reported for "
        "16 January 2021 (5,726 of 18,338)."
    )
    assert words.second(evening) == (
        "The oldest not entered is of 16 Jan. How fast it drains is not known everywhere yet: that takes the counts of two days."
    )
    assert "As told by the end of 18 January 2021, the registry showed 12,612 doses fewer" in words.headline(later)
    scene.engine.dispose()


if AT_HAND:

    def test_the_published_series_of_the_state_are_shown_day_by_day(tmp_path: Path) -> None:
        scene = Scene(tmp_path / "t.db", example_settings())
        read = read_file((FOLDER / "state_recorded_vs_reported.csv").read_bytes(), context(NOW.replace(year=2022)))
        with scene.engine.begin() as connection:
            figures.take(connection, read, 1)
        readings = Readings(scene.engine, scene.settings)
        shown = {}
        for day in (16, 20, 22, 25):
            state = readings.get(Date(2021, 1, day)).state
            assert state is not None
            shown[day] = (state.backlog, state.now.oldest)
        assert shown == {
            16: (12_602, Date(2021, 1, 16)), 20: (28_175, Date(2021, 1, 19)), 22: (30_591, Date(2021, 1, 20)),
            25: (29_828, Date(2021, 1, 25)),
        }  # fmt: skip
        scene.engine.dispose()
