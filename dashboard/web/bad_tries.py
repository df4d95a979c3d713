"""Counts what did not open, in bounded memory. Who is counted is a text; the ones seen longest ago go first."""

import threading
from collections import OrderedDict

from probes.clock import Clock


class BadTries:
    """Up to `limit` bad tries of one name in `window_s` seconds; at most `names` names are remembered."""

    def __init__(self, clock: Clock, limit: int = 30, window_s: float = 600, names: int = 4096) -> None:
        self._clock, self._limit, self._names, self.window_s = clock, limit, names, window_s
        self._counted: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._counted)

    def too_many(self, name: str) -> bool:
        """Count one bad try; True when it is above the limit."""
        now = self._clock.now()
        with self._lock:
            ends, count = self._counted.get(name, (0.0, 0))
            if now >= ends:
                ends, count = now + self.window_s, 0
            self._counted[name] = (ends, count + 1)
            self._counted.move_to_end(name)
            if len(self._counted) > self._names:
                self._counted.popitem(last=False)
            return count >= self._limit
