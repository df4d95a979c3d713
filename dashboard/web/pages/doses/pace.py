"""What the doses page reads of pace: each place against its usual day at the moment shown, and what the incidents of the day cost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine

from dashboard.doses.pace import PaceNow, Range
from dashboard.queries.frame import reading
from dashboard.queries.incident_doses import DosesOfIncidents, Hit, IncidentDoses, hits_on
from dashboard.queries.pace import paces
from dashboard.settings import STATE_PLACE, ControlRoomFile
from dashboard.web.pages.doses.reading import Known
from probes.clock import Clock

SUM: Final = "SUM"


@dataclass(frozen=True)
class PaceRow:
    """One place, or the sum of districts. `behind` and `close` hold at the hour of its figure; None: not reported."""

    place: str
    name: str
    target: int
    by_now: Range
    reported: int | None
    told_at_ms: int | None
    behind_range: Range | None
    close_range: Range | None
    course: str
    quiet_days: int

    @property
    def expected(self) -> float:
        return self.by_now.mid

    @property
    def behind(self) -> float | None:
        return self.behind_range.mid if self.behind_range else None

    @property
    def close(self) -> float | None:
        return self.close_range.mid if self.close_range else None


@dataclass(frozen=True)
class PaceKnown:
    """The pace of one service day at a moment (ms since 1970 UTC). `costs` are its incidents, with what can be told of them."""

    day: Date
    now_ms: int
    state: PaceRow | None
    total: PaceRow | None
    rows: tuple[PaceRow, ...]
    costs: tuple[tuple[Hit, IncidentDoses | None], ...]


class PaceReader:
    """Reads the pace of a day as known. Holds the usual courses between two readings."""

    def __init__(self, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
        self._engine, self._clock = engine, clock
        self._doses_of = DosesOfIncidents(settings)

    def of(self, known: Known, at_ms: int | None) -> PaceKnown:
        """The pace at the moment of a look back, at most the day's end; None: now, with all that is known here."""
        times = self._doses_of.times
        ends = times.midnight_ms(known.day + timedelta(days=1)) - 1
        now_ms = min(int(self._clock.now() * 1000) if at_ms is None else at_ms, ends)
        with reading(self._engine) as connection:
            courses = self._doses_of.courses.of(connection, known.day)
            hits = hits_on(connection, times, known.day, now_ms)
            costs = self._doses_of.of_day(connection, known.view, hits, now_ms)
            found = paces(connection, known.view, times, courses, now_ms)
        names = self._doses_of.places.names
        rows = {place: _row(place, names, one) for place, one in found.items()}
        state = rows.pop(STATE_PLACE, None)
        shown, _ = self._doses_of.places.without_doubles(rows)
        total = _total([rows[place] for place in shown])
        return PaceKnown(
            known.day,
            now_ms,
            state,
            total,
            tuple(rows.values()),
            tuple((hit, costs.get(hit.incident_id)) for hit in hits),
        )


def _row(place: str, names: Mapping[str, str], one: PaceNow) -> PaceRow:
    told = one.told
    return PaceRow(
        place, names[place], one.target, one.by_now, told.reported if told else None, one.told_at_ms, told.delayed if told else None,
        told.close if told else None, one.course.label, one.course.days,
    )  # fmt: skip


def _total(rows: Iterable[PaceRow]) -> PaceRow | None:
    """The places that have told, added up; bounds are added too, as if all were low or high at once."""
    told = [row for row in rows if row.reported is not None]
    if not told:
        return None
    behind, close = ([one for row in told if (one := getattr(row, name))] for name in ("behind_range", "close_range"))
    return PaceRow(
        SUM, f"Sum of the {len(told)} told", sum(row.target for row in told), _added([row.by_now for row in told]),
        sum(row.reported or 0 for row in told), None, _added(behind), _added(close), "", min(row.quiet_days for row in told),
    )  # fmt: skip


def _added(ranges: Iterable[Range]) -> Range:
    every = list(ranges)
    return Range(*(sum(getattr(one, end) for one in every) for end in ("low", "mid", "high")))
