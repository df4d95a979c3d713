"""CSV of the backlog page: its table, and the two counts behind every curve. Numbers as they are, without grouping."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from dashboard.doses.backlog import falls
from dashboard.doses.export import safe
from dashboard.web.pages.backlog.reading import Known, Row

TABLE: Final = (
    "place", "name", "counted_on", "reported", "recorded", "backlog", "oldest_day", "oldest_or_earlier", "age_days", "drain_a_day",
    "fastest_a_day", "slowest_a_day", "cleared_in_days_fastest", "cleared_in_days_slowest", "stalled", "basis", "as_known_on",
)  # fmt: skip
CURVES: Final = ("place", "name", "day", "reported", "recorded", "backlog", "revised", "basis", "as_known_on")


def table_csv(known: Known) -> str:
    """One line a place, the state first. Empty: not known, or (slowest) never; `as_known_on`: everything known here."""
    return _written(TABLE, ([*_standing(row), known.day or ""] for row in _rows(known)))


def curves_csv(known: Known) -> str:
    """One line a place and day."""
    return _written(CURVES, ([*line, known.day or ""] for row in _rows(known) for line in _course(row)))


def _rows(known: Known) -> list[Row]:
    return [*([known.state] if known.state else []), *known.rows]


def _standing(row: Row) -> list[object]:
    now = row.now
    fast, slow = now.rates or (None, None)
    soonest, latest = now.cleared_days or (None, None)
    counts = [now.point.day, now.point.reported, now.point.recorded, now.point.backlog]
    age = [now.oldest or "", int(now.at_least), now.age_days if now.oldest else ""]
    pace = [_rounded(number) for number in (now.drain, fast, slow, soonest, latest)]
    return [row.place, safe(row.name), *counts, *age, *pace, int(now.stalled), row.course.basis]


def _course(row: Row) -> Iterable[list[object]]:
    fell = falls(row.course.points)
    for point in row.course.points:
        counts = [point.day, point.reported, point.recorded, point.backlog]
        yield [row.place, safe(row.name), *counts, fell.get(point.day, ""), row.course.basis]


def _rounded(number: float | None) -> str:
    return "" if number is None else f"{number:.1f}"


def _written(columns: Sequence[str], lines: Iterable[list[object]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(lines)
    return out.getvalue()
