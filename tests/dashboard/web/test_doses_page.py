"""The doses page from a filled store to its sentence, its numbers and its tellings, and over HTTP."""

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
from dashboard.web.app import create_app
from dashboard.web.pages.doses import tables
from dashboard.web.pages.doses.reading import Known, read_day, sentence
from tests.builders import DAY, Scene, example_settings
from tests.dashboard.web.pictures import empty_store, launch_day


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    made = launch_day(tmp_path_factory.mktemp("doses") / "t.db", example_settings())
    yield made
    made.engine.dispose()


def known_at(scene: Scene, hour: str, day: Date = DAY) -> Known:
    return read_day(scene.engine, Places(scene.settings), DAY, scene.ms(hour, day))


@pytest.fixture(scope="module")
def night(scene: Scene) -> Known:
    """As known at the end of the day."""
    return known_at(scene, "23:59:59")


@pytest.fixture(scope="module")
def client(scene: Scene) -> FlaskClient:
    server = flask.Flask("tikawatch-test")
    create_app(server, scene.engine, scene.settings, scene.clock, lambda *_: True)
    return server.test_client()


def text(part: Any) -> str:
    if part is None or isinstance(part, str):
        return part or ""
    inside = getattr(part, "children", None)
    return "".join(map(text, inside)) if isinstance(inside, list) else text(inside)


def test_day_one_has_its_four_numbers_in_a_sentence_that_may_be_printed(night: Known) -> None:
    state = night.state
    assert [state.target, state.reported, state.recorded, state.backlog] == [28_500, 18_338, 5_726, 12_612]
    assert sentence(night, "") == (
        "On 16 January 2021 Maharashtra reported 18,338 doses given of 28,500 planned (64.3%); the registry's own count for the day "
        "was 5,726: 12,612 fewer than reported. Figures are provisional."
    )


def test_what_was_not_known_at_an_hour_is_not_shown_at_that_hour(scene: Scene) -> None:
    noon = known_at(scene, "12:00")
    assert (noon.state.target, noon.state.reported, noon.state.recorded) == (28_500, None, None)
    assert sentence(noon, "12:00") == "Maharashtra has not reported its doses of 16 January 2021 yet."


def test_a_later_telling_stands_in_the_list_and_is_marked_so(scene: Scene, night: Known) -> None:
    told = [revision.version.value for revision in night.versions("STATE", "reported")]
    assert (told[-1], 18_338 in told) == (18_582, True)
    lines = text(tables.versions(night, "STATE", "reported", scene.settings.zone))
    assert lines.count("(after the moment shown)") == 1
    assert "Shown: 18,338 (" in lines


def test_the_preferred_source_stays_chosen_when_another_tells_later(scene: Scene) -> None:
    latest = read_day(scene.engine, Places(scene.settings), DAY, None)
    assert latest.state.reported == 18_338
    assert 18_582 in [version.value for version in latest.view.chosen["STATE", "reported"].others]


def test_every_district_has_a_line_and_what_was_not_told_is_no_zero(night: Known) -> None:
    assert len([row for row in night.rows if row.place.isdecimal()]) == 36
    silent = next(row for row in night.rows if row.reported is None)
    assert (silent.backlog, silent.in_registry) == (None, None)
    table = text(tables.district_table(night, {"column": "backlog", "down": True}))
    assert "not reported" in table


def test_the_worst_stands_first_and_those_without_the_value_last(night: Known) -> None:
    rows = tables.in_order(night.rows, {"column": "backlog", "down": True})
    assert (rows[0].name, rows[0].backlog) == ("Thane", 1_791)
    assert rows[-1].backlog is None
    assert tables.in_order(night.rows, {"column": "name", "down": False})[0].name == "Ahmednagar"


def test_sums_stand_beside_totals_uncorrected(night: Known) -> None:
    assert "not reported; difference" in text(tables.sums(night))


def test_a_web_address_is_a_link_named_by_its_host(scene: Scene, night: Known) -> None:
    assert "href='https://www.hindustantimes.com" in str(
        tables.versions(night, "STATE", "reported", scene.settings.zone)
    )


def test_a_figure_nobody_told_says_so(scene: Scene, night: Known) -> None:
    assert text(tables.versions(night, "STATE", "paper", scene.settings.zone)) == "Nothing told of this figure yet."


def test_the_page_and_its_export_answer_and_refuse_by_name(client: FlaskClient, scene: Scene) -> None:
    page = client.get("/doses/")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    whole = client.get("/doses/export.csv?day=2021-01-16").get_data(as_text=True)
    then = client.get(f"/doses/export.csv?day=2021-01-16&as_known_ms={scene.ms('12:00')}")
    assert "doses-2021-01-16-as-known-2021-01-16T1200.csv" in then.headers["Content-Disposition"]
    early = then.get_data(as_text=True)
    moments = [{line["as_known_at"] for line in csv.DictReader(io.StringIO(file))} for file in (whole, early)]
    assert moments == [{""}, {"2021-01-16T12:00:00+05:30"}]
    assert ("18582" in whole, "18582" in early) == (True, False)
    for wrong in ("day=x", "day=2021-01-16&as_known_ms=-", "", "day=2021-01-16&as_known_ms=999999999999999"):
        refused = client.get(f"/doses/export.csv?{wrong}")
        assert (refused.status_code, "Give day=2021-01-16" in refused.get_data(as_text=True)) == (400, True)


def test_a_store_without_figures_answers_too(tmp_path: Path) -> None:
    scene = empty_store(tmp_path / "t.db", example_settings())
    known = read_day(scene.engine, Places(scene.settings), DAY, None)
    assert known.state.reported is None
    assert "not reported" in text(tables.numbers(known))
    scene.engine.dispose()
