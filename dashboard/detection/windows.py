"""What is remembered of one district: bounded windows over its newest samples, and its usual upload time.

Memory per district does not grow with time: registry and anchor samples of the longest window, the newest uploads, and at most
USUAL_SAMPLES good upload times.
"""

from collections import deque
from statistics import median

from dashboard.detection.seen import Seen
from dashboard.settings import Rules
from probes.sample import CheckKind, Outcome, Reason

USUAL_SAMPLES = 240  # an hour at one upload each 15 s
USUAL_AFTER = 12  # good uploads before "usual" means anything
UPLOADS_S = 1800.0  # uploads older than this hold no rule; check-config sees to it that enough fit in
_NEAR_S = 30.0  # a sample of the neutral host this near counts as taken at the same time
_TALLEST = 4096  # samples of one district in one window, at most


class DistrictWindow:
    """The newest samples of one district. `add` in any order; `forget` drops what is older than the rules look back."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.registry: deque[Seen] = deque(maxlen=_TALLEST)
        self.anchors: deque[Seen] = deque(maxlen=_TALLEST)
        self.uploads: deque[Seen] = deque(maxlen=64)
        self.heard: float | None = None  # end of the newest sample that says something of the target
        self.agent_offline: float | None = None  # end of the newest sample that says: our own network is down
        self.vantage = ""
        self.was_slow = False  # by the last verdict
        self.usual_before: float | None = None  # by an earlier run of the judgement
        self._usual: deque[float] = deque(maxlen=USUAL_SAMPLES)

    def add(self, seen: Seen) -> None:
        self.vantage = seen.vantage
        if seen.outcome is Outcome.UNKNOWN:
            if seen.reason is Reason.AGENT_OFFLINE:
                self.agent_offline = max(seen.at, self.agent_offline or 0)
            return
        self.heard = max(seen.at, self.heard or 0)
        if seen.kind is CheckKind.ANCHOR:
            _insert(self.anchors, seen)
            return
        _insert(self.registry, seen)
        if seen.kind is CheckKind.UPLOAD:
            _insert(self.uploads, seen)
            if seen.outcome is Outcome.OK and not self.is_slow(seen):
                self._usual.append(seen.total)

    def forget(self, now: float) -> None:
        """Drop samples that ended before every window."""
        oldest = now - max(self._rules.error_window_s, self._rules.fail_window_s)
        for window, limit in (
            (self.registry, oldest),
            (self.anchors, oldest - UPLOADS_S),
            (self.uploads, now - UPLOADS_S),
        ):
            while window and window[0].at < limit:
                window.popleft()

    @property
    def usual(self) -> float | None:
        """Median of the good uploads, seconds; None until there are enough."""
        return median(self._usual) if len(self._usual) >= USUAL_AFTER else self.usual_before

    def is_slow(self, seen: Seen) -> bool:
        """True when an upload took longer than the rules call normal, measured against the district's own usual."""
        usual = self.usual
        long = seen.total >= self._rules.slow_s
        unlike = usual is not None and seen.total >= max(self._rules.slow_ratio * usual, self._rules.slow_floor_s)
        return long or unlike

    def last_uploads(self) -> list[Seen]:
        """The newest uploads that a rule holds for, oldest first; fewer when there are fewer."""
        held = self._rules.held_samples
        return list(self.uploads)[-held:]

    def line_was_bad(self, seen: Seen) -> bool:
        """True when the neutral host failed too while this check was under way: its failure says nothing of the registry."""
        if seen.outcome is Outcome.OK:
            return False
        first, last = seen.at - seen.total - _NEAR_S, seen.at + _NEAR_S
        return any(anchor.outcome is Outcome.FAILED and first <= anchor.at <= last for anchor in self.anchors)

    def failing_since(self) -> float | None:
        """Start of the present run of failed registry samples, None when the newest one is good."""
        since = None
        for seen in reversed(self.registry):
            if seen.outcome is Outcome.OK:
                break
            since = seen.at - seen.total
        return since


def share_failed(samples: list[Seen]) -> float:
    """Share of failed ones, 0 to 1; 0 when there are none."""
    return sum(seen.outcome is Outcome.FAILED for seen in samples) / len(samples) if samples else 0.0


def _insert(window: deque[Seen], seen: Seen) -> None:
    """Keep the window ordered by end; samples mostly come in order, late ones are few."""
    if not window or window[-1].at <= seen.at:
        window.append(seen)
        return
    later = []
    while window and window[-1].at > seen.at:
        later.append(window.pop())
    window.append(seen)
    window.extend(reversed(later))
