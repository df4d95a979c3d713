"""Starts what is due and leads each check from request to request, within the budgets and under the holds.

May be changed: how a check is led. Rules of one part belong into its own file. Everything here runs in the loop's thread,
but for `release` and `send_soon`.
"""

import random
import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from itertools import count
from math import inf
from typing import Any, Final

from probes.carriers.stalls import excused
from probes.carriers.transfers import TransferLoop
from probes.checks import CheckFunction, Measurement, Target
from probes.checks.bundle import bundled
from probes.clean_ups import CleanUps, is_gone
from probes.clock import Clock
from probes.connectivity import Connectivity, interface_up
from probes.exchange import Carrier, Done, Request, Result, Wish, host_of
from probes.metrics import Metrics
from probes.recorder import Recorder
from probes.registry import FUNCTIONS
from probes.runs import LONGEST_S, Run
from probes.sample import CheckKind, Phases, Reason
from probes.schedule import TOO_LATE, Cohort, Schedule, Start
from probes.schedule.budgets import Budgets
from probes.schedule.holds import Holds
from probes.settings import Probes

SET_UP_S: Final = 0.5  # so that the first checks are not late because threads are still being started
ATTENTIVE_S: Final = 0.1  # while checks are under way it comes round so often, or a standstill goes unseen
TIDY_UP_S: Final = 1.5
NO_BUDGET: Final = "the agent's own budget left no time"


