"""How often something was tried of late, in memory. Only names of links that are good come here, so there are few."""

import threading
from collections import defaultdict, deque

from probes.clock import Clock


class Tries:
    """At most `limit` different tries of one name within `window_s` seconds."""

    def __init__(self, clock: Clock, limit: int = 30, window_s: float = 3600) -> None:
        self._clock, self._limit, self.window_s = clock, limit, window_s
        self._tries: dict[str, deque[tuple[float, int]]] = defaultdict(deque)
        self._lock = threading.Lock()

    def allowed(self, name: str, what: int) -> bool:
        """Count one try, unless the same (`what`: its hash) was tried of late; False when there were too many, and then it is not counted.

        On a bad line people press again: that is no further try.
        """
        now = self._clock.now()
        with self._lock:
            for known in list(self._tries):
                self._forget(known, now)
            tries = self._tries[name]
            if any(what == tried for _, tried in tries):
                return True
            if len(tries) >= self._limit:
                return False
            tries.append((now, what))
            return True

    def _forget(self, name: str, now: float) -> None:
        tries = self._tries[name]
        while tries and tries[0][0] <= now - self.window_s:
            tries.popleft()
        if not tries:
            del self._tries[name]
