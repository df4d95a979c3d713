"""The agent's metrics: their names, their values, and that the whole page can be read back."""

import gzip
import socket
import threading
from collections import Counter, defaultdict
from pathlib import Path
from random import Random
from urllib.request import Request, urlopen

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from probes.checks import Measurement, Target
from probes.kinds import check_of
from probes.metrics import MOST_HOSTS, Metrics
from probes.metrics.exposition import PageMaker
from probes.metrics.names import DURATION_BUCKETS, TABLE, markdown
from probes.sample import Outcome, Phases, Reason
from probes.settings import Metrics as MetricsSettings

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"
PING = check_of({"name": "ping", "kind": "http", "url": "http://127.0.0.1:1/"})
TARGET = Target(491, PING)
Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


def text(metrics: Metrics) -> str:
    maker = PageMaker()
    for piece in metrics.pieces():
        maker.add(piece)
    return gzip.decompress(maker.page().packed).decode()


def values(page: str, prefix: str = "tikawatch_") -> Values:
    """Everything on the page whose name begins so, by name and labels."""
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    return {(one.name, frozenset(one.labels.items())): one.value for one in samples if one.name.startswith(prefix)}


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return f"tikawatch_{name}", frozenset(labels.items())


def good(**phases: float) -> Measurement:
    return Measurement(Reason.NONE, Phases.model_validate(phases), 200)


def test_the_table_in_the_docs_is_the_table_in_the_code() -> None:
    assert markdown() in DOCS.read_text()


def test_every_name_has_the_prefix_and_a_base_unit() -> None:
    for row in TABLE:
        assert row.name.startswith("tikawatch_")
        assert (row.kind == "counter") == row.name.endswith("_total")
        assert not row.name.endswith(("_ms", "_minutes", "_percent"))


def test_the_page_holds_every_row_once_with_its_type_and_what_it_says() -> None:
    metrics = Metrics(CollectorRegistry())
    page = text(metrics)
    families = list(text_string_to_metric_families(page))
    rows = {row.name.removesuffix("_total"): (row.kind, row.says) for row in TABLE}
    assert rows.items() <= {family.name: (family.type, family.documentation) for family in families}.items()
    assert max(Counter(line for line in page.splitlines() if line.startswith("# TYPE")).values()) == 1


def test_a_finished_check_is_counted_with_the_phases_it_reached() -> None:
    metrics = Metrics(CollectorRegistry())
    metrics.measured(TARGET, good(dns=0.001, connect=0.002, total=0.5))
    metrics.measured(TARGET, Measurement(Reason.TIMEOUT, Phases(total=10.0)))
    read = values(text(metrics))
    place = {"district": "491", "check": "ping"}
    assert read[key("probe_duration_seconds_count", **place, phase="total")] == 2
    assert read[key("probe_duration_seconds_sum", **place, phase="dns")] == 0.001
    assert key("probe_duration_seconds_count", **place, phase="tls") not in read
    assert read[key("probe_success", **place)] == 0
    assert read[key("probe_last_duration_seconds", **place)] == 10
    assert read[key("probe_samples_total", outcome="ok", reason="none")] == 1
    assert read[key("probe_samples_total", outcome="failed", reason="timeout")] == 1


def test_a_bound_belongs_to_its_bucket() -> None:
    metrics = Metrics(CollectorRegistry())
    for total in (0.005, 0.3, 0.31, 500.0):
        metrics.measured(TARGET, good(total=total))
    read = values(text(metrics))
    place = {"district": "491", "check": "ping", "phase": "total"}
    bounds = ("0.01", "0.1", "0.3", "1.0", "120.0", "+Inf")
    assert [read[key("probe_duration_seconds_bucket", **place, le=bound)] for bound in bounds] == [1, 1, 2, 3, 3, 4]


def test_a_check_that_says_nothing_of_the_registry_is_only_counted() -> None:
    metrics = Metrics(CollectorRegistry())
    metrics.measured(TARGET, good(total=0.5))
    before = values(text(metrics), "tikawatch_probe_")
    metrics.measured(TARGET, Measurement(Reason.AGENT_OFFLINE, Phases(total=7.5)))
    after = values(text(metrics), "tikawatch_probe_")
    changed = {name for name, labels in after.keys() - before.keys()}
    assert changed == {"tikawatch_probe_samples_total"}
    assert after | before == after


def test_the_whole_page_is_what_was_observed_whatever_the_labels_and_the_values() -> None:
    chance, metrics = Random(16), Metrics(CollectorRegistry())
    names = ["ping", 'a "quoted" one', "back\\slash", "two\nlines", "100 % {x}", "नाशिक"]
    checks = [PING.model_copy(update={"name": name}) for name in names]
    targets = [Target(district, check) for district in (490, 491, 9_999_999) for check in checks]
    expected: Values = defaultdict(float)
    for target in chance.choices(targets, k=100):
        found = random_finding(chance)
        metrics.measured(target, found)
        expect(expected, target, found)
        if chance.random() < 0.05:
            text(metrics)  # pages in between must not matter
    shown = (
        "tikawatch_probe_duration",
        "tikawatch_probe_success",
        "tikawatch_probe_last",
        "tikawatch_probe_samples_total",
    )
    read = {found: value for prefix in shown for found, value in values(text(metrics), prefix).items()}
    assert read == pytest.approx(expected, rel=1e-12)


