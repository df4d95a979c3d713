"""Figures in the store: appended, never changed. The same figure stored twice stays one row."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from dashboard.settings import FigureRow
from dashboard.store.engine import insert_new
from dashboard.store.schema import figure


def append(
    connection: Connection, rows: list[FigureRow], zone: ZoneInfo, now_ms: int, *, rehearsed: bool = False
) -> int:
    """Store figures and return how many are new. An `as_of` without an hour is kept as the end of that day."""
    if not rows:
        return 0
    values = [_values(row, zone, now_ms, rehearsed) for row in rows]
    return connection.execute(insert_new(connection, figure), values).rowcount


def _values(row: FigureRow, zone: ZoneInfo, now_ms: int, rehearsed: bool) -> dict[str, object]:
    hour_known = isinstance(row.as_of, datetime)
    if isinstance(row.as_of, datetime):
        as_of = row.as_of if row.as_of.tzinfo else row.as_of.replace(tzinfo=zone)
    else:
        as_of = datetime.combine(row.as_of + timedelta(days=1), time(0), zone) - timedelta(seconds=1)
    return {
        "place": str(row.place), "day": row.day.isoformat(), "kind": row.kind, "value": row.value,
        "as_of_ms": int(as_of.timestamp() * 1000), "hour_known": int(hour_known), "received_ms": now_ms, "said": row.said,
        "source": row.source, "who": row.who, "status": row.status, "note": row.note, "rehearsed": int(rehearsed),
    }  # fmt: skip
