"""`tikawatch doses import` and `export`, as a person types them: exit status, messages, and a round trip."""

import json
import sqlite3
from pathlib import Path

import pytest

from dashboard import cli
from tests.dashboard.doses.published import AT_HAND, FOLDER
from tests.dashboard.doses.reading import HEADER, row
from tests.dashboard.test_cli import config_in

pytestmark = pytest.mark.process  # whole commands, each with its own store


class Desk:
    """A person at a terminal, with a control room of their own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.config, self.capsys = folder, config_in(folder), capsys

    def file(self, *rows: str, name: str = "day.csv") -> str:
        path = self.folder / name
        path.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
        return str(path)

    def doses(self, *words: str) -> tuple[int, str, str]:
        status = cli.main(["doses", *words, "--config", self.config])
        said = self.capsys.readouterr()
        return status, said.out, said.err

    def exported(self, *words: str) -> list[str]:
        return self.doses("export", *words)[1].splitlines()[1:]


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def test_a_good_file_is_stored_once_however_often_it_is_given(desk: Desk) -> None:
    good = desk.file(row(), row(district="ठाणे", value="१,८२९"))
    echoed = 'day.csv line 3, column value: "१,८२९" read as 1,829\n'
    assert desk.doses("import", good) == (0, f"{echoed}day.csv: 2 figures stored\n", "")
    assert desk.doses("import", good)[:2] == (0, f"{echoed}day.csv: 0 figures stored, 2 known already\n")
    assert len(desk.exported()) == 2


def test_nothing_is_stored_of_a_file_with_a_mistake_and_every_mistake_is_named(desk: Desk) -> None:
    bad = desk.file(row(), row(value="1,2,3", district="Raygad"))
    status, out, err = desk.doses("import", bad)
    assert (status, out) == (1, "day.csv: nothing stored, 2 findings; 1 of 2 rows are good; --good-rows stores those\n")
    assert err.splitlines() == [
        'day.csv line 3, column district: "Raygad" is not a district of Maharashtra. Is Raigad (491) meant? Write that',
        'day.csv line 3, column value: "1,2,3" has commas where no number has them. If 123 is meant, write 123',
    ]
    assert desk.exported() == []


def test_the_good_rows_are_stored_when_asked_for_and_the_status_says_that_not_all_were(desk: Desk) -> None:
    bad = desk.file(row(), row(value="x"))
    status, out, _ = desk.doses("import", bad, "--good-rows")
    assert (status, out) == (1, "day.csv: 1 figure stored, 1 finding, those rows were left out\n")
    assert len(desk.exported()) == 1


def test_a_dry_run_says_what_would_be_stored_and_stores_nothing(desk: Desk) -> None:
    good = desk.file(row(), row(district="Thane", value=""))
    status, out, err = desk.doses("import", good, "--dry-run")
    assert (status, err) == (0, "")
    assert out.endswith("day.csv: 1 figure would be stored, 1 not reported\n")
    assert desk.exported() == []
    assert desk.doses("import", desk.file(row(value="x")), "--dry-run")[0] == 1


def test_a_count_that_falls_needs_a_word(desk: Desk) -> None:
    assert desk.doses("import", desk.file(row(value="12")))[0] == 0
    fallen = desk.file(row(as_of="2021-01-16T15:00:00+05:30"))
    status, _, err = desk.doses("import", fallen)
    assert status == 1
    assert "10 is below the 12 of the same source before it" in err
    assert desk.doses("import", fallen, "--confirmed")[0] == 0


def test_a_json_file_says_the_same_with_its_own_places(desk: Desk) -> None:
    item = {"district": 491, "day": "2021-01-16", "kind": "reported", "value": 10, "as_of": "13:30", "source": "Sakal"}
    path = desk.folder / "day.json"
    path.write_text(json.dumps({"figures": [item]}))
    assert desk.doses("import", str(path))[:2] == (0, "day.json: 1 figure stored\n")
    path.write_text(json.dumps({"figures": [item, item | {"value": -1}]}))
    assert desk.doses("import", str(path))[2].startswith('day.json figures[1].value: "-1" is negative.')
    path.write_text('{"figures": [')
    assert desk.doses("import", str(path))[2].startswith("day.json: the body is not JSON: Expecting value at line 1")


def test_what_is_exported_can_be_imported_and_is_the_same(desk: Desk, tmp_path: Path) -> None:
    told = [row(note='said "so", later'), row(district="mumbai", as_of="2021-01-16", value="1926", status="final")]
    assert desk.doses("import", desk.file(*told))[0] == 0
    assert desk.doses("export", "--out", str(tmp_path / "out.csv"))[0] == 0
    (tmp_path / "other").mkdir()
    other = Desk(tmp_path / "other", desk.capsys)
    assert other.doses("import", str(tmp_path / "out.csv"))[0] == 0
    assert other.exported() == desk.exported()
    assert (
        desk.exported()[0]
        == '491,2021-01-16,reported,10,2021-01-16T13:30:00+05:30,Sakal,provisional,"said ""so"", later"'
    )
    assert desk.exported()[1] == "mumbai,2021-01-16,reported,1926,2021-01-16,Sakal,final,"


def test_an_export_can_be_of_a_day_and_as_known_at_an_hour(desk: Desk) -> None:
    evening = row(value="260", as_of="2021-01-16T21:00:00+05:30")
    desk.doses("import", desk.file(row(), evening, row(day="2021-01-20", as_of="2021-01-20T19:00+05:30")))
    assert len(desk.exported()) == 3
    assert len(desk.exported("--day", "2021-01-16")) == 2
    assert [line.split(",")[3] for line in desk.exported("--day", "2021-01-16", "--as-known-at", "18:00")] == ["10"]
    full = desk.doses("export", "--full", "--day", "2021-01-16")[1].splitlines()
    assert full[0].endswith(",note,received,who,said,rehearsed,chosen,rule,as_known_at")
    assert [line.split(",")[-3:-1] for line in full[1:]] == [["0", ""], ["1", "the only one"]]


@pytest.mark.parametrize("option", ["--day", "--as-known-at"])
def test_a_moment_that_cannot_be_read_is_said_plainly(desk: Desk, option: str) -> None:
    status, out, err = desk.doses("export", option, "yesterday")
    assert (status, out) == (1, "")
    assert err.startswith(f'tikawatch doses: {option}: "yesterday" is not a ')


def test_a_text_that_a_spreadsheet_would_run_is_plain_in_the_export_only(desk: Desk) -> None:
    assert desk.doses("import", desk.file(row(source="=HYPERLINK(1)", note="-5 later")))[0] == 0
    assert desk.exported()[0].endswith(",'=HYPERLINK(1),provisional,'-5 later")


@pytest.mark.parametrize(
    ("name", "words"), [("nowhere.csv", "No such file"), (".", "Is a directory"), ("../../x.csv", "No such file")]
)
def test_a_path_that_is_no_file_is_said_plainly(desk: Desk, name: str, words: str) -> None:
    status, _, err = desk.doses("import", str(desk.folder / name))
    assert (status, words in err, "Traceback" in err) == (1, True, False)


@pytest.mark.process
def test_a_store_that_takes_no_writes_now_is_said_plainly(desk: Desk) -> None:
    assert desk.doses("import", desk.file(row()))[0] == 0
    held = sqlite3.connect(desk.folder / "store" / "tikawatch.db", isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    status, out, err = desk.doses("import", desk.file(row(district="Thane")))
    held.close()
    assert (status, out, "Traceback" in err) == (1, "", False)
    assert "database is locked" in err


if AT_HAND:

    def test_the_public_files_are_imported_with_what_fell_marked(desk: Desk) -> None:
        status, out, err = desk.doses("import", str(FOLDER / "cowin_districtwise_wide_sample.csv"))
        assert (status, err) == (0, "")
        fell = "revised downward by 273: 1,355 on 2021-01-17, 1,082 on 2021-01-18"
        assert out.splitlines() == [
            f"cowin_districtwise_wide_sample.csv line 4: {fell}",
            "cowin_districtwise_wide_sample.csv: 41 figures stored, 9 not reported",
        ]

    def test_a_table_out_of_the_releases_is_imported_with_what_is_odd_in_it_said(desk: Desk) -> None:
        table = str(FOLDER / "mh_reported_20_25jan.csv")
        status, out, err = desk.doses("import", table)
        assert (status, err) == (0, "")
        assert "mh_reported_20_25jan.csv line 4, column value: above target (112 % of 500)" in out.splitlines()
        assert out.endswith("mh_reported_20_25jan.csv: 210 figures stored, 6 not reported\n")
        assert desk.doses("import", table)[1].endswith("0 figures stored, 210 known already, 6 not reported\n")

    def test_a_table_that_holds_no_figures_is_told_what_a_file_of_doses_begins_with(desk: Desk) -> None:
        status, _, err = desk.doses("import", str(FOLDER / "incidents.csv"))
        assert (status, err) == (
            1,
            'incidents.csv line 1: this is not the header line: "id" …. Begin with district,day,kind,value,as_of,source,status,note\n',
        )
