"""What is due when: every check of every district once per interval, at its own phase. Pure, on the monotonic clock.

May be changed: how phases are spread and how the load is limited. Moments are monotonic seconds. The clock on the wall is
not used, so that setting it neither stops the checks nor starts a herd of them. `cohorts.py` is the ticking that drives it.
"""

import heapq
import math
import random
from collections.abc import Iterable
from hashlib import sha256
from typing import Final, NamedTuple

from probes.checks import Target

GRID_S: Final = 0.005  # of all moments, so that starts share a wake-up: one alone costs nearly twice as much
JITTER_SHARE: Final = 0.02  # of the interval, so that several agents do not fall into step
BURST_S: Final = 0.1  # starts that a moment of delay held back may catch up this much of a second
STARTS_PER_TURN: Final = 64
PACE: Final = 2.0  # times the load these targets make by themselves: how fast an agent that was asleep catches up
AT_ONCE: Final = 8  # phases are spread by chance: so many starts may fall together even at a slow pace
TOO_LATE: Final = 0.5  # of the interval: from here on the target's next own moment is nearer
RELEASED: Final = 2.5  # intervals: one, another that a clock set back may cost, half of one to spare


class Start(NamedTuple):
    """A check to start now, and the moment it was due."""

    target: Target
    due: float


class Budget:
    """So many requests a second, whoever sends them: first requests of checks, looks and clean-ups alike."""

    def __init__(self, per_second: float, begin: float, burst_s: float = BURST_S) -> None:
        self._gap_s = 1 / per_second
        self._burst_s = burst_s
        self._free = begin

    def next(self, now: float) -> float:
        """The moment at which a request may go out; never before now."""
        moment = self._free - self._burst_s
        return moment if moment > now else now

    def take(self, now: float) -> float:
        """Take one request out of the budget; returns the moment at which it may go out."""
        free = self._free
        self._free = (free if free > now else now) + self._gap_s
        moment = free - self._burst_s
        return moment if moment > now else now


class Cohort:
    """The targets of one interval. They start only up to `released_until`, which is moved on once per interval."""

    def __init__(self, interval_s: float, targets: Iterable[Target], begin: float, agent: str) -> None:
        self.interval_s = interval_s
        self.released_until = begin
        self._targets = list(targets)
        self._firsts = [begin + phase(target, agent) for target in self._targets]
        self._heap = [(first, number, 0) for number, first in enumerate(self._firsts)]
        heapq.heapify(self._heap)

    @property
    def next_due(self) -> float:
        return self._heap[0][0]

    @property
    def per_second(self) -> float:
        """Starts a second that these targets make by themselves."""
        return len(self._targets) / self.interval_s

    def release(self, now: float) -> None:
        """Let everything start that is due within the next intervals."""
        self.released_until = max(self.released_until, now + RELEASED * self.interval_s)

    def take(self, now: float, jitter_s: float) -> tuple[Start | None, int]:
        """The first due start, and how many of its target's turns were passed over.

        A turn is passed over when a later one of the same target has come, or is nearer than this one: then None is started.
        """
        due, number, turn = self._heap[0]
        first, target = self._firsts[number], self._targets[number]
        latest = math.floor((now - first) / self.interval_s)
        if latest > turn:
            due = first + latest * self.interval_s
        else:
            latest = turn
        too_late = now - due > TOO_LATE * self.interval_s
        following = (first + (latest + 1) * self.interval_s + jitter_s, number, latest + 1)
        heapq.heapreplace(self._heap, following)
        return (None if too_late else Start(target, due)), latest - turn + too_late


class Schedule:
    """Hands out starts within the limits: one of a target at a time, a cap in flight.

    What a host may be asked is budgets.py's matter: a start may still have to wait for it.

    An agent that was asleep comes back to targets that are all overdue. They are not started as a herd: those whose next own
    moment is near wait for it, the others follow at no more than PACE times the usual load.
    """

    def __init__(self, targets: Iterable[Target], begin: float, in_flight: int, rng: random.Random, agent: str) -> None:
        by_interval: dict[float, list[Target]] = {}
        for target in targets:
            by_interval.setdefault(target.check.interval_s, []).append(target)
        self.cohorts = [Cohort(interval, members, begin, agent) for interval, members in by_interval.items()]
        usual = sum(cohort.per_second for cohort in self.cohorts)
        self._pace = Budget(PACE * usual, begin, max(BURST_S, AT_ONCE / (PACE * usual)))
        self.skipped = 0  # turns of a target not taken: its last was still under way, or the turn lay too far back
        self.unreleased = 0  # times a cohort had to go on without being released
        self._in_flight = in_flight
        self._running: set[Target] = set()
        self._rng = rng
        self._soonest = -math.inf  # the next moment of any cohort, as of the last time some were taken

    def due(self, now: float) -> list[Start]:
        """What to start now. Each must be given back to `ended` once."""
        starts: list[Start] = []
        if now < self._soonest:
            return starts
        while len(starts) < STARTS_PER_TURN and self._room(now):
            cohort = min(self.cohorts, key=lambda one: one.next_due)
            if cohort.next_due > now:
                break
            self._keep_released(cohort, now)
            start, passed = cohort.take(now, _on_grid(self._rng.random() * JITTER_SHARE * cohort.interval_s))
            self.skipped += passed
            if start is not None:
                self._admit(start, now, starts)
        self._soonest = min(cohort.next_due for cohort in self.cohorts)
        return starts

    def wake(self, now: float) -> float:
        """The next moment at which `due` may hand out something; infinite while the cap is reached. After `due`."""
        if len(self._running) >= self._in_flight:
            return math.inf
        return self._pace.next(now) if self._soonest <= now else self._soonest

    def ended(self, target: Target) -> None:
        """The check of a target is over; its next turn may start."""
        self._running.discard(target)

    def _room(self, now: float) -> bool:
        return len(self._running) < self._in_flight and self._pace.next(now) <= now

    def _keep_released(self, cohort: Cohort, now: float) -> None:
        if cohort.next_due > cohort.released_until:
            self.unreleased += 1
            cohort.release(now)

    def _admit(self, start: Start, now: float, starts: list[Start]) -> None:
        if start.target in self._running:
            self.skipped += 1
            return
        self._running.add(start.target)
        self._pace.take(now)
        starts.append(start)


def phase(target: Target, agent: str) -> float:
    """Seconds into the interval, always the same for an agent, district and check; two agents do not fall together."""
    digest = sha256(f"{agent}/{target.district}/{target.check.name}".encode()).digest()
    return _on_grid(int.from_bytes(digest[:8]) / 2**64 * target.check.interval_s)


def _on_grid(seconds: float) -> float:
    return math.floor(seconds / GRID_S) * GRID_S
