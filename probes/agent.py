"""The agent as a whole: schedule -> checks -> samples -> spool -> delivery. Wires the parts and starts their threads.

May be changed: the wiring. Rules of one part belong into its own file.
"""

import logging
import random
import resource
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from typing import Final

from prometheus_client import CollectorRegistry

from probes.checks import Measurement, Steps, Target
from probes.clock import Clock
from probes.cohorts import start_releases
from probes.connectivity import Connectivity, interface_up
from probes.delivery import Delivery
from probes.exchange import Result
from probes.metrics import Metrics
from probes.recorder import Recorder
from probes.registry import FUNCTIONS
from probes.sample import Sample
from probes.schedule import Cohort, Schedule, Start
from probes.settings import AgentFile, Probes
from probes.spool import Spool
from probes.transfers import TransferLoop

log = logging.getLogger(__name__)

SPARE_FILES: Final = 256
SET_UP_S: Final = 0.5  # so that the first checks are not late because threads are still being started


def run(settings: AgentFile, stop: threading.Event, clock: Clock) -> None:
    """Measure and deliver until `stop` is set; it ends within 3 s of that. Checks under way are then given up.

    Raises:
        SpoolError: the spool cannot be used.
        Exception: what ended one of the threads; the agent does not go on without one of them.
    """
    probes = settings.probes
    _allow_files(probes.in_flight)
    metrics = Metrics(CollectorRegistry())
    with closing(Spool(probes.spool.file, probes.spool.max_samples)) as spool:
        server = metrics.serve(probes.metrics)
        try:
            log.info(
                "agent %s measures %d checks for %d districts from %s; %d samples wait in %s (SQLite %s)",
                probes.agent, len(probes.checks), len(probes.districts), probes.vantage, len(spool), probes.spool.file,
                sqlite3.sqlite_version,
            )  # fmt: skip
            _work(probes, stop, clock, spool, metrics)
        finally:
            if server is not None:
                server.shutdown()
                server.server_close()
    log.info("agent %s has stopped", probes.agent)


def _work(probes: Probes, stop: threading.Event, clock: Clock, spool: Spool, metrics: Metrics) -> None:
    rng = random.SystemRandom()
    recorder = Recorder(spool, metrics)
    delivery = Delivery(probes.delivery, probes.agent, spool, clock, metrics)
    with closing(TransferLoop(clock, probes.user_agent)) as loop, closing(delivery):
        measuring = Measuring(probes, clock, loop, recorder, metrics, rng)
        scheduler = start_releases(measuring.cohorts, measuring.release)
        with ThreadPoolExecutor(3, thread_name_prefix="agent") as pool:
            parts = [
                pool.submit(loop.run, stop, measuring.turn),
                pool.submit(recorder.run, stop),
                pool.submit(delivery.run, stop, rng),
            ]
            for part in parts:
                part.add_done_callback(lambda _: stop.set())  # none of them may be missing unnoticed
            try:
                stop.wait()
            finally:
                stop.set()
                loop.call_soon(lambda: None)
        scheduler.shutdown()
        recorder.flush()
    for part in parts:
        part.result()


@dataclass(frozen=True)
class _Run:
    """One check under way. `started` is the wall clock's, `lateness` in seconds."""

    target: Target
    steps: Steps
    started: float
    lateness: float


class Measuring:
    """Starts what is due, leads each check from request to request, and hands its sample on. All in the loop's thread."""

    def __init__(
        self, probes: Probes, clock: Clock, loop: TransferLoop, recorder: Recorder, metrics: Metrics, rng: random.Random
    ) -> None:
        targets = [Target(district, check) for check in probes.checks for district in probes.districts]
        begin = clock.monotonic() + SET_UP_S
        self._schedule = Schedule(targets, begin, probes.in_flight, probes.starts_per_second, rng)
        self._connectivity = Connectivity(targets, interface_up)
        self._vantage = probes.vantage
        self._clock = clock
        self._loop = loop
        self._recorder = recorder
        self._metrics = metrics
        self._rng = rng
        self._numbers = count(1)
        self._counted = (0, 0)

    @property
    def cohorts(self) -> list[Cohort]:
        return self._schedule.cohorts

    def release(self, cohort: Cohort) -> None:
        """From any thread: the schedule itself belongs to the loop's."""
        self._loop.call_soon(lambda: cohort.release(self._clock.monotonic()))

    def turn(self) -> float:
        """Start what is due; returns the monotonic moment of the next start."""
        now = self._clock.monotonic()
        for start in self._schedule.due(now):
            self._start(start, now)
        self._count()
        return self._schedule.wake(now)

    def _start(self, start: Start, now: float) -> None:
        lateness = max(now - start.due, 0.0)
        self._metrics.lateness.observe(lateness)
        self._metrics.in_flight.inc()
        steps = FUNCTIONS[start.target.check.kind](start.target, self._clock, self._rng)
        run = _Run(start.target, steps, self._clock.now(), lateness)
        self._advance(run, None)

    def _advance(self, run: _Run, result: Result | None) -> None:
        try:
            request = next(run.steps) if result is None else run.steps.send(result)
        except StopIteration as end:
            self._finish(run, end.value)
            return
        self._loop.start(request, lambda answer: self._advance(run, answer))

    def _finish(self, run: _Run, measured: Measurement) -> None:
        found = self._connectivity.judged(run.target, measured)
        self._schedule.ended(run.target)
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
            lateness=min(run.lateness, 86_400.0),
            detail=found.detail,
        )

    def _count(self) -> None:
        """The schedule knows nothing of metrics; what it counted since the last turn is added here."""
        now = (self._schedule.skipped, self._schedule.unreleased)
        if now != self._counted:
            self._metrics.skipped.inc(now[0] - self._counted[0])
            self._metrics.unreleased.inc(now[1] - self._counted[1])
            self._counted = now


def _allow_files(in_flight: int) -> None:
    """A look-up and a connection each take descriptors; the usual limit of 1024 is soon reached."""
    wanted = in_flight * 4 + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
