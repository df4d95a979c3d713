"""The whole state at one moment: every district's verdict, rules over many districts, and whether the monitor itself is cut off.

The same object runs live and in a replay; it knows no clock and no store. What was missed is gone through tick by tick, so that a
restart and a long pause come to the same verdicts as a run without them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.detection import columns
from dashboard.detection.columns import Columns
from dashboard.detection.districts import Findings, Picture, picture
from dashboard.detection.everywhere import Everywhere
from dashboard.detection.lines import NOBODY, Lengths, Lines
from dashboard.detection.rules import Finding
from dashboard.detection.seen import Seen
from dashboard.detection.series import Series
from dashboard.detection.states import DistrictState
from dashboard.detection.wide import Wide
from dashboard.detection.windows import LATE_S, Windows
from dashboard.settings import Rules

# what a fresh judgement wants of the newest samples, beside its memory: enough for its longest window and a run of slow uploads
LOOK_BACK_S = 3600.0


@dataclass(frozen=True)
class Judgement:
    """`findings` holds every district. `blind_since` is set when (nearly) nothing is heard any more."""

    at: float
    findings: Mapping[int, Finding]
    vantages: Mapping[int, str]
    blind_since: float | None
    wide: tuple[Wide, ...] = ()

    def in_state(self, *states: DistrictState) -> tuple[int, ...]:
        if isinstance(self.findings, Findings):
            return self.findings.in_state(*states)
        return tuple(code for code, finding in self.findings.items() if finding.state in states)


class Judge:
    """Remembers a fixed amount per district. `listening_since`: silence before this moment is ours, not theirs."""

    def __init__(
        self, rules: Rules, districts: Sequence[int], listening_since: float, divisions: Mapping[int, str] | None = None
    ) -> None:
        self._rules, self._codes, self._since = rules, tuple(districts), listening_since
        self._places = {code: place for place, code in enumerate(self._codes)}
        self._vantages = dict.fromkeys(self._codes, "")
        self._windows, self._series = Windows(rules, len(self._codes)), Series(rules, len(self._codes))
        self._lines = Lines(rules, len(self._codes))
        self._everywhere = Everywhere(rules, self._codes, divisions or {})
        self._pending: list[Columns] = []
        self._clock: float | None = None
        self._picture: Picture | None = None

    @property
    def places(self) -> Mapping[int, int]:
        """The position of each district's column."""
        return self._places

    def observe(self, samples: Iterable[Seen]) -> None:
        """Take samples in, in order of arrival. Those of unknown districts are left out."""
        taken = list(samples)
        for seen in taken:
            if seen.district in self._vantages:
                self._vantages[seen.district] = seen.vantage
        self.observe_columns(columns.of_seen(taken, self._places))

    def observe_columns(self, batch: Columns, vantages: Mapping[int, str] | None = None) -> None:
        """The same for samples that are columns already; `vantages` are the places they were measured from."""
        self._vantages.update(vantages or {})
        if batch:
            self._pending.append(batch)

    def judge(self, now: float) -> Judgement:
        """The verdicts at `now`, seconds since 1970 UTC."""
        batch = columns.joined(self._pending)
        self._pending = []
        if self._clock is None:
            self._clock = float(batch.at[0]) if batch else now
        while now - self._clock > 1.5 * self._rules.tick_s:
            upto = self._clock + self._rules.tick_s
            split = int(np.searchsorted(batch.at, upto, side="right"))
            self._step(batch.rows(slice(0, split)), upto)
            batch = batch.rows(slice(split, None))
        self._step(batch, now)
        assert self._picture is not None
        findings = Findings(self._codes, self._places, self._picture)
        return Judgement(
            now, findings, dict(self._vantages), self._everywhere.blind_since, tuple(self._everywhere.claims)
        )

    def accept(self, codes: Iterable[int]) -> None:
        """Take what is measured now as usual in these districts: a person has said that it has come to stay."""
        self._series.accept([self._places[code] for code in codes if code in self._places])

    def memory(self) -> dict[str, Any]:
        """What a restart must not forget, as JSON: how far it was learnt, what is usual, who is slow, and who measures."""
        rows = self._series.memory()
        return {
            "until": self._clock,
            "level": self._everywhere.common.level,
            "districts": {str(code): [*rows[place], self._vantages[code]] for code, place in self._places.items()},
        }

    def remember(self, memory: dict[str, Any]) -> None:
        """Take back what `memory` gave, before samples are observed; samples that were learnt from are not learnt from again."""
        if not memory or memory["until"] is None:
            return
        rows: dict[int, list[Any]] = {}
        for code, place in self._places.items():
            if str(code) in memory["districts"]:
                *rows[place], self._vantages[code] = memory["districts"][str(code)]
        self._series.remember(rows, memory["until"])
        self._everywhere.common.level = memory["level"]

    def _step(self, batch: Columns, now: float) -> None:
        assert self._clock is not None
        batch = batch.rows(batch.at > self._clock - LATE_S) if batch else batch
        windows, series, everywhere = self._windows, self._series, self._everywhere
        batch = batch.rows(~series.began_in_a_hole(batch)) if batch else batch
        windows.advance(now)
        if batch:
            windows.add(batch, everywhere.common.tail(batch, series))
            series.hold = everywhere.troubled or max(everywhere.common.now) > np.log(self._rules.degraded.ratio)
            series.take(batch, self._frozen(), everywhere.common.level_of_uploads)
        lengths = Lengths.of(self._rules, series.round_s())
        windows.settle(max(lengths.local_long, lengths.long, self._rules.degraded.err_window_s, 10 * lengths.round))
        shares = self._lines.look(windows, series, lengths, now, everywhere.state_is_down)
        everywhere.look(windows, series, self._lines, shares, lengths, (now, self._since))
        self._picture = picture(windows, series, self._lines, everywhere, lengths, (now, self._since))
        self._clock = now

    def _frozen(self) -> Any:
        """Districts whose usual time does not follow now: those in trouble, and all while the common mode is raised."""
        raised = max(self._everywhere.common.now) > np.log(self._rules.freeze_ratio) or self._everywhere.troubled
        return (self._lines.verdict != NOBODY) | self._lines.waiting | raised
