"""One replay: recorded samples go through the live judgement and transitions, on a clock that ticks through gaps too."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dashboard.detection.judge import Judge
from dashboard.detection.seen import Seen
from dashboard.incidents.transitions import Transitions
from dashboard.replay import book, files
from dashboard.replay.book import Book
from dashboard.replay.files import KINDS, REASONS, SampleTable
from dashboard.replay.places import control_room
from dashboard.settings import ControlRoomFile
from probes.sample import Outcome

_TICK_S = 15.0


@dataclass(frozen=True)
class Outline:
    """What a replay came to."""

    rows: int
    incidents: int
    seconds: float

    def told(self) -> str:
        rate = self.rows / self.seconds if self.seconds else 0.0
        return f"{self.rows} rows, {self.incidents} incidents, {self.seconds:.1f} s, {rate:.0f} rows/s"


def run(samples: Path, doses: Path, config: Path, out: Path) -> Outline:
    """Replay the files and write one line an incident to `out`.

    Raises:
        ConfigError: the config has mistakes. ValueError, OSError: a file cannot be used.
    """
    began = time.monotonic()
    table, reports = files.read_samples(samples), files.read_doses(doses)
    settings = control_room(config, sorted({*table.names, *(report.district for report in reports)}))
    kept = _replayed(table, settings)
    book.write(kept.lines(), out)
    return Outline(len(table), len(kept.entries), time.monotonic() - began)


def _replayed(table: SampleTable, settings: ControlRoomFile) -> Book:
    codes = {district.name: district.code for district in settings.districts}
    kept = Book({code: name for name, code in codes.items()})
    if not len(table):
        return kept
    start = float(table.arrived[0])
    judge = Judge(settings.dashboard.rules, list(codes.values()), start)
    transitions = Transitions(settings)
    taken = 0
    for now in _ticks(start, float(table.arrived[-1])):
        upto = int(table.arrived.searchsorted(now, side="right"))
        judge.observe(_seen(table, taken, upto, codes))
        taken = upto
        judgement = judge.judge(now)
        in_session = list(codes.values()) if _in_session(settings, now) else []
        for change in transitions.advance(
            judgement, in_session, kept.standing(now - settings.dashboard.rules.reopen_s)
        ):
            kept.record(change, now)
    return kept


def _ticks(start: float, end: float) -> Iterator[float]:
    now = start
    while now < end:
        now += _TICK_S
        yield now


def _in_session(settings: ControlRoomFile, now: float) -> bool:
    """Every day of the files is a session day; the hours are the config's usual ones."""
    local = datetime.fromtimestamp(now, settings.zone).strftime("%H:%M")
    return settings.calendar.hours[:5] <= local < settings.calendar.hours[6:]


def _seen(table: SampleTable, first: int, end: int, codes: dict[str, int]) -> list[Seen]:
    places = [codes.get(name, 0) for name in table.names]
    return [_one(table, row, places) for row in range(first, end)]


def _one(table: SampleTable, row: int, places: list[int]) -> Seen:
    reason = REASONS[table.reason[row]]
    outcome = Outcome.OK if table.reason[row] == 0 else Outcome.FAILED
    return Seen(
        row, places[table.district[row]], KINDS[table.kind[row]], table.vantages[table.vantage[row]], float(table.at[row]), float(table.total[row]), outcome, reason,
        bool(table.answered[row]),
    )  # fmt: skip
