"""How much each host may be asked: one budget a host, over all districts and checks of this agent. Pure.

May be changed: what is paid in advance. Moments are monotonic seconds.
"""

from probes.schedule import Budget


class Budgets:
    """`per_second` requests for every host, whoever sends them: first requests of checks, log-ins, looks and clean-ups alike."""

    def __init__(self, per_second: float, begin: float) -> None:
        self._per_second = per_second
        self._begin = begin
        self._of: dict[str, Budget] = {}

    def next(self, host: str, now: float) -> float:
        """The moment at which a request may go out; never before now."""
        return self._budget(host).next(now)

    def take(self, host: str, now: float, requests: int = 1) -> float:
        """Take so many requests out of the host's budget; returns the moment at which the first may go out."""
        budget = self._budget(host)
        moment = budget.take(now)
        for _ in range(requests - 1):
            budget.take(now)
        return moment

    def _budget(self, host: str) -> Budget:
        found = self._of.get(host)
        if found is None:
            found = self._of[host] = Budget(self._per_second, self._begin)
        return found
