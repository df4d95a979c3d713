"""What is due when: every check of every district once per interval, at its own phase. Pure, on the monotonic clock.

May be changed: how phases are spread and how the load is limited. Moments are monotonic seconds. The clock on the wall is
not used, so that setting it neither stops the checks nor starts a herd of them. `cohorts.py` is the ticking that drives it.
"""

import heapq
import math
import random
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from probes.checks import Target

JITTER_SHARE: Final = 0.02  # of the interval, so that several agents do not fall into step
BURST_S: Final = 0.1  # starts that a moment of delay held back may catch up this much of a second
STARTS_PER_TURN: Final = 64


@dataclass(frozen=True)
class Start:
    """A check to start now, and the moment it was due."""

    target: Target
    due: float


class Budget:
    """So many requests a second, whoever sends them: first requests of checks, looks and clean-ups alike."""

    def __init__(self, per_second: float, begin: float) -> None:
        self._gap_s = 1 / per_second
        self._free = begin

    def next(self, now: float) -> float:
        """The moment at which a request may go out; never before now."""
        return max(now, self._free - BURST_S)

    def take(self, now: float) -> float:
        """Take one request out of the budget; returns the moment at which it may go out."""
        moment = self.next(now)
        self._free = max(self._free, now) + self._gap_s
        return moment


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

    def release(self, now: float) -> None:
        """Let everything start that is due within the interval, with half of one to spare for a late next release."""
        self.released_until = max(self.released_until, now + 1.5 * self.interval_s)

    def take(self, now: float, jitter_s: float) -> tuple[Start, int]:
        """The first due start, and how many of its target's turns were passed over because they lie too far back."""
        due, number, turn = heapq.heappop(self._heap)
        target = self._targets[number]
        first = self._firsts[number]
        passed = max(math.floor((now - first) / self.interval_s) - turn, 0) if now - due >= self.interval_s else 0
        following = turn + passed + 1
        heapq.heappush(self._heap, (first + following * self.interval_s + jitter_s, number, following))
        return Start(target, due if not passed else first + (turn + passed) * self.interval_s), passed


class Schedule:
    """Hands out starts within the limits: one of a target at a time, a cap in flight, a budget of requests a second."""

    def __init__(
        self, targets: Iterable[Target], begin: float, in_flight: int, budget: Budget, rng: random.Random, agent: str
    ) -> None:
        by_interval: dict[float, list[Target]] = {}
        for target in targets:
            by_interval.setdefault(target.check.interval_s, []).append(target)
        self.cohorts = [Cohort(interval, members, begin, agent) for interval, members in by_interval.items()]
        self.skipped = 0  # turns of a target not taken: its last was still under way, or the turn lay too far back
        self.unreleased = 0  # times a cohort had to go on without being released
        self._in_flight = in_flight
        self._budget = budget
        self._running: set[Target] = set()
        self._rng = rng

    def due(self, now: float) -> list[Start]:
        """What to start now. Each must be given back to `ended` once."""
        starts: list[Start] = []
        while len(starts) < STARTS_PER_TURN and self._room(now):
            cohort = min(self.cohorts, key=lambda one: one.next_due)
            if cohort.next_due > now:
                break
            self._keep_released(cohort, now)
            start, passed = cohort.take(now, self._rng.uniform(0, JITTER_SHARE) * cohort.interval_s)
            self.skipped += passed
            self._admit(start, now, starts)
        return starts

    def wake(self, now: float) -> float:
        """The next moment at which `due` may hand out something; infinite while the cap is reached."""
        soonest = min(cohort.next_due for cohort in self.cohorts)
        if len(self._running) >= self._in_flight:
            return math.inf
        return max(soonest, self._budget.next(now)) if soonest <= now else soonest

    def ended(self, target: Target) -> None:
        """The check of a target is over; its next turn may start."""
        self._running.discard(target)

    def _room(self, now: float) -> bool:
        return len(self._running) < self._in_flight and self._budget.next(now) <= now

    def _keep_released(self, cohort: Cohort, now: float) -> None:
        if cohort.next_due > cohort.released_until:
            self.unreleased += 1
            cohort.release(now)

    def _admit(self, start: Start, now: float, starts: list[Start]) -> None:
        if start.target in self._running:
            self.skipped += 1
            return
        self._running.add(start.target)
        self._budget.take(now)
        starts.append(start)


def phase(target: Target, agent: str) -> float:
    """Seconds into the interval, always the same for an agent, district and check; two agents do not fall together."""
    digest = sha256(f"{agent}/{target.district}/{target.check.name}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64 * target.check.interval_s
