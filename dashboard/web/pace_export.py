"""CSV of the pace of a day: what the doses page shows of it, one line a place. Numbers as they are, without grouping."""

import csv
import io
from typing import Final
from zoneinfo import ZoneInfo

from dashboard.doses.export import safe
from dashboard.doses.pace import Range
from dashboard.web import wording
from dashboard.web.pages.doses.pace import PaceKnown, PaceRow

COLUMNS: Final = (
    "place", "name", "day", "at", "target", "reported", "reported_at", "expected_low", "expected", "expected_high", "behind_low", "behind",
    "behind_high", "close_low", "close", "close_high", "quiet_days", "expected_by",
)  # fmt: skip


def pace_csv(known: PaceKnown, zone: ZoneInfo) -> str:
    """One line a place, the state and the sum first. Empty: not reported. Without quiet days a range has no middle."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_line(row, known, zone) for row in (known.state, known.total, *known.rows) if row)
    return out.getvalue()


def _line(row: PaceRow, known: PaceKnown, zone: ZoneInfo) -> list[object]:
    at, told_at = (
        "" if at_ms is None else wording.local(at_ms, zone).isoformat(timespec="seconds")
        for at_ms in (known.now_ms, row.told_at_ms)
    )
    told = "" if row.reported is None else row.reported
    ranges = [
        bound for one in (row.by_now, row.behind_range, row.close_range) for bound in _bounds(one, row.quiet_days)
    ]
    return [
        row.place,
        safe(row.name),
        known.day,
        at,
        row.target,
        told,
        told_at,
        *ranges,
        row.quiet_days,
        safe(row.course),
    ]


def _bounds(one: Range | None, quiet_days: int) -> tuple[object, ...]:
    if one is None:
        return "", "", ""
    return round(one.low, 1), round(one.mid, 1) if quiet_days else "", round(one.high, 1)
