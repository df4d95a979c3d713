"""Figures in the store: appended, never changed. What was known at a moment can be asked at any later one."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Select, and_, func, or_, select

from dashboard.doses.checks import Known, weigh
from dashboard.doses.figure import TOLD_KINDS, Figure, Reading
from dashboard.doses.versions import Chosen, Version, chosen_of
from dashboard.settings import FigureRow
from dashboard.store.schema import figure

_KEY = (figure.c.place, figure.c.day, figure.c.kind, figure.c.as_of_ms, figure.c.source)
_READ = (figure.c.figure_id, *_KEY, figure.c.value, figure.c.version, figure.c.status, figure.c.note)
Key = tuple[str, str, str, int, str]
_DAY_MS = 86_399_000  # from the first to the last second of a day
AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True)
class Stored:
    """What became of figures: `new` rows, of which `corrected` give a known telling another value, and those `known` already."""

    new: int
    corrected: int
    known: int


def append(
    connection: Connection, rows: list[FigureRow], zone: ZoneInfo, now_ms: int, *, rehearsed: bool = False
) -> int:
    """Store figures of the config file and return how many are new; a value once stored under its source stays one row.

    An `as_of` without an hour is kept as the end of that day.
    """
    told = _told(connection, sorted({row.day.isoformat() for row in rows}))
    values = [_values(row, zone, now_ms, rehearsed) for row in rows]
    new = [value for value in values if value["value"] not in {row.value for row in told[_key(value)]}]
    return _insert(connection, new, told)


def store(connection: Connection, figures: Sequence[Figure], now_ms: int) -> Stored:
    """Store figures of a file or a form. One that says what its source said last is known already and stays one row."""
    told = _told(connection, sorted({item.day for item in figures}))
    new, corrected = [], 0
    for item in figures:
        before = told[item.key]
        if before and (before[-1].value, before[-1].status) == (item.value, item.status):
            continue
        corrected += bool(before)
        new.append(_values_of(item, now_ms))
    return Stored(_insert(connection, new, told), corrected, len(figures) - len(new))


def _told(connection: Connection, days: Sequence[str]) -> dict[Key, list[AnyRow]]:
    """Stored rows by key, oldest version first."""
    told: dict[Key, list[AnyRow]] = defaultdict(list)
    if days:
        query = select(*_READ).where(figure.c.day >= days[0], figure.c.day <= days[-1]).order_by(figure.c.version)
        for row in connection.execute(query):
            told[row.place, row.day, row.kind, row.as_of_ms, row.source].append(row)
    return told


def _insert(connection: Connection, values: list[dict[str, Any]], told: dict[Key, list[AnyRow]]) -> int:
    versions = {key: len(rows) for key, rows in told.items()}
    for value in values:
        value["version"] = versions[_key(value)] = versions.get(_key(value), 0) + 1
    if values:
        connection.execute(figure.insert(), values)
    return len(values)


def _key(value: dict[str, Any]) -> Key:
    return value["place"], value["day"], value["kind"], value["as_of_ms"], value["source"]


def _values(row: FigureRow, zone: ZoneInfo, now_ms: int, rehearsed: bool) -> dict[str, Any]:
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


def _values_of(item: Figure, now_ms: int) -> dict[str, Any]:
    return {
        "place": item.place, "day": item.day, "kind": item.kind, "value": item.value, "as_of_ms": item.as_of_ms,
        "hour_known": int(item.hour_known), "received_ms": now_ms, "said": item.said, "source": item.source, "who": item.who,
        "status": item.status, "note": item.note, "rehearsed": 0,
    }  # fmt: skip


def take(
    connection: Connection, reading: Reading, now_ms: int, *, good_rows: bool = False, confirmed: bool = False
) -> Stored | None:
    """Weigh a reading against what is stored and store it: all of it, or with `good_rows` what is good. None: nothing stored."""
    weigh(reading, known_for(connection, reading.figures), confirmed)
    if reading.findings and not (good_rows and reading.figures):
        return None
    return store(connection, reading.figures, now_ms)


# -- reading --------------------------------------------------------------------------------------------------------


def as_known(
    connection: Connection, at_ms: int, *, first_day: str = "", last_day: str = "9999", heard_by_ms: int | None = None
) -> list[Version]:
    """Every figure that was true by a moment, oldest first: those told later about the same days are left out.

    `at_ms` is on the clock of the figures (as-of). `heard_by_ms` looks by the other clock too: only what this control room had
    received by then. They differ when history is imported; a live page gives the same moment for both. A figure whose hour is not
    known counts from the end of its day, a target from the beginning: it was set for the day.
    """
    set_for_the_day = and_(figure.c.kind == "target", figure.c.hour_known == 0, figure.c.as_of_ms <= at_ms + _DAY_MS)
    query = _all().where(
        or_(figure.c.as_of_ms <= at_ms, set_for_the_day), figure.c.day >= first_day, figure.c.day <= last_day
    )
    if heard_by_ms is not None:
        query = query.where(figure.c.received_ms <= heard_by_ms)
    return [_version(row) for row in connection.execute(query)]


def chosen_as_known(
    connection: Connection, at_ms: int, heard_by_ms: int | None = None, prefer: Sequence[str] = ()
) -> dict[tuple[str, str, str], Chosen]:
    """The chosen figure of each (place, day, kind) as known at a moment; what was made up for a rehearsal is left out."""
    versions = as_known(connection, at_ms, heard_by_ms=heard_by_ms)
    return chosen_of((version for version in versions if not version.rehearsed), prefer)


def history(connection: Connection, place: str, day: str, kind: str) -> list[Version]:
    """Every version of one figure, oldest first."""
    query = _all().where(figure.c.place == place, figure.c.day == day, figure.c.kind == kind)
    return [_version(row) for row in connection.execute(query)]


def known_for(connection: Connection, figures: Iterable[Figure]) -> Known:
    """What is stored about the places and days of new figures, for dashboard/doses/checks.py."""
    days = sorted({item.day for item in figures})
    if not days:
        return Known()
    query = _all().where(figure.c.day.in_(days), figure.c.kind.in_(TOLD_KINDS), figure.c.rehearsed == 0)
    versions = [_version(row) for row in connection.execute(query)]
    targets = {
        (place, day): chosen.value for (place, day, kind), chosen in chosen_of(versions).items() if kind == "target"
    }
    told: dict[tuple[str, str, str, str], dict[int, int]] = defaultdict(dict)
    for version in versions:  # oldest first: the last word on an as_of stays
        told[version.place, version.day, version.kind, version.source][version.as_of_ms] = version.value
    return Known(targets, told)


def count(connection: Connection) -> int:
    """How many figures are stored."""
    return int(connection.execute(select(func.count()).select_from(figure)).scalar_one())


def _all() -> Select[*tuple[Any, ...]]:
    return select(figure).order_by(figure.c.as_of_ms, figure.c.received_ms, figure.c.figure_id)


def _version(row: AnyRow) -> Version:
    return Version(
        row.figure_id, row.place, row.day, row.kind, row.value, row.as_of_ms, bool(row.hour_known), row.received_ms, row.source,
        row.who, row.said, row.status, row.note, bool(row.rehearsed),
    )  # fmt: skip
