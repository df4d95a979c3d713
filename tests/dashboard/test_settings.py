"""config.yaml as shipped, and the session calendar."""

import csv
from datetime import date, time
from pathlib import Path

import pytest

from dashboard import check_config
from dashboard.settings import Calendar
from tests.beside import shared
from tests.places import EXAMPLE, at, example

TABLE = shared() / "data" / "mh_districts.csv"


def test_the_shipped_file_is_good_and_says_what_it_will_run() -> None:
    said = check_config.summary(EXAMPLE)
    assert said.startswith(
        "config.yaml: ok\n  Maharashtra: 36 districts, 122 figures\n  sessions 09:00-17:00, tue wed fri sat, from 2021-01-16\n"
        "  planned downtime 2021-02-27 00:00 to 2021-03-01 00:00: all districts\n  agent control-room: 36 districts, ping"
    )


def test_it_is_said_which_districts_differ_from_the_calendar(tmp_path: Path) -> None:
    own = tmp_path / "config.yaml"
    text = EXAMPLE.read_text(encoding="utf-8")
    own.write_text(
        text.replace("  own: []", '  own: [{districts: [491, 497], hours: "10:00-16:00"}]'), encoding="utf-8"
    )
    assert "\n  sessions of their own: Raigad, Thane\n" in check_config.summary(own)


def test_it_is_said_what_is_open_to_others(tmp_path: Path) -> None:
    assert "officers' forms" not in check_config.summary(EXAMPLE)
    shut = EXAMPLE.read_text(encoding="utf-8")
    opened = tmp_path / "config.yaml"
    opened.write_text(shut.replace("    # outside: {", "    outside: {"), encoding="utf-8")
    assert (
        "\n  officers' forms, samples and figures as https://report.example.org, by the proxy 127.0.0.1 to 127.0.0.1:8610\n"
        in check_config.summary(opened)
    )


def test_its_figures_are_those_of_the_day() -> None:
    figures = {(row.place, row.kind): row for row in example().figures if str(row.as_of) <= "2021-01-17"}
    assert [figures["STATE", kind].value for kind in ("target", "reported", "recorded")] == [28_500, 18_338, 5_726]
    districts = [row for row in example().figures if isinstance(row.place, int) or row.place == "mumbai"]
    assert sum(row.value for row in districts if row.kind == "target") == 28_500
    assert sum(row.value for row in districts if row.kind == "recorded") == 5_726
    assert figures["mumbai", "target"].value == 4_000
    assert (482, "target") not in figures
    assert (475, "reported") not in figures  # Gadchiroli: two sources that do not agree, so none
    assert all(row.source for row in example().figures)


if TABLE.exists():  # the published tables stand beside the checkout where the project is built, not in it

    def test_districts_and_figures_agree_with_the_published_tables() -> None:
        rows = {int(row["code"]): row for row in csv.DictReader(TABLE.open(encoding="utf-8"))}
        assert {d.code: (d.name, d.mr, d.hi, d.division, d.row, d.col) for d in example().districts} == {
            code: (r["name_en"], r["name_mr"], r["name_hi"], r["division"], int(r["row"]), int(r["col"]))
            for code, r in rows.items()
        }
        reported = {
            row.place: row.value for row in example().figures if row.kind == "reported" and isinstance(row.place, int)
        }
        assert reported == {code: int(r["achieved_day1"]) for code, r in rows.items() if r["achieved_day1"]} | {491: 10}


def test_every_officer_is_under_example_org() -> None:
    assert {d.officer.mail.partition("@")[2] for d in example().districts} == {"example.org"}


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (date(2021, 1, 16), (time(11, 30), time(17, 30))),  # the first day, a Saturday with its own hours
        (date(2021, 1, 17), None),  # a Sunday
        (date(2021, 1, 19), (time(9), time(17))),
        (date(2021, 2, 27), None),  # a Saturday of the pattern, closed
    ],
)
def test_the_calendar_knows_the_day(day: date, hours: tuple[time, time] | None) -> None:
    assert example().calendar.hours_on(day) == hours


def test_a_session_may_last_until_midnight() -> None:
    assert Calendar(hours="09:00-24:00", weekly=("mon",)).hours_on(date(2021, 1, 18)) == (time(9), time.max)


def test_it_knows_whether_a_moment_is_in_session() -> None:
    moments = (at("11:29:59"), at("11:30"), at("17:29:59"), at("17:30"), at("12:00", "2021-01-17"))
    assert [example().in_session(moment) for moment in moments] == [False, True, True, False, False]


def test_an_unknown_code_has_no_district() -> None:
    with pytest.raises(KeyError):
        example().district(1)
