"""What the backlog page reads: the course of each place's two counts as known at the end of a day, and where it stands."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy import Engine, func, select

from dashboard.doses.backlog import Backlog, falls
from dashboard.doses.courses import Course
from dashboard.doses.places import Places
from dashboard.doses.sessions import Sessions
from dashboard.queries.doses_course import courses
from dashboard.queries.figures_known import Moment
from dashboard.queries.frame import reading
from dashboard.settings import STATE_PLACE, ControlRoomFile
from dashboard.store.schema import figure

ALL_TOLD: Final = 32_503_680_000_000  # the year 3000: everything that is known here
KEPT = 16


@dataclass(frozen=True)
class Row:
    """One district, joint area or the state."""

    place: str
    name: str
    course: Course
    now: Backlog

    @property
    def backlog(self) -> int:
        """Doses reported and not recorded; below 0: the registry is ahead."""
        return self.now.point.backlog

    @property
    def age(self) -> int | None:
        """Days since the oldest unentered dose was given."""
        return self.now.age_days if self.now.oldest else None

    @property
    def drain(self) -> float | None:
        """Doses a day; below 0: it grows."""
        return self.now.drain if self.backlog > 0 else None

    @property
    def cleared(self) -> float | None:
        """Days until cleared at the fastest pace, for sorting: what does not shrink stands at the far end."""
        if self.backlog <= 0 or self.now.drain is None:
            return None
        return self.now.cleared_days[0] if self.now.cleared_days else float("inf")

    @property
    def revised(self) -> bool:
        """Whether a count fell within the window the drain is taken from."""
        return any(day > self.now.since for day in falls(self.course.points)) if self.now.since else False

    @property
    def day(self) -> Date:
        """The day the two counts stand for."""
        return self.now.point.day


@dataclass(frozen=True)
class Known:
    """The backlog everywhere as known at the end of a day; `day` None: with everything known here."""

    day: Date | None
    state_name: str
    state: Row | None
    rows: tuple[Row, ...]
    left_out: tuple[str, ...]  # names of districts that a joint area covers
    lacking: tuple[str, ...]  # names of places without both counts

    @property
    def on_paper(self) -> int:
        """The places' backlogs added up; a registry that is ahead in one place takes nothing off another's paper."""
        return sum(max(row.backlog, 0) for row in self.rows)

    @property
    def newest(self) -> Date:
        """The newest day with both counts anywhere; only asked where there is a row."""
        return max(row.day for row in (*self.rows, *([self.state] if self.state else [])))

    def row(self, place: str) -> Row | None:
        """A place's row, the state's too."""
        if place == STATE_PLACE:
            return self.state
        return next((row for row in self.rows if row.place == place), None)


class Readings:
    """Readings by day. Figures are only ever appended, so as long as none came a reading stays true and is not made again."""

    def __init__(self, engine: Engine, settings: ControlRoomFile) -> None:
        self._engine, self._settings = engine, settings
        self._places = Places(settings)
        self._lock = threading.Lock()
        self._newest: int | None = None
        self._kept: OrderedDict[Date | None, Known] = OrderedDict()

    def get(self, day: Date | None) -> Known:
        """The backlog as known at the end of a day; None: with everything known here."""
        with self._lock, reading(self._engine) as connection:
            newest = connection.execute(select(func.max(figure.c.figure_id))).scalar()
            if newest != self._newest:
                self._kept.clear()
                self._newest = newest
            if day not in self._kept:
                moment = Moment(ALL_TOLD if day is None else end_ms(day, self._settings))
                calendar, zone = self._settings.calendar, self._settings.zone
                found = courses(connection, moment, self._places, calendar, zone)
                self._kept[day] = _known(day, found, self._places, self._settings)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            return self._kept[day]


def end_ms(day: Date, settings: ControlRoomFile) -> int:
    """The last millisecond of a day in the state's zone."""
    midnight = datetime.combine(day + timedelta(days=1), time(0), settings.zone)
    return int(midnight.timestamp() * 1000) - 1


def _known(day: Date | None, found: Mapping[str, Course], places: Places, settings: ControlRoomFile) -> Known:
    sessions, first = Sessions(settings.calendar, places), settings.calendar.first_day
    rows = {
        place: Row(place, places.names[place], course, course.now(sessions.on(place), first))
        for place, course in found.items()
        if place in places.districts or place in places.joint or place == STATE_PLACE
    }
    state = rows.pop(STATE_PLACE, None)
    shown, covered = places.without_doubles(rows)
    hidden = {code for key in shown for code in places.joint.get(key, ())}
    lacking = sorted(places.names[code] for code in places.districts - shown - hidden)
    return Known(
        day, places.names[STATE_PLACE], state, tuple(sorted((rows[place] for place in shown), key=lambda row: row.name)),
        tuple(sorted(places.names[place] for place in covered)), tuple(lacking),
    )  # fmt: skip
