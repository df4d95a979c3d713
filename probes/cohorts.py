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

GRACE_S = 3600  # a release that comes late is still worth having

# it logs a line for each job that is added or run
logging.getLogger("apscheduler").setLevel(logging.WARNING)


class EveryFromNow(BaseTrigger):  # type: ignore[misc]
    """Each interval counted from now, not from the last run.

    The library's own interval trigger lists every run that was missed: a clock set forward by years would fill the memory.
    """

    def __init__(self, interval_s: float) -> None:
        self._interval = timedelta(seconds=interval_s)

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        return now + self._interval


def start_releases(cohorts: Iterable[Cohort], release: Callable[[Cohort], None]) -> Any:
    """A running scheduler that calls `release` for each cohort at once and then once per interval, from its own thread."""
    scheduler = BackgroundScheduler(
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE_S},
        timezone=UTC,
    )
    for cohort in cohorts:
        release(cohort)
        scheduler.add_job(
            release, EveryFromNow(cohort.interval_s), args=[cohort], name=f"every {cohort.interval_s:g} s"
        )
    scheduler.start()
    return scheduler
