"""Weeks of told doses in a real store, for tests of pace: every session day of the example's calendar, a telling an hour. No chance."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from sqlalchemy import Engine, insert

from dashboard.doses.figure import Figure
from dashboard.settings import ControlRoomFile
from dashboard.store import figures, schema
from tests.places import at

HOURS = ("10:00", "11:00", "12:00", "13:00", "14:00", "15:00", "16:00", "17:00")
SHARES = (0.10, 0.26, 0.43, 0.58, 0.63, 0.76, 0.90, 1.0)  # of the day's doses by those hours
TODAY = date(2021, 2, 9)  # a Tuesday: twelve session days stand before it within three weeks
TARGET = 400


def told(place: str, day: date, kind: str, value: int, hour: str, source: str = "district") -> Figure:
    """A figure with a known hour."""
    return Figure(place, day.isoformat(), kind, value, int(at(hour, day.isoformat()) * 1000), True, source)


def session_days(settings: ControlRoomFile) -> list[date]:
    """The session days of the three weeks before today, oldest first."""
    every = (TODAY - timedelta(days=n) for n in range(21, 0, -1))
    return [day for day in every if settings.calendar.hours_on(day) is not None]


def a_day(place: str, day: date, final: int, upto: str = "17:00", target: int = TARGET) -> list[Figure]:
    """A place's day as usual, up to an hour."""
    rows = [told(place, day, "target", target, "08:00")]
    pairs = zip(HOURS, SHARES, strict=True)
    return rows + [told(place, day, "reported", round(final * share), hour) for hour, share in pairs if hour <= upto]


def fill(
    engine: Engine,
    settings: ControlRoomFile,
    places: Iterable[str],
    final: Callable[[str, int], int],
    target: int = TARGET,
) -> None:
    """Quiet weeks: `final(place, n)` doses on the n-th session day before today."""
    days = list(enumerate(session_days(settings)))
    store(
        engine,
        [row for place in places for n, day in days for row in a_day(place, day, final(place, n), target=target)],
    )


def store(engine: Engine, rows: Iterable[Figure]) -> None:
    with engine.begin() as connection:
        figures.store(connection, list(rows), 1)


def incident(
    engine: Engine, codes: list[int], since: float, until: float | None, kind: str = "outage", scope: str = "district"
) -> int:
    """An incident that lasted so long in all its districts; returns its number."""
    since_ms, until_ms = int(since * 1000), None if until is None else int(until * 1000)
    row = {
        "kind": kind,
        "scope": scope,
        "status": "open" if until is None else "resolved",
        "since_ms": since_ms,
        "opened_ms": since_ms,
    }
    with engine.begin() as connection:
        number = connection.execute(
            insert(schema.incident).values(**row, resolved_ms=until_ms, sentence="", steps=1)
        ).inserted_primary_key[0]  # type: ignore[index]
        members = [
            {"incident_id": number, "district": code, "joined_ms": since_ms, "left_ms": until_ms} for code in codes
        ]
        connection.execute(insert(schema.incident_district), members)
    return int(number)
