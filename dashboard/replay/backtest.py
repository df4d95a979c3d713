"""One replay: recorded samples go through the live judgement and transitions, on a clock that ticks through gaps too."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from dashboard.detection.columns import Columns
from dashboard.detection.judge import Judge
from dashboard.incidents import stalls as incidents
from dashboard.incidents.transitions import Transitions
from dashboard.replay import book, files
from dashboard.replay.book import Book
from dashboard.replay.days import Days
from dashboard.replay.files import DoseReport, SampleTable
from dashboard.replay.places import control_room
from dashboard.settings import ControlRoomFile


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
    kept = _replayed(table, reports, settings)
    book.write(kept.lines(), out)
    return Outline(len(table), len(kept.entries), time.monotonic() - began)


def _replayed(table: SampleTable, reports: list[DoseReport], settings: ControlRoomFile) -> Book:
    codes = {district.name: district.code for district in settings.districts}
    kept = Book({code: name for name, code in codes.items()})
    if not len(table):
        return kept
    start, rules = float(table.arrived[0]), settings.dashboard.rules
    divisions = {district.code: district.division for district in settings.districts}
    judge, transitions = Judge(rules, list(codes.values()), start, divisions), Transitions(settings)
    whole = _columns(table, [judge.places.get(codes.get(name, 0), -1) for name in table.names])
    judge.observe_columns(whole.rows(slice(0, 0)), _vantages(table, codes))
    days, taken = Days(settings, reports, codes), 0
    for now in _ticks(start, float(table.arrived[-1]), rules.tick_s):
        upto = int(table.arrived.searchsorted(now, side="right"))
        batch = whole.rows(slice(taken, upto))
        judge.observe_columns(batch.rows((batch.district >= 0) & _first(batch)))
        taken = upto
        judgement = judge.judge(now)
        in_session = _in_session(settings, now)
        for change in transitions.advance(judgement, in_session, kept.standing(now - rules.flap.reopen_s)):
            kept.record(change, now)
        stalls = days.upto(now)
        if stalls is not None:
            standing = kept.standing(now - rules.flap.reopen_s)
            for change in incidents.advance(settings, stalls, now, in_session, standing):
                kept.record(change, now)
    for entry in kept.entries:
        entry.doses = days.delayed(entry.standing, float(table.arrived[-1]))
    return kept


def _ticks(start: float, end: float, tick_s: float) -> Iterator[float]:
    """Whole multiples of a tick, so that a file cut short has the same ones."""
    now = (start // tick_s) * tick_s
    while now < end:
        now += tick_s
        yield now


def _in_session(settings: ControlRoomFile, now: float) -> list[int]:
    """Every day of the files is a session day; the hours are the usual ones that the config gives each district."""
    local = datetime.fromtimestamp(now, settings.zone).strftime("%H:%M")
    hours = ((district.code, settings.calendar.of(district.code).hours) for district in settings.districts)
    return [code for code, span in hours if span[:5] <= local < span[6:]]


def _columns(table: SampleTable, places: list[int]) -> Columns:
    """The table as the judgement takes it; -1 stands for a district that it does not know."""
    return Columns(
        np.array(places, dtype=np.int64)[table.district], table.kind, table.at, table.total, table.reason > 0,
        np.zeros(len(table), bool), table.reason, table.answered,
    )  # fmt: skip


def _vantages(table: SampleTable, codes: dict[str, int]) -> dict[int, str]:
    """The place each district is measured from: that of its first sample."""
    _, first = np.unique(table.district, return_index=True)
    return {
        codes[table.names[table.district[row]]]: table.vantages[table.vantage[row]]
        for row in first
        if table.names[table.district[row]] in codes
    }


def _first(batch: Columns) -> Any:
    """False for a line that repeats one of the same moment, district and check."""
    key = (batch.at * 1000).astype(np.int64) * 4 + batch.kind
    pairs = np.stack([key, batch.district])
    _, first = np.unique(pairs, axis=1, return_index=True)
    mask = np.zeros(len(batch.at), bool)
    mask[first] = True
    return mask
