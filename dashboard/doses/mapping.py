"""An answer of the registry, CSV or JSON, to rows of the doses file, by the mapping of config.yaml. Nothing is judged here.

What comes out goes through dashboard/doses/listing.py, as every other way in does.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from dashboard.doses.decoding import NotText, decode
from dashboard.doses.finding import quoted
from dashboard.doses.listing import MAX_ITEMS
from dashboard.settings.doses import Pull

_SHOWN = 12


class Unmapped(ValueError):
    """The answer does not have the shape of the mapping; `str()` says where, what is wrong, and what to write."""


def items(raw: bytes, pull: Pull, asked: datetime) -> list[dict[str, Any]]:
    """The rows of an answer as figures of POST /api/v1/doses. `asked`, with a zone, is their as_of where none is mapped.

    Raises:
        Unmapped: no text, HTML, no JSON, or a column or path of the mapping that is not there.
    """
    rows = list(_csv(raw, pull) if pull.format == "csv" else _json(raw, pull))
    if not rows:
        raise Unmapped("the answer holds no rows")
    if len(rows) > MAX_ITEMS:
        raise Unmapped(f"the answer holds {len(rows)} rows; {MAX_ITEMS} are taken at once")
    common = {"kind": pull.kind, "source": pull.source, "note": f"pull {pull.name}"}
    moment = asked.isoformat(timespec="seconds")
    return [common | {"as_of": moment} | row for row in rows]


def _wanted(pull: Pull) -> dict[str, str]:
    return {ours: theirs for ours, theirs in pull.where.model_dump().items() if theirs is not None}


def _csv(raw: bytes, pull: Pull) -> Iterator[dict[str, str]]:
    try:
        reader = csv.reader(io.StringIO(decode(raw), newline=""), strict=True)
        header = [cell.strip() for cell in next(reader)]
        places = {ours: _column(theirs, ours, header) for ours, theirs in _wanted(pull).items()}
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield {ours: _cell(cells, at, reader.line_num, header) for ours, at in places.items()}
    except NotText as problem:
        raise Unmapped(f"{problem.finding.wrong}. {problem.finding.cure}") from None
    except csv.Error as problem:
        raise Unmapped(f"line {reader.line_num} of the answer is not CSV: {problem}") from None


def _column(theirs: str, ours: str, header: list[str]) -> int:
    if header.count(theirs) == 1:
        return header.index(theirs)
    there = "stands more than once" if theirs in header else "is not in the answer"
    names = ", ".join(quoted(name) for name in header[:_SHOWN])
    raise Unmapped(f"column {quoted(theirs)} {there}; it has {names}. Correct where.{ours}")


def _cell(cells: list[str], at: int, line: int, header: list[str]) -> str:
    if len(cells) != len(header):
        raise Unmapped(f"line {line} of the answer has {len(cells)} cells, its header {len(header)}")
    return cells[at]


def _json(raw: bytes, pull: Pull) -> Iterator[dict[str, Any]]:
    try:
        body = json.loads(decode(raw))
    except NotText as problem:
        raise Unmapped(problem.finding.wrong.replace("a CSV", "JSON")) from None
    except (ValueError, RecursionError):
        raise Unmapped("the answer is not JSON. Correct the address, or write format: csv") from None
    rows = _at(body, pull.rows, "rows") if pull.rows else body
    if not isinstance(rows, list):
        raise Unmapped(f"{quoted(pull.rows or 'the answer')} is no list. Write in rows the path of the list of counts")
    for number, row in enumerate(rows):
        yield {ours: _at(row, theirs, f"where.{ours}", f" of row {number}") for ours, theirs in _wanted(pull).items()}


def _at(body: Any, path: str, key: str, of: str = "") -> Any:
    found = body
    for step in path.split("."):
        if not isinstance(found, Mapping) or step not in found:
            there = (
                ", ".join(quoted(name) for name in list(found)[:_SHOWN]) if isinstance(found, Mapping) else "no names"
            )
            raise Unmapped(f"{quoted(path)}{of} is not in the answer; there is {there}. Correct {key}")
        found = found[step]
    return found
