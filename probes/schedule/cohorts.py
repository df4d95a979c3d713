"""The ticking of the schedule: one APScheduler job per interval releases that interval's checks.

May be changed: how the jobs are set up. Never one job per target: firing one costs more than the check itself.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from probes.schedule import Cohort

# it logs a line for each job that is added or run
logging.getLogger("apscheduler").setLevel(logging.WARNING)


class EveryFromNow(BaseTrigger):  # type: ignore[misc]
    """Each interval counted from now, not from the last run.

    The library's own interval trigger lists every run that was missed: a clock set forward by years would fill the memory.
    """

    def __init__(self, interval_s: float) -> None:
        self.interval = timedelta(seconds=interval_s)

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        return now + self.interval


class SteadyScheduler(BackgroundScheduler):  # type: ignore[misc]
    """The library waits for a moment on the wall clock: one that was set back an hour would stop the releases for an hour."""

    def _process_jobs(self) -> float | None:
        """Runs the jobs that are due, and those that no clock but one set back can have put so far off."""
        now, jobs = datetime.now(UTC), self.get_jobs()
        for job in jobs:
            if job.next_run_time > now + job.trigger.interval:
                job.modify(next_run_time=now)
        wait: float | None = super()._process_jobs()
        # the wait itself is one on the monotonic clock; it was computed from a clock that may have been set in between
        return wait if wait is None else min([wait, *(job.trigger.interval.total_seconds() for job in jobs)])


def start_releases(cohorts: Iterable[Cohort], release: Callable[[Cohort], None]) -> Any:
    """A running scheduler that calls `release` for each cohort at once and then once per interval, from its own thread."""
    scheduler = SteadyScheduler(
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(1)},
        # no grace time: a release that comes late, even years late by the clock, is still worth having
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone=UTC,
    )
    for cohort in cohorts:
        release(cohort)
        scheduler.add_job(
            release, EveryFromNow(cohort.interval_s), args=[cohort], name=f"every {cohort.interval_s:g} s"
        )
    scheduler.start()
    return scheduler
