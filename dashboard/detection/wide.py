"""Rules over many districts: the registry for the whole state, or for a division. Comparing places is what makes them quiet.

Districts that are known to be bad by themselves are left out: one dead link and one short blip must not look like the registry.
"""

import math
from collections import deque
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from dashboard.detection.columns import ANCHOR, UPLOAD, Columns
from dashboard.detection.lines import Lengths, Shares, witnesses
from dashboard.detection.series import Series
from dashboard.detection.windows import (
    ANSWERED,
    PINGS,
    PINGS_FAILED,
    TAIL,
    UNREACHABLE,
    UPLOADS,
    UPLOADS_FAILED,
    Windows,
)
from dashboard.settings import Rules

OUTAGE, SLOWDOWN, LOCAL = "outage", "slowdown", "local"
STATE, DIVISION = "state", "division"
_ANSWERED = 0.6
_WITNESSES = 2
_STRAY = 0.1  # of the failures
_HALF = 0.5
_SMOOTH_S = 60.0
_LEVEL_S = 900.0
_BLIP_S = 75.0


@dataclass(frozen=True)
class Wide:
    """A rule over many districts that holds. Not firm: enough to keep an incident open, too little to open one."""

    kind: str
    scope: str
    districts: frozenset[int]
    since: float
    evidence: str
    firm: bool
    division: str = ""


class Mode(NamedTuple):
    """What most districts see at one moment: log of times over usual, per kind; shares of failed checks and of slow tails."""

    at: float
    ratio: tuple[float, float]


class Common:
    """The common mode over the last minutes, and since when it is raised."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._modes: deque[Mode] = deque()
        self.now = (0.0, 0.0)
        self._level: tuple[float, ...] = (0.0, 0.0)
        self.raised_since: float | None = None

    @property
    def level(self) -> list[float]:
        """The usual level of the last quarter of an hour, log, per kind."""
        return [round(level, 4) for level in self._level]

    @level.setter
    def level(self, level: list[float]) -> None:
        self._level = tuple(level)

    @property
    def level_of_uploads(self) -> float:
        """The middle of the last minute, log of uploads over their usual."""
        return float(np.median([mode.ratio[UPLOAD] for mode in list(self._modes)[-4:]])) if self._modes else 0.0

    def look(self, series: Series, out: Any, lengths: Lengths, now: float) -> None:
        """The median over the districts that are heard and not bad by themselves."""
        fresh = (series.last_at > now - 2.5 * lengths.round - 5) & ~out
        ratios = series.ratio()
        self.now = tuple(  # type: ignore[assignment]
            float(np.median(ratios[kind, fresh[kind]])) if fresh[kind].any() else 0.0 for kind in (0, 1)
        )
        self._modes.append(Mode(now, self.now))
        while self._modes[0].at <= now - self._rules.degraded.sustain_s:
            self._modes.popleft()
        raised = self._is_raised(now)
        self.raised_since = (self.raised_since or now - _SMOOTH_S / 2) if raised else None
        if not raised:
            share = min(1.0, lengths.round / _LEVEL_S)
            self._level = tuple(level + share * (new - level) for level, new in zip(self._level, self.now, strict=True))

    def _is_raised(self, now: float) -> bool:
        """The middle of the last minute is above the usual level of the last quarter of an hour, which follows the day's load."""
        rule, recent = self._rules.degraded, [mode.ratio for mode in self._modes if mode.at > now - _SMOOTH_S]
        middle = np.median(np.array(recent), axis=0)
        level = np.clip(np.array(self._level), 0.0, (np.log(rule.ratio) - np.log(rule.recover_ratio)) * 0.8)
        return bool((middle > level + np.log(rule.recover_ratio)).any())

    def tail(self, batch: Columns, series: Series) -> Any:
        """True for good uploads far above what is current: a part of them suffers though the median does not."""
        if not batch:
            return np.zeros(0, bool)
        uploads = (batch.kind == UPLOAD) & ~batch.failed & ~batch.offline
        warm = series.warm[np.minimum(batch.kind, UPLOAD), batch.district]
        base = series.base[np.minimum(batch.kind, UPLOAD), batch.district]
        above = np.log(np.maximum(batch.total, 1e-4)) - base - max(self.now[UPLOAD], 0.0)
        return uploads & warm & (above > np.log(self._rules.degraded.tail_x)) & (batch.kind != ANCHOR)

    def sustained(self) -> bool:
        """Raised above the ratio now, and for the wanted share of the last minutes."""
        rule, modes = self._rules.degraded, self._modes
        limit = np.log(rule.ratio)
        span = modes[-1].at - modes[0].at
        held = [max(mode.ratio) > limit for mode in modes]
        # the oldest mode kept is up to one tick younger than the window
        return bool(held[-1] and span >= rule.of * rule.sustain_s * 0.9 and sum(held) >= rule.of * len(held))


