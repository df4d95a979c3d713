"""Synthetic records that could not be taken away at once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from probes.clean_ups import AT_ONCE, FIRST_PAUSE_S, LONGEST_PAUSE_S, MOST_TRIES, CleanUps, is_gone
from probes.clock import SetClock
from probes.exchange import Request, Result
from probes.metrics import Metrics
from probes.sample import Phases, Reason
from probes.settings import Check
from probes.spool import Spool

RECORDS = "http://127.0.0.1:1/records"
CHECK = Check.model_validate(
    {
        "name": "upload",
        "kind": "upload",
        "url": RECORDS,
        "headers": {"X-Facility": "test"},
        "read_back": {"url": RECORDS},
    }
)


class Registry:
    """Answers every clean-up at once with `status`; None does not answer."""

    def __init__(self, status: int | None) -> None:
        self.status = status
        self.asked: list[Request] = []

    def send(self, request: Request, done: Callable[[Result], None]) -> None:
        self.asked.append(request)
        reason = Reason.NONE if self.status else Reason.TIMEOUT
        done(Result(0.0, 1.0, reason, Phases(total=1.0), self.status))


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "spool.db", 1000)
    yield opened
    opened.close()


@pytest.fixture
def metrics() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def clean_ups(spool: Spool, clock: SetClock, metrics: CollectorRegistry) -> CleanUps:
    return CleanUps([CHECK], spool, clock, Metrics(metrics))


def fail(clean_ups: CleanUps, count: int = 1) -> None:
    for number in range(count):
        clean_ups.failed("upload", Request(f"{RECORDS}/{number}", 0.0, "DELETE", undoes=True))


def test_it_is_tried_again_after_a_while_with_the_headers_of_its_check(
    clean_ups: CleanUps, clock: SetClock, metrics: CollectorRegistry
) -> None:
    registry = Registry(204)
    fail(clean_ups)
    clean_ups.step(registry.send)
    assert (registry.asked, metrics.get_sample_value("tikawatch_cleanups_pending")) == ([], 1)
    clock.move(FIRST_PAUSE_S)
    clean_ups.step(registry.send)
    [request] = registry.asked
    assert (request.method, request.url) == ("DELETE", f"{RECORDS}/0")
    assert request.headers == ("X-Facility: test", "X-Tikawatch-Probe: TIKAWATCH-PROBE")
    assert request.deadline > clock.monotonic()
    clean_ups.step(registry.send)
    assert (len(registry.asked), metrics.get_sample_value("tikawatch_cleanups_pending")) == (1, 0)


@pytest.mark.parametrize("status", [429, None])
def test_it_is_tried_ever_more_slowly_and_given_up_in_the_end(
    clean_ups: CleanUps,
    clock: SetClock,
    metrics: CollectorRegistry,
    caplog: pytest.LogCaptureFixture,
    status: int | None,
) -> None:
    registry, moments = Registry(status), []
    fail(clean_ups)
    clean_ups.step(registry.send)
    while metrics.get_sample_value("tikawatch_cleanups_given_up_total") == 0:
        clock.move(1)
        before = len(registry.asked)
        clean_ups.step(registry.send)
        moments += [clock.at] * (len(registry.asked) - before)
    pauses = [later - earlier for earlier, later in zip([1000.0, *moments], moments, strict=False)]
    assert len(moments) == MOST_TRIES - 1  # the check itself was the first
    assert pauses[:6] == [pytest.approx(one, abs=1.1) for one in (30, 60, 120, 240, 480, 600)]
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE_S, abs=1.1)
    assert metrics.get_sample_value("tikawatch_cleanups_pending") == 0
    assert f"the synthetic record at {RECORDS}/0 could not be taken away" in caplog.text


def test_a_few_at_once_are_under_way(clean_ups: CleanUps, clock: SetClock) -> None:
    asked: list[Request] = []
    fail(clean_ups, 20)
    clean_ups.store()
    clock.move(FIRST_PAUSE_S)
    for _ in range(3):
        clean_ups.step(lambda request, _: asked.append(request))
    assert len(asked) == AT_ONCE


def test_all_are_taken_away_in_time(clean_ups: CleanUps, clock: SetClock, spool: Spool) -> None:
    registry = Registry(404)
    fail(clean_ups, 20)
    clean_ups.store()
    clock.move(FIRST_PAUSE_S)
    for _ in range(5):
        clean_ups.step(registry.send)
    assert (len({request.url for request in registry.asked}), spool.count_left()) == (20, 0)


def test_while_the_disk_is_full_they_stay_in_memory(
    clean_ups: CleanUps, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    pages = spool._db.execute("PRAGMA page_count").fetchone()[0]
    spool._db.execute(f"PRAGMA max_page_count = {pages}")
    fail(clean_ups, 400)
    clean_ups.store()
    clean_ups.store()
    assert spool.count_left() == 0
    assert len([one for one in caplog.records if "clean-ups are kept in memory" in one.message]) == 1
    spool._db.execute("PRAGMA max_page_count = 1000000")
    clean_ups.store()
    assert spool.count_left() == 400


@pytest.mark.parametrize(
    ("status", "gone"), [(200, True), (204, True), (404, True), (410, False), (503, False), (None, False)]
)
def test_what_counts_as_gone(status: int | None, gone: bool) -> None:
    assert is_gone(Result(0.0, 1.0, Reason.NONE, Phases(total=1.0), status)) is gone
