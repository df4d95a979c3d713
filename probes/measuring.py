"""Starts what is due and leads each check from request to request, within the budget and under the holds.

May be changed: how a check is led. Rules of one part belong into its own file. Everything here runs in the loop's thread,
but for `release` and `send_soon`.
"""

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count
from math import inf
from typing import Final

from probes.checks import CheckFunction, Measurement, Steps, Target, address, origin
from probes.clean_ups import CleanUps, is_gone
from probes.clock import Clock
from probes.connectivity import Connectivity, interface_up
from probes.exchange import Request, Result
from probes.holds import Holds
from probes.metrics import Metrics
from probes.recorder import Recorder
from probes.registry import FUNCTIONS
from probes.sample import CheckKind, Phases, Reason, Sample
from probes.schedule import Budget, Cohort, Schedule, Start
from probes.settings import Probes
from probes.transfers import Done, TransferLoop

SET_UP_S: Final = 0.5  # so that the first checks are not late because threads are still being started
TIDY_UP_S: Final = 1.5
LONGEST_S: Final = 86_400.0  # a Sample holds no longer duration


@dataclass(eq=False)
class _Run:
    """One check under way. `started` is the wall clock's, `began` the monotonic one's, `lateness` in seconds."""

    schedule: Schedule
    target: Target
    steps: Steps
    started: float
    began: float
    lateness: float
    asked: Request | None = None  # its latest request


