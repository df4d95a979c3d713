"""Every Prometheus name of the agent, in one table; docs/metrics.md carries the same table and a test compares them.

May be changed: rows, by adding. A name in use stays: dashboards and alerts elsewhere hang on it. Base units only.
"""

import logging
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.core import HistogramMetricFamily

from probes.checks import Measurement, Target
from probes.sample import Outcome, Phases
from probes.settings import Metrics as MetricsSettings

log = logging.getLogger(__name__)

DURATION_BUCKETS: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0)
LATENESS_BUCKETS: Final = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
_BOUNDS: Final = (*(str(bound) for bound in DURATION_BUCKETS), "+Inf")


@dataclass(frozen=True)
class Row:
    """One metric: its name as it is scraped, its type and labels, and what it says."""

    name: str
    kind: str
    labels: tuple[str, ...]
    says: str
    buckets: tuple[float, ...] = ()


DURATION: Final = Row(
    "tikawatch_probe_duration_seconds", "histogram", ("district", "check", "phase"),
    "Duration of checks, each phase alone; `phase` is dns, connect, tls, first_byte, transfer, visible or total", DURATION_BUCKETS,
)  # fmt: skip
SUCCESS: Final = Row(
    "tikawatch_probe_success",
    "gauge",
    ("district", "check"),
    "1 when the last check was good, else 0; unchanged while unknown",
)
SAMPLES: Final = Row(
    "tikawatch_probe_samples_total", "counter", ("outcome", "reason"), "Checks that ended, by outcome and reason"
)
IN_FLIGHT: Final = Row("tikawatch_probe_in_flight", "gauge", (), "Checks under way")
LATENESS: Final = Row(
    "tikawatch_schedule_lateness_seconds",
    "histogram",
    (),
    "Time between the moment a check was due and its start",
    LATENESS_BUCKETS,
)
SKIPPED: Final = Row(
    "tikawatch_schedule_skipped_total", "counter", (),
    "Checks not started: the last one of the same target was still under way, or the moment lay more than an interval back",
)  # fmt: skip
UNRELEASED: Final = Row(
    "tikawatch_schedule_unreleased_total",
    "counter",
    (),
    "Times an interval went on without its release; a sign of a clock that was set",
)
HELD: Final = Row(
    "tikawatch_schedule_held_total",
    "counter",
    ("reason",),
    "Checks not started to spare a registry that is busy; `reason` is the status it answered: 429, 503 or 504",
)
SPOOLED: Final = Row("tikawatch_spool_samples", "gauge", (), "Samples on disk that wait for delivery")
DROPPED: Final = Row(
    "tikawatch_spool_dropped_total", "counter", (), "Samples thrown away because the spool was full or the disk refused"
)
ASIDE: Final = Row(
    "tikawatch_spool_set_aside_total",
    "counter",
    (),
    "Samples the control room refused; kept and tried again at the next start",
)
LEFT: Final = Row(
    "tikawatch_cleanups_pending", "gauge", (), "Synthetic records that could not be taken away yet and are tried again"
)
GIVEN_UP: Final = Row(
    "tikawatch_cleanups_given_up_total",
    "counter",
    (),
    "Synthetic records that were not taken away: the registry's operator has to; the log names them",
)
ATTEMPTS: Final = Row(
    "tikawatch_delivery_attempts_total", "counter", ("result",),
    "Attempts to deliver a batch; `result` is delivered, no_token, unreachable, busy, denied, failed or refused",
)  # fmt: skip
LAG: Final = Row(
    "tikawatch_delivery_lag_seconds", "gauge", (), "Age of the oldest sample at the last attempt; 0 when none waits"
)

TABLE: Final = (
    DURATION, SUCCESS, SAMPLES, IN_FLIGHT, LATENESS, SKIPPED, UNRELEASED, HELD, SPOOLED, DROPPED, ASIDE, LEFT, GIVEN_UP,
    ATTEMPTS, LAG,
)  # fmt: skip


class Durations:
    """The histogram of phases, in plain lists.

    The library's own children cost a hundred times the memory, and their making would hold up the loop in the first round.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[Target, str], list[float]] = {}

    def observe(self, target: Target, phases: Phases) -> None:
        for phase, seconds in phases:
            if seconds is not None:
                counts = self._counts.setdefault((target, phase), [0.0] * (len(DURATION_BUCKETS) + 2))
                counts[bisect_left(DURATION_BUCKETS, seconds)] += 1
                counts[-1] += seconds

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """In the thread of whoever scrapes."""
        family = HistogramMetricFamily(DURATION.name, DURATION.says, labels=DURATION.labels)
        for (target, phase), counts in list(self._counts.items()):
            buckets = list(zip(_BOUNDS, accumulate(counts[:-1]), strict=True))
            family.add_metric((str(target.district), target.check.name, phase), buckets, counts[-1])
        yield family


class Metrics:
    """The agent's metrics in a registry of its own, so that tests and one process can have several."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._durations = Durations()
        self._success = self._gauge(SUCCESS)
        self._samples = self._counter(SAMPLES)
        registry.register(self._durations)
        self.in_flight = self._gauge(IN_FLIGHT)
        self.lateness = self._histogram(LATENESS)
        self.skipped = self._counter(SKIPPED)
        self.unreleased = self._counter(UNRELEASED)
        self.held = self._counter(HELD)
        self.spool_samples = self._gauge(SPOOLED)
        self.spool_dropped = self._counter(DROPPED)
        self.samples_set_aside = self._counter(ASIDE)
        self.cleanups_pending = self._gauge(LEFT)
        self.cleanups_given_up = self._counter(GIVEN_UP)
        self.delivery_attempts = self._counter(ATTEMPTS)
        self.delivery_lag = self._gauge(LAG)

    def measured(self, target: Target, found: Measurement) -> None:
        """Count a finished check; phases that were not reached are left out."""
        self._samples.labels(found.outcome, found.reason).inc()
        if found.outcome is not Outcome.UNKNOWN:
            self._success.labels(target.district, target.check.name).set(found.outcome is Outcome.OK)
        self._durations.observe(target, found.phases)

    def serve(self, settings: MetricsSettings) -> Any | None:
        """A running server, or None when it is off or the port is taken: measuring goes on without it."""
        if settings.port is None:
            return None
        try:
            server, _ = start_http_server(settings.port, settings.host, self._registry)
        except OSError as problem:
            log.warning("no metrics: %s:%d cannot be opened (%s)", settings.host, settings.port, problem.strerror)
            return None
        log.info("metrics at http://%s:%d/metrics", settings.host, server.server_port)
        return server

    def _counter(self, row: Row) -> Counter:
        return Counter(row.name, row.says, row.labels, registry=self._registry)

    def _gauge(self, row: Row) -> Gauge:
        return Gauge(row.name, row.says, row.labels, registry=self._registry)

    def _histogram(self, row: Row) -> Histogram:
        return Histogram(row.name, row.says, row.labels, registry=self._registry, buckets=row.buckets)


def markdown() -> str:
    """The table as it stands in docs/metrics.md."""
    lines = ["| name | type | labels | says |", "|---|---|---|---|"]
    lines += [f"| `{row.name}` | {row.kind} | {', '.join(row.labels) or '-'} | {row.says} |" for row in TABLE]
    return "\n".join(lines) + "\n"
