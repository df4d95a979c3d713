"""Checks of the registry against their limits, from the five-minute cells; and which session day is looked at."""

import threading
from datetime import date as Date
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, select

from dashboard.settings import ControlRoomFile
from dashboard.settings.thresholds import Slo
from dashboard.slo import CELL_MS, Budget, Checks, Session, budgets
from dashboard.store import maintenance
from dashboard.store.engine import reading
from dashboard.store.histogram import counted_under
from dashboard.store.schema import cell
from probes.clock import Clock
from probes.sample import CheckKind

KINDS: Final = (CheckKind.HTTP, CheckKind.UPLOAD)  # in the order of their limits
_DAY: Final = timedelta(days=1)
_LOOK_BACK: Final = 14  # days
_MINUTE_MS: Final = 60_000
_STANDS_MS: Final = 30_000  # 780 districts have 150,000 cells a day


class Known(NamedTuple):
    """A session day: its checks up to `at_ms`, and the budgets then by LGD code; 0 is the whole state.

    `left_out_min`: minutes of the session in which maintenance by hand was on, summed over the districts.
    """

    at_ms: int
    day: Date
    session: Session
    checks: Checks
    budgets: dict[int, Budget]
    left_out_min: int


def known(connection: Connection, settings: ControlRoomFile, now_ms: int) -> Known | None:
    """The budgets of today, or of the last day that had a session; None: there was none in two weeks."""
    found = session_day(settings, now_ms)
    if found is None:
        return None
    day, whole = found
    session = whole
    for window in maintenance.ending_after(connection, session.opens_ms):
        session = session.without(window.districts, window.begins_ms, window.over_ms)
    rules = settings.dashboard.rules.slo
    measured = checks(connection, session, rules)
    left_out_min = int(whole.sits.sum() - session.sits.sum()) * CELL_MS // _MINUTE_MS
    return Known(now_ms, day, session, measured, budgets(measured, session, now_ms, rules), left_out_min)


class Lately:
    """The budgets, asked of the store at most once in 30 s, however many ask here."""

    def __init__(self, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
        self._engine, self._settings, self._clock = engine, settings, clock
        self._lock = threading.Lock()
        self._asked_ms: int | None = None
        self._known: Known | None = None

    def known(self) -> Known | None:
        """As `known`, of at most 30 s ago."""
        with self._lock:
            now_ms = int(self._clock.now() * 1000)
            if self._asked_ms is None or not 0 <= now_ms - self._asked_ms < _STANDS_MS:
                with reading(self._engine) as connection:
                    self._known = known(connection, self._settings, now_ms)
                self._asked_ms = now_ms
            return self._known


def checks(connection: Connection, session: Session, rules: Slo) -> Checks:
    """Pings and uploads of every district in the cells between the first opening and the last closing.

    Times are read from histograms, so a limit is met to within 2.19 %.
    """
    query = select(
        cell.c.district, cell.c.kind, cell.c.start_ms, cell.c.ok, cell.c.failed, cell.c.unknown, cell.c.histogram
    )
    inside = (cell.c.start_ms >= session.opens_ms, cell.c.start_ms < session.closes_ms)
    rows = connection.execute(query.where(*inside, cell.c.kind.in_(KINDS))).all()
    district, names, start_ms, ok, failed, unknown, histograms = zip(*rows, strict=True) if rows else ((),) * 7
    numbers = {str(name): number for number, name in enumerate(KINDS)}
    kind, counted = _ints([numbers[name] for name in names]), _ints(ok) + _ints(failed)
    under = counted_under(histograms, np.array([rules.ping_s, rules.upload_s])[kind])
    return Checks(_ints(district), kind, _ints(start_ms), counted + _ints(unknown), counted, counted - under)


def session_day(settings: ControlRoomFile, now_ms: int) -> tuple[Date, Session] | None:
    """Today, if any district has a session, else the last day that had one; None: there was none in two weeks."""
    calendar, codes = settings.calendar, tuple(district.code for district in settings.districts)
    today = datetime.fromtimestamp(now_ms / 1000, settings.zone).date()
    for day in (today - n * _DAY for n in range(_LOOK_BACK)):
        hours = calendar.span_on(day, codes)
        if hours is not None:
            opens, closes = (round(datetime.combine(day, hour, settings.zone).timestamp() * 1000) for hour in hours)
            starts = range(opens // CELL_MS * CELL_MS, closes, CELL_MS)
            sits = [
                calendar.sitting(datetime.fromtimestamp(max(at, opens) / 1000, settings.zone), codes) for at in starts
            ]
            held = np.array([[code in sitting for sitting in sits] for code in codes])
            return day, Session(starts.start, closes, codes, held)
    return None


def _ints(values: Any) -> NDArray[np.int64]:
    return np.asarray(values, dtype=np.int64)
