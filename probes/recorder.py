"""Takes finished checks from the loop and puts them on disk, several in one commit.

May be changed: how often, and how much is kept in memory while the disk refuses.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable
from typing import Final

from probes.metrics import Metrics
from probes.sample import Outcome, Sample
from probes.spool import Spool

log = logging.getLogger(__name__)

FLUSH_S: Final = 0.25
KEPT_IN_MEMORY: Final = 20_000


class Recorder:
    """`add` is for the loop's thread and never waits for the disk; `run` has a thread of its own."""

    def __init__(self, spool: Spool, metrics: Metrics) -> None:
        self._spool = spool
        self._metrics = metrics
        self._lock = threading.Lock()
        self._fresh: list[Callable[[], Sample]] = []
        self._unsaved: list[Sample] = []
        self._dropped = 0
        self._refused = False

    def add(self, sample: Callable[[], Sample]) -> None:
        """`sample` makes it, later and in the recorder's thread: many in a row cost half of what one in the loop does."""
        with self._lock:
            self._fresh.append(sample)

    def run(self, stop: threading.Event) -> None:
        """Flush until `stop` is set; what comes later needs one more `flush`."""
        while not stop.wait(FLUSH_S):
            self.flush()

    def flush(self) -> None:
        """One commit for all that has finished. While the disk refuses, samples stay in memory, within bounds."""
        with self._lock:
            fresh, self._fresh = self._fresh, []
        self._unsaved += [sample() for sample in fresh]
        if self._unsaved or self._dropped:
            self._save()
        self._metrics.spool_samples.set(len(self._spool) + len(self._unsaved))

    def _save(self) -> None:
        try:
            self._metrics.spool_dropped.inc(self._spool.append(self._unsaved))
            self._unsaved = []
            if self._dropped:
                self._spool.drop(self._dropped)
                self._dropped = 0
        except sqlite3.Error as problem:
            if not self._refused:
                log.error("the spool cannot be written (%s); samples are kept in memory", problem)
            self._refused = True
            self._bound()
            return
        if self._refused:
            log.info("the spool can be written again")
        self._refused = False

    def _bound(self) -> None:
        """As in the spool: good answers go first, the oldest of them before the others."""
        excess = len(self._unsaved) - KEPT_IN_MEMORY
        if excess <= 0:
            return
        good = [one for one in self._unsaved if one.outcome is Outcome.OK][:excess]
        others = [one for one in self._unsaved if one.outcome is not Outcome.OK][: excess - len(good)]
        gone = {one.seq for one in good + others}
        self._unsaved = [one for one in self._unsaved if one.seq not in gone]
        self._dropped += len(gone)
        self._metrics.spool_dropped.inc(len(gone))
