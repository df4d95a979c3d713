"""One odd cell a row of doses_cells.jsonl, in an otherwise good file: the exact message it gets, or the value that is stored."""

import json
from pathlib import Path

import pytest

from dashboard.doses.figure import Reading
from tests.dashboard.doses.reading import read_rows, row, said

CASES = [json.loads(line) for line in (Path(__file__).parent / "doses_cells.jsonl").open(encoding="utf-8")]


def outcome(reading: Reading, column: str) -> list[str]:
    if reading.findings:
        return said(reading, "f")
    if not reading.figures:
        return ["not stored", *(notice.text("f") for notice in reading.notices)]
    figure = reading.figures[0]
    shown = {
        "district": figure.place, "as_of": f"{figure.as_of_ms}{'' if figure.hour_known else ' end of day'}",
        "source": figure.source[:40], "note": figure.note[:40],
    }  # fmt: skip
    return [f"stored {shown.get(column) or getattr(figure, column)}", *(notice.text("f") for notice in reading.notices)]


def test_there_are_three_hundred_of_them_and_none_stands_twice() -> None:
    assert len({(case["column"], case["text"]) for case in CASES}) == len(CASES) >= 300


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['column']}={case['text'][:20]!r}")
def test_a_cell_gets_exactly_this(case: dict[str, object]) -> None:
    column = str(case["column"])
    assert outcome(read_rows(row(**{column: str(case["text"])})), column) == case["said"]
