"""Carries out `Turn` and `Arrival`: who waits for which words at which inbox, and when a message with them came.

May be changed: how turns are given. Everything here runs in the loop's thread; the inboxes have threads of their own and
hand over by `call_soon`. Of a message nothing stays but the moment it came, and only if somebody waits for its words.
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from probes.carriers.transfers import TransferLoop
from probes.clock import Clock
from probes.exchange import Arrival, Done, Result
from probes.inbox_settings import Inbox
from probes.inboxes.imap import ImapSource
from probes.inboxes.source import Source
from probes.inboxes.texts import holds
from probes.inboxes.turn import Turn
from probes.inboxes.webhook import WebhookSource
from probes.kinds.message import MessageCheck
from probes.sample import Phases, Reason
from probes.settings import Probes

log = logging.getLogger(__name__)

READY_S: Final = 10.0  # an inbox that is not ready by then is not asked for
SPARE_S: Final = 1.0  # a turn nobody gave back ends so long after its time
MOST_KEPT: Final = 8  # arrivals of one turn
FINE_S: Final = 0.001  # wall clock and monotonic clock are not read at the very same moment

_Key = tuple[str, str]


@dataclass(eq=False)
class _Waiting:
    wish: Turn | Arrival
    done: Done
    began: float


@dataclass(eq=False)
class _Held:
    """A turn in force: the moments its words came, and who waits for the next."""

    turn: Turn
    arrived: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_KEPT))
    waiting: _Waiting | None = None
    since: float = 0.0


class Inboxes:
    """The inboxes that the message checks of `probes` name; the others are left alone. A carrier for Turn and Arrival."""

    def __init__(self, probes: Probes, loop: TransferLoop, clock: Clock) -> None:
        self._loop = loop
        self._clock = clock
        self._held: dict[_Key, _Held] = {}
        self._queues: dict[_Key, deque[_Waiting]] = {}
        used = {check.inbox for check in probes.checks if isinstance(check, MessageCheck)}
        self._sources = {inbox.name: self._source(inbox) for inbox in probes.inboxes if inbox.name in used}
        for name, source in self._sources.items():
            if source.problem:
                log.error("inbox %s cannot be read: %s; its messages are not asked for", name, source.problem)

    def start(self, wish: Turn | Arrival, done: Done) -> None:
        """As Carrier.start. The result's `ended` is the moment the message came, in monotonic seconds."""
        waiting = _Waiting(wish, done, self._clock.monotonic())
        key = (wish.inbox, wish.find)
        if isinstance(wish, Arrival):
            self._await(key, waiting, wish)
        elif wish.over:
            self._loop.call_soon(lambda: self._end(waiting))
            self._give_back(key, wish)
        elif key in self._held:
            self._queues.setdefault(key, deque()).append(waiting)
            self._loop.at(wish.deadline, lambda: self._queued_too_long(key, waiting))
        else:
            self._begin(key, waiting, wish)

    def abandon(self) -> None:
        """Forget who waits."""
        self._held.clear()
        self._queues.clear()
        for source in self._sources.values():
            source.rest()

    def close(self) -> None:
        """End the threads, within a second each."""
        self.abandon()
        for source in self._sources.values():
            source.close()
        self._sources.clear()

    # -- turns ----------------------------------------------------------------------------------------------------------

    def _begin(self, key: _Key, waiting: _Waiting, turn: Turn) -> None:
        held = self._held[key] = _Held(turn)
        answered: list[bool] = []

        def ready(problem: str) -> None:
            if answered or self._held.get(key) is not held:
                return
            answered.append(True)
            if problem:
                self._end(waiting, Reason.AGENT_FAULT, f"inbox {turn.inbox} cannot be read: {problem}")
                self._free(key, held)
            else:
                self._at(turn.hold_s + SPARE_S, lambda: self._free(key, held))
                self._end(waiting)

        self._at(READY_S, lambda: ready("no answer in time"))
        source = self._sources.get(turn.inbox)
        if source is None:
            self._loop.call_soon(lambda: ready("it is not configured"))
        else:
            source.wake(ready)

    def _give_back(self, key: _Key, turn: Turn) -> None:
        """A turn that has run out meanwhile may be another's by now."""
        held = self._held.get(key)
        if held is not None and held.turn.owner is turn.owner:
            self._free(key, held)

    def _free(self, key: _Key, held: _Held) -> None:
        """The turn is over; the next in the queue has his."""
        if self._held.get(key) is not held:
            return
        del self._held[key]
        queue = self._queues.get(key)
        if queue:
            following = queue.popleft()
            assert isinstance(following.wish, Turn)
            self._begin(key, following, following.wish)
        elif not any(inbox == key[0] for inbox, _ in self._held) and key[0] in self._sources:
            self._sources[key[0]].rest()

    def _queued_too_long(self, key: _Key, waiting: _Waiting) -> None:
        queue = self._queues.get(key, deque())
        if waiting in queue:
            queue.remove(waiting)
            self._end(waiting, Reason.AGENT_FAULT, f"inbox {key[0]} was taken by other districts all the time")

    # -- arrivals -------------------------------------------------------------------------------------------------------

    def _await(self, key: _Key, waiting: _Waiting, arrival: Arrival) -> None:
        held = self._held.get(key)
        # a turn runs out after the deadline of what it was for: who comes later than that has it no more
        if held is None or held.waiting is not None or arrival.deadline <= waiting.began:
            detail = f"nobody has the turn at inbox {arrival.inbox}"
            self._loop.call_soon(lambda: self._end(waiting, Reason.AGENT_FAULT, detail))
            return
        held.waiting = waiting
        held.since = self._clock.monotonic() - (self._clock.now() - arrival.since) - FINE_S
        self._loop.at(arrival.deadline, lambda: self._too_late(key, held, waiting))
        self._loop.call_soon(lambda: self._look(key, held))

    def _received(self, inbox: str, moment: float, text: str) -> None:
        for key, held in list(self._held.items()):
            if key[0] == inbox and holds(text, key[1]):
                held.arrived.append(moment)
                self._look(key, held)

    def _look(self, key: _Key, held: _Held) -> None:
        moment = next((one for one in held.arrived if one >= held.since), None)
        waiting = held.waiting
        if moment is None or waiting is None:
            return
        held.waiting = None
        self._free(key, held)
        waiting.done(Result(waiting.began, moment, Reason.NONE, _lasted(waiting.began, moment), found=True))

    def _too_late(self, key: _Key, held: _Held, waiting: _Waiting) -> None:
        if held.waiting is not waiting:
            return
        held.waiting = None
        problem = self._sources[key[0]].problem if key[0] in self._sources else ""
        self._free(key, held)
        if problem:
            self._end(waiting, Reason.AGENT_FAULT, f"inbox {key[0]} cannot be read: {problem}")
        else:
            self._end(waiting, Reason.NOT_ARRIVED, f"nothing in inbox {key[0]}")

    # -- parts ----------------------------------------------------------------------------------------------------------

    def _source(self, inbox: Inbox) -> Source:
        def received(moment: float, text: str) -> None:
            self._received(inbox.name, moment, text)

        if inbox.webhook is not None:
            return WebhookSource(inbox.webhook, received, self._loop, self._clock)
        assert inbox.imap is not None
        return ImapSource(inbox.imap, received, self._loop, self._clock)

    def _at(self, seconds: float, call: Callable[[], None]) -> None:
        self._loop.at(self._clock.monotonic() + seconds, call)

    def _end(self, waiting: _Waiting, reason: Reason = Reason.NONE, detail: str = "") -> None:
        now = self._clock.monotonic()
        waiting.done(Result(waiting.began, now, reason, _lasted(waiting.began, now), detail=detail[:200]))


def _lasted(began: float, ended: float) -> Phases:
    return Phases(total=max(ended - began, 0.0))
