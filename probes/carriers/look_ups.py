"""Which names must not be looked up for a while, because look-ups of them hang. Pure.

May be changed: how many may hang, and for how long one counts. libcurl has 20 resolver threads for all transfers of a loop,
and none of them can be called back: it hangs until the resolver itself gives up, long after the check's own deadline.
"""

from typing import Final

MAY_HANG: Final = 8
RESOLVER_S: Final = 30.0  # the system's resolver asks three servers twice for five seconds each before it gives up


class LookUps:
    """Counts, per host, look-ups that were past their deadline. Moments are monotonic seconds."""

    def __init__(self) -> None:
        self._hanging: dict[str, list[float]] = {}

    def hang(self, host: str, now: float) -> bool:
        """True while so many look-ups of this host hang that another one must not be started."""
        recent = [moment for moment in self._hanging.get(host, ()) if now - moment < RESOLVER_S]
        if host in self._hanging:
            self._hanging[host] = recent
        return len(recent) >= MAY_HANG

    def gave_up(self, host: str, now: float) -> None:
        """The deadline of a look-up passed; it goes on without anybody waiting for it."""
        self._hanging.setdefault(host, []).append(now)

    def ended(self, host: str) -> None:
        """A look-up came to an end, good or bad: the resolver answers again."""
        self._hanging.pop(host, None)
