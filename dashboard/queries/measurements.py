"""What was measured: upload times in steps of ten minutes, the last quarter of an hour, single uploads, our own load."""

from functools import lru_cache
from typing import Any

import pandas as pd
from sqlalchemy import Connection, func, select

from dashboard.queries.frame import read, typed
from dashboard.store import histogram
from dashboard.store.schema import cell, sample, series
from probes.sample import CheckKind

MINUTE_MS = 60_000
CELL_MS = 5 * MINUTE_MS
STEP_MS = 10 * MINUTE_MS
UPLOAD_TIMES = {
    "district": "int64", "start_ms": "int64", "ok": "int64", "failed": "int64", "unknown": "int64", "p95_s": "float64",
}  # fmt: skip
PHASES = ("dns", "connect", "tls", "first_byte", "transfer", "visible")
UPLOADS = {
    "started_ms": "int64", "outcome": "str", "reason": "str", **{f"{phase}_s": "float64" for phase in PHASES},
    "total_s": "float64", "detail": "str",
}  # fmt: skip
PULSE = {"newest_ms": "Int64", "samples": "int64", "series": "int64", "on_registry": "int64"}
MAX_UPLOADS = 2000


def upload_times(connection: Connection, start_ms: int, end_ms: int) -> pd.DataFrame:
    """p95 upload time of each district in steps of ten minutes from `start_ms`: columns UPLOAD_TIMES.

    A step without any ok upload has p95_s NaN; a step without any upload has no row.
    """
    return _merged(_cells(connection, start_ms, end_ms), start_ms)


def last_quarter(connection: Connection, now_ms: int) -> pd.DataFrame:
    """One row a district for the cells that reach into the last 15 minutes: columns UPLOAD_TIMES."""
    start_ms = now_ms - now_ms % CELL_MS - 3 * CELL_MS
    return _merged(_cells(connection, start_ms, now_ms + 1), start_ms, step_ms=now_ms - start_ms + 1)


def uploads_of(connection: Connection, district: int, start_ms: int) -> pd.DataFrame:
    """Single uploads of a district since `start_ms`, at most the newest MAX_UPLOADS, oldest first: columns UPLOADS."""
    phases = [(getattr(sample.c, f"{phase}_us") / 1e6).label(f"{phase}_s") for phase in PHASES]
    statement = (
        select(
            sample.c.started_ms, sample.c.outcome, sample.c.reason, *phases, sample.c.total_us / 1e6, sample.c.detail
        )
        .join(series, series.c.series_id == sample.c.series_id)
        .where(series.c.district == district, series.c.kind == CheckKind.UPLOAD, sample.c.started_ms >= start_ms)
        .order_by(sample.c.started_ms.desc())
        .limit(MAX_UPLOADS)
    )
    return read(connection, statement, UPLOADS).iloc[::-1].reset_index(drop=True)


def pulse(connection: Connection, now_ms: int, window_ms: int = MINUTE_MS) -> pd.DataFrame:
    """One row: when the newest sample started (<NA>: none yet), and how many samples the last window brought.

    `on_registry` leaves out anchors: it is our load on the registry, in checks a window.
    """
    newest = select(sample.c.started_ms).order_by(sample.c.started_ms.desc()).limit(1).scalar_subquery()
    busy = (
        select(
            newest,
            func.count(),
            func.count(sample.c.series_id.distinct()),
            func.count().filter(series.c.kind != CheckKind.ANCHOR),
        )
        .select_from(sample.join(series, series.c.series_id == sample.c.series_id))
        .where(sample.c.started_ms > now_ms - window_ms)
    )
    return read(connection, busy, PULSE)


def _cells(connection: Connection, start_ms: int, end_ms: int) -> list[Any]:
    statement = (
        select(cell.c.district, cell.c.start_ms, cell.c.ok, cell.c.failed, cell.c.unknown, cell.c.histogram)
        .where(cell.c.start_ms >= start_ms, cell.c.start_ms < end_ms, cell.c.kind == CheckKind.UPLOAD)
        .order_by(cell.c.district, cell.c.start_ms)
    )
    return list(connection.execute(statement).all())


def _merged(cells: list[Any], start_ms: int, step_ms: int = STEP_MS) -> pd.DataFrame:
    steps: dict[tuple[int, int], list[Any]] = {}
    for row in cells:
        start = row.start_ms - (row.start_ms - start_ms) % step_ms
        steps.setdefault((row.district, start), []).append(row)
    rows = [
        (district, start, *_sums(group), _p95(tuple(row.histogram for row in group)))
        for (district, start), group in steps.items()
    ]
    return typed(pd.DataFrame(rows, columns=list(UPLOAD_TIMES)), UPLOAD_TIMES)


def _sums(group: list[Any]) -> tuple[int, int, int]:
    return sum(row.ok for row in group), sum(row.failed for row in group), sum(row.unknown for row in group)


@lru_cache(maxsize=8192)  # the steps of a day that are over do not change; only the newest are merged anew
def _p95(histograms: tuple[bytes, ...]) -> float | None:
    return histogram.quantile(histogram.merge(histograms), 0.95)
