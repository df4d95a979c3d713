"""The agent as a whole: schedule -> checks -> samples -> spool -> delivery. Wires the parts and starts their threads.

May be changed: the wiring. Rules of one part belong into its own file.
"""

import logging
import random
import resource
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Final

from prometheus_client import CollectorRegistry

from probes.carriers import carriers_of
from probes.carriers.echoes import echo_allowed
from probes.carriers.transfers import TransferLoop
from probes.clean_ups import CleanUps
from probes.clock import Clock
from probes.delivery import Delivery
from probes.measuring import Measuring
from probes.metrics import Metrics
from probes.recorder import Recorder
from probes.sample import CheckKind
from probes.schedule.cohorts import start_releases
from probes.secret_files import unreadable
from probes.settings import AgentFile, Probes
from probes.spool import Spool

log = logging.getLogger(__name__)

SPARE_FILES: Final = 256


class NothingToMeasure(Exception):
    """This system allows none of the configured checks; `str()` of it is what the user reads."""


def run(settings: AgentFile, stop: threading.Event, clock: Clock) -> None:
    """Measure and deliver until `stop` is set; it ends within 3 s of that. Checks under way are then given up.

    What their uploads left in the registry is taken away first, or at the next start.

    Raises:
        SpoolError: the spool cannot be used.
        NothingToMeasure: this system allows none of the checks.
        Exception: what ended one of the threads; the agent does not go on without one of them.
    """
    probes = allowed(settings.probes, echo_allowed())
    for line in unreadable(probes.checks):
        log.warning("%s", line)
    _allow_files(probes.in_flight)
    metrics = Metrics(CollectorRegistry())
    with closing(Spool(probes.spool.file, probes.spool.max_samples, probes.spool.max_age_s)) as spool:
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


def allowed(probes: Probes, no_echo: str) -> Probes:
    """The agent's settings without what this system does not let it do; `no_echo` says why echo requests are refused, or is empty.

    Raises:
        NothingToMeasure: no check is left.
    """
    left_out = [check.name for check in probes.checks if no_echo and check.kind is CheckKind.ICMP]
    if not left_out:
        return probes
    log.warning("left out: %s; %s", ", ".join(left_out), no_echo)
    left = tuple(check for check in probes.checks if check.name not in left_out)
    if not left:
        raise NothingToMeasure(f"no check is left to take: {no_echo}")
    return probes.model_copy(update={"checks": left})


def _work(probes: Probes, stop: threading.Event, clock: Clock, spool: Spool, metrics: Metrics) -> None:
    rng = random.Random()  # seeded by the system
    recorder = Recorder(spool, metrics)
    delivery = Delivery(probes.delivery, probes.agent, spool, clock, metrics)
    clean_ups = CleanUps(probes.checks, spool, clock, metrics)
    with ExitStack() as stack:
        stack.enter_context(closing(delivery))
        loop = stack.enter_context(closing(TransferLoop(clock, probes.user_agent)))
        carriers = carriers_of(probes, loop, clock)
        for carrier in carriers.values():
            stack.enter_context(closing(carrier))
        measuring = Measuring(
            probes, clock, loop, recorder=recorder, clean_ups=clean_ups, metrics=metrics, rng=rng, carriers=carriers
        )
        scheduler = start_releases(measuring.cohorts, measuring.release)
        with ThreadPoolExecutor(4, thread_name_prefix="agent") as pool:
            parts = [
                pool.submit(_measure, loop, measuring, stop),
                pool.submit(recorder.run, stop),
                pool.submit(clean_ups.run, stop, measuring.send_soon),
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
        clean_ups.store()
    for part in parts:
        part.result()


def _measure(loop: TransferLoop, measuring: Measuring, stop: threading.Event) -> None:
    loop.run(stop, measuring.turn)
    measuring.tidy_up()


def _allow_files(in_flight: int) -> None:
    """A look-up and a connection each take descriptors; the usual limit of 1024 is soon reached."""
    wanted = in_flight * 4 + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