@dataclass(frozen=True)
class Floods:
    """Failed shares over all districts, and whether they are spread over time and places. Not firm: enough to keep open."""

    firm: bool
    soft: bool
    late: float = 0.0  # of the newest rounds
    mean: float = 0.0  # of the long window, each round clipped
    present: float = 0.0  # of the rounds with errors
    touched: float = 0.0  # of the districts with errors
    elsewhere: float = 0.0  # of the long window, without the division in which most fails
    heard: bool = True  # in rounds enough; else nothing is said
    of: str = "checks"  # or uploads, of which these are the shares
    words: str = ""


class Flood:
    """Errors, or slow tails, that are few for each district and many for the state. `division`: its index by district, or -1."""

    def __init__(self, rules: Rules, division: Any) -> None:
        self._rule, self._division = rules.degraded, division
        self._recent_s = rules.outage.window_long_s

    def errors(self, windows: Windows, lengths: Lengths, counted: Any) -> Floods:
        """Over all checks, or over uploads alone; each round counts up to `err_clip`."""
        limits = (self._rule.err, self._rule.err_clip)
        every, uploads = (
            self._flood(windows, lengths, counted, channels, limits)
            for channels in (((PINGS, UPLOADS), (PINGS_FAILED, UPLOADS_FAILED)), ((UPLOADS,), (UPLOADS_FAILED,)))
        )
        best = max(every, replace(uploads, of="uploads"), key=lambda item: (item.firm, item.soft, item.late))
        return replace(best, words=f"{every.late:.0%} of the checks fail")

    def tails(self, windows: Windows, lengths: Lengths, counted: Any) -> Floods:
        """Uploads at several times what is current for their district."""
        found = self._flood(windows, lengths, counted, ((UPLOADS,), (TAIL,)), (self._rule.tail, 1.0))
        words = f"{found.late:.0%} of the uploads take over {self._rule.tail_x:g} times what is usual"
        return replace(found, of="uploads", words=words)

    def _flood(
        self,
        windows: Windows,
        lengths: Lengths,
        counted: Any,
        channels: tuple[tuple[int, ...], tuple[int, ...]],
        limits: tuple[float, float],
    ) -> Floods:
        (kinds, bad), (limit, clip), rule = channels, limits, self._rule
        long_s = max(rule.err_window_s, 10 * lengths.round)
        rounds = windows.rounds(long_s, max(lengths.round, windows.bin_s), counted)
        checks, lost = rounds[:, list(kinds)].sum(axis=1), rounds[:, list(bad)].sum(axis=1)
        share = lost / np.maximum(checks, 1)
        heard = (checks > 0) & ~_blip(share, clip, lengths)
        if heard.sum() < len(heard) / 2 or not counted.any():
            return Floods(firm=False, soft=False, heard=False)
        newest = max(1, round(self._recent_s / lengths.round))
        late = float((lost * heard)[:newest].sum() / max(1.0, (checks * heard)[:newest].sum()))
        mean = float(np.minimum(share, clip)[heard].mean())
        present = float((share[heard] >= limit / 2).mean())
        counts = windows.count(long_s)
        checks, lost = counts[list(kinds)].sum(axis=0) * counted, counts[list(bad)].sum(axis=0) * counted
        touched = float((lost[counted > 0] > 0).mean())
        elsewhere = self._elsewhere(checks, lost)
        firm = mean >= limit and late >= limit and present >= rule.err_persist and touched >= rule.spread
        firm &= elsewhere >= limit
        soft = late >= limit / 2 and touched >= rule.spread / 2
        return Floods(firm, soft, late, mean, present, touched, elsewhere)

    def _elsewhere(self, checks: Any, lost: Any) -> float:
        """What is left without the division in which most fails: strays elsewhere do not make its trouble the state's."""
        asked, bad = (np.bincount(self._division + 1, weights=each) for each in (checks, lost))
        inside = np.where(np.arange(len(asked)) > 0, bad / np.maximum(asked, 1), -1.0)
        worst = int(inside.argmax())
        one = worst == 0 or asked[worst] == asked.sum()  # nothing to compare with
        return float(bad.sum() - (not one) * bad[worst]) / max(1.0, float(asked.sum() - (not one) * asked[worst]))


