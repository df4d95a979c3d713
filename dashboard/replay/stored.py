"""Stored history through the live objects, on a simulated clock: what was judged at a moment, and what would be told with other rules.

The store is only read, and let go before anything is judged. Ticks, sessions and decisions are those of the watch.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from dashboard.decisions.kinds import Decision
from dashboard.decisions.silence import silenced
from dashboard.decisions.standing import Standing as Decided
from dashboard.decisions.standing import standing as decided
from dashboard.detection.judge import LOOK_BACK_S, Judge, Judgement
from dashboard.doses.stalls import Stalls
from dashboard.doses.versions import Version
from dashboard.incidents import ledger
from dashboard.incidents import stalls as stalls_of
from dashboard.incidents.incident import IncidentKind
from dashboard.incidents.transitions import Standing, Transitions
from dashboard.queries import history
from dashboard.queries.history import Heard
from dashboard.replay.book import Book
from dashboard.replay.tellings import Tellings
from dashboard.settings import ControlRoomFile
from dashboard.store import decisions, figures, jobs, maintenance
from dashboard.store.engine import reading
from dashboard.store.maintenance import Window

MOST_S = 26 * 3600.0
MOST_SAMPLES = 400_000
LEARN_S = 3 * 3600.0  # before a past moment: from these samples it is learnt what was usual
Progress = Callable[[float], None]  # a share of the way, 0 to 1


@dataclass(frozen=True)
class History:
    """What the store held of a span [start, end), seconds since 1970 UTC."""

    start: float
    end: float
    heard: Heard
    figures: Sequence[Version]
    decisions: Sequence[Decision]
    windows: Sequence[Window]  # of maintenance


@dataclass(frozen=True)
class Situation:
    """Everything at one moment that a verdict, or a silence, came from."""

    at: float
    judge: Judge
    judgement: Judgement
    waiting: Mapping[str, Any]  # what Transitions.memory() gives
    standing: Sequence[Standing]
    stalls: Stalls | None
    decided: Mapping[int, Decided]
    in_session: frozenset[int]
    spared: frozenset[int]  # districts in maintenance
    learnt: str  # from what it is known what is usual, in words


def read(engine: Engine, settings: ControlRoomFile, start: float, end: float) -> History:
    """A span of the store, at most MOST_S long and MOST_SAMPLES large; what is left out of a larger one is said by `heard.cut`.

    Raises:
        ValueError: the span is too long.
    """
    if not 0 < end - start <= MOST_S:
        raise ValueError(
            f"{(end - start) / 3600:.0f} hours are not between 0 and {MOST_S / 3600:.0f}. Choose a shorter span"
        )
    days = [datetime.fromtimestamp(at, settings.zone).date().isoformat() for at in (start, end)]
    with reading(engine) as connection:
        heard = history.heard(connection, _codes(settings), start, end, MOST_SAMPLES)
        told = figures.as_known(connection, int(end * 1000), first_day=days[0], last_day=days[1])
        taken = decisions.until(connection, int(end * 1000))
        windows = maintenance.ending_after(connection, int(start * 1000))
    return History(start, end, heard, told, taken, windows)


def spared_by(windows: Sequence[Window], now: float) -> frozenset[int]:
    """Districts in maintenance at a moment."""
    holding = (one for one in windows if one.begins_ms <= now * 1000 < one.over_ms)
    return frozenset(code for one in holding for code in one.districts)


def _codes(settings: ControlRoomFile) -> list[int]:
    return [district.code for district in settings.districts]


def _judge(settings: ControlRoomFile, since: float) -> Judge:
    divisions = {district.code: district.division for district in settings.districts}
    return Judge(settings.dashboard.rules, _codes(settings), since, divisions)


class Rerun:
    """The live objects, cold at the first sample of a history; `book` holds the incidents they open."""

    def __init__(self, settings: ControlRoomFile, known: History) -> None:
        self._settings, self._known, self._taken = settings, known, 0
        # before the first sample nobody listened: that silence is not theirs
        self._start = float(known.heard.arrived[0])
        self.judge, self.transitions = _judge(settings, self._start), Transitions(settings)
        self.book = Book({district.code: district.name for district in settings.districts})
        self._tellings = Tellings(settings, known.figures)
        self._judgement: Judgement | None = None
        self._stalls: Stalls | None = None
        self.judge.observe_columns(known.heard.columns.rows(slice(0, 0)), known.heard.vantages)

    def run(self, progress: Progress = lambda _share: None) -> None:
        """Go through the whole span."""
        start, end = self._start, self._known.heard.cut or self._known.end
        for number, now in enumerate(_ticks(start, end, self._settings.dashboard.rules.tick_s)):
            self._tick(now)
            if number % 40 == 0:
                progress((now - start) / (end - start))

    def _tick(self, now: float) -> None:
        upto = int(self._known.heard.arrived.searchsorted(now, side="right"))
        self.judge.observe_columns(self._known.heard.columns.rows(slice(self._taken, upto)))
        self._taken = upto
        self._judgement = self.judge.judge(now)
        may_open = self._may_open(now)
        for change in self.transitions.advance(self._judgement, may_open, self._standing(now)):
            self.book.record(change, now)
        self._stalls = self._tellings.upto(now, {})
        if self._stalls is not None:
            held = self._settings.codes_in_session(now) - self._quiet(now)
            self._stalls.hit(self._quiet(now) | (held - may_open), now)
            for change in stalls_of.advance(self._settings, self._stalls, now, held, self._standing(now)):
                self.book.record(change, now)

    def _may_open(self, now: float) -> frozenset[int]:
        """Districts in session, and in no maintenance."""
        return self._settings.codes_in_session(now) - spared_by(self._known.windows, now)

    def _quiet(self, now: float) -> frozenset[int]:
        """Districts of which no doses are expected: by a decision, or in planned downtime."""
        calendar = self._settings.calendar
        codes = _codes(self._settings) if calendar.downtime else ()
        planned = frozenset(code for code in codes if calendar.downtime_at(now, code))
        return planned | silenced(self._decided(now), IncidentKind.DOSE_STALL)

    def _standing(self, now: float) -> list[Standing]:
        return self.book.standing(now - self._settings.dashboard.rules.flap.reopen_s)

    def _decided(self, now: float) -> dict[int, Decided]:
        return decided(self._known.decisions, int(now * 1000)) if self._known.decisions else {}

    def situation(self) -> Situation:
        """As it stands after the run."""
        assert self._judgement is not None
        now = self._judgement.at
        learnt = f"what is usual was learnt from the {LEARN_S / 3600:.0f} hours before"
        return Situation(
            now, self.judge, self._judgement, self.transitions.memory(), self._standing(now), self._stalls, self._decided(now),
            self._settings.codes_in_session(now), spared_by(self._known.windows, now), learnt,
        )  # fmt: skip


def _ticks(start: float, end: float, tick_s: float) -> Iterator[float]:
    """Whole multiples of a tick after the start, and the end itself."""
    now = (start // tick_s + 1) * tick_s
    while now < end:
        yield now
        now += tick_s
    yield end


# -- one moment --------------------------------------------------------------------------------------------------------


def situation(engine: Engine, settings: ControlRoomFile, now: float, at: float | None) -> Situation:
    """A past moment, or with `at` None the present; both in seconds since 1970 UTC. Raises as situation_at does."""
    return situation_now(engine, settings, now) if at is None else situation_at(engine, settings, at)


def situation_at(engine: Engine, settings: ControlRoomFile, at: float) -> Situation:
    """A past moment (seconds since 1970 UTC), judged anew from the LEARN_S before it.

    Raises:
        ValueError: nothing was measured in that time.
    """
    known = read(engine, settings, at - LEARN_S, at)
    if not len(known.heard.arrived):
        raise ValueError(_nothing(engine, settings, at))
    rerun = Rerun(settings, known)
    rerun.run()
    return rerun.situation()


def _nothing(engine: Engine, settings: ControlRoomFile, at: float) -> str:
    when = datetime.fromtimestamp(at, settings.zone)
    with reading(engine) as connection:
        days = history.days_measured(connection, settings.zone)
    stored = (
        f"Samples are stored of {', '.join(str(day) for day in days[:6])}" if days else "No sample is stored at all"
    )
    return f"nothing was measured in the {LEARN_S / 3600:.0f} hours before {when:%Y-%m-%d %H:%M}. {stored}"


def situation_now(engine: Engine, settings: ControlRoomFile, now: float) -> Situation:
    """The present, with what the watch remembers; as it would be after a restart at this moment."""
    rules, codes, start = settings.dashboard.rules, _codes(settings), now - LOOK_BACK_S
    with reading(engine) as connection:
        memory = jobs.memory(connection, jobs.WATCH)
        heard = history.heard(connection, codes, start, now, MOST_SAMPLES)
        today = datetime.fromtimestamp(now, settings.zone).date().isoformat()
        told = figures.as_known(connection, int(now * 1000), first_day=today, last_day=today)
        stands = decided(decisions.until(connection, int(now * 1000)), int(now * 1000))
        standing = ledger.standing(connection, now - rules.flap.reopen_s, frozenset(codes))
        spared = maintenance.in_force(connection, int(now * 1000))
    judge = _judge(settings, start)
    judge.remember(memory.get("judge", {}))
    judge.observe_columns(heard.columns, heard.vantages)
    stalls = Tellings(settings, told).upto(now, memory.get("doses", {}))
    return Situation(
        now, judge, judge.judge(now), memory.get("transitions", {}), standing, stalls, stands, settings.codes_in_session(now),
        spared, "what is usual is what the watch has learnt",
    )  # fmt: skip
