"""The whole state at one moment: every district's verdict, and whether the monitor itself is cut off.

The same object runs live and in a replay; it knows no clock and no store.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dashboard.detection.rules import Finding, examine
from dashboard.detection.seen import Seen
from dashboard.detection.states import DistrictState
from dashboard.detection.windows import DistrictWindow
from dashboard.settings import Rules


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
            window.was_slow = findings[code].low_s is not None
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
        """Set when nobody is heard, of all that ever were: a district without an agent says nothing of the monitor."""
        if now - self._since <= self._rules.silent_s:
            return None
        heard = {code: window.heard for code, window in self._windows.items() if window.heard is not None}
        if any(findings[code].state is not DistrictState.NO_DATA for code in heard):
            return None
        return max(heard.values(), default=self._since)

    def memory(self) -> dict[str, Any]:
        """What a restart must not forget, as JSON: per district what is usual, whether it was slow, and who measures it."""
        return {str(code): [window.usual, window.was_slow, window.vantage] for code, window in self._windows.items()}

    def remember(self, memory: dict[str, Any]) -> None:
        """Take back what `memory` gave, before samples are observed."""
        for code, window in self._windows.items():
            if str(code) in memory:
                window.usual_before, window.was_slow, window.vantage = memory[str(code)]
