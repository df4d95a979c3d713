"""What the doses page reads: one service day as known at a moment, and the rows of its table."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from datetime import date as Date
from typing import Final

from sqlalchemy import Engine

from dashboard.doses.places import Places
from dashboard.doses.sentence import DayTold, printable
from dashboard.doses.versions import Revision
from dashboard.queries.figures_known import DayView, Moment, day_view
from dashboard.queries.frame import reading
from dashboard.queries.silences import silences
from dashboard.settings import STATE_PLACE, ControlRoomFile

ALL_TOLD: Final = 32_503_680_000_000  # the year 3000: everything that is known here


@dataclass(frozen=True)
class Row:
    """One district, joint area or the state. Counts are doses of the day; None: not reported."""

    place: str
    name: str
    target: int | None
    reported: int | None
    recorded: int | None
    paper: int | None
    backlog: int | None
    mark: str
    why: str = ""  # of a place without reported doses: the word of doses/silence.py

    @property
    def in_registry(self) -> float | None:
        """Recorded of reported, 0 to 1."""
        return self.recorded / self.reported if self.reported and self.recorded is not None else None


@dataclass(frozen=True)
class Known:
    """A day as known at a moment, beside everything told of it up to now."""

    day: Date
    at_ms: int
    view: DayView
    latest: DayView
    rows: tuple[Row, ...]
    state: Row

    def versions(self, place: str, kind: str) -> tuple[Revision, ...]:
        """Every telling of one figure, those after the moment too."""
        return self.latest.history.get((place, kind), ())


def read_day(engine: Engine, places: Places, day: Date, at_ms: int | None) -> Known:
    """One day; `at_ms` None: with everything known here."""
    moment = ALL_TOLD if at_ms is None else at_ms
    with reading(engine) as connection:
        latest = day_view(connection, places, day.isoformat(), Moment(ALL_TOLD), rehearsed=False)
        view = (
            latest if at_ms is None else day_view(connection, places, day.isoformat(), Moment(moment), rehearsed=False)
        )
    return Known(day, moment, view, latest, tuple(_rows(view, places)), _row(view, STATE_PLACE, places.names))


def with_words(engine: Engine, settings: ControlRoomFile, places: Places, known: Known, now: float) -> Known:
    """The same, and beside each zero or blank of reported doses why it is one; `now` in seconds since 1970 UTC."""
    with reading(engine) as connection:
        found = silences(connection, settings, places, known.view, min(known.at_ms, int(now * 1000)))
    words = {place: str(word) for place, word in found.items()}
    rows = tuple(replace(row, why=words.get(row.place, "")) for row in known.rows)
    return replace(known, rows=rows, state=replace(known.state, why=words.get(STATE_PLACE, "")))


def _rows(view: DayView, places: Places) -> list[Row]:
    told = {place for place, _ in view.chosen}
    joint = [key for key in places.joint if key in told]
    return [
        _row(view, place, places.names) for place in [*sorted(places.districts, key=lambda p: places.names[p]), *joint]
    ]


def _row(view: DayView, place: str, names: Mapping[str, str]) -> Row:
    kinds = ("target", "reported", "recorded", "paper")
    target, reported, recorded, paper = (view.value(place, kind) for kind in kinds)
    marks = [f"{kind} {mark}" for kind in kinds if (mark := _mark(view, place, kind))]
    return Row(place, names[place], target, reported, recorded, paper, view.backlog(place), "; ".join(marks))


def _mark(view: DayView, place: str, kind: str) -> str:
    """Doses told hour by hour of the day itself are its course; anything else that changes a count is a revision."""
    chosen = view.chosen.get((place, kind))
    revision = next(
        (one for one in view.history.get((place, kind), ()) if chosen and one.version == chosen.version), None
    )
    if revision is None or revision.before is None:
        return ""
    grows = revision.change > 0 and revision.version.hour_known and revision.before.hour_known
    of_the_day = revision.version.as_of_ms < _next_morning_ms(view.day)
    return "" if grows and of_the_day else revision.mark


def _next_morning_ms(day: str) -> int:
    """Midnight UTC after a service day: in India its night is over then, and no session has begun."""
    return int((datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1)).timestamp() * 1000)


def sentence(known: Known, when: str) -> str:
    """The state's day in words that may be printed."""
    state = known.state
    final = known.view.chosen.get((STATE_PLACE, "reported"))
    told = DayTold(
        state.name, known.day, state.target, state.reported, state.recorded, when,
        final is not None and final.version.status == "final",
    )  # fmt: skip
    return printable(told)
