"""One reading for everybody who looks: a hundred desks cost what one costs. No wording here."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from probes.clock import Clock

T = TypeVar("T")


class Shared(Generic[T]):
    """What `make(now)` gave, for `fresh_s` seconds; made by one thread at a time while the others wait for it."""

    def __init__(self, make: Callable[[float], T], clock: Clock, fresh_s: float) -> None:
        self._make, self._clock, self._fresh_s = make, clock, fresh_s
        self._lock = threading.Lock()
        self._made_at: float | None = None
        self._value: T | None = None

    def get(self, *, anew: bool = False) -> T:
        """The shared value; `anew` makes it again, for somebody who has just changed something."""
        with self._lock:
            age = None if self._made_at is None else self._clock.monotonic() - self._made_at
            if anew or self._value is None or age is None or age >= self._fresh_s:
                self._value = self._make(self._clock.now())
                self._made_at = self._clock.monotonic()
            return self._value
