"""The agent's metrics: their names, their values, and that the page can be read back."""

import socket
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from probes.checks import Measurement, Target
from probes.metrics import TABLE, Metrics, markdown
from probes.sample import Phases, Reason
from probes.settings import Check
from probes.settings import Metrics as MetricsSettings

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"
TARGET = Target(491, Check.model_validate({"name": "ping", "kind": "http", "url": "http://127.0.0.1:1/"}))


def test_the_table_in_the_docs_is_the_table_in_the_code() -> None:
    assert markdown() in DOCS.read_text()


def test_every_name_has_the_prefix_and_a_base_unit() -> None:
    for row in TABLE:
        assert row.name.startswith("tikawatch_")
        assert (row.kind == "counter") == row.name.endswith("_total")
        assert not row.name.endswith(("_ms", "_minutes", "_percent"))


def test_a_finished_check_is_counted_with_the_phases_it_reached() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.measured(TARGET, Measurement(Reason.NONE, Phases(dns=0.001, connect=0.002, total=0.5), 200))
    metrics.measured(TARGET, Measurement(Reason.TIMEOUT, Phases(total=10.0)))
    place = {"district": "491", "check": "ping"}
    value = registry.get_sample_value
    assert value("tikawatch_probe_duration_seconds_count", {**place, "phase": "total"}) == 2
    assert value("tikawatch_probe_duration_seconds_sum", {**place, "phase": "dns"}) == 0.001
    assert value("tikawatch_probe_duration_seconds_count", {**place, "phase": "tls"}) is None
    assert value("tikawatch_probe_success", place) == 0
    assert value("tikawatch_probe_samples_total", {"outcome": "ok", "reason": "none"}) == 1
    assert value("tikawatch_probe_samples_total", {"outcome": "failed", "reason": "timeout"}) == 1


def test_buckets_are_cumulative_and_a_bound_belongs_to_its_bucket() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    for total in (0.005, 0.3, 0.31, 500.0):
        metrics.measured(TARGET, Measurement(Reason.NONE, Phases(total=total)))
    place = {"district": "491", "check": "ping", "phase": "total"}
    counts = {
        bound: registry.get_sample_value("tikawatch_probe_duration_seconds_bucket", {**place, "le": bound})
        for bound in ("0.01", "0.1", "0.3", "1.0", "120.0", "+Inf")
    }
    assert counts == {"0.01": 1, "0.1": 1, "0.3": 2, "1.0": 3, "120.0": 3, "+Inf": 4}


def test_a_check_that_says_nothing_of_the_registry_leaves_success_alone() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.measured(TARGET, Measurement(Reason.NONE, Phases(total=0.5)))
    metrics.measured(TARGET, Measurement(Reason.AGENT_OFFLINE, Phases(total=0.5)))
    assert registry.get_sample_value("tikawatch_probe_success", {"district": "491", "check": "ping"}) == 1


def test_the_page_can_be_read_back_and_holds_every_row() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.measured(TARGET, Measurement(Reason.NONE, Phases(total=0.5), 200))
    metrics.delivery_attempts.labels("delivered").inc()
    families = {family.name: family for family in text_string_to_metric_families(generate_latest(registry).decode())}
    for row in TABLE:
        assert families[row.name.removesuffix("_total")].type == row.kind


def test_it_serves_on_a_free_port_of_loopback() -> None:
    metrics = Metrics(CollectorRegistry())
    server = metrics.serve(MetricsSettings(port=0))
    assert server is not None
    try:
        with urlopen(f"http://127.0.0.1:{server.server_port}/metrics") as page:
            assert b"tikawatch_spool_samples 0.0" in page.read()
    finally:
        server.shutdown()
        server.server_close()


def test_a_port_in_use_is_said_and_not_fatal(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert Metrics(CollectorRegistry()).serve(MetricsSettings(port=port)) is None
    assert f"no metrics: 127.0.0.1:{port} cannot be opened (Address already in use)" in caplog.text


def test_no_port_means_off() -> None:
    assert Metrics(CollectorRegistry()).serve(MetricsSettings(port=None)) is None