def _blip(share: Any, clip: float, lengths: Lengths) -> Any:
    """Rounds in which most fails, as long as a deployment lasts: they say nothing of what goes on around them."""
    return (share >= clip) & _worst(share, math.ceil(_BLIP_S / lengths.round))


def _worst(share: Any, many: int) -> Any:
    worst = np.zeros(len(share), bool)
    worst[np.argsort(share)[::-1][:many]] = True
    return worst


def lasts(shares: Shares, rules: Rules) -> Any:
    """True where the long window is bad and the newest rounds are not good again: a cut that is over leaves its mark in the window."""
    return (shares.long >= rules.outage.fail_long) & (shares.newest > rules.local.recover)


def fails(shares: Shares, rules: Rules) -> Any:
    """True for districts that fail as an outage wants it: in the short window, or in the long one and still now."""
    return (shares.short >= rules.outage.fail) | lasts(shares, rules)


def is_outage(shares: Shares, rules: Rules, counted: Any) -> bool:
    """True when enough of the reporting districts fail, over the short window, or over the long one and still now."""
    rule = rules.outage
    asked = shares.checked & counted
    if not asked.any():
        return False
    short = float(((shares.short >= rule.fail) | shares.uploads)[asked].mean())
    return short >= rule.districts or float(lasts(shares, rules)[asked].mean()) >= rule.districts


class Cut(NamedTuple):
    """What the neutral hosts and the errors of some districts say of their lines."""

    asked: float
    lost: float
    answered: float  # share of failures with an HTTP status
    unreachable: float  # share of failures without a route

    def own_line(self, limit: float) -> bool:
        return self.asked >= _WITNESSES and self.lost >= limit * self.asked

    def is_the_monitors(self, limit: float, lasted: float) -> bool:
        """Of everybody's failures: the neutral hosts fail too; without any, only when no route is what is wrong."""
        if self.asked:
            # of the minutes before it, a stray error answer may still be counted
            return self.own_line(limit) and self.answered <= _STRAY
        return self.unreachable >= 1 - _STRAY and lasted > 0

    def cleared(self) -> bool:
        return self.answered >= _ANSWERED or (self.asked >= _WITNESSES and self.lost <= _HALF * self.asked)


def witnessed(windows: Windows, series: Series, lengths: Lengths, chosen: Any) -> Cut:
    """The neutral hosts of the chosen districts since their trouble began, and the kinds of their failures."""
    asked, lost = witnesses(windows, series, lengths)
    counts = windows.count(lengths.local)[:, chosen]
    failed = max(1, int(counts[PINGS_FAILED].sum() + counts[UPLOADS_FAILED].sum()))
    return Cut(
        float(asked[chosen].sum()),
        float(lost[chosen].sum()),
        float(counts[ANSWERED].sum() / failed),
        float(counts[UNREACHABLE].sum() / failed),
    )
