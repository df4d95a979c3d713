"""Leads one check from wish to wish, through the agent's own functions, loop and carriers, and notes each exchange.

May be changed: what is noted. An upload that is broken off is cleaned up before this ends.
"""

import random
import threading
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from typing import Any, Final

from probes.carriers import carriers_of
from probes.carriers.transfers import TransferLoop
from probes.checks import Measurement, Target
from probes.checks.bundle import bundled
from probes.checks.upload import CLEAN_UP_S
from probes.clean_ups import is_gone
from probes.clock import Clock
from probes.connectivity import Connectivity, interface_up
from probes.exchange import Arrival, Carrier, Request, Result, Wish
from probes.inboxes.turn import Turn
from probes.registry import FUNCTIONS
from probes.sample import Phases, Reason, Sample
from probes.settings import Probes

LAST_CHANCE_S: Final = CLEAN_UP_S


@dataclass(frozen=True)
class Exchange:
    """One thing that was asked, and its answer; seconds, `began` counted from the start of the check."""

    what: str
    began: float
    took: float
    said: str


@dataclass(frozen=True)
class Told:
    """What there is to tell. `sample` is None when the check was broken off. `left` names a record that is still there."""

    sample: Sample | None
    exchanges: tuple[Exchange, ...]
    cleaned: bool = False
    left: str = ""


def measure(probes: Probes, target: Target, clock: Clock, stop: threading.Event, woken: "Woken") -> Told:
    """Measure once. `stop`, followed by a call of `woken.wake()`, breaks it off."""
    with ExitStack() as stack:
        loop = stack.enter_context(closing(TransferLoop(clock, probes.user_agent)))
        carriers = carriers_of(probes, loop, clock)
        for carrier in carriers.values():
            stack.enter_context(closing(carrier))
        woken.loop = loop
        try:
            return _Leader(target, loop, {Request: loop, **carriers}, clock).run(probes, stop)
        finally:
            woken.loop = None


@dataclass
class Woken:
    """Wakes the loop out of its wait; may be used in a signal handler."""

    loop: TransferLoop | None = None

    def wake(self) -> None:
        if self.loop is not None:
            self.loop.call_soon(lambda: None)


@dataclass
class _Leader:
    target: Target
    loop: TransferLoop
    carriers: Mapping[type[Wish], Carrier[Any]]
    clock: Clock
    exchanges: list[Exchange] = field(default_factory=list)
    asked: Wish | None = None
    measured: Measurement | None = None
    cleaned: bool = False
    left: str = ""
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self, probes: Probes, stop: threading.Event) -> Told:
        started, self.began = self.clock.now(), self.clock.monotonic()
        self.steps = bundled(FUNCTIONS[self.target.check.kind])(self.target, self.clock, random.SystemRandom())
        self._advance(None)
        self.loop.run(_Either(self.ended, stop), lambda: None)
        if self.measured is None:
            self._break_off(stop)
        sample = self._sample(probes, started, self.measured) if self.measured else None
        return Told(sample, tuple(self.exchanges), self.cleaned, self.left)

    def _advance(self, result: Result | None) -> None:
        try:
            wish = next(self.steps) if result is None else self.steps.send(result)
        except StopIteration as end:
            self.measured = end.value
            self.ended.set()
        except ValueError as problem:  # as in the agent: an answer nobody thought of
            total = self.clock.monotonic() - self.began
            detail = f"the answer cannot be understood ({problem})"[:200]
            self.measured = Measurement(Reason.PROTOCOL, Phases(total=total), detail=detail)
            self.ended.set()
        else:
            self._ask(wish)

    def _ask(self, wish: Wish) -> None:
        self.asked = wish
        carrier = self.carriers[type(wish)]
        if wish.not_before > self.clock.monotonic():
            self.loop.at(wish.not_before, lambda: self._start(carrier, wish))
        else:
            self._start(carrier, wish)

    def _start(self, carrier: Carrier[Any], wish: Wish) -> None:
        carrier.start(wish, lambda result: self._heard(wish, result))

    def _heard(self, wish: Wish, result: Result) -> None:
        took = max(result.ended - result.began, 0.0)
        self.exchanges.append(Exchange(_what(wish), result.began - self.began, took, _said(result)))
        if isinstance(wish, Request) and wish.undoes:
            self._undone(wish, result)
        self._advance(result)

    def _undone(self, wish: Request, result: Result) -> None:
        self.cleaned, self.left = is_gone(result, wish), "" if is_gone(result, wish) else f"{wish.method} {wish.url}"

    def _break_off(self, stop: threading.Event) -> None:
        """Take away what an upload may have left; a second stop does not wait for that."""
        for carrier in self.carriers.values():
            carrier.abandon()
        undo = self.asked if isinstance(self.asked, Request) and self.asked.undoes else self.asked and self.asked.undo
        if undo is None:
            return
        assert isinstance(undo, Request)
        stop.clear()
        self.left = f"{undo.method} {undo.url}"

        def done(result: Result) -> None:
            self._undone(undo, result)
            self.ended.set()

        deadline = self.clock.monotonic() + LAST_CHANCE_S
        self.carriers[Request].start(replace(undo, deadline=deadline, not_before=0.0), done)
        self.loop.run(_Either(self.ended, stop), lambda: None)

    def _sample(self, probes: Probes, started: float, measured: Measurement) -> Sample:
        found = Connectivity([self.target], interface_up).judged(self.target, measured)
        return Sample(
            seq=1,
            district=self.target.district,
            check=self.target.check.name,
            kind=self.target.check.kind,
            vantage=probes.vantage,
            started=started,
            outcome=found.outcome,
            **{name: getattr(found, name) for name in Measurement.__dataclass_fields__},
        )


class _Either(threading.Event):
    """Set when one of two events is."""

    def __init__(self, one: threading.Event, other: threading.Event) -> None:
        super().__init__()
        self._both = (one, other)

    def is_set(self) -> bool:
        return any(event.is_set() for event in self._both)


def _what(wish: Wish) -> str:
    if isinstance(wish, Request) and wish.handshake_only:
        return "hand-shake"
    if isinstance(wish, Request):
        path = wish.url.partition("://")[2].partition("/")[2].partition("?")[0]
        return f"{wish.method} /{path}"
    if isinstance(wish, Turn):
        return f"turn at inbox {wish.inbox}"
    if isinstance(wish, Arrival):
        return f"message in inbox {wish.inbox}"
    return type(wish).__name__.lower()


def _said(result: Result) -> str:
    if result.reason is not Reason.NONE:
        return result.reason.value.replace("_", " ")
    return str(result.status) if result.status is not None else "ok"
