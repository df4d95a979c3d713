"""One odd file a line of doses_files.jsonl (as text, or as base64 where it is none): exactly what is said, and how much is good."""

import base64
import json
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from dashboard.doses import published, sheet
from dashboard.doses.decoding import MAX_BYTES
from dashboard.doses.figure import Reading
from dashboard.doses.finding import told
from dashboard.doses.table import MAX_ROWS, read_file
from tests.dashboard.doses.reading import HEADER, context, row, said

CASES = [json.loads(line) for line in (Path(__file__).parent / "doses_files.jsonl").open(encoding="utf-8")]


def outcome(raw: bytes) -> list[str]:
    reading = read_file(raw, context())
    return [*said(reading, "f"), *(n.text("f") for n in reading.notices), f"{len(reading.figures)} good"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_file_gets_exactly_this(case: dict[str, str]) -> None:
    raw = case["text"].encode() if "text" in case else base64.b64decode(case["bytes"])
    assert outcome(raw) == case["said"]


def test_a_file_over_the_limit_is_not_read() -> None:
    limit = f"f: the file has over {MAX_BYTES} bytes (5 MiB). Split it by day"
    assert outcome(b"x" * (MAX_BYTES + 1)) == [limit, "0 good"]


def test_one_line_of_five_million_letters_is_said_shortly() -> None:
    (finding, good) = outcome(b"x" * MAX_BYTES)
    assert (len(finding) < 300, good) == (True, "0 good")


def test_a_real_spreadsheet_renamed_to_csv_is_told_from_a_broken_one() -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
    assert outcome(packed.getvalue())[0].endswith("In the spreadsheet: File, Save as, CSV UTF-8")


def test_more_rows_than_the_limit_are_refused_as_a_whole() -> None:
    line = row().replace('"', "")
    raw = "\n".join([HEADER, *[line] * (MAX_ROWS + 1)]).encode()
    wrong = f"f line {MAX_ROWS + 2}: the file has over {MAX_ROWS} rows. Split it by day and give the parts one by one"
    assert outcome(raw) == [wrong, "0 good"]


def test_a_public_table_over_its_limit_is_refused_as_a_whole_too() -> None:
    ours, more = ["Alibag", "Raigad", "10", "u"], ["Pen", "Raigad", "5", "u"]
    before = Reading(rows=sheet.MAX_ROWS - 1)  # so many rows were read and gave nothing
    found = published.read(["centre", "district", "achieved", "source_url"], [(7, ours), (8, more)], context(), before)
    wrong = f"f line 8: the file has over {sheet.MAX_ROWS} rows. Split it by day and give the parts one by one"
    assert (told(found.findings, "f"), found.figures) == ([wrong], [])


def test_of_many_findings_the_first_fifty_are_shown_and_all_are_counted() -> None:
    raw = "\n".join([HEADER, *[row(value="1,2,3")] * 60]).encode()
    lines = told(read_file(raw, context()).findings, "f")
    assert len(lines) == 51
    assert lines[0].startswith("f line 2, column value: ")
    assert lines[-1] == "f: 10 more findings are not shown, 60 in all"
