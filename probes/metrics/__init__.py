"""The agent's metrics: what is counted, and the page it makes. The names stand in names.py, the server in scrapes.py.

May be changed: what is counted. Few and ordinary metrics are the library's; those of every check are in tallies.py; those of
each target are plain numbers here, as the library's own children cost a hundred times the memory and seconds to render
(exposition.py).
"""

import logging
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector, generate_latest

from probes.checks import Measurement, Target
from probes.metrics import names
from probes.metrics.exposition import HistogramText, Packer, Piece, gauge, heading, labelled
from probes.metrics.scrapes import ScrapeServer
from probes.metrics.tallies import Tallies
from probes.sample import Outcome, Phases
from probes.settings import Metrics as MetricsSettings

log = logging.getLogger(__name__)

MOST_HOSTS: Final = 64
OTHER_HOSTS: Final = "other"
_PHASES: Final = tuple(Phases.model_fields)
_BOUNDS: Final = names.DURATION.buckets
_WIDTH: Final = len(_BOUNDS) + 1
_TEXT: Final = HistogramText(names.DURATION)
_GAUGES_A_PIECE: Final = 256
_NOTHING: Final = Piece(b"", 0, 0)


class TargetNumbers:
    """What is known of one target: a histogram a phase, and the last result. Written by the loop's thread, read by another."""

    __slots__ = ("_changed", "_counts", "_piece", "_sums", "good", "labels", "last_s")

    def __init__(self, target: Target) -> None:
        self.labels = labelled(("check", "district"), (target.check.name, str(target.district)))
        self.good = False
        self.last_s = 0.0
        self._counts = array("I", [0]) * (_WIDTH * len(_PHASES))  # full after 27 years of five checks a second
        self._sums = array("d", [0.0]) * len(_PHASES)
        self._changed = True
        self._piece = _NOTHING

    def observe(self, good: bool, phases: Phases) -> None:
        counts, sums = self._counts, self._sums
        for row, phase in enumerate(_PHASES):
            seconds = getattr(phases, phase)
            if seconds is not None:
                counts[row * _WIDTH + bisect_left(_BOUNDS, seconds)] += 1
                sums[row] += seconds
        self.good, self.last_s = good, phases.total
        self._changed = True

    def piece(self, packer: Packer) -> Piece:
        """Its histograms; made anew only when something came in since the last time."""
        if self._changed:
            self._changed = False  # before the numbers are read: what comes in meanwhile is written the next time
            self._piece = packer.pack("".join(self._histograms()))
        return self._piece

    def _histograms(self) -> Iterator[str]:
        for row, phase in enumerate(_PHASES):
            counts = self._counts[row * _WIDTH : (row + 1) * _WIDTH]
            if any(counts):
                yield _TEXT.text(f'{self.labels},phase="{phase}"', counts, self._sums[row])


class Metrics:
    """The agent's metrics in a registry of its own, so that tests and one process can have several."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._targets: dict[Target, TargetNumbers] = {}
        self._packer = Packer()
        self.tallies = Tallies()
        registry.register(self.tallies)
        self.in_flight = self.tallies.in_flight
        self.lateness = self.tallies.lateness
        self.skipped = self._counter(names.SKIPPED)
        self.unreleased = self._counter(names.UNRELEASED)
        self.held = self._counter(names.HELD)
        self.spool_samples = self._gauge(names.SPOOLED)
        self.spool_dropped = self._counter(names.DROPPED)
        self.samples_set_aside = self._counter(names.ASIDE)
        self.cleanups_pending = self._gauge(names.LEFT)
        self.cleanups_given_up = self._counter(names.GIVEN_UP)
        self.delivery_attempts = self._counter(names.ATTEMPTS)
        self.delivery_lag = self._gauge(names.LAG)
        self.budget = self._gauge(names.BUDGET)
        ProcessCollector(registry=registry)

    def measured(self, target: Target, found: Measurement) -> None:
        """Count a finished check; phases that were not reached are left out. For the loop's thread."""
        outcome, ended = found.outcome, self.tallies.ended
        key = outcome, found.reason
        ended[key] = ended.get(key, 0) + 1
        if outcome is Outcome.UNKNOWN:
            return
        numbers = self._targets.get(target)
        if numbers is None:
            numbers = self._targets[target] = TargetNumbers(target)
        numbers.observe(outcome is Outcome.OK, found.phases)

    def asked(self, host: str) -> None:
        """One request goes out to this host. For the loop's thread."""
        made = self.tallies.requests
        if host not in made and len(made) >= MOST_HOSTS:
            host = OTHER_HOSTS
        made[host] = made.get(host, 0) + 1

    def moved(self, up: int, down: int) -> None:
        """The bytes of one request and its answer. For the loop's thread."""
        self.tallies.up.value += up
        self.tallies.down.value += down

    def pieces(self) -> Iterator[Piece]:
        """The page, piece by piece; each takes well under a millisecond. For one thread at a time."""
        pack = self._packer.pack
        yield pack(generate_latest(self._registry).decode())
        targets = list(self._targets.values())
        yield pack(heading(names.DURATION))
        for numbers in targets:
            yield numbers.piece(self._packer)
        yield pack(heading(names.SUCCESS))
        for some in _slices(targets):
            yield pack("".join(gauge(names.SUCCESS, one.labels, int(one.good)) for one in some))
        yield pack(heading(names.LAST))
        for some in _slices(targets):
            yield pack("".join(gauge(names.LAST, one.labels, one.last_s) for one in some))

    def serve(self, settings: MetricsSettings) -> ScrapeServer | None:
        """A running server, or None when it is off or the port is taken: measuring goes on without it."""
        if settings.port is None:
            return None
        try:
            server = ScrapeServer(settings.host, settings.port, self.pieces)
        except OSError as problem:
            log.warning("no metrics: %s:%d cannot be opened (%s)", settings.host, settings.port, problem.strerror)
            return None
        log.info("metrics at http://%s:%d/metrics", settings.host, server.server_port)
        return server

    def _counter(self, row: names.Row) -> Counter:
        return Counter(row.name, row.says, row.labels, registry=self._registry)

    def _gauge(self, row: names.Row) -> Gauge:
        return Gauge(row.name, row.says, row.labels, registry=self._registry)


def _slices(targets: list[TargetNumbers]) -> Iterator[list[TargetNumbers]]:
    for begin in range(0, len(targets), _GAUGES_A_PIECE):
        yield targets[begin : begin + _GAUGES_A_PIECE]
