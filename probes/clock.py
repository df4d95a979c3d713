"""Time as an argument. Everything that needs the time is handed a Clock, so that tests and rehearsals can bring their own."""

import time
from typing import Final, Protocol


class Clock(Protocol):
    """A wall clock for stamps and a monotonic clock for durations; both in seconds."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC. May step; never use it for durations."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment; never steps back."""


# the plain monotonic clock stands still while the host sleeps: the sleep would look like slowness of the registry
_SINCE_START: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class WallClock:
    """The machine's clock, moved by `ahead_s` seconds (negative in a rehearsal of a past day)."""

    def __init__(self, ahead_s: float = 0.0) -> None:
        self._ahead_s = ahead_s

    def now(self) -> float:
        return time.time() + self._ahead_s

    def monotonic(self) -> float:
        return time.clock_gettime(_SINCE_START)


class SetClock:
    """A clock that stands until it is moved: replays, rehearsed mornings and tests."""

    def __init__(self, at: float) -> None:
        self.at = at

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += seconds
