"""What the store holds of a span of time, for going through it again: samples as columns, incidents as they were told. Read-only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection, func, select

from dashboard.detection.columns import KIND_OF, REASONS, Columns
from dashboard.store.schema import incident, incident_district, sample, series
from probes.sample import CheckKind, Outcome, Reason

_REASON_OF = {str(reason): index for index, reason in enumerate(REASONS)}
_OFFLINE = _REASON_OF[Reason.AGENT_OFFLINE]
_AT_ONCE = 20_000


@dataclass(frozen=True)
class Heard:
    """Samples in order of arrival; `arrived` in seconds since 1970 UTC. `cut`: from here on there were too many, and they are left out."""

    columns: Columns
    arrived: Any
    vantages: dict[int, str]  # by LGD code
    cut: float | None


def heard(connection: Connection, codes: Sequence[int], start: float, end: float, most: int) -> Heard:
    """The judged samples of some districts started in [start, end) (seconds UTC), at most so many, the earliest first.

    Districts are columns by their position in `codes`.
    """
    known = _series(connection, codes)
    query = (
        select(
            sample.c.series_id, sample.c.received_ms, sample.c.started_ms, sample.c.total_us, sample.c.outcome, sample.c.reason,
            sample.c.status.is_not(None), sample.c.sample_id,
        )
        .where(sample.c.started_ms >= int(start * 1000), sample.c.started_ms < int(end * 1000), sample.c.series_id.in_(known))
        .order_by(sample.c.started_ms)
        .limit(most + 1)
    )  # fmt: skip
    parts = [_table(rows, known) for rows in connection.execute(query).partitions(_AT_ONCE)]
    table = np.concatenate(parts) if parts else np.zeros((0, _WIDTH))
    cut = float(table[most, _STARTED]) if len(table) > most else None
    table = table[:most]
    table = table[np.lexsort((table[:, _ID], table[:, _ARRIVED]))]
    return Heard(
        _columns(table), table[:, _ARRIVED], {district: vantage for _, _, district, vantage in known.values()}, cut
    )


_WIDTH = 9
_PLACE, _KIND, _ARRIVED, _STARTED, _TOTAL, _OUTCOME, _REASON, _ANSWERED, _ID = range(_WIDTH)
_FAILED, _UNKNOWN = 1, 2
_OUTCOME_OF = {str(Outcome.OK): 0, str(Outcome.FAILED): _FAILED, str(Outcome.UNKNOWN): _UNKNOWN}


def _series(connection: Connection, codes: Sequence[int]) -> dict[int, tuple[int, int, int, str]]:
    """Place, kind, district and vantage of each series that is judged, by its id."""
    places = {code: place for place, code in enumerate(codes)}
    return {
        row.series_id: (places[row.district], KIND_OF[CheckKind(row.kind)], row.district, row.vantage)
        for row in connection.execute(select(series))
        if row.district in places and CheckKind(row.kind) in KIND_OF
    }


def _table(rows: Sequence[Any], known: dict[int, tuple[int, int, int, str]]) -> Any:
    ids, received, started, total, outcome, reason, answered, sample_id = zip(*rows, strict=True)
    table = np.empty((len(rows), _WIDTH))
    table[:, (_PLACE, _KIND)] = [known[one][:2] for one in ids]
    table[:, _ARRIVED], table[:, _STARTED] = np.array(received) / 1000, np.array(started) / 1000
    table[:, _TOTAL] = np.array(total) / 1e6
    table[:, _OUTCOME], table[:, _REASON] = [_OUTCOME_OF[one] for one in outcome], [_REASON_OF[one] for one in reason]
    table[:, _ANSWERED], table[:, _ID] = answered, sample_id
    return table[(table[:, _OUTCOME] != _UNKNOWN) | (table[:, _REASON] == _OFFLINE)]


def _columns(table: Any) -> Columns:
    """As store/samples.py gives them to the watch: a sample ends when it ended, or when we had it."""
    at = np.minimum(table[:, _STARTED] + table[:, _TOTAL], table[:, _ARRIVED])
    place, kind, reason = (table[:, column].astype(np.int64) for column in (_PLACE, _KIND, _REASON))
    outcome = table[:, _OUTCOME]
    return Columns(
        place,
        kind,
        at,
        table[:, _TOTAL].copy(),
        outcome == _FAILED,
        outcome == _UNKNOWN,
        reason,
        table[:, _ANSWERED] > 0,
    )


def days_measured(connection: Connection, zone: ZoneInfo, most: int = 60) -> list[Date]:
    """Days (of the state's zone) on which samples are stored, the newest first."""
    first, last = connection.execute(select(func.min(sample.c.started_ms), func.max(sample.c.started_ms))).one()
    if first is None:
        return []
    newest, oldest = (datetime.fromtimestamp(at / 1000, zone).date() for at in (last, first))
    days = [newest - timedelta(days=n) for n in range(min(most, (newest - oldest).days + 1))]
    return [day for day in days if measured(connection, *bounds(day, zone)) is not None]


def bounds(day: Date, zone: ZoneInfo) -> tuple[float, float]:
    """Midnight and the midnight after it, seconds since 1970 UTC."""
    start, end = (datetime.combine(day + timedelta(days=n), time(0), zone).timestamp() for n in (0, 1))
    return start, end


def measured(connection: Connection, start: float, end: float) -> tuple[float, float] | None:
    """Start of the first and of the last sample within [start, end), seconds UTC; None: nothing is stored."""
    within = (sample.c.started_ms >= int(start * 1000), sample.c.started_ms < int(end * 1000))
    first, last = (
        connection.execute(select(sample.c.started_ms).where(*within).order_by(order).limit(1)).scalar()
        for order in (sample.c.started_ms, sample.c.started_ms.desc())
    )
    return None if first is None or last is None else (first / 1000, last / 1000)


@dataclass(frozen=True)
class Told:
    """An incident as it was told. Times in seconds since 1970 UTC; `resolved` None: it is open."""

    kind: str
    scope: str
    opened: float
    resolved: float | None
    districts: frozenset[int]
    sentence: str
    incident_id: int | None = None


def told(connection: Connection, start: float, end: float) -> list[Told]:
    """Incidents of the ledger that a rule opened in [start, end), in that order."""
    within = (incident.c.opened_ms >= int(start * 1000), incident.c.opened_ms < int(end * 1000))
    query = select(incident).where(*within, incident.c.made_by == "rule")
    rows = connection.execute(query.order_by(incident.c.opened_ms, incident.c.incident_id)).all()
    members: dict[int, set[int]] = {row.incident_id: set() for row in rows}
    for row in connection.execute(select(incident_district).where(incident_district.c.incident_id.in_(members))):
        members[row.incident_id].add(row.district)
    return [
        Told(
            row.kind, row.scope, row.opened_ms / 1000, None if row.resolved_ms is None else row.resolved_ms / 1000,
            frozenset(members[row.incident_id]), row.sentence, row.incident_id,
        )
        for row in rows
    ]  # fmt: skip