def random_finding(chance: Random) -> Measurement:
    phases = {phase: chance.choice([0.0, 0.3, 120.0, chance.expovariate(0.2)]) for phase in Phases.model_fields}
    reached = {phase: seconds for phase, seconds in phases.items() if phase == "total" or chance.random() < 0.6}
    reason = chance.choice([Reason.NONE, Reason.NONE, Reason.TIMEOUT, Reason.AGENT_OFFLINE])
    return Measurement(reason, Phases.model_validate(reached))


def expect(expected: Values, target: Target, found: Measurement) -> None:
    expected[key("probe_samples_total", outcome=found.outcome, reason=found.reason)] += 1
    if found.outcome is Outcome.UNKNOWN:
        return
    place = {"district": str(target.district), "check": target.check.name}
    expected[key("probe_success", **place)] = int(found.outcome is Outcome.OK)
    expected[key("probe_last_duration_seconds", **place)] = found.phases.total
    for phase, seconds in found.phases:
        if seconds is not None:
            expected[key("probe_duration_seconds_count", **place, phase=phase)] += 1
            expected[key("probe_duration_seconds_sum", **place, phase=phase)] += seconds
            for bound in (*map(str, DURATION_BUCKETS), "+Inf"):
                reached = int(seconds <= float(bound))
                expected[key("probe_duration_seconds_bucket", **place, phase=phase, le=bound)] += reached


def test_only_what_has_changed_is_written_again() -> None:
    metrics = Metrics(CollectorRegistry())
    targets = [Target(district, PING) for district in (490, 491, 492)]
    for target in targets:
        metrics.measured(target, good(total=0.5))
    before = list(metrics.pieces())
    metrics.measured(targets[1], good(total=0.6))
    after = list(metrics.pieces())
    again = [one for one, other in zip(before[2:5], after[2:5], strict=True) if one is other]
    assert again == [before[2], before[4]]


def test_no_piece_of_the_page_is_long_however_many_targets_there_are() -> None:
    metrics = Metrics(CollectorRegistry())
    for district in range(1, 1000):
        metrics.measured(Target(district, PING), good(total=0.5, dns=0.1, connect=0.1, first_byte=0.1, transfer=0.1))
    assert max(piece.size for piece in metrics.pieces()) < 32_768


def test_pages_made_while_checks_end_are_whole_and_the_last_one_has_everything() -> None:
    metrics, over, pages = Metrics(CollectorRegistry()), threading.Event(), []

    def scrape() -> None:
        while not over.is_set():
            pages.append(text(metrics))

    scraper = threading.Thread(target=scrape)
    scraper.start()
    for number in range(2000):
        metrics.measured(Target(500 + number, PING) if number < 40 else TARGET, good(total=0.5))
    over.set()
    scraper.join()
    assert all(buckets_agree(values(page, "tikawatch_probe_duration")) for page in pages[:3] + pages[-3:])
    last = values(text(metrics), "tikawatch_probe_duration_seconds_count")
    assert sum(last.values()) == 2000


def buckets_agree(read: Values) -> bool:
    ends = [name for name in read if ("le", "+Inf") in name[1]]
    return all(
        read[("tikawatch_probe_duration_seconds_count", labels - {("le", "+Inf")})] == read[(name, labels)]
        for name, labels in ends
    )


def test_it_says_what_the_agent_asks_of_whom_and_what_it_takes_itself() -> None:
    metrics = Metrics(CollectorRegistry())
    metrics.budget.set(50)
    for host in ("registry.example.org", "registry.example.org", "127.0.0.1"):
        metrics.asked(host)
    metrics.moved(300, 5000)
    metrics.moved(200, 0)
    page = text(metrics)
    read = values(page)
    assert read[key("agent_requests_total", host="registry.example.org")] == 2
    assert read[key("agent_requests_total", host="127.0.0.1")] == 1
    assert read[key("agent_bytes_total", direction="up")] == 500
    assert read[key("agent_bytes_total", direction="down")] == 5000
    assert read[key("agent_budget_requests_per_second")] == 50
    process = {name for name, _ in values(page, "process_")}
    assert {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"} <= process


def test_hosts_without_end_are_counted_as_other() -> None:
    metrics = Metrics(CollectorRegistry())
    for number in range(MOST_HOSTS + 10):
        metrics.asked(f"{number}.example.org")
    metrics.asked("0.example.org")
    read = values(text(metrics), "tikawatch_agent_requests_total")
    assert len(read) == MOST_HOSTS + 1
    assert read[key("agent_requests_total", host="other")] == 10
    assert read[key("agent_requests_total", host="0.example.org")] == 2


OPEN_METRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"


@pytest.mark.parametrize("accept", [OPEN_METRICS, "application/openmetrics-text", "text/plain", "*/*"])
def test_it_serves_one_format_on_a_free_port_whatever_is_asked_for(accept: str) -> None:
    metrics = Metrics(CollectorRegistry())
    server = metrics.serve(MetricsSettings(port=0))
    assert server is not None
    try:
        asked = Request(f"http://127.0.0.1:{server.server_port}/metrics", headers={"Accept": accept})
        with urlopen(asked) as answer:
            page = answer.read().decode()
    finally:
        server.shutdown()
        server.server_close()
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "tikawatch_spool_samples 0.0\n" in page
    assert "# EOF" not in page
    assert values(page)


def test_a_port_in_use_is_said_and_not_fatal(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert Metrics(CollectorRegistry()).serve(MetricsSettings(port=port)) is None
    assert f"no metrics: 127.0.0.1:{port} cannot be opened (Address already in use)" in caplog.text


def test_no_port_means_off() -> None:
    assert Metrics(CollectorRegistry()).serve(MetricsSettings(port=None)) is None