class Measuring:
    """Neutral hosts have a schedule of their own: neither the budget nor checks that hang may hold them up."""

    def __init__(  # noqa: PLR0913 - it is where the parts of the agent meet
        self,
        probes: Probes,
        clock: Clock,
        loop: TransferLoop,
        *,
        recorder: Recorder,
        clean_ups: CleanUps,
        metrics: Metrics,
        rng: random.Random,
        functions: Mapping[CheckKind, CheckFunction] = FUNCTIONS,
    ) -> None:
        targets = [Target(district, check) for check in probes.checks for district in probes.districts]
        begin = clock.monotonic() + SET_UP_S
        self._budget = Budget(probes.starts_per_second, begin)
        neutral = [target for target in targets if target.check.kind is CheckKind.ANCHOR]
        others = [target for target in targets if target.check.kind is not CheckKind.ANCHOR]
        self._schedules = [
            Schedule(members, begin, probes.in_flight, budget, rng, probes.agent)
            for members, budget in ((neutral, Budget(inf, begin)), (others, self._budget))
            if members
        ]
        self._connectivity = Connectivity(targets, interface_up)
        self._holds = Holds(clock)
        self._vantage = probes.vantage
        self._clock = clock
        self._loop = loop
        self._recorder = recorder
        self._clean_ups = clean_ups
        self._metrics = metrics
        self._rng = rng
        self._functions = functions
        self._numbers = count(1)
        self._counted = (0, 0)
        self._open: set[_Run] = set()

    @property
    def cohorts(self) -> list[Cohort]:
        return [cohort for schedule in self._schedules for cohort in schedule.cohorts]

    def release(self, cohort: Cohort) -> None:
        """From any thread: the schedule itself belongs to the loop's."""
        self._loop.call_soon(lambda: cohort.release(self._clock.monotonic()))

    def send_soon(self, request: Request, done: Done) -> None:
        """From any thread: send a request that belongs to no check under way, within the budget."""

        def heard(result: Result) -> None:
            self._holds.heard(origin(request.url), result, of_check=False)
            done(result)

        self._loop.call_soon(lambda: self._send(request, heard))

    def turn(self) -> float:
        """Start what is due; returns the monotonic moment of the next start."""
        now = self._clock.monotonic()
        for schedule in self._schedules:
            for start in schedule.due(now):
                self._start(schedule, start, now)
        self._count()
        return min(schedule.wake(now) for schedule in self._schedules)

    def tidy_up(self) -> None:
        """Give up the checks under way, and take away what their uploads have left: now if TIDY_UP_S allows, else later."""
        runs = [(run.target.check.name, run.asked) for run in self._open if run.asked is not None]
        undos = [(name, asked if asked.undoes else asked.undo) for name, asked in runs]
        left = {undo: name for name, undo in undos if undo is not None}
        self._loop.abandon()
        over = threading.Event()

        def done(undo: Request, gone: bool) -> None:
            name = left.pop(undo)
            if not gone:
                self._clean_ups.failed(name, undo)
            if not left:
                over.set()

        deadline = self._clock.monotonic() + TIDY_UP_S
        for undo in list(left):
            if self._budget.next(self._clock.monotonic()) >= deadline:
                done(undo, gone=False)
            else:
                last = replace(undo, deadline=deadline, not_before=0.0)
                self._send(last, lambda result, undo=undo: done(undo, is_gone(result)))  # type: ignore[misc]
        if left:
            self._loop.run(over, lambda: None)

    def _start(self, schedule: Schedule, start: Start, now: float) -> None:
        target = start.target
        if target.check.kind is not CheckKind.ANCHOR:
            status = self._holds.holds(origin(address(target.check.url, target.district)), target)
            if status:
                schedule.ended(target)
                self._metrics.held.labels(status).inc()
                return
        lateness = max(now - start.due, 0.0)
        self._metrics.lateness.observe(lateness)
        self._metrics.in_flight.inc()
        steps = self._functions[target.check.kind](target, self._clock, self._rng)
        run = _Run(schedule, target, steps, self._clock.now(), now, lateness)
        self._open.add(run)
        self._advance(run, None)

    def _advance(self, run: _Run, result: Result | None) -> None:
        try:
            request = next(run.steps) if result is None else run.steps.send(result)
        except StopIteration as end:
            self._finish(run, end.value)
        except ValueError as problem:  # an answer nobody thought of costs its own check and no other
            self._leave(run)
            total = min(self._clock.monotonic() - run.began, LONGEST_S)
            detail = f"the answer cannot be understood ({problem})"[:200]
            self._finish(run, Measurement(Reason.PROTOCOL, Phases(total=total), detail=detail))
        else:
            self._ask(run, request)

    def _ask(self, run: _Run, request: Request) -> None:
        first, run.asked = run.asked is None, request

        def done(result: Result) -> None:
            if not request.neutral:
                self._holds.heard(origin(request.url), result, of_check=first)
            if request.undoes and not is_gone(result):
                self._clean_ups.failed(run.target.check.name, request)
            self._advance(run, result)

        if first:  # the schedule has paid for it
            self._loop.start(request, done)
        else:
            self._send(request, done)

    def _send(self, request: Request, done: Done) -> None:
        """Within the budget, and not before the request's own moment."""
        now = self._clock.monotonic()
        if request.not_before > now:
            self._loop.at(request.not_before, lambda: self._send(request, done))
        else:
            self._loop.start(replace(request, not_before=self._budget.take(now)), done)

    def _leave(self, run: _Run) -> None:
        if run.asked is not None and run.asked.undo is not None:
            self._clean_ups.failed(run.target.check.name, run.asked.undo)

    def _finish(self, run: _Run, measured: Measurement) -> None:
        self._open.discard(run)
        found = self._connectivity.judged(run.target, measured)
        run.schedule.ended(run.target)
        self._metrics.in_flight.dec()
        self._metrics.measured(run.target, found)
        self._recorder.add(self._sample(run, found))

    def _sample(self, run: _Run, found: Measurement) -> Sample:
        return Sample(
            seq=next(self._numbers),
            district=run.target.district,
            check=run.target.check.name,
            kind=run.target.check.kind,
            vantage=self._vantage,
            started=run.started,
            outcome=found.outcome,
            reason=found.reason,
            phases=found.phases,
            status=found.status,
            bytes_up=found.bytes_up,
            bytes_down=found.bytes_down,
            lateness=min(run.lateness, LONGEST_S),
            detail=found.detail,
        )

    def _count(self) -> None:
        """The schedules know nothing of metrics; what they counted since the last turn is added here."""
        skipped = sum(schedule.skipped for schedule in self._schedules)
        unreleased = sum(schedule.unreleased for schedule in self._schedules)
        if (skipped, unreleased) != self._counted:
            self._metrics.skipped.inc(skipped - self._counted[0])
            self._metrics.unreleased.inc(unreleased - self._counted[1])
            self._counted = (skipped, unreleased)