class Measuring:
    """Neutral hosts have a schedule of their own: neither a budget nor checks that hang may hold them up."""

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
        carriers: Mapping[type[Wish], Carrier[Any]] | None = None,
    ) -> None:
        targets = [Target(district, check) for check in probes.checks for district in probes.districts]
        begin = clock.monotonic() + SET_UP_S
        self._budgets = Budgets(probes.starts_per_second, begin)
        neutral = [target for target in targets if target.check.kind is CheckKind.ANCHOR]
        others = [target for target in targets if target.check.kind is not CheckKind.ANCHOR]
        self._schedules = [
            Schedule(members, begin, probes.in_flight, rng, probes.agent) for members in (neutral, others) if members
        ]
        self._connectivity = Connectivity(targets, interface_up)
        self._holds = Holds(clock)
        self._vantage = probes.vantage
        self._clock = clock
        self._loop = loop
        self._recorder = recorder
        self._clean_ups = clean_ups
        self._metrics = metrics
        metrics.budget.set(probes.starts_per_second)
        self._rng = rng
        self._functions = {kind: bundled(function) for kind, function in functions.items()}
        self._carriers: Mapping[type[Wish], Carrier[Any]] = {Request: loop, **(carriers or {})}
        self._numbers = count(1)
        self._open: set[Run] = set()

    @property
    def cohorts(self) -> list[Cohort]:
        return [cohort for schedule in self._schedules for cohort in schedule.cohorts]

    def release(self, cohort: Cohort) -> None:
        """From any thread: the schedule itself belongs to the loop's."""
        self._loop.call_soon(lambda: cohort.release(self._clock.monotonic()))

    def send_soon(self, wish: Wish, done: Done) -> None:
        """From any thread: carry out a wish that belongs to no check under way, within the budgets."""
        self._loop.call_soon(lambda: self._send(wish, done))

    def turn(self) -> float:
        """Start what is due; returns the monotonic moment of the next start."""
        now = self._clock.monotonic()
        for schedule in self._schedules:
            for start in schedule.due(now):
                self._admit(schedule, start, now)
        self._count()
        wake = now + ATTENTIVE_S if self._open else inf
        for schedule in self._schedules:
            wake = min(wake, schedule.wake(now))
        return wake

    def tidy_up(self) -> None:
        """Give up the checks under way, and take away what their uploads have left: now if TIDY_UP_S allows, else later."""
        left = {run: undo for run in self._open if (undo := run.undo) is not None}
        for run in self._open - left.keys():
            self._settled(run)
        for carrier in self._carriers.values():
            carrier.abandon()
        over = threading.Event()

        def done(run: Run, gone: bool) -> None:
            undo = left.pop(run)
            self._settled(run) if gone else self._failed(run, undo)
            if not left:
                over.set()

        deadline = self._clock.monotonic() + TIDY_UP_S
        for run, undo in list(left.items()):
            last = replace(undo, deadline=deadline, not_before=0.0)
            self._send(last, lambda result, run=run, undo=undo: done(run, is_gone(result, undo)))  # type: ignore[misc]
        if left:
            self._loop.run(over, lambda: None)

    # -- starting -------------------------------------------------------------------------------------------------------

    def _admit(self, schedule: Schedule, start: Start, now: float) -> None:
        """Start as soon as the host's budget allows, or not at all when the target's next own moment is nearer by then.

        The start pays for all samples of a bundle: one that waits would look like one that is lost.
        """
        target = start.target
        if target.check.kind is CheckKind.ANCHOR:
            self._start(schedule, start, "", 0)
            return
        host, requests = host_of(target.origin), target.check.samples_a_round
        moment = self._budgets.next(host, now)
        if moment <= now:
            self._budgets.take(host, now, requests)
            self._start(schedule, start, host, requests)
        elif not self._passed_over(schedule, start, moment):
            self._budgets.take(host, now, requests)
            self._loop.at(moment, lambda: self._start_late(schedule, start, host, requests))

    def _start_late(self, schedule: Schedule, start: Start, host: str, prepaid: int) -> None:
        if not self._passed_over(schedule, start, self._clock.monotonic()):  # the host may have been asleep
            self._start(schedule, start, host, prepaid)

    def _passed_over(self, schedule: Schedule, start: Start, moment: float) -> bool:
        late = moment - start.due > TOO_LATE * start.target.check.interval_s
        if late:
            schedule.skipped += 1
            schedule.ended(start.target)
        return late

    def _start(self, schedule: Schedule, start: Start, host: str, prepaid: int) -> None:
        target = start.target
        if target.check.kind is not CheckKind.ANCHOR:
            status = self._holds.holds(target.origins, target)
            if status:
                schedule.ended(target)
                self._metrics.held.labels(status).inc()
                return
        now = self._clock.monotonic()
        lateness = max(now - start.due, 0.0)
        self._metrics.lateness.observe(lateness)
        self._metrics.in_flight.inc()
        steps = self._functions[target.check.kind](target, self._clock, self._rng)
        run = Run(schedule, target, steps, self._clock.now(), now, lateness, host, prepaid)
        self._open.add(run)
        self._advance(run, None)

    # -- from wish to wish ----------------------------------------------------------------------------------------------

    def _advance(self, run: Run, result: Result | None) -> None:
        try:
            wish = next(run.steps) if result is None else run.steps.send(result)
        except StopIteration as end:
            self._finish(run, end.value)
        except ValueError as problem:  # an answer nobody thought of costs its own check and no other
            if run.asked is not None and run.asked.undo is not None:
                self._failed(run, run.asked.undo)
            total = min(self._clock.monotonic() - run.began, LONGEST_S)
            detail = f"the answer cannot be understood ({problem})"[:200]
            self._finish(run, Measurement(Reason.PROTOCOL, Phases(total=total), detail=detail))
        else:
            self._ask(run, wish)

    def _ask(self, run: Run, wish: Wish) -> None:
        run.asked = wish
        if wish.undo is not None and not run.leaves:
            run.leaves = True
            self._clean_ups.expected(run, run.target, wish.undo)

        def done(result: Result) -> None:
            if isinstance(wish, Request) and wish.undoes and not is_gone(result, wish):
                self._failed(run, wish)
            self._advance(run, result)

        self._send(wish, done, run)

    def _send(self, wish: Wish, done: Done, run: Run | None = None) -> None:
        """Within the budget, and not before the wish's own moment; not at all when the budget leaves it no time."""
        now = self._clock.monotonic()
        if wish.not_before > now:
            self._loop.at(wish.not_before, lambda: self._send(wish, done, run))
            return
        if not wish.loads or (run is not None and run.pays(wish)):
            self._carry(wish, done)
            return
        host = wish.asks.lower()
        moment = self._budgets.next(host, now)
        if moment >= wish.deadline:
            nothing = Result(now, now, Reason.AGENT_FAULT, Phases(total=0.0), detail=NO_BUDGET)
            self._loop.call_soon(lambda: done(nothing))
            return
        self._budgets.take(host, now)
        if moment <= now:
            self._carry(wish, done)
            return
        if run is not None:
            run.held_up(wish, moment - now)
        self._loop.at(moment, lambda: self._carry(wish, done))

    def _carry(self, wish: Wish, done: Done) -> None:
        host, origin = wish.asks, "" if wish.neutral else wish.origin

        def heard(result: Result) -> None:
            self._metrics.moved(result.bytes_up, result.bytes_down)
            if origin:
                self._holds.heard(origin, result, of_check=not wish.aside)
            done(result)

        if host:
            self._metrics.asked(host)
        self._carriers[type(wish)].start(wish, heard)

    def _failed(self, run: Run, undo: Request) -> None:
        run.leaves = False
        self._clean_ups.failed(run, run.target, undo)

    def _settled(self, run: Run) -> None:
        if run.leaves:
            run.leaves = False
            self._clean_ups.settled(run)

    # -- at the end -----------------------------------------------------------------------------------------------------

    def _finish(self, run: Run, measured: Measurement) -> None:
        self._open.discard(run)
        self._settled(run)
        away_s = self._loop.stalls.within(run.began, self._clock.monotonic())
        ours = excused(measured, away_s, run.target.check.deadline_s, run.waited_s)
        found = self._connectivity.judged(run.target, ours)
        run.schedule.ended(run.target)
        self._metrics.in_flight.dec()
        self._metrics.measured(run.target, found)
        self._recorder.add(partial(run.sample, next(self._numbers), self._vantage, found))

    def _count(self) -> None:
        """The schedules know nothing of metrics; what they counted since the last turn is added here."""
        for schedule in self._schedules:
            if schedule.skipped:
                self._metrics.skipped.inc(schedule.skipped)
                schedule.skipped = 0
            if schedule.unreleased:
                self._metrics.unreleased.inc(schedule.unreleased)
                schedule.unreleased = 0
