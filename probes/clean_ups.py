"""Synthetic records that could not be taken away at once: remembered on disk, and tried again slowly until they are gone.

May be changed: how often, and when a record is given up. A record given up is named in the log: a person has to remove it.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from probes.checks import header_lines
from probes.checks.upload import CLEAN_UP_S, MARK_HEADER
from probes.clock import Clock
from probes.exchange import Request, Result
from probes.metrics import Metrics
from probes.settings import Check
from probes.spool import Left, Spool

log = logging.getLogger(__name__)

STEP_S: Final = 1.0
AT_ONCE: Final = 5
FIRST_PAUSE_S: Final = 30.0
LONGEST_PAUSE_S: Final = 600.0
MOST_TRIES: Final = 20

Send = Callable[[Request, Callable[[Result], None]], None]


def is_gone(result: Result) -> bool:
    """The registry has taken the record away, or never had it."""
    return result.status is not None and (200 <= result.status < 300 or result.status == 404)


class CleanUps:
    """`failed` is for the loop's thread and never waits for the disk; `run` and `step` have a thread of their own.

    `send` starts a request from any thread and hands its result back in the loop's.
    """

    def __init__(self, checks: Iterable[Check], spool: Spool, clock: Clock, metrics: Metrics) -> None:
        self._headers = {check.name: header_lines(check) for check in checks}
        self._spool = spool
        self._clock = clock
        self._metrics = metrics
        self._lock = threading.Lock()
        self._fresh: list[Left] = []
        self._tried: list[tuple[Left, bool]] = []
        self._under_way: set[int] = set()
        self._refused = False

    def failed(self, check: str, request: Request) -> None:
        """The clean-up of a check's record did not succeed: try again later."""
        with self._lock:
            self._fresh.append(Left(check, request.url, request.method, self._clock.now() + FIRST_PAUSE_S))

    def run(self, stop: threading.Event, send: Send) -> None:
        """Step until `stop` is set; what fails later needs one more `store`."""
        while not stop.wait(STEP_S):
            self.step(send)

    def step(self, send: Send) -> None:
        """Store what came of earlier tries, and try again what is due."""
        self.store()
        try:
            due = self._spool.left_behind(self._clock.now(), AT_ONCE + len(self._under_way))
        except sqlite3.Error:  # `store` has said it
            return
        for left in due:
            if left.row not in self._under_way and len(self._under_way) < AT_ONCE:
                self._under_way.add(left.row)
                send(self._request(left), lambda result, left=left: self._tried_again(left, result))  # type: ignore[misc]

    def store(self) -> None:
        """Bring everything to disk; while the disk refuses, it stays in memory."""
        with self._lock:
            fresh, tried = self._fresh, self._tried
            self._fresh, self._tried = [], []
        try:
            self._give_up(self._spool.leave_behind(fresh) if fresh else [])
            fresh = []
            while tried:
                self._settle(*tried[0])
                self._under_way.discard(tried.pop(0)[0].row)
            self._metrics.cleanups_pending.set(self._spool.count_left())
            self._refused = False
        except sqlite3.Error as problem:
            if not self._refused:
                log.error("the spool cannot be written (%s); clean-ups are kept in memory", problem)
            self._refused = True
            with self._lock:
                self._fresh, self._tried = fresh + self._fresh, tried + self._tried

    def _request(self, left: Left) -> Request:
        return Request(
            url=left.url,
            deadline=self._clock.monotonic() + CLEAN_UP_S,
            method=left.method,
            headers=(*self._headers.get(left.check, ()), MARK_HEADER),
            undoes=True,
        )

    def _tried_again(self, left: Left, result: Result) -> None:
        with self._lock:
            self._tried.append((left, is_gone(result)))

    def _settle(self, left: Left, gone: bool) -> None:
        if gone or left.tries + 1 >= MOST_TRIES:
            self._spool.taken_away(left)
            self._give_up([] if gone else [left])
            return
        pause = min(FIRST_PAUSE_S * 2.0**left.tries, LONGEST_PAUSE_S)
        self._spool.put_off(replace(left, tries=left.tries + 1, due=self._clock.now() + pause))

    def _give_up(self, records: Iterable[Left]) -> None:
        for left in records:
            log.error("the synthetic record at %s could not be taken away; ask the registry's operator", left.url)
            self._metrics.cleanups_given_up.inc()
