"""What the loop counts for every check: plain numbers, told to the metrics library only when a page is made.

The library's own counters take a lock each time and cost more than the rest of the counting. May be changed: which numbers
there are. Each is written by the loop's thread alone and read by others.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from probes.metrics import names
from probes.sample import Outcome, Reason


class Tally:
    """A number that goes up and down."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0

    def inc(self, by: int = 1) -> None:
        self.value += by

    def dec(self) -> None:
        self.value -= 1


class Spread:
    """A histogram of seconds; `counts` of each bucket alone, the one without a bound last."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, seconds: float) -> None:
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.total += seconds

    def reached(self) -> dict[str, int]:
        """The counts as they add up, by upper bound in seconds."""
        return dict(zip((*map(str, self.bounds), "+Inf"), accumulate(self.counts), strict=True))


class Tallies(Collector):
    """All of them, as the library collects them."""

    def __init__(self) -> None:
        self.in_flight = Tally()
        self.lateness = Spread(names.LATENESS.buckets)
        self.up, self.down = Tally(), Tally()
        self.requests: dict[str, int] = {}  # by host
        self.ended: dict[tuple[Outcome, Reason], int] = {}

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(names.IN_FLIGHT.name, names.IN_FLIGHT.says, self.in_flight.value)
        lateness = HistogramMetricFamily(names.LATENESS.name, names.LATENESS.says)
        lateness.add_metric([], list(self.lateness.reached().items()), self.lateness.total)
        yield lateness
        yield _counter(names.BYTES, {("up",): self.up.value, ("down",): self.down.value})
        yield _counter(names.REQUESTS, {(host,): made for host, made in self.requests.copy().items()})
        ended = self.ended.copy().items()
        yield _counter(names.SAMPLES, {(outcome.value, reason.value): made for (outcome, reason), made in ended})


def _counter(row: names.Row, values: Mapping[tuple[str, ...], int]) -> Metric:
    family = CounterMetricFamily(row.name, row.says, labels=row.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family
