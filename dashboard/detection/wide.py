"""Rules over many districts: the registry for the whole state, or for a division. Comparing places is what makes them quiet.

Districts that are known to be bad by themselves are left out: one dead link and one short blip must not look like the registry.
"""

import math
from collections import deque
from dataclasses import dataclass
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
    """Failed shares over all districts: in the long run, lately, and whether they are spread over time and places."""

    firm: bool
    soft: bool
    share: float
    words: str


class Flood:
    """Errors, or slow tails, that are few for each district and many for the state."""

    def __init__(self, rules: Rules) -> None:
        self._rule = rules.degraded
        self._recent_s = rules.outage.window_long_s

    def errors(self, windows: Windows, lengths: Lengths, counted: Any) -> Floods:
        """Over all checks, or over uploads alone; each round counts up to `err_clip`."""
        rule, long_s = self._rule, max(self._rule.err_window_s, 10 * lengths.round)
        rounds = windows.rounds(long_s, max(lengths.round, windows.bin_s), counted)
        counts = windows.count(long_s)[:, counted > 0]
        every = (PINGS, UPLOADS), (PINGS_FAILED, UPLOADS_FAILED)
        found = [
            self._flood(rounds, counts, kinds, failed, lengths, (rule.err, rule.err_clip))
            for kinds, failed in (every, ((UPLOADS,), (UPLOADS_FAILED,)))
        ]
        best = max(found, key=lambda item: (item.firm, item.soft, item.share))
        return Floods(best.firm, best.soft, best.share, f"{best.share:.0%} of the checks fail")

    def tails(self, windows: Windows, lengths: Lengths, counted: Any) -> Floods:
        """Uploads at several times what is current for their district."""
        rule, long_s = self._rule, max(self._rule.err_window_s, 10 * lengths.round)
        rounds = windows.rounds(long_s, max(lengths.round, windows.bin_s), counted)
        counts = windows.count(long_s)[:, counted > 0]
        found = self._flood(rounds, counts, (UPLOADS,), (TAIL,), lengths, (rule.tail, 1.0))
        words = f"{found.share:.0%} of the uploads take over {rule.tail_x:g} times what is usual"
        return Floods(found.firm, found.soft, found.share, words)

    @staticmethod
    def _blip(share: Any, clip: float, lengths: Lengths) -> Any:
        """Rounds in which most fails, as long as a deployment lasts: they say nothing of what goes on around them."""
        return (share >= clip) & _worst(share, math.ceil(_BLIP_S / lengths.round))

    def _flood(
        self, rounds: Any, counts: Any, kinds: Any, bad: Any, lengths: Lengths, limits: tuple[float, float]
    ) -> Floods:
        limit, clip = limits
        checks = rounds[:, list(kinds)].sum(axis=1)
        lost = rounds[:, list(bad)].sum(axis=1)
        heard = checks > 0
        share = lost / np.maximum(checks, 1)
        heard &= ~self._blip(share, clip, lengths)
        if heard.sum() < len(heard) / 2 or not counts.shape[1]:
            return Floods(False, False, 0.0, "")
        newest = max(1, round(self._recent_s / lengths.round))
        checks, lost = checks * heard, lost * heard
        mean = float(np.minimum(share, clip)[heard].mean())
        late = float(lost[:newest].sum() / max(1.0, checks[:newest].sum()))
        present = float((share[heard] >= limit / 2).mean())
        touched = float((counts[list(bad)].sum(axis=0) > 0).mean())
        rule = self._rule
        firm = mean >= limit and late >= limit and present >= rule.err_persist and touched >= rule.spread
        return Floods(firm, late >= limit / 2 and touched >= rule.spread / 2, late, "")


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
