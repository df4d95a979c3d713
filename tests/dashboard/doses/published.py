"""The published figures, see tests/beside.py. They are read in place, never copied."""

import csv
from functools import cache

from tests.beside import shared

FOLDER = shared() / "data"
AT_HAND = FOLDER.is_dir()


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a published table, by column."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
