"""A check answered by hand, on a clock that is moved by hand."""

import random

from probes.checks import Measurement, Target
from probes.clock import SetClock
from probes.exchange import Request, Result
from probes.kinds.check import Check
from probes.registry import FUNCTIONS
from probes.sample import Phases, Reason


class Conversation:
    """Answers each request of a check from a list, moving the clock by `took` and up to the request's own moment."""

    def __init__(self, clock: SetClock, *replies: dict[str, object]) -> None:
        self._clock = clock
        self._replies = list(replies)
        self.asked: list[Request] = []

    def of(self, check: Check, rng: random.Random | None = None) -> Measurement:
        steps = FUNCTIONS[check.kind](Target(491, check), self._clock, rng or random.Random(1))
        try:
            request = next(steps)
            while True:
                self.asked.append(request)
                request = steps.send(self._answer(request))
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def _answer(self, request: Request) -> Result:
        reply = {"status": 200, "took": 0.2, "reason": Reason.NONE} | (
            self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        )
        self._clock.move(max(request.not_before - self._clock.at, 0))
        began = self._clock.at
        self._clock.move(float(reply.pop("took")))  # type: ignore[arg-type]
        phases = Phases(dns=0.001, connect=None if reply.pop("cut_off", False) else 0.01, total=self._clock.at - began)
        return Result(began, self._clock.at, phases=phases, **reply)  # type: ignore[arg-type]
