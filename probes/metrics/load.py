"""What the agent itself costs: the registry in requests, this machine in processor and memory. Sent along with the batches.

May be changed: what is told, by adding. The numbers are those of /metrics, looked at from one delivery to the next; counting
costs the loop nothing beyond Metrics.asked.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from prometheus_client.registry import Collector

from probes.clock import Clock
from probes.metrics import Metrics
from probes.sample import HOSTS_TOLD, Load

WINDOW_S: Final = 60.0
STEP_S: Final = 1.0  # looks further apart than this are remembered
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


class Usage(NamedTuple):
    """Processor seconds of this process so far, and its memory now."""

    cpu_s: float
    rss_bytes: int


def process_usage() -> Usage:
    resident = int(Path("/proc/self/statm").read_text().split()[1])
    return Usage(time.process_time(), resident * _PAGE_BYTES)


@dataclass(frozen=True)
class _Look:
    """The counts at one moment: `requests` by host, `started` by upper bound of lateness in seconds, as they add up."""

    at: float
    requests: Mapping[str, float]
    started: Mapping[str, float]
    cpu_s: float


class OwnLoad:
    """`snapshot` is for one thread, the delivery's; the loop's counts through Metrics only."""

    def __init__(self, metrics: Metrics, clock: Clock, usage: Callable[[], Usage] = process_usage) -> None:
        self._metrics = metrics
        self._clock = clock
        self._usage = usage
        self._looks = deque([self._look(usage())])

    def snapshot(self) -> Load:
        """Now, against a minute ago; against the last snapshot if that is longer back."""
        usage = self._usage()
        now, then = self._look(usage), self._then()
        if now.at - self._looks[-1].at >= STEP_S:
            self._looks.append(now)
        elapsed = max(now.at - then.at, STEP_S)
        rates = {host: (made - then.requests.get(host, 0)) / elapsed for host, made in now.requests.items()}
        most = sorted(rates, key=lambda host: (-rates[host], host))[:HOSTS_TOLD]
        metrics = self._metrics
        return Load(
            requests_per_s={host: round(rates[host], 3) for host in most},
            budget_per_s=_total(metrics.budget),
            cpu_share=round((now.cpu_s - then.cpu_s) / elapsed, 4),
            rss_bytes=usage.rss_bytes,
            in_flight=metrics.in_flight.value,
            late_p99_s=quantile(0.99, {bound: made - then.started[bound] for bound, made in now.started.items()}),
            held=int(_total(metrics.held)),
            skipped=int(_total(metrics.skipped)),
            dropped=int(_total(metrics.spool_dropped)),
            spooled=int(_total(metrics.spool_samples)),
        )

    def _look(self, usage: Usage) -> _Look:
        metrics = self._metrics
        return _Look(
            self._clock.monotonic(), metrics.tallies.requests.copy(), metrics.lateness.reached(), usage.cpu_s
        )  # fmt: skip

    def _then(self) -> _Look:
        """The newest look that is at least a minute old, else the oldest."""
        begin = self._clock.monotonic() - WINDOW_S
        while len(self._looks) > 1 and self._looks[1].at <= begin:
            self._looks.popleft()
        return self._looks[0]


def quantile(share: float, reached: Mapping[str, float]) -> float:
    """From a histogram's buckets as they add up, evenly spread within a bucket; its last finite bound when it lies beyond.

    0.0 when nothing was observed.
    """
    wanted = share * reached["+Inf"]
    bounds = [(0.0, 0.0), *((float(bound), made) for bound, made in reached.items() if bound != "+Inf")]
    for (low, before), (high, upto) in pairwise(bounds):
        if upto >= wanted:
            return low + (high - low) * (wanted - before) / (upto - before) if upto > before else low
    return bounds[-1][0]


def _total(metric: Collector) -> float:
    """Of a gauge or a counter, over its labels."""
    return sum(
        sample.value for family in metric.collect() for sample in family.samples if not sample.name.endswith("_created")
    )
