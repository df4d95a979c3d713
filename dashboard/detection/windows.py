"""What is remembered of the newest minutes: counts per district in small bins of time, in a ring that never grows.

A window is a sum of bins; bins end at whole multiples of `bin_s`, so that a judgement at such a moment sees whole windows.
"""

import math
from typing import Any

import numpy as np

from dashboard.detection.columns import ANCHOR, PING, REASONS, UPLOAD, Columns
from dashboard.settings import Rules

# channels of the ring
PINGS, PINGS_FAILED, UPLOADS, UPLOADS_FAILED, ANSWERED, UNREACHABLE, ANCHORS, ANCHORS_FAILED, TAIL = range(9)
_CHANNELS = 9
_BINS_IN_THE_SHORTEST_WINDOW = 12
_LONGEST_S = 600.0  # what a slow cadence may stretch a window to, with the default rules
LATE_S = 120.0  # a sample later than this is not judged any more
_NO_ROUTE = tuple(REASONS).index(next(reason for reason in REASONS if reason.value == "unreachable"))


def span_s(rules: Rules) -> float:
    """Seconds that the rules look back at most, however slow the rounds are."""
    stretched = _LONGEST_S * _shortest_s(rules) / 60
    return max(rules.degraded.err_window_s, rules.local.window_long_s, rules.outage.window_long_s, stretched)


def _shortest_s(rules: Rules) -> float:
    return min(rules.outage.window_s, rules.local.window_s, rules.degraded.sustain_s)


class Windows:
    """Counts of the newest samples per district. Memory: bins x (channels + reasons) x districts x 2 bytes."""

    def __init__(self, rules: Rules, districts: int) -> None:
        self.bin_s = _shortest_s(rules) / _BINS_IN_THE_SHORTEST_WINDOW
        self.bins = math.ceil(span_s(rules) / self.bin_s) + 1
        self._ring = np.zeros((self.bins, _CHANNELS, districts), np.int16)
        self._reasons = np.zeros((self.bins, len(REASONS), districts), np.int16)
        self._head: int | None = None
        self._sums: Any = None

    def bin_of(self, at: Any) -> Any:
        """Number of the bin that holds a moment; a bin holds its end and not its start."""
        return np.ceil(np.asarray(at) / self.bin_s - 1e-6).astype(np.int64)

    def advance(self, now: float) -> None:
        """Make `now` the newest bin, and forget what falls out of the ring."""
        head = int(self.bin_of(now))
        if self._head is None or head - self._head >= self.bins:
            self._ring[:], self._reasons[:] = 0, 0
        else:
            fresh = np.arange(self._head + 1, head + 1) % self.bins
            self._ring[fresh], self._reasons[fresh] = 0, 0
        self._head = head

    def add(self, batch: Columns, tail: Any) -> None:
        """Count samples of the time that the ring spans; `tail` marks uploads far above the current median."""
        assert self._head is not None
        bins = self.bin_of(batch.at)
        held = (bins > self._head - self.bins) & ~batch.offline
        batch, bins, tail = batch.rows(held), np.minimum(bins[held], self._head) % self.bins, tail[held]
        registry = batch.kind != ANCHOR
        for channel, mask in (
            (PINGS, batch.kind == PING),
            (PINGS_FAILED, (batch.kind == PING) & batch.failed),
            (UPLOADS, batch.kind == UPLOAD),
            (UPLOADS_FAILED, (batch.kind == UPLOAD) & batch.failed),
            (ANSWERED, registry & batch.failed & batch.answered),
            (UNREACHABLE, registry & batch.failed & (batch.reason == _NO_ROUTE)),
            (ANCHORS, ~registry),
            (ANCHORS_FAILED, ~registry & batch.failed),
            (TAIL, tail),
        ):
            if mask.any():
                np.add.at(self._ring[:, channel], (bins[mask], batch.district[mask]), 1)
        bad = registry & batch.failed
        np.add.at(self._reasons, (bins[bad], batch.reason[bad], batch.district[bad]), 1)

    def settle(self, seconds: float) -> None:
        """Add up the windows of up to so many seconds; `count` and `recent` then read from these sums."""
        assert self._head is not None
        self._recent = self._ring[(self._head - np.arange(self.length(seconds))) % self.bins]
        self._sums = np.cumsum(self._recent, axis=0, dtype=np.int32)

    def length(self, seconds: float) -> int:
        """Bins of a window, at most the ring."""
        return min(self.bins, max(1, round(seconds / self.bin_s)))

    def count(self, seconds: float) -> Any:
        """Counts over the last seconds: channels x districts."""
        return self._sums[min(self.length(seconds), len(self._sums)) - 1]

    def since(self, moments: Any) -> Any:
        """Counts after each district's own moment, in whole bins, as far as the sums reach: channels x districts."""
        assert self._head is not None
        back = np.minimum(self._head - self.bin_of(moments), len(self._sums))
        counts = self._sums[np.maximum(back, 1) - 1, :, np.arange(len(back))].T
        return np.where(back > 0, counts, 0)

    def rounds(self, seconds: float, round_s: float, weight: Any) -> Any:
        """Counts of each whole round within the last seconds, over the districts of weight 1: rounds x channels."""
        each = self.length(round_s)
        many = max(1, min(self.length(seconds), len(self._recent)) // each)
        whole = self._recent[: each * many] @ weight.astype(np.float32)
        return whole.reshape(many, each, _CHANNELS).sum(axis=1)

    def reasons(self, seconds: float, chosen: Any) -> Any:
        """How often each reason was met in the last seconds by the chosen districts: one count a reason."""
        assert self._head is not None
        newest = (self._head - np.arange(self.length(seconds))) % self.bins
        return self._reasons[:, :, chosen][newest].sum(axis=(0, 2))  # the districts first: often it is one of thousands


def error_share(counts: Any, chosen: Any) -> float:
    """Failed share of the registry checks of the chosen districts; `counts` as `Windows.count` gives them."""
    picked = counts[:, chosen]
    checks = int(picked[PINGS].sum() + picked[UPLOADS].sum())
    return float((picked[PINGS_FAILED].sum() + picked[UPLOADS_FAILED].sum()) / max(1, checks))
