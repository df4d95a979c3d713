"""One look over the divisions: does one fail as one, its line or the registry, or is it slow or failing in part, while the others are good?

Claims are made anew each tick, as in everywhere.py, which asks only when nothing holds for the whole state.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dashboard.detection.lines import NOBODY, OWN_LINE, REGISTRY, WAIT_S, Lengths, Lines, Shares, began_at
from dashboard.detection.series import Series
from dashboard.detection.wide import DIVISION, LOCAL, OUTAGE, SLOWDOWN, Wide, fails, witnessed
from dashboard.detection.windows import PINGS, PINGS_FAILED, UPLOADS, UPLOADS_FAILED, Windows
from dashboard.detection.words import mostly
from dashboard.settings import Rules

_FEW = 6  # checks of a district in the long window below which a share of errors says nothing
ALONE = 2  # districts a division must have to be a group


class Divisions:
    """Which district is in which division, and which of them were slow in the last minutes."""

    def __init__(self, rules: Rules, codes: Sequence[int], divisions: Mapping[int, str]) -> None:
        self._rules = rules
        names = sorted({divisions.get(code, "") for code in codes} - {""})
        self.names = tuple(names)
        self.of = np.array([names.index(divisions[c]) if divisions.get(c) else -1 for c in codes], np.int64)
        members: list[list[int]] = [[] for _ in names]
        for code, place in zip(codes, self.of, strict=True):
            if place >= 0:
                members[place].append(code)
        self._members = tuple(frozenset(each) for each in members)
        self.marks: deque[tuple[float, Any]] = deque()  # moments, and which divisions were slow
        self._claims: list[Wide] = []

    def count(self, values: Any) -> Any:
        """Values of districts, added up by division."""
        inside = self.of >= 0
        return np.bincount(self.of[inside], weights=values[inside].astype(float), minlength=len(self.names))

    def look(
        self,
        windows: Windows,
        series: Series,
        lines: Lines,
        shares: Shares,
        lengths: Lengths,
        moment: tuple[float, Any],
    ) -> list[Wide]:
        """The claims of this tick; `moment` is now, and the logs by which pings and uploads of the whole state are slower than usual."""
        now, common = moment
        self._claims = []
        if self.names:
            self._failing(windows, series, lines, shares, lengths, now)
            self._slow(windows, series, lines, lengths, now, common)
        return self._claims

    def _failing(
        self, windows: Windows, series: Series, lines: Lines, shares: Shares, lengths: Lengths, now: float
    ) -> None:
        rule, inside = self._rules.division, self.of >= 0
        heard = (now - series.heard <= lengths.nodata) & inside
        failing = fails(shares, self._rules) & heard
        lasting = (shares.newest > self._rules.local.recover) & heard
        of = self.count
        asked, bad, kept = of(heard & shares.checked), of(failing), of(lasting)
        others = (failing.sum() - bad) / np.maximum(1, heard.sum() - asked)
        newest = windows.count(lengths.short)
        checks, lost = newest[PINGS] + newest[UPLOADS], newest[PINGS_FAILED] + newest[UPLOADS_FAILED]
        checks, lost = of(np.where(heard, checks, 0)), of(np.where(heard, lost, 0))
        elsewhere = (lost.sum() - lost) / np.maximum(1, checks.sum() - checks)
        apart = (asked >= ALONE) & (others <= rule.others_ok) & (elsewhere <= rule.others_ok)
        for place in np.flatnonzero(apart & (kept >= asked / 2) & (kept > 0)):
            firm = bool(bad[place] >= rule.districts * asked[place])
            self._cut(int(place), failing if firm else lasting, windows, series, lines, lengths, (now, firm))

    def _cut(  # noqa: PLR0913, PLR0917
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
        members = self.of == place
        chosen = members & bad
        began = float(np.median(began_at(series, lengths, now)[chosen]))
        cut = witnessed(windows, series, lengths, chosen)
        known = lines.verdict[chosen]
        own, cleared = cut.own_line(self._rules.local.anchors), cut.cleared()
        if (known != NOBODY).mean() >= 0.5:  # what was found when it began stands, whatever is answered on the way out
            own = bool((known == OWN_LINE).sum() >= (known == REGISTRY).sum())
            cleared = not own
        if firm and not own and not cleared and now - began < WAIT_S * lengths.short / 60:
            firm = False
        kind = OUTAGE if cleared and not own else LOCAL
        reasons = mostly(windows.reasons(lengths.local, chosen))
        words = f"{int(chosen.sum())} of {int(members.sum())} districts of {self.names[place]} fail ({reasons})"
        if cut.asked:
            words += f"; their neutral hosts answer {cut.asked - cut.lost:.0f} of {cut.asked:.0f}"
        self._add(kind, place, began, words, firm=firm)

    def _slow(self, windows: Windows, series: Series, lines: Lines, lengths: Lengths, now: float, common: Any) -> None:
        """Slow, or failing in part, against the other divisions."""
        of, cut = self.count, [self.names.index(claim.division) for claim in self._claims]
        rule, calm = self._rules.division, (lines.verdict == NOBODY) & (now - series.heard <= lengths.nodata)
        above = np.median(series.newest[:3], axis=0) - series.base - common[:, None]
        slow = ((above >= np.log(rule.ratio)) & series.warm).any(axis=0) & calm
        counts = windows.count(self._rules.degraded.err_window_s)
        checks, lost = counts[PINGS] + counts[UPLOADS], counts[PINGS_FAILED] + counts[UPLOADS_FAILED]
        total, wrong = of(np.where(calm, checks, 0)), of(np.where(calm, lost, 0))
        share = wrong / np.maximum(1, total)
        rest = (wrong.sum() - wrong) / np.maximum(1, total.sum() - total)
        touched = of(calm & (lost > 0)) >= rule.districts * np.maximum(1, of(calm))
        many = (of(calm) >= ALONE) & ~np.isin(np.arange(len(self.names)), cut)
        newest = windows.count(lengths.short)
        late_lost = of(np.where(calm, newest[PINGS_FAILED] + newest[UPLOADS_FAILED], 0))
        late = late_lost / np.maximum(1, of(np.where(calm, newest[PINGS] + newest[UPLOADS], 0)))
        slow_now = (of(slow) >= rule.districts * np.maximum(1, of(calm))) & many
        failing = (share >= rule.err) & (late >= rule.err) & touched & many & (rest <= self._rules.degraded.err)
        failing &= total >= _FEW * of(calm)
        self.marks.append((now, slow_now))
        while self.marks[0][0] <= now - self._rules.degraded.sustain_s:
            self.marks.popleft()
        marks = np.array([mark for _, mark in self.marks])
        span = now - self.marks[0][0]
        sustained = slow_now & (marks.mean(axis=0) >= self._rules.degraded.of)
        sustained &= span >= self._rules.degraded.of * self._rules.degraded.sustain_s * 0.9
        for place in np.flatnonzero(slow_now | ((late >= rule.err / 2) & touched & many & (rest <= late / 2))):
            firm = bool(sustained[place] or failing[place])
            words = (
                f"{share[place]:.0%} of the checks of {self.names[place]} fail"
                if failing[place]
                else f"answers in {self.names[place]} take over {rule.ratio:g} times what is usual"
            )
            self._add(SLOWDOWN, int(place), now - self._rules.degraded.sustain_s, words, firm=firm)

    def _add(self, kind: str, place: int, since: float, words: str, *, firm: bool) -> None:
        self._claims.append(Wide(kind, DIVISION, self._members[place], since, words, firm, self.names[place]))
