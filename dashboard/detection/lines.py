"""Whose fault it is when a district's checks fail: the registry's, or the district's own line. Vectorised over districts.

A verdict is kept until the district recovers: what the neutral host said when it began is the witness, not what it says on the way out.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.detection.series import Series
from dashboard.detection.windows import (
    ANCHORS,
    ANCHORS_FAILED,
    ANSWERED,
    PINGS,
    PINGS_FAILED,
    UPLOADS,
    UPLOADS_FAILED,
    Windows,
)
from dashboard.settings import Rules

NOBODY, REGISTRY, OWN_LINE = 0, 1, 2  # verdicts
FEWEST = 3  # fewer checks in a window say nothing
_ANSWERED = 0.6  # share of failures with an HTTP status from which the registry itself refuses
WAIT_S = 120.0  # for a witness; then the line is taken to be the district's own
_NEWEST = 3  # rounds by which a recovery is seen
_IN_A_ROW = 5  # checks without a good one between them, over ...
_RUN = 0.63  # ... nearly two thirds of the window, however slow the rounds are
_SURE = 2  # good anchors that clear a line
FEW_LOST = 0.25  # of the pings of a line that carries


@dataclass(frozen=True)
class Shares:
    """Failed shares of the registry checks of each district over the windows of the rules."""

    short: Any  # over outage.window_s
    long: Any  # over outage.window_long_s
    newest: Any  # over the last rounds: what a recovery is seen by
    local: Any  # over local.window_s
    local_long: Any
    checked: Any  # True with enough checks in the short window
    uploads: Any  # True where uploads alone fail, all of them
    run: Any  # True where every check fails for as long as the rule asks for where rounds are quick


class Lines:
    """Verdicts per district, kept until recovery."""

    def __init__(self, rules: Rules, districts: int) -> None:
        self._rules = rules
        self.verdict = np.zeros(districts, np.int64)
        self.since = np.full(districts, np.inf)
        self.bad_at = np.full(districts, -np.inf)  # when it last failed by itself
        self._crowd = False
        self.waiting = np.zeros(districts, bool)  # failing, and nobody is blamed yet

    def look(self, windows: Windows, series: Series, lengths: "Lengths", now: float, everywhere: bool) -> Shares:
        """Bring the verdicts up to `now`; `everywhere` is True while most of the state fails."""
        shares = _shares(windows, series, lengths, self._rules, now)
        local = self._rules.local
        failing = (shares.local >= local.fail) | (shares.local_long >= local.fail_long)
        failing |= shares.uploads | shares.run
        failing &= shares.newest > local.recover
        fresh = failing & (self.verdict == NOBODY)
        heard = shares.checked & (now - series.heard <= lengths.nodata)
        self._crowd = bool(heard.any()) and float(failing[heard].mean()) >= self._rules.outage.fail_long
        self._blame(fresh, windows, series, lengths, now, everywhere)
        over = (self.verdict != NOBODY) & ~failing
        gone = over | ((self.verdict != NOBODY) & (now - series.heard > lengths.nodata))
        self.verdict[gone], self.since[gone] = NOBODY, np.inf
        self.waiting = failing & (self.verdict == NOBODY)
        self.bad_at[(self.verdict != NOBODY) | self.waiting] = now
        return shares

    def _blame(
        self, fresh: Any, windows: Windows, series: Series, lengths: "Lengths", now: float, everywhere: bool
    ) -> None:
        if not fresh.any():
            return
        asked, lost = witnesses(windows, series, lengths)
        counts = windows.count(lengths.local)
        failed = counts[PINGS_FAILED] + counts[UPLOADS_FAILED]
        began = began_at(series, lengths, now)
        waited = now - began >= WAIT_S * lengths.local / 90
        bad = (asked > 0) & (lost >= self._rules.local.anchors * asked)
        good = (asked > 0) & (lost <= asked / 2) & ((asked - lost >= _SURE) | waited)
        refused = counts[ANSWERED] >= _ANSWERED * np.maximum(failed, 1)
        registry = fresh & (refused | carries(counts) | (good & ~bad) | (everywhere & ~bad))
        # while most fail, no line is called cut for want of a witness
        own = fresh & ~registry & (bad | (waited & (not self._crowd)))
        self.verdict[registry], self.verdict[own] = REGISTRY, OWN_LINE
        turned = registry | own
        self.since[turned] = began[turned]


@dataclass(frozen=True)
class Lengths:
    """Windows in seconds, stretched where the rounds are slow."""

    short: float
    long: float
    local: float
    local_long: float
    nodata: float
    newest: float
    round: float

    @classmethod
    def of(cls, rules: Rules, round_s: float) -> "Lengths":
        outage, local = rules.outage, rules.local
        return cls(
            max(outage.window_s, outage.min_rounds * round_s),
            max(outage.window_long_s, 4 * round_s),
            max(local.window_s, local.rounds * round_s),
            max(local.window_long_s, 8 * round_s),
            max(local.nodata_s, local.nodata_rounds * round_s),
            max(local.window_s / 2, _NEWEST * round_s),
            round_s,
        )


def carries(counts: Any) -> Any:
    """True where the registry answers pings: their line is not cut, whatever becomes of the uploads."""
    return (counts[PINGS] >= FEWEST) & (counts[PINGS_FAILED] <= FEW_LOST * counts[PINGS])


def began_at(series: Series, lengths: Lengths, now: float) -> Any:
    """Start of each district's trouble: of the present run of failures, or of the window it was found in."""
    run = np.minimum(series.fail_from, series.uploads_fail_from)
    return np.where(np.isfinite(run), run, now - lengths.local)


def witnesses(windows: Windows, series: Series, lengths: Lengths) -> tuple[Any, Any]:
    """Anchors that ended since each district's trouble began, and how many of them failed; without any, those of the long window."""
    known = np.isfinite(series.witness_from)
    since = windows.since(np.where(known, series.witness_from, 0.0))
    wide = windows.count(lengths.local)
    asked = np.where(known, since[ANCHORS], wide[ANCHORS])
    return asked, np.where(known, since[ANCHORS_FAILED], wide[ANCHORS_FAILED])


def _shares(windows: Windows, series: Series, lengths: Lengths, rules: Rules, now: float) -> Shares:
    short, long = _failed(windows.count(lengths.short)), _failed(windows.count(lengths.long))
    local, local_long = _failed(windows.count(lengths.local)), _failed(windows.count(lengths.local_long))
    counted = windows.count(lengths.short)
    run = now - series.uploads_fail_from
    uploads = (series.uploads_failed >= rules.slow.samples) & (run >= lengths.local * 2 / 3) & np.isfinite(run)
    enough = counted[PINGS] + counted[UPLOADS] >= 2
    newest = _failed(windows.count(lengths.newest))
    newest = np.where(uploads, 1.0, newest)
    lost = windows.count(lengths.local)[[PINGS_FAILED, UPLOADS_FAILED]].sum(axis=0)
    lasted = series.last_at.max(axis=0) - series.fail_from
    every = (lasted >= _RUN * rules.local.window_s) & (lost >= _IN_A_ROW)
    return Shares(short, long, newest, local, local_long, enough, uploads, every)


def _failed(counts: Any) -> Any:
    checks = counts[PINGS] + counts[UPLOADS]
    failed = counts[PINGS_FAILED] + counts[UPLOADS_FAILED]
    return np.where(checks >= FEWEST, failed / np.maximum(checks, 1), 0.0)
