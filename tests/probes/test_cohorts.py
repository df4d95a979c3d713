"""The ticking of the schedule, on a clock on the wall that may be set at any time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest

from probes.checks import Target
from probes.kinds import check_of
from probes.schedule import Cohort
from probes.schedule.cohorts import EveryFromNow, start_releases

EVERY_S = 0.2
PING = check_of(
    {"name": "ping", "kind": "http", "url": "http://127.0.0.1:1/", "interval_s": EVERY_S, "deadline_s": 0.1}
)
DAY = datetime(2021, 1, 16, 12, tzinfo=UTC)
FAR = [timedelta(seconds=120), timedelta(hours=1), timedelta(days=3650)]


class Releases:
    """A real scheduler, and how often it has released."""

    def __init__(self) -> None:
        self.count = 0
        self._more = Event()
        cohort = Cohort(EVERY_S, [Target(490, PING)], 0.0, "agent-1")
        self.scheduler: Any = start_releases([cohort], self._release)

    def _release(self, _: Cohort) -> None:
        self.count += 1
        self._more.set()

    def come(self, within: float) -> bool:
        """Whether another one comes within so many seconds."""
        self._more.clear()
        return self._more.wait(within)


@pytest.fixture
def releases() -> Iterator[Releases]:
    running = Releases()
    yield running
    running.scheduler.shutdown()


@pytest.mark.parametrize("since", [*FAR, *(-one for one in FAR)])
def test_the_next_release_is_counted_from_now_even_when_the_clock_was_set(since: timedelta) -> None:
    assert EveryFromNow(15).get_next_fire_time(DAY - since, DAY) == DAY + timedelta(seconds=15)


@pytest.mark.process
def test_a_real_scheduler_releases_each_cohort_again_and_again(releases: Releases) -> None:
    assert all(releases.come(60) for _ in range(3))
    [job] = releases.scheduler.get_jobs()
    assert (job.coalesce, job.max_instances) == (True, 1)


@pytest.mark.process
@pytest.mark.parametrize("back", FAR)
def test_a_clock_that_was_set_back_does_not_stop_the_releases(releases: Releases, back: timedelta) -> None:
    [job] = releases.scheduler.get_jobs()
    job.modify(next_run_time=datetime.now(UTC) + back)  # so it looks to the library
    assert all(releases.come(60) for _ in range(3))


@pytest.mark.process
@pytest.mark.parametrize("ahead", FAR)
def test_a_clock_that_was_set_forward_costs_no_release_and_starts_no_storm(
    releases: Releases, ahead: timedelta
) -> None:
    [job] = releases.scheduler.get_jobs()
    before = releases.count
    job.modify(next_run_time=datetime.now(UTC) - ahead)
    assert releases.come(60)
    assert releases.come(60)
    assert releases.count <= before + 20
