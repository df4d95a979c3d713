"""One look over all districts: is the monitor blind, is the registry down or slow for the state? Divisions are asked then: divisions.py.

Claims are made anew each tick from what is remembered; who opens, keeps and closes incidents stands in incidents/transitions.py.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dashboard.detection.divisions import ALONE, Divisions
from dashboard.detection.lines import NOBODY, OWN_LINE, WAIT_S, Lengths, Lines, Shares, began_at
from dashboard.detection.series import Series
from dashboard.detection.wide import (
    OUTAGE,
    SLOWDOWN,
    STATE,
    Common,
    Cut,
    Flood,
    Wide,
    fails,
    is_outage,
    witnessed,
)
from dashboard.detection.windows import (
    ANCHORS,
    ANCHORS_FAILED,
    Windows,
    error_share,
)
from dashboard.detection.words import mostly
from dashboard.settings import Rules

_BLIND_SHARE = 0.9
_DOUBT_S = 45.0  # from half the agents silent for so long, no silence is a district's own
_HALF = 0.5


class Everywhere:
    """Holds the common mode and what must be sustained; makes the claims of each tick."""

    def __init__(self, rules: Rules, codes: Sequence[int], divisions: Mapping[int, str]) -> None:
        self._rules, self._codes = rules, tuple(codes)
        self.divisions = Divisions(rules, codes, divisions)
        self.common, self._flood = Common(rules), Flood(rules, self.divisions.of)
        self.claims: list[Wide] = []
        self.blind_since: float | None = None
        self.state_is_down = self.troubled = self.doubtful = self.in_doubt = False
        self.others_err = 0.0  # failed share of the checks of districts that do not fail by themselves
        self.held, self.unworkable_s, self.err = rules.slow.samples, rules.slow.unworkable_s, rules.slow.err
        self.err_window_s, self.state_err_max = rules.degraded.err_window_s, rules.local.state_err_max
        self._cut_since: float | None = None
        self._cut_at = -np.inf
        self._errors_since: float | None = None
        self._tails_since: float | None = None

    def look(
        self,
        windows: Windows,
        series: Series,
        lines: Lines,
        shares: Shares,
        lengths: Lengths,
        moment: tuple[float, float],
    ) -> None:
        """Make the claims of this tick; `moment` is now and since when we listen."""
        now, since = moment
        self.claims = []
        heard = now - series.heard <= lengths.nodata
        calm = (lines.verdict == NOBODY) & ~lines.waiting & heard
        self.others_err = error_share(windows.count(lengths.local), calm)
        out = np.zeros(len(calm), bool) if self._all_fail(shares, heard) else lines.verdict != NOBODY
        self.common.look(series, out, lengths, now)
        self.blind_since = self._silence(series, lengths, now, since)
        self._outage(windows, series, lines, shares, lengths, now)
        if self.blind_since is None and not self.state_is_down and not self.in_doubt:
            self._slowdown(windows, lengths, heard & (now - lines.bad_at > self.err_window_s), now)
            above = np.maximum(self.common.now, 0.0)
            self.claims += self.divisions.look(windows, series, lines, shares, lengths, (now, above))
        self.troubled = any(claim.firm for claim in self.claims) or self.blind_since is not None

    # -- the monitor ---------------------------------------------------------------------------------------------------

    def _silence(self, series: Series, lengths: Lengths, now: float, since: float) -> float | None:
        ever = np.isfinite(series.heard)
        known = ever if ever.any() else np.ones(len(ever), bool)
        quiet = max(self._rules.monitor.silence_s, 3 * lengths.round)
        ago = now - np.maximum(series.heard, since if not ever.any() else -np.inf)
        half = float((ago[known] > max(_DOUBT_S * quiet / 90, 2 * lengths.round)).mean())
        self.doubtful = half >= 0.5
        if float((ago[known] > quiet).mean()) < _BLIND_SHARE:
            return None
        return float(series.heard[ever].max()) if ever.any() else since

    def _all_fail(self, shares: Shares, heard: Any) -> bool:
        asked = shares.checked & heard
        return bool(asked.any()) and float(fails(shares, self._rules)[asked].mean()) >= _BLIND_SHARE

    # -- the registry for the whole state ------------------------------------------------------------------------------

    def _outage(
        self, windows: Windows, series: Series, lines: Lines, shares: Shares, lengths: Lengths, now: float
    ) -> None:
        counted = (lines.verdict != OWN_LINE) & (now - series.heard <= lengths.nodata)
        firm = is_outage(shares, self._rules, counted)
        everybody = shares.checked & (now - series.heard <= lengths.nodata)
        # those that joined last have failed for one round only, and yet give no good answer any more
        no_answer = np.isfinite(series.fail_from) & ~shares.uploads
        all_fail = firm and float(no_answer[everybody].mean()) >= _BLIND_SHARE
        all_fail = all_fail or self._all_fail(shares, now - series.heard <= lengths.nodata)
        self.state_is_down = False
        # what the monitor's own cut left in the windows is nobody's line
        self.in_doubt = self._cut_since is not None or now - self._cut_at <= lengths.local
        self._cut_at = now if self._cut_since is not None else self._cut_at
        if not (firm or all_fail):
            self._cut_since = None
        if self.blind_since is not None or not (firm or all_fail):
            if self.blind_since is None and self._still(windows, shares, lengths, counted):
                self.claims.append(self._claim(OUTAGE, now, "", firm=False))
            return
        failing = everybody & fails(shares, self._rules)
        began = float(np.median(began_at(series, lengths, now)[failing])) if failing.any() else now
        cut = witnessed(windows, series, lengths, failing)
        if self._monitor_cut(windows, lengths, cut, began, now) if all_fail or self._cut_since else False:
            return
        hope = windows.count(self.err_window_s)[ANCHORS].sum() > 0  # without any neutral host there is none to wait for
        if all_fail and hope and not cut.cleared() and now - began < WAIT_S * lengths.short / 60:
            self.in_doubt = True
            return
        if firm and cut.own_line(self._rules.monitor.anchors):
            # most lines are cut: wait whether it is all of them, and so the monitor's, before each is told of
            self.in_doubt |= now - began < 2 * lengths.short
            return
        if not firm:
            return
        self.state_is_down = True
        words = (
            f"{int(failing.sum())} of {int(everybody.sum())} districts fail "
            f"({error_share(windows.count(lengths.short), counted):.0%} of checks in {lengths.short:.0f} s, "
            f"{mostly(windows.reasons(lengths.short, failing))})"
        )
        self.claims.append(self._claim(OUTAGE, began, words, firm=True))

    def _monitor_cut(self, windows: Windows, lengths: Lengths, cut: Cut, began: float, now: float) -> bool:
        """Everybody fails because we are cut off; on the way out of that the neutral hosts and the registry come back together."""
        if self._cut_since is None:
            self._cut_since = began if cut.is_the_monitors(self._rules.monitor.anchors, now - began) else None
        elif self._back(windows, lengths):
            self._cut_since = None
        if self._cut_since is not None and error_share(windows.count(lengths.newest), slice(None)) > _HALF:
            self.blind_since = self._cut_since
        return self._cut_since is not None

    def _back(self, windows: Windows, lengths: Lengths) -> bool:
        """The neutral hosts answer again and the registry still does not: then it is the registry."""
        counts = windows.count(lengths.newest).sum(axis=1)
        lines = counts[ANCHORS] > ALONE and counts[ANCHORS_FAILED] <= (1 - _BLIND_SHARE) * counts[ANCHORS]
        return bool(lines) and error_share(windows.count(lengths.newest), slice(None)) > _HALF

    def _still(self, windows: Windows, shares: Shares, lengths: Lengths, counted: Any) -> bool:
        """Errors are still many, and not those of a few districts."""
        spread = counted.any() and float((shares.newest > 0)[counted].mean()) >= self._rules.degraded.spread
        return bool(spread) and error_share(windows.count(lengths.newest), counted) > self._rules.outage.recover

    def _slowdown(self, windows: Windows, lengths: Lengths, calm: Any, now: float) -> None:
        if int(calm.sum()) < ALONE:
            return
        weight = calm.astype(np.float32)
        errors = self._flood.errors(windows, lengths, weight)
        tails = self._flood.tails(windows, lengths, weight)
        self._errors_since = (self._errors_since or now - lengths.long) if errors.soft else None
        self._tails_since = (self._tails_since or now - lengths.long) if tails.soft else None
        raised = self.common.raised_since
        for firm, since, words in (
            (self.common.sustained(), raised, self._how_slow()),
            (errors.firm, self._errors_since, errors.words),
            (tails.firm, self._tails_since, tails.words),
        ):
            if firm:
                self.claims.append(self._claim(SLOWDOWN, since or now, f"{words} in the whole state", firm=True))
                return
        if raised is not None or errors.soft or tails.soft:
            self.claims.append(self._claim(SLOWDOWN, raised or now, "", firm=False))

    def _how_slow(self) -> str:
        ping, upload = self.common.now
        what = "uploads" if upload >= ping else "answers"
        return f"{what} take {np.exp(max(ping, upload)):.1f} times what is usual"

    def _claim(self, kind: str, since: float, words: str, *, firm: bool) -> Wide:
        return Wide(kind, STATE, frozenset(self._codes), since, words, firm)
