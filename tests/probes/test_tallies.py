"""Plain numbers, and what the metrics library makes of them."""

from prometheus_client import CollectorRegistry

from probes.metrics.names import LATENESS_BUCKETS
from probes.metrics.tallies import Spread, Tallies
from probes.sample import Outcome, Reason


def test_a_page_says_what_was_counted_until_then() -> None:
    registry, tallies = CollectorRegistry(), Tallies()
    registry.register(tallies)
    value = registry.get_sample_value
    assert value("tikawatch_probe_in_flight") == 0
    tallies.in_flight.inc(3)
    tallies.in_flight.dec()
    tallies.up.inc(100)
    tallies.requests["registry.example.org"] = 5
    tallies.ended[Outcome.FAILED, Reason.TIMEOUT] = 2
    assert value("tikawatch_probe_in_flight") == 2
    assert value("tikawatch_agent_bytes_total", {"direction": "up"}) == 100
    assert value("tikawatch_agent_bytes_total", {"direction": "down"}) == 0
    assert value("tikawatch_agent_requests_total", {"host": "registry.example.org"}) == 5
    assert value("tikawatch_probe_samples_total", {"outcome": "failed", "reason": "timeout"}) == 2


def test_a_spread_adds_up_over_its_bounds_and_a_bound_belongs_to_its_bucket() -> None:
    spread = Spread((0.1, 0.5, 2.0))
    for seconds in (0.1, 0.2, 0.5, 3.0):
        spread.observe(seconds)
    assert spread.reached() == {"0.1": 1, "0.5": 3, "2.0": 3, "+Inf": 4}
    assert spread.total == 3.8


def test_lateness_is_a_histogram_on_the_page() -> None:
    registry, tallies = CollectorRegistry(), Tallies()
    registry.register(tallies)
    for seconds in (0.0001, 0.0015, 100.0):
        tallies.lateness.observe(seconds)
    name = "tikawatch_schedule_lateness_seconds"
    reached = [registry.get_sample_value(f"{name}_bucket", {"le": str(bound)}) for bound in (*LATENESS_BUCKETS, "+Inf")]
    assert reached == [1, *[2] * (len(LATENESS_BUCKETS) - 1), 3]
    assert (registry.get_sample_value(f"{name}_count"), registry.get_sample_value(f"{name}_sum")) == (3, 100.0016)
