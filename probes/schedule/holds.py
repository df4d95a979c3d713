"""Doing no harm: fewer checks of a registry that says it is busy (429, 503, 504). Pure but for the clock it is handed.

May be changed: how long a hold lasts and what goes on under it. An origin is scheme, host and port. A few busy answers are
no hold: that a part of the checks fails is what we are there to see.
"""

from collections import deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Final

from probes.clock import Clock
from probes.exchange import Result

TOO_MANY: Final = 429
BUSY: Final = (TOO_MANY, 503, 504)
LAST: Final = 20  # answers that are looked back on
MANY: Final = 10  # busy ones among them begin a hold
FIRST_PAUSE_S: Final = 2.0
LONGEST_PAUSE_S: Final = 120.0
LONGEST_ASKED_S: Final = 600.0  # of a Retry-After
# Under a hold something must go on, or nobody would see the recovery. A 429 is meant for us, and then one check of the
# whole origin is enough. The others are the outage itself: each check of each district goes on so often that the district
# can still be judged (the control room wants three samples in 90 s to call it down).
ORIGIN_S: Final = 60.0
TARGET_S: Final = 40.0


def asked_s(result: Result) -> float:
    """Seconds the registry asks us to stay away, within bounds."""
    return min(result.retry_after, LONGEST_ASKED_S)


@dataclass
class _Origin:
    last: deque[bool] = field(default_factory=lambda: deque(maxlen=LAST))
    until: float = 0.0
    pause: float = 0.0  # of the present hold; 0: there is none
    status: int = 0  # what began it
    started: dict[Hashable, float] = field(default_factory=dict)  # the last start of each target, and of any (None)


class Holds:
    """What each origin answered lately, and whether its checks are held. Moments are the clock's monotonic seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._origins: dict[str, _Origin] = {}

    def holds(self, origins: Iterable[str], target: Hashable) -> int:
        """The status for which a check of these origins must not start now; 0 when it may, and then it counts as started."""
        asked = [self._origin(one) for one in origins]
        now = self._clock.monotonic()
        for found in asked:
            if _held(found, target, now):
                return found.status
        for found in asked:
            found.started[target] = found.started[None] = now
        return 0

    def heard(self, origin: str, result: Result, of_check: bool = True) -> None:
        """Take an answer in. `of_check`: it answers a check's own address, and so can end a hold if it is a good one."""
        found = self._origin(origin)
        if result.status in BUSY:
            found.last.append(True)
            self._busy(found, result.status, asked_s(result))
        elif result.status is not None and of_check:
            found.last.append(False)
            if result.status < 500 and found.pause:
                self._origins[origin] = _Origin(started=found.started)

    def _origin(self, origin: str) -> _Origin:
        found = self._origins.get(origin)
        if found is None:
            found = self._origins[origin] = _Origin()
        return found

    def _busy(self, found: _Origin, status: int, asked: float) -> None:
        now = self._clock.monotonic()
        if now < found.until:  # an answer to what was let through, or to what had started before
            found.until = max(found.until, now + asked)
        elif status == TOO_MANY or sum(found.last) >= MANY:
            found.pause = min(found.pause * 2, LONGEST_PAUSE_S) if found.pause else FIRST_PAUSE_S
            found.until = now + max(found.pause, asked)
            found.status = status


def _held(found: _Origin, target: Hashable, now: float) -> bool:
    if now >= found.until:
        return False
    asked, every_s = (None, ORIGIN_S) if found.status == TOO_MANY else (target, TARGET_S)
    return now - found.started.setdefault(asked, now) < every_s
