"""The JSON twin of the doses file: {"figures": [{"district": …, "day": …, …}]}. Fields and rules are those of the CSV."""

import json
from typing import Any

from dashboard.doses.figure import Figure, Reading
from dashboard.doses.finding import Finding, quoted
from dashboard.doses.rows import COLUMNS, NEEDED, TOTAL, Context, RowReader, legible
from dashboard.doses.sums import settle

MAX_ITEMS = 50_000
OPTIONS = ("confirmed", "good_rows")
_SHAPE = (
    '{"figures": [{"district": 491, "day": "2021-01-16", "kind": "reported", "value": 10, "as_of": …, "source": …}]}'
)


class NotJson(ValueError):
    """The body is not one JSON object with a list `figures`; `finding` says why."""

    def __init__(self, column: str, wrong: str, cure: str) -> None:
        super().__init__(wrong)
        self.finding = Finding(0, legible(column), wrong, cure)


def parse(raw: bytes) -> dict[str, Any]:
    """The body as a dict with a list `figures` and the options `confirmed` and `good_rows`.

    Raises:
        NotJson: no JSON, doubled or unknown keys, NaN, too deep, or over 50,000 items.
    """
    try:
        body = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant)
    except NotJson:
        raise
    except UnicodeDecodeError as problem:
        raise NotJson("", f"byte {problem.start + 1} is not UTF-8", "Send UTF-8") from None
    except (ValueError, RecursionError) as problem:
        reason = "it is nested too deeply" if isinstance(problem, RecursionError) else _reason(problem)
        raise NotJson("", f"the body is not JSON: {reason}", f"Send {_SHAPE}") from None
    return _shaped(body)


def _reason(problem: ValueError) -> str:
    if isinstance(problem, json.JSONDecodeError):
        return f"{problem.msg} at line {problem.lineno}, column {problem.colno}"
    return "a number has too many digits"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        double = next(key for key in keys if keys.count(key) > 1)
        raise NotJson(double, f"key {quoted(double)} stands twice in one object", "Keep one of the two")
    return found


def _no_constant(name: str) -> Any:
    raise NotJson("", f"{name} is not JSON", "Write null for a count that is not reported")


def _shaped(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict) or not isinstance(body.get("figures"), list):
        raise NotJson("figures", 'the body has no list "figures"', f"Send {_SHAPE}")
    unknown = next((key for key in body if key not in ("figures", *OPTIONS)), None)
    if unknown is not None:
        raise NotJson(unknown, f"there is no field {quoted(unknown)}", f"Known: figures, {', '.join(OPTIONS)}")
    for option in OPTIONS:
        if not isinstance(body.get(option, False), bool):
            raise NotJson(option, f"{quoted(body[option])} is not true or false", "Write true or false")
    count = len(body["figures"])
    if not 1 <= count <= MAX_ITEMS:
        raise NotJson(
            "figures", f"the list has {count} figures; 1 to {MAX_ITEMS} are taken at once", "Send them in parts"
        )
    return body


def read_list(items: list[Any], context: Context) -> Reading:
    """The figures of a list and a finding for each mistake; `index` counts from 0. Never raises for what is in the list."""
    reading = Reading(rows=len(items))
    reader = RowReader(context, reading)
    totals: list[Figure] = []
    for index, item in enumerate(items):
        cells = _cells(item, index, reading)
        figure = reader.read(cells, 0, index) if cells is not None else None
        if figure:
            (totals if figure.place == TOTAL else reading.figures).append(figure)
    settle(reading, totals, context.places)
    return reading


def _cells(item: Any, index: int, reading: Reading) -> dict[str, str] | None:
    if not isinstance(item, dict):
        reading.findings.append(Finding(0, "", f"{quoted(item)} is not an object", f"Send {_SHAPE}", index))
        return None
    before = len(reading.findings)
    for key in item:
        if key not in COLUMNS:
            wrong = f"there is no field {quoted(key)}"
            reading.findings.append(Finding(0, legible(key), wrong, f"Known: {', '.join(COLUMNS)}", index))
    for key in NEEDED:
        if key not in item:
            reading.findings.append(Finding(0, key, f"the field {key} is missing", "Send it", index))
    cells = {key: _text(key, item[key], index, reading) for key in COLUMNS if key in item}
    return cells if len(reading.findings) == before else None


def _text(key: str, value: Any, index: int, reading: Reading) -> str:
    if isinstance(value, str):
        return value
    if value is None and key in ("value", "status", "note"):
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and key in ("value", "district"):
        return str(value) if abs(value) < 10**30 else "1" + "0" * 30
    if isinstance(value, float) and key == "value":
        return f"{value:.0f}.0" if value.is_integer() and abs(value) < 1e15 else repr(value)
    wanted = "a whole number or a text" if key in ("value", "district") else "a text"
    reading.findings.append(
        Finding(0, key, f"{quoted(value)} is not {wanted}", "See the fields of the doses file", index)
    )
    return ""
