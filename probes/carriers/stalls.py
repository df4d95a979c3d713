"""Did this agent itself stand still, or wait for its own budget? What it measured meanwhile says nothing of the registry.
Pure but for `waited`.

May be changed: how long a standstill must be to count. Two witnesses: the loop says each time round how long it meant to wait
and when it woke, which shows a host that sleeps and a process that is frozen; the system says how long the loop's thread was
ready to run and was given no processor.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from probes.checks import Measurement
from probes.sample import Outcome, Phases, Reason

SPAN_S: Final = 0.05  # time is looked at in spans that are at least so long
GAP_S: Final = 0.05  # a loop at work is away for some milliseconds each time round; from here on it is a standstill
WAIT_S: Final = 0.02  # the same for a processor that was not given, within a span
SHARE: Final = (
    0.25  # of a check's deadline: one that failed and lost so much says nothing of its target; of a good one's time
)
LONG_S: Final = 1.0  # a standstill of so long is enough, however long the deadline
SHORT_S: Final = 0.25  # one shorter than this excuses nothing, however short the deadline
TIME: Final = (Reason.TIMEOUT, Reason.DNS, Reason.NOT_VISIBLE, Reason.NOT_ARRIVED)  # what too little time can look like
KEPT: Final = 1000
LONGEST_S: Final = 86_400.0  # a Sample holds no longer duration


def waited() -> float | None:
    """Seconds that the calling thread has been kept from running so far; None where the system does not tell."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        return None


class Stalls:
    """The latest spans in which a loop stood still: (from, to) in monotonic seconds and how much of it was lost.

    All calls come from the loop's thread.
    """

    def __init__(self, begin: float, waited: Callable[[], float | None] = waited) -> None:
        self._awake = self._since = begin
        self._gap_s = 0.0
        self._waited = waited
        self._waited_before: float | None = None
        self._spans: deque[tuple[float, float, float]] = deque(maxlen=KEPT)

    def woke(self, asked: float, patience_s: float, now: float) -> None:
        """The loop asked at `asked` to be woken after `patience_s` at the latest, and is awake `now`."""
        busy_s, over_s = asked - self._awake, now - asked - patience_s
        if busy_s > GAP_S:
            self._gap_s += busy_s
        if over_s > GAP_S:
            self._gap_s += over_s
        self._awake = now
        if now - self._since >= SPAN_S:
            self._close(now)

    def within(self, began: float, now: float) -> float:
        """Seconds of standstill since a moment, those of the turn that is under way included."""
        self.woke(now, 0.0, now)
        total = 0.0
        for since, until, lost in reversed(self._spans):
            if until <= began:
                break
            total += lost * (until - max(since, began)) / (until - since)
        return total

    def _close(self, now: float) -> None:
        before, self._waited_before = self._waited_before, self._waited()
        waits = 0.0 if before is None or self._waited_before is None else self._waited_before - before
        lost = max(self._gap_s, waits if waits > WAIT_S else 0.0)
        if lost:
            self._spans.append((self._since, now, min(lost, now - self._since)))
        self._since, self._gap_s = now, 0.0


def may_be_ours(away_s: float, deadline_s: float) -> bool:
    """Whether a failure within the deadline may be the agent's own: it was not there to hear the answer, or to speak in time."""
    return away_s >= max(SHORT_S, min(LONG_S, SHARE * deadline_s))


def excused(measured: Measurement, away_s: float, deadline_s: float, waited_s: float = 0.0) -> Measurement:
    """The measurement, as AGENT_FAULT when the agent stood still, or waited for its own budget, so long that it proves nothing.

    A good answer stays good, but its time would be the agent's: it goes too when a good share of it was lost. A wait only
    takes time away: it excuses no answer that came, and no failure that left the target most of its time.
    """
    if measured.outcome is Outcome.UNKNOWN:
        return measured
    good = measured.outcome is Outcome.OK
    most = max(SHORT_S, SHARE * (measured.phases.total if good else deadline_s))
    if away_s >= most if good else may_be_ours(away_s, deadline_s):
        return _unknown(measured, f"itself stood still for {away_s:.1f} s")
    if waited_s >= most and (good or measured.reason in TIME):
        return _unknown(measured, f"waited {waited_s:.1f} s for its own budget")
    return measured


def _unknown(measured: Measurement, did: str) -> Measurement:
    was = measured.detail or "a good answer, but the time is not the target's"
    phases = Phases(total=min(measured.phases.total, LONGEST_S))
    return replace(measured, reason=Reason.AGENT_FAULT, phases=phases, detail=f"the agent {did}: {was}"[:200])
