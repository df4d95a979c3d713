"""Figures to CSV, in the form the import takes. Text that a spreadsheet would run as a formula is made plain here, and only here."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dashboard.doses.figure import TOLD_KINDS
from dashboard.doses.rows import COLUMNS
from dashboard.doses.versions import Version, chosen_of

MORE = ("received", "who", "said", "rehearsed", "chosen", "rule", "as_known_at")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe(text: str) -> str:
    """A text cell as a spreadsheet shows it and does not run it. For text only: a negative number must stay one."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def to_csv(
    versions: Iterable[Version],
    zone: ZoneInfo,
    full: bool = False,
    prefer: Sequence[str] = (),
    known_at_ms: int | None = None,
) -> str:
    """CSV of the columns the import takes; `full` adds when and from whom each was received, the other kinds, and the choice.

    `known_at_ms`: the moment of a look back, which a full file keeps.
    """
    versions, known_at = list(versions), "" if known_at_ms is None else _local(known_at_ms, zone).isoformat()
    chosen = {found.version.figure_id: str(found.rule) for found in chosen_of(versions, prefer).values()}
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, *MORE] if full else COLUMNS)
    for version in versions:
        if full or (version.kind in TOLD_KINDS and not version.rehearsed):
            row = _row(version, zone)
            writer.writerow([*row, *_more(version, zone, chosen), known_at] if full else row)
    return out.getvalue()


def _row(version: Version, zone: ZoneInfo) -> list[object]:
    as_of = _local(version.as_of_ms, zone)
    shown = as_of.isoformat() if version.hour_known else as_of.date().isoformat()
    text = [version.place, version.day, version.kind, version.value, shown]
    return [*text, safe(version.source), version.status, safe(version.note)]


def _more(version: Version, zone: ZoneInfo, chosen: dict[int, str]) -> list[object]:
    rule = chosen.get(version.figure_id, "")
    received = _local(version.received_ms, zone).isoformat()
    return [received, safe(version.who), safe(version.said), int(version.rehearsed), int(bool(rule)), rule]


def _local(ms: int, zone: ZoneInfo) -> datetime:
    whole = ms % 1000 == 0
    return datetime.fromtimestamp(ms // 1000 if whole else ms / 1000, UTC).astimezone(zone)
