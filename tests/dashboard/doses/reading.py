"""How tests read files of doses: config.yaml's places, and a Saturday evening of January 2021."""

from datetime import datetime
from functools import cache

from dashboard.doses.figure import Reading
from dashboard.doses.places import Places
from dashboard.doses.rows import COLUMNS, Context
from dashboard.doses.table import read_file
from tests.places import IST, example

NOW = datetime(2021, 1, 30, 20, 0, tzinfo=IST)
HEADER = ",".join(COLUMNS)
GOOD = {
    "district": "Raigad", "day": "2021-01-16", "kind": "reported", "value": "10", "as_of": "2021-01-16T13:30:00+05:30",
    "source": "Sakal", "status": "provisional", "note": "",
}  # fmt: skip


@cache
def places() -> Places:
    return Places(example())


def context(now: datetime = NOW) -> Context:
    return Context(places(), IST, now)


def quoted_cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def row(**cells: str) -> str:
    """A row of the doses file, every cell in quotes."""
    return ",".join(quoted_cell((GOOD | cells)[column]) for column in COLUMNS)


def read_rows(*rows: str, now: datetime = NOW) -> Reading:
    return read_file("\n".join([HEADER, *rows, ""]).encode(), context(now))


def said(reading: Reading, file: str = "f.csv") -> list[str]:
    return [finding.text(file) for finding in reading.findings]
