"""The whole state at one moment: every district's verdict, and whether the monitor itself is cut off.

The same object runs live and in a replay; it knows no clock and no store.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dashboard.detection.rules import Finding, examine
from dashboard.detection.seen import Seen
from dashboard.detection.states import DistrictState
from dashboard.detection.windows import DistrictWindow
from dashboard.settings import Rules

# when so many of the districts fall silent together, it is the monitor that is cut off
_BLIND_SHARE = 0.9


@dataclass(frozen=True)
class Judgement:
    """`findings` holds every district. `blind_since` is set when (nearly) nothing is heard any more."""

    at: float
    findings: Mapping[int, Finding]
    vantages: Mapping[int, str]
    blind_since: float | None

    def in_state(self, *states: DistrictState) -> tuple[int, ...]:
        return tuple(code for code, finding in self.findings.items() if finding.state in states)


class Judge:
    """Remembers windows per district. `listening_since`: silence before this moment is ours, not theirs."""

    def __init__(self, rules: Rules, districts: Sequence[int], listening_since: float) -> None:
        self._rules = rules
        self._since = listening_since
        self._windows = {code: DistrictWindow(rules) for code in districts}

    def observe(self, samples: Iterable[Seen]) -> None:
        """Take samples in, in order of arrival. Those of unknown districts are left out."""
        for seen in samples:
            window = self._windows.get(seen.district)
            if window is not None:
                window.add(seen)

    def judge(self, now: float) -> Judgement:
        """The verdicts at `now`, seconds since 1970 UTC."""
        findings = {}
        for code, window in self._windows.items():
            window.forget(now)
            findings[code] = self._patient(examine(window, self._rules, now), window, now)
            window.was_slow = findings[code].state in (DistrictState.SLOW, DistrictState.DEGRADED)
        vantages = {code: window.vantage for code, window in self._windows.items()}
        return Judgement(now, findings, vantages, self._blind_since(findings, now))

    def _patient(self, finding: Finding, window: DistrictWindow, now: float) -> Finding:
        """Right after our own start nothing was heard because nobody listened."""
        if finding.state is not DistrictState.NO_DATA:
            return finding
        if now - self._since <= self._rules.silent_s:
            return Finding(DistrictState.NO_DATA, now, "nothing measured yet")
        return finding if window.heard is not None else replace(finding, since=self._since)

    def _blind_since(self, findings: Mapping[int, Finding], now: float) -> float | None:
        silent = [finding.since for finding in findings.values() if finding.state is DistrictState.NO_DATA]
        if len(silent) < _BLIND_SHARE * len(findings) or now - self._since <= self._rules.silent_s:
            return None
        heard = [window.heard for window in self._windows.values() if window.heard is not None]
        return max(heard, default=self._since)
