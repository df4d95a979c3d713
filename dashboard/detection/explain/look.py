"""What a judge holds after its newest tick, as its rules read it. Nothing is judged here."""

from dataclasses import dataclass
from typing import Any

from dashboard.detection.everywhere import Everywhere
from dashboard.detection.judge import Judge
from dashboard.detection.lines import Lengths, Lines, Shares, _shares
from dashboard.detection.series import Series
from dashboard.detection.windows import Windows
from dashboard.settings import Rules


@dataclass(frozen=True)
class Look:
    """The judge's own parts, and what its rules compute from them anew each tick. `since`: since when it listens."""

    rules: Rules
    windows: Windows
    series: Series
    lines: Lines
    everywhere: Everywhere
    lengths: Lengths
    shares: Shares
    now: float
    since: float

    @classmethod
    def of(cls, judge: Judge) -> "Look":
        """Raises ValueError when nothing was judged yet."""
        if judge._clock is None:
            raise ValueError("nothing was judged yet")
        rules, windows, series, now = judge._rules, judge._windows, judge._series, judge._clock
        lengths = Lengths.of(rules, series.round_s())
        shares = _shares(windows, series, lengths, rules, now)
        return cls(rules, windows, series, judge._lines, judge._everywhere, lengths, shares, now, judge._since)

    @property
    def heard(self) -> Any:
        """True for districts that are not silent."""
        return self.now - self.series.heard <= self.lengths.nodata

    @property
    def calm(self) -> Any:
        """True for districts whose own trouble is not counted as the registry's."""
        return self.heard & (self.now - self.lines.bad_at > self.everywhere.err_window_s)

    @property
    def passed_over(self) -> str:
        """Why slowdowns and divisions are not looked at now; empty when they are."""
        if self.everywhere.blind_since is not None:
            return "not looked at while the monitor itself is cut off"
        if self.everywhere.state_is_down:
            return "not looked at while the registry is down for the whole state"
        if self.everywhere.in_doubt:
            return "not looked at while it is open whether our own line is cut"
        return ""

    def claimed(self, *kinds: str, division: str = "") -> bool:
        """True when a claim of one of these kinds, enough to open an incident, was made at this tick."""
        claims = self.everywhere.claims
        return any(claim.firm and claim.kind in kinds and claim.division == division for claim in claims)

    def kept(self, *kinds: str, division: str = "") -> str:
        """A word for a claim that keeps an open incident open though it would open none."""
        claims = self.everywhere.claims
        soft = any(not claim.firm and claim.kind in kinds and claim.division == division for claim in claims)
        return "enough to keep an open incident open" if soft else ""
