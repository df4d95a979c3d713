"""What an agent says of its own load: rates of the last minute, counts since its start."""

from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry

from probes.clock import SetClock
from probes.metrics import Metrics
from probes.metrics.load import OwnLoad, Usage, process_usage, quantile
from probes.sample import HOSTS_TOLD, Load


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(CollectorRegistry())


def test_it_tells_what_stands_on_the_metrics_page(metrics: Metrics, clock: SetClock) -> None:
    used: Iterator[Usage] = iter([Usage(2.0, 1), Usage(3.5, 40_000_000)])
    load = OwnLoad(metrics, clock, lambda: next(used))
    metrics.budget.set(50)
    metrics.in_flight.inc(3)
    metrics.skipped.inc(2)
    metrics.held.labels("429").inc(4)
    metrics.held.labels("503").inc()
    metrics.spool_dropped.inc(7)
    for _ in range(300):
        metrics.asked("registry.example.org")
        metrics.lateness.observe(0.0015)
    for _ in range(30):
        metrics.asked("neutral.example.org")
    clock.move(30)
    told = load.snapshot()
    assert told.model_dump(exclude={"late_p99_s"}) == {
        "requests_per_s": {"registry.example.org": 10, "neutral.example.org": 1},
        "budget_per_s": 50, "cpu_share": 0.05, "rss_bytes": 40_000_000, "in_flight": 3, "held": 5, "skipped": 2, "dropped": 7, "spooled": 0,
    }  # fmt: skip
    assert told.late_p99_s == pytest.approx(0.00199)


def test_rates_are_those_of_the_last_minute(metrics: Metrics, clock: SetClock) -> None:
    load = OwnLoad(metrics, clock)
    for second in range(600):
        clock.move(1)
        for _ in range(1 if second < 540 else 5):
            metrics.asked("a")
        metrics.lateness.observe(4.0 if second < 540 else 0.0001)
        told = load.snapshot()
    assert told.requests_per_s == {"a": 5}
    assert told.late_p99_s <= 0.001


def test_after_a_long_silence_the_rate_is_that_since_the_last_look(metrics: Metrics, clock: SetClock) -> None:
    load = OwnLoad(metrics, clock)
    clock.move(10)
    load.snapshot()
    for _ in range(600):
        metrics.asked("a")
    clock.move(300)
    assert load.snapshot().requests_per_s == {"a": 2}


def test_looks_in_quick_succession_are_neither_remembered_nor_divided_by_nothing(
    metrics: Metrics, clock: SetClock
) -> None:
    load = OwnLoad(metrics, clock)
    metrics.asked("a")
    for _ in range(100):
        assert load.snapshot().requests_per_s == {"a": 1}
    clock.move(2)
    assert load.snapshot().requests_per_s == {"a": 0.5}


def test_only_the_hosts_asked_most_are_told(metrics: Metrics, clock: SetClock) -> None:
    load = OwnLoad(metrics, clock)
    for number in range(20):
        for _ in range(number + 1):
            metrics.asked(f"{number:02}.example.org")
    clock.move(10)
    told = load.snapshot().requests_per_s
    assert list(told) == [f"{number:02}.example.org" for number in range(19, 19 - HOSTS_TOLD, -1)]


def test_a_new_agent_has_a_load_of_nothing(metrics: Metrics, clock: SetClock) -> None:
    told = OwnLoad(metrics, clock).snapshot()
    assert (told.requests_per_s, told.late_p99_s, told.held, told.skipped, told.dropped) == ({}, 0, 0, 0, 0)
    assert Load.model_validate_json(told.model_dump_json()) == told


def test_the_process_knows_its_own_processor_time_and_memory() -> None:
    before = process_usage()
    sum(range(200_000))
    assert process_usage().cpu_s > before.cpu_s
    assert 5_000_000 < before.rss_bytes < 5_000_000_000


@pytest.mark.parametrize(
    ("reached", "share", "expected"),
    [
        ({"1.0": 0, "2.0": 0, "+Inf": 0}, 0.99, 0.0),
        ({"1.0": 0, "2.0": 100, "+Inf": 100}, 0.5, 1.5),
        ({"1.0": 99, "2.0": 100, "+Inf": 100}, 0.99, 1.0),
        ({"1.0": 50, "2.0": 50, "+Inf": 100}, 0.99, 2.0),
    ],
)
def test_a_quantile_comes_from_buckets(reached: dict[str, float], share: float, expected: float) -> None:
    assert quantile(share, reached) == pytest.approx(expected)
