"""Samples: stored once, read on in order of arrival, summed up in cells of five minutes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select, update

from dashboard.detection.seen import Seen
from dashboard.store import histogram
from dashboard.store.engine import insert_new, insert_or_replace
from dashboard.store.schema import boot, cell, sample, series
from probes.sample import Batch, CheckKind, Outcome, Reason, Receipt, Sample

AnyRow = Row[*tuple[Any, ...]]
CELL_MS = 300_000


def accept(connection: Connection, agent_id: int, batch: Batch, received_ms: int) -> Receipt:
    """Store a batch in the caller's transaction; samples that are there already count as doubled."""
    skew_ms = int(batch.sent * 1000) - received_ms
    boot_id = _boot_id(connection, agent_id, batch, received_ms, skew_ms)
    wrong_ms = skew_ms if abs(skew_ms) > _SKEW_MS else 0
    ids = _series_ids(connection, batch.samples)
    rows = [_row(item, boot_id, ids[_series_key(item)], received_ms, wrong_ms) for item in batch.samples]
    stored = connection.execute(insert_new(connection, sample), rows).rowcount if rows else 0
    return Receipt(stored=stored, doubled=len(rows) - stored)


def arrived_after(connection: Connection, sample_id: int, limit: int = 20_000) -> list[Seen]:
    """Samples stored after the given one, in order of arrival."""
    query = _SEEN.where(sample.c.sample_id > sample_id).order_by(sample.c.sample_id).limit(limit)
    return [_seen(row) for row in connection.execute(query)]


def started_between(connection: Connection, start: float, end: float, up_to_id: int) -> list[Seen]:
    """Samples started in a span (seconds UTC) and already judged (`sample_id` up to `up_to_id`), in order of arrival."""
    within = (sample.c.started_ms >= int(start * 1000), sample.c.started_ms < int(end * 1000))
    query = _SEEN.where(*within, sample.c.sample_id <= up_to_id)
    return [_seen(row) for row in connection.execute(query.order_by(sample.c.sample_id))]


def refresh_cells(connection: Connection, samples: Iterable[Seen]) -> None:
    """Recompute, from the stored samples, each cell that one of these falls into."""
    touched: dict[int, set[tuple[int, str]]] = defaultdict(set)
    for item in samples:
        touched[item.started_ms // CELL_MS * CELL_MS].add((item.district, str(item.kind)))
    rows = [row for start_ms, keys in touched.items() for row in _cells(connection, start_ms, keys)]
    if rows:
        connection.execute(insert_or_replace(connection, cell), rows)


def _cells(connection: Connection, start_ms: int, keys: set[tuple[int, str]]) -> list[dict[str, Any]]:
    query = (
        select(series.c.district, series.c.kind, sample.c.outcome, sample.c.total_us)
        .join(series, series.c.series_id == sample.c.series_id)
        .where(sample.c.started_ms >= start_ms, sample.c.started_ms < start_ms + CELL_MS)
    )
    groups: dict[tuple[int, str], list[AnyRow]] = defaultdict(list)
    for row in connection.execute(query):
        groups[row.district, row.kind].append(row)
    return [
        {"district": district, "kind": kind, "start_ms": start_ms} | _cell(groups[district, kind])
        for district, kind in keys & groups.keys()
    ]


def _cell(rows: Sequence[AnyRow]) -> dict[str, Any]:
    good = [row.total_us for row in rows if row.outcome == Outcome.OK]
    return {
        "ok": len(good),
        "failed": sum(row.outcome == Outcome.FAILED for row in rows),
        "unknown": sum(row.outcome == Outcome.UNKNOWN for row in rows),
        "histogram": histogram.encode(good),
        "max_us": max(good, default=0),
    }


# an agent's clock is corrected only when it is plainly wrong; a small skew is mostly the batch's own journey
_SKEW_MS = 5_000
_SEEN = select(
    sample.c.sample_id, sample.c.started_ms, sample.c.received_ms, sample.c.total_us, sample.c.outcome, sample.c.reason,
    sample.c.status, series.c.district, series.c.kind, series.c.vantage,
).join(series, series.c.series_id == sample.c.series_id)  # fmt: skip


def _seen(row: AnyRow) -> Seen:
    total = row.total_us / 1e6
    at = min(row.started_ms / 1000 + total, row.received_ms / 1000)
    return Seen(
        row.sample_id, row.district, CheckKind(row.kind), row.vantage, row.started_ms, at, total, Outcome(row.outcome),
        Reason(row.reason), row.status is not None,
    )  # fmt: skip


def _boot_id(connection: Connection, agent_id: int, batch: Batch, received_ms: int, skew_ms: int) -> int:
    news: dict[str, Any] = {"last_ms": received_ms, "skew_ms": skew_ms, "dropped": batch.dropped}
    if batch.load is not None:
        news["load"] = batch.load.model_dump_json()
    first = insert_new(connection, boot).values(agent_id=agent_id, boot=batch.boot, first_ms=received_ms, **news)
    connection.execute(first)
    connection.execute(update(boot).where(boot.c.agent_id == agent_id, boot.c.boot == batch.boot).values(news))
    query = select(boot.c.boot_id).where(boot.c.agent_id == agent_id, boot.c.boot == batch.boot)
    return int(connection.execute(query).scalar_one())


def _series_key(item: Sample) -> tuple[int, str, str, str]:
    return item.district, item.check, str(item.kind), item.vantage


def _series_ids(connection: Connection, samples: Sequence[Sample]) -> dict[tuple[int, str, str, str], int]:
    keys = {_series_key(item) for item in samples}
    known = _known_series(connection, keys)
    missing = [
        dict(zip(("district", "check_name", "kind", "vantage"), key, strict=True)) for key in keys - known.keys()
    ]
    if missing:
        connection.execute(insert_new(connection, series), missing)
        known = _known_series(connection, keys)
    return known


def _known_series(connection: Connection, keys: set[tuple[int, str, str, str]]) -> dict[tuple[int, str, str, str], int]:
    query = select(series).where(series.c.district.in_({key[0] for key in keys}))
    return {(row.district, row.check_name, row.kind, row.vantage): row.series_id for row in connection.execute(query)}


def _row(item: Sample, boot_id: int, series_id: int, received_ms: int, wrong_ms: int) -> dict[str, Any]:
    phases = item.phases
    return {
        "boot_id": boot_id, "seq": item.seq, "series_id": series_id, "started_ms": int(item.started * 1000) - wrong_ms,
        "received_ms": received_ms, "outcome": str(item.outcome), "reason": str(item.reason), "status": item.status,
        "dns_us": _us(phases.dns), "connect_us": _us(phases.connect), "tls_us": _us(phases.tls),
        "first_byte_us": _us(phases.first_byte), "transfer_us": _us(phases.transfer), "visible_us": _us(phases.visible),
        "total_us": int(phases.total * 1e6), "bytes_up": item.bytes_up, "bytes_down": item.bytes_down,
        "lateness_us": int(item.lateness * 1e6), "detail": item.detail, "stage": item.stage, "parts": _parts(item),
    }  # fmt: skip


def _parts(item: Sample) -> str | None:
    if not item.steps and not item.bundle and item.up_bytes_per_s is None:
        return None
    return item.model_dump_json(include={"steps", "bundle", "up_bytes_per_s"}, exclude_defaults=True)


def _us(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * 1e6)
