"""One look over all districts: is the monitor blind, is the registry down or slow for the state or a division?

Claims are made anew each tick from what is remembered; who opens, keeps and closes incidents stands in incidents/transitions.py.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dashboard.detection.lines import NOBODY, OWN_LINE, REGISTRY, Lengths, Lines, Shares, began_at
from dashboard.detection.series import Series
from dashboard.detection.wide import (
    DIVISION,
    LOCAL,
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
from dashboard.detection.windows import ANCHORS, ANCHORS_FAILED, PINGS, PINGS_FAILED, UPLOADS, UPLOADS_FAILED, Windows
from dashboard.detection.words import mostly
from dashboard.settings import Rules

_BLIND_SHARE = 0.9
_WAIT_S = 120.0  # for a neutral host's word while everybody fails
_DOUBT_S = 45.0  # from half the agents silent for so long, no silence is a district's own
_HALF = 0.5
_FEW = 6  # checks of a district in the long window below which a share of errors says nothing
_ALONE = 2  # districts a division must have to be a group


class Everywhere:
    """Holds the common mode and what must be sustained; makes the claims of each tick."""

    def __init__(self, rules: Rules, codes: Sequence[int], divisions: Mapping[int, str]) -> None:
        self._rules, self._codes = rules, tuple(codes)
        self.common, self._flood = Common(rules), Flood(rules)
        names = sorted({divisions.get(code, "") for code in codes} - {""})
        self._divisions = tuple(names)
        self._division = np.array([names.index(divisions[c]) if divisions.get(c) else -1 for c in codes], np.int64)
        of: list[list[int]] = [[] for _ in names]
        for code, place in zip(codes, self._division, strict=True):
            if place >= 0:
                of[place].append(code)
        self._members = tuple(frozenset(members) for members in of)
        self._slow_divisions: deque[tuple[float, Any]] = deque()
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
        self.others_err = _error_share(windows.count(lengths.local), calm)
        out = np.zeros(len(calm), bool) if self._all_fail(shares, heard) else lines.verdict != NOBODY
        self.common.look(series, out, lengths, now)
        self.blind_since = self._silence(series, lengths, now, since)
        self._outage(windows, series, lines, shares, lengths, now)
        if self.blind_since is None and not self.state_is_down and not self.in_doubt:
            self._slowdown(windows, lengths, heard & (now - lines.bad_at > self.err_window_s), now)
            self._by_division(windows, series, lines, shares, lengths, now)
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
        if all_fail and hope and not cut.cleared() and now - began < _WAIT_S * lengths.short / 60:
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
            f"({_error_share(windows.count(lengths.short), counted):.0%} of checks in {lengths.short:.0f} s, "
            f"{mostly(windows.reasons(lengths.short, failing))})"
        )
        self.claims.append(self._claim(OUTAGE, began, words, firm=True))

    def _monitor_cut(self, windows: Windows, lengths: Lengths, cut: Cut, began: float, now: float) -> bool:
        """Everybody fails because we are cut off; on the way out of that the neutral hosts and the registry come back together."""
        if self._cut_since is None:
            self._cut_since = began if self._cut_off(cut, now - began) else None
        elif self._back(windows, lengths):
            self._cut_since = None
        if self._cut_since is not None and _error_share(windows.count(lengths.newest), slice(None)) > _HALF:
            self.blind_since = self._cut_since
        return self._cut_since is not None

    def _back(self, windows: Windows, lengths: Lengths) -> bool:
        """The neutral hosts answer again and the registry still does not: then it is the registry."""
        counts = windows.count(lengths.newest).sum(axis=1)
        lines = counts[ANCHORS] > _ALONE and counts[ANCHORS_FAILED] <= (1 - _BLIND_SHARE) * counts[ANCHORS]
        return bool(lines) and _error_share(windows.count(lengths.newest), slice(None)) > _HALF

    def _cut_off(self, cut: Cut, lasted: float) -> bool:
        """Everybody fails, and so do the neutral hosts; without any, only when no route is what is wrong."""
        if cut.asked:
            # of the minutes before it, a stray error answer may still be counted
            return cut.own_line(self._rules.monitor.anchors) and cut.answered <= 1 - _BLIND_SHARE
        return cut.unreachable >= _BLIND_SHARE and lasted > 0

    def _still(self, windows: Windows, shares: Shares, lengths: Lengths, counted: Any) -> bool:
        """Errors are still many, and not those of a few districts."""
        spread = counted.any() and float((shares.newest > 0)[counted].mean()) >= self._rules.degraded.spread
        return bool(spread) and _error_share(windows.count(lengths.newest), counted) > self._rules.outage.recover

    def _slowdown(self, windows: Windows, lengths: Lengths, calm: Any, now: float) -> None:
        if int(calm.sum()) < _ALONE:
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

    # -- a division ----------------------------------------------------------------------------------------------------

    def _by_division(
        self, windows: Windows, series: Series, lines: Lines, shares: Shares, lengths: Lengths, now: float
    ) -> None:
        if not self._divisions:
            return
        rule, inside = self._rules.division, self._division >= 0
        heard = (now - series.heard <= lengths.nodata) & inside
        failing = fails(shares, self._rules) & heard
        lasting = (shares.newest > self._rules.local.recover) & heard
        of = _counter(self._division, len(self._divisions))
        asked, bad, kept = of(heard & shares.checked), of(failing), of(lasting)
        others = (failing.sum() - bad) / np.maximum(1, heard.sum() - asked)
        newest = windows.count(lengths.short)
        checks, lost = newest[PINGS] + newest[UPLOADS], newest[PINGS_FAILED] + newest[UPLOADS_FAILED]
        checks, lost = of(np.where(heard, checks, 0)), of(np.where(heard, lost, 0))
        elsewhere = (lost.sum() - lost) / np.maximum(1, checks.sum() - checks)
        apart = (asked >= _ALONE) & (others <= rule.others_ok) & (elsewhere <= rule.others_ok)
        for place in np.flatnonzero(apart & (kept >= asked / 2) & (kept > 0)):
            firm = bool(bad[place] >= rule.districts * asked[place])
            self._division_cut(int(place), failing if firm else lasting, windows, series, lines, lengths, (now, firm))
        cut = {self._divisions.index(claim.division) for claim in self.claims if claim.division}
        self._slow_division(windows, series, lines, lengths, now, (of, cut))

    def _division_cut(  # noqa: PLR0913, PLR0917
        self,
        place: int,
        bad: Any,
        windows: Windows,
        series: Series,
        lines: Lines,
        lengths: Lengths,
        moment: tuple[float, bool],
    ) -> None:
        now, firm = moment
        members = self._division == place
        chosen = members & bad
        began = float(np.median(began_at(series, lengths, now)[chosen]))
        cut = witnessed(windows, series, lengths, chosen)
        known = lines.verdict[chosen]
        own, cleared = cut.own_line(self._rules.local.anchors), cut.cleared()
        if (known != NOBODY).mean() >= 0.5:  # what was found when it began stands, whatever is answered on the way out
            own = bool((known == OWN_LINE).sum() >= (known == REGISTRY).sum())
            cleared = not own
        if firm and not own and not cleared and now - began < _WAIT_S * lengths.short / 60:
            firm = False
        kind = OUTAGE if cleared and not own else LOCAL
        reasons = mostly(windows.reasons(lengths.local, chosen))
        words = f"{int(chosen.sum())} of {int(members.sum())} districts of {self._divisions[place]} fail ({reasons})"
        if cut.asked:
            words += f"; their neutral hosts answer {cut.asked - cut.lost:.0f} of {cut.asked:.0f}"
        self._add_division(kind, place, began, words, firm=firm)

    def _slow_division(
        self, windows: Windows, series: Series, lines: Lines, lengths: Lengths, now: float, cuts: tuple[Any, set[int]]
    ) -> None:
        """Slow, or failing in part, against the other divisions."""
        of, cut = cuts
        rule, calm = self._rules.division, (lines.verdict == NOBODY) & (now - series.heard <= lengths.nodata)
        above = np.median(series.newest[:3], axis=0) - series.base - np.maximum(self.common.now, 0.0)[:, None]
        slow = ((above >= np.log(rule.ratio)) & series.warm).any(axis=0) & calm
        counts = windows.count(self._rules.degraded.err_window_s)
        checks, lost = counts[PINGS] + counts[UPLOADS], counts[PINGS_FAILED] + counts[UPLOADS_FAILED]
        total, wrong = of(np.where(calm, checks, 0)), of(np.where(calm, lost, 0))
        share = wrong / np.maximum(1, total)
        rest = (wrong.sum() - wrong) / np.maximum(1, total.sum() - total)
        touched = of(calm & (lost > 0)) >= rule.districts * np.maximum(1, of(calm))
        many = (of(calm) >= _ALONE) & ~np.isin(np.arange(len(self._divisions)), list(cut))
        newest = windows.count(lengths.short)
        late_lost = of(np.where(calm, newest[PINGS_FAILED] + newest[UPLOADS_FAILED], 0))
        late = late_lost / np.maximum(1, of(np.where(calm, newest[PINGS] + newest[UPLOADS], 0)))
        slow_now = (of(slow) >= rule.districts * np.maximum(1, of(calm))) & many
        failing = (share >= rule.err) & (late >= rule.err) & touched & many & (rest <= self._rules.degraded.err)
        failing &= total >= _FEW * of(calm)
        self._slow_divisions.append((now, slow_now))
        while self._slow_divisions[0][0] <= now - self._rules.degraded.sustain_s:
            self._slow_divisions.popleft()
        marks = np.array([mark for _, mark in self._slow_divisions])
        span = now - self._slow_divisions[0][0]
        sustained = slow_now & (marks.mean(axis=0) >= self._rules.degraded.of)
        sustained &= span >= self._rules.degraded.of * self._rules.degraded.sustain_s * 0.9
        for place in np.flatnonzero(slow_now | ((late >= rule.err / 2) & touched & many & (rest <= late / 2))):
            firm = bool(sustained[place] or failing[place])
            words = (
                f"{share[place]:.0%} of the checks of {self._divisions[place]} fail"
                if failing[place]
                else f"answers in {self._divisions[place]} take over {rule.ratio:g} times what is usual"
            )
            self._add_division(SLOWDOWN, int(place), now - self._rules.degraded.sustain_s, words, firm=firm)

    def _add_division(self, kind: str, place: int, since: float, words: str, *, firm: bool) -> None:
        self.claims.append(Wide(kind, DIVISION, self._members[place], since, words, firm, self._divisions[place]))


def _counter(division: Any, many: int) -> Any:
    """A function that adds up values of districts by division."""
    inside = division >= 0
    return lambda values: np.bincount(division[inside], weights=values[inside].astype(float), minlength=many)


def _error_share(counts: Any, chosen: Any) -> float:
    picked = counts[:, chosen]
    checks = int(picked[PINGS].sum() + picked[UPLOADS].sum())
    return float((picked[PINGS_FAILED].sum() + picked[UPLOADS_FAILED].sum()) / max(1, checks))
