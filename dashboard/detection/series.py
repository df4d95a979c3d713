"""What is remembered of each series (a district's pings, a district's uploads): its usual time, its newest samples, its runs.

Constant memory per series. Logs are natural logs of seconds.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dashboard.detection.columns import ANCHOR, REASONS, UPLOAD, Columns
from dashboard.settings import Rules

KEPT = 12  # newest good samples of a series
_WIDEST_PRIOR = np.log(10.0)  # a first baseline this far from the prior is cut off there
_ACCEPTED = 5  # newest good samples whose middle becomes the usual time when a person says so
_STEP = 0.5  # of a baseline: one sample pulls at most this far (log)
_LONG_S = 30.0  # a check over this may outlast the trouble it began in
_TIMEOUT = next(i for i, reason in enumerate(REASONS) if reason.value == "timeout")


class Series:
    """Arrays of kinds (ping, upload) x districts, and of districts."""

    def __init__(self, rules: Rules, districts: int) -> None:
        self._rules = rules
        both, one = (2, districts), (districts,)
        self._common = 0.0
        self._until = -np.inf  # up to here, what is usual was learnt by an earlier run
        self.hold = False  # the state is slow: what is measured now is nobody's usual
        self.learnt = np.zeros(both, np.int64)  # good samples that count for the usual time
        self.prior = np.log(np.array([[rules.prior_ms.ping], [rules.prior_ms.upload]]) / 1000)
        self.base = np.zeros(both)  # log of the usual seconds, once warm
        self.good = np.zeros(both, np.int64)  # good samples ever
        self.newest = np.zeros((KEPT, 2, districts))  # logs of the newest good samples, newest first
        self.last_log = np.zeros(both)  # of the newest sample, a timeout counted as its deadline
        self.last_at = np.full(both, -np.inf)  # end of the newest sample
        self.gap = np.zeros(both)  # seconds between samples
        self.heard = np.full(one, -np.inf)  # end of the newest sample that says something
        self.offline = np.full(one, -np.inf)  # end of the newest that says: our own network is down
        self.anchor_lost, self.anchor_good = np.full(one, -np.inf), np.full(one, -np.inf)  # ends of the newest of each
        self.fail_from = np.full(one, np.inf)  # start of the present run of failed registry samples
        self.witness_from = np.full(one, np.inf)  # from here on a neutral host tells of the same trouble
        self.uploads_fail_from = np.full(one, np.inf)  # the same of uploads alone
        self.uploads_failed = np.zeros(one, np.int64)
        self.slow_run, self.quick_run = (
            np.zeros(one, np.int64),
            np.zeros(one, np.int64),
        )  # against the floor: worth a page
        self.rise_run, self.level_run = np.zeros(one, np.int64), np.zeros(one, np.int64)  # against the usual alone
        self.was_slow, self.was_raised = np.zeros(one, bool), np.zeros(one, bool)
        self.slow_from = np.full(one, np.inf)

    @property
    def warm(self) -> Any:
        """True where a series has a usual time of its own."""
        return self.learnt >= self._rules.warmup_samples

    def ratio(self) -> Any:
        """Log of the newest sample over the usual; without a history over what would be slow then, on the same scale."""
        cold = self.prior + np.log(self._rules.cold_slow_factor / self._rules.degraded.ratio)
        return self.last_log - np.where(self.warm, self.base, cold)

    def round_s(self) -> float:
        """Seconds between two rounds of the quicker check, over all districts."""
        typical = [float(np.median(gaps[gaps > 0])) for gaps in self.gap if (gaps > 0).any()]
        return min(typical, default=self._rules.tick_s)

    def began_in_a_hole(self, batch: Columns) -> Any:
        """True for failed checks that began while the district's line was cut and ended when it was good again.

        They say nothing of the registry; in the hole itself the neutral host fails beside them and is the witness.
        """
        anchors = batch.rows((batch.kind == ANCHOR) & ~batch.offline)
        np.maximum.at(self.anchor_lost, anchors.district[anchors.failed], anchors.at[anchors.failed])
        np.maximum.at(self.anchor_good, anchors.district[~anchors.failed], anchors.at[~anchors.failed])
        lost, good = self.anchor_lost[batch.district], self.anchor_good[batch.district]
        long = batch.failed & (batch.kind != ANCHOR) & (batch.total > _LONG_S)
        return long & (good > lost) & (lost >= batch.at - batch.total)

    def take(self, batch: Columns, frozen: Any, common: float = 0.0) -> None:
        """Take samples in, ordered by their end. `frozen` marks districts whose usual time must not follow now.

        `common` is the log by which uploads of the whole state are slower than usual: a district must stand out from it.
        """
        self._common = max(0.0, common)
        self._hear(batch)
        for part in _one_a_series(batch.rows(batch.kind != ANCHOR)):
            self._follow(part, frozen)

    def _hear(self, batch: Columns) -> None:
        off = batch.rows(batch.offline)
        np.maximum.at(self.offline, off.district, off.at)
        said = batch.rows(~batch.offline)
        np.maximum.at(self.heard, said.district, said.at)

    def _follow(self, part: Columns, frozen: Any) -> None:
        part = part.rows(~part.offline & (part.at >= self.last_at[part.kind, part.district]))
        kind, place, logs = part.kind, part.district, np.log(np.maximum(part.total, 1e-4))
        self._pace(part)
        judged = ~part.failed | (part.reason == _TIMEOUT)
        self.last_log[kind[judged], place[judged]] = logs[judged]
        self._runs(part)
        good = ~part.failed
        self._judge_speed(part.rows(good & (kind == UPLOAD)), logs[good & (kind == UPLOAD)])
        self._learn(part.rows(good), logs[good], frozen)

    def _pace(self, part: Columns) -> None:
        kind, place = part.kind, part.district
        gap, known = part.at - self.last_at[kind, place], self.gap[kind, place]
        usual = np.where(known > 0, known + 0.2 * (np.clip(gap, known / 2, known * 2) - known), gap)
        fits = np.isfinite(gap) & (gap > 0.05)
        self.gap[kind[fits], place[fits]] = usual[fits]
        self.last_at[kind, place] = part.at

    def _runs(self, part: Columns) -> None:
        """Where the present run of failures began; any good answer of the registry ends it."""
        place, start, bad = part.district, part.at - part.total, part.failed
        good_at = np.full(len(self.heard), -np.inf)
        np.maximum.at(good_at, place[~bad], part.at[~bad])
        self.fail_from[place[~bad]] = self.witness_from[place[~bad]] = np.inf
        after = bad & (part.at >= good_at[place])
        np.minimum.at(self.fail_from, place[after], start[after])
        # a check that ran into its deadline may have begun well before the trouble did
        np.minimum.at(self.witness_from, place[after], np.maximum(start, part.at - 1.0)[after])
        uploads = part.kind == UPLOAD
        failed, fine = place[uploads & bad], place[uploads & ~bad]
        self.uploads_fail_from[failed] = np.minimum(self.uploads_fail_from[failed], start[uploads & bad])
        self.uploads_failed[failed] += 1
        self.uploads_fail_from[fine], self.uploads_failed[fine] = np.inf, 0

    def _judge_speed(self, part: Columns, logs: Any) -> None:
        """Runs of slow uploads, and of quick ones that end them; once slow, as many quick ones in a row end it."""
        slow, place = self._rules.slow, part.district
        above = np.where(self.warm[UPLOAD, place], logs - self.base[UPLOAD, place], -np.inf)
        hard = (part.total >= slow.limit_s) | (
            (above >= np.log(slow.ratio) + self._common) & (part.total >= slow.floor_s)
        )
        raised = hard | (above >= np.log(self._rules.degraded.ratio))
        first = raised & ~self.was_raised[place] & (self.rise_run[place] == 0)
        self.slow_from[place[first]] = (part.at - part.total)[first]
        for mark, run, rest in ((hard, self.slow_run, self.quick_run), (raised, self.rise_run, self.level_run)):
            run[place], rest[place] = np.where(mark, run[place] + 1, 0), np.where(mark, 0, rest[place] + 1)
        held = slow.samples
        for was, run, rest in (
            (self.was_slow, self.slow_run, self.quick_run),
            (self.was_raised, self.rise_run, self.level_run),
        ):
            was[place] = (run[place] >= held) | (was[place] & (rest[place] < held))

    def _learn(self, part: Columns, logs: Any, frozen: Any) -> None:
        """The newest good samples and the usual time, unless it is frozen or the district is slow by itself."""
        kind, place = part.kind, part.district
        self.newest[1:, kind, place] = self.newest[:-1, kind, place]
        self.newest[0, kind, place] = logs
        self.good[kind, place] += 1
        if self.hold:
            return
        self.learnt[kind, place] += 1
        count, needed = self.learnt[kind, place], self._rules.warmup_samples
        first = count == needed
        if first.any():
            middle = np.median(self.newest[:needed, kind[first], place[first]], axis=0)
            prior = self.prior[kind[first], 0]
            self.base[kind[first], place[first]] = np.clip(middle, prior - _WIDEST_PRIOR, prior + _WIDEST_PRIOR)
        new = part.at > self._until
        follow = (count > needed) & new & ~frozen[place] & (self.rise_run[place] == 0) & ~self.was_raised[place]
        kind, place, logs = kind[follow], place[follow], logs[follow]
        share = np.minimum(1.0, self.gap[kind, place] / self._rules.baseline_tau_s)
        off = logs - self.base[kind, place]
        self.base[kind, place] += share * np.clip(off, -_STEP, _STEP)

    def accept(self, places: Sequence[int]) -> None:
        """The middle of the newest good samples is the usual time from here on; a series without so many keeps what it has."""
        chosen = np.zeros(self.good.shape, bool)
        chosen[:, list(places)] = True
        chosen &= self.good >= _ACCEPTED
        self.base[chosen] = np.median(self.newest[:_ACCEPTED], axis=0)[chosen]
        self.learnt[chosen] = np.maximum(self.learnt[chosen], self._rules.warmup_samples)
        for run in (self.slow_run, self.rise_run):
            run[list(places)] = 0
        self.was_slow[list(places)] = self.was_raised[list(places)] = False

    def memory(self) -> list[list[Any]]:
        """Per district: the usual seconds of pings and of uploads (null before there are any), slow or raised, and since when."""
        bases = np.where(self.warm, np.round(np.exp(self.base), 4), np.nan)
        return [
            [
                *(None if np.isnan(usual) else float(usual) for usual in bases[:, place]),
                int(self.was_slow[place]) + int(self.was_raised[place]),
                round(float(self.slow_from[place]), 1) if self.was_raised[place] else None,
            ]
            for place in range(bases.shape[1])
        ]

    def remember(self, rows: Mapping[int, Sequence[Any]], until: float) -> None:
        """Take back what `memory` gave at the moment `until`, by the position of the district."""
        self._until = until
        for place, (*usual, slow, since) in rows.items():
            for kind, known in enumerate(usual):
                if known is not None:
                    self.base[kind, place] = np.log(known)
                    self.learnt[kind, place] = self._rules.warmup_samples
            self.was_slow[place], self.was_raised[place] = slow > 1, slow > 0
            if since is not None:
                self.slow_from[place] = since


def _one_a_series(batch: Columns) -> list[Columns]:
    """The batch in parts that hold each series at most once, in order."""
    if not len(batch.at):
        return []
    key = batch.kind.astype(np.int64) + 2 * batch.district
    order = np.argsort(key, kind="stable")
    ranked = key[order]
    starts = np.r_[True, ranked[1:] != ranked[:-1]]
    run = np.arange(len(key)) - np.maximum.accumulate(np.where(starts, np.arange(len(key)), 0))
    turn = np.empty(len(key), np.int64)
    turn[order] = run
    return [batch.rows(turn == n) for n in range(int(turn.max()) + 1)]
