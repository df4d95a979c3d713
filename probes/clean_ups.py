"""Synthetic records that are still to be taken away: remembered on disk, and tried again slowly until they are gone.

May be changed: how often, and when a record is given up. A record given up is named in the log: a person has to remove it.
What is on disk holds no secret: a later try logs in anew, as its check would.
"""

import logging
import random
import sqlite3
import threading
from collections.abc import Callable, Generator, Hashable, Iterable
from dataclasses import replace
from itertools import count
from typing import Final

from probes.checks import Target
from probes.checks.upload import CLEAN_UP_S, clean_up_again
from probes.checks.upload_requests import MARK_HEADER
from probes.clock import Clock
from probes.exchange import Done, Request, Result, Wish
from probes.kinds.check import Check
from probes.kinds.upload import UploadCheck
from probes.metrics import Metrics
from probes.schedule.holds import asked_s
from probes.secrets import SecretError
from probes.spool import Left, Spool

log = logging.getLogger(__name__)

STEP_S: Final = 0.5
AT_ONCE: Final = 5
FIRST_PAUSE_S: Final = 30.0
LONGEST_PAUSE_S: Final = 600.0
MOST_TRIES: Final = 20  # two and a half hours
MOST_LOOKS: Final = 8  # 35 minutes, for a record that was never seen and that the registry does not know
NOT_FOUND: Final = 404
GONE: Final = 410

Send = Callable[[Wish, Done], None]
_Steps = Generator[Wish, Result, bool]
_Told = dict[Hashable, tuple[Left | None, bool]]  # by owner; whether it is still under way


def is_absent(result: Result, undo: Request | None = None) -> bool:
    """The registry says that it has no such record."""
    return result.status == NOT_FOUND or (undo is not None and result.status in undo.also_gone)


def is_gone(result: Result, undo: Request | None = None) -> bool:
    """The registry has taken the record away, or never had it. What it does not know is gone unless `undo` knows better."""
    if result.status is None:
        return False
    if 200 <= result.status < 300 or result.status == GONE:
        return True
    return is_absent(result, undo) and (undo is None or undo.absent_is_gone)


class CleanUps:
    """`run` and `step` have a thread of their own; all else is for the loop's, and never waits for the disk.

    A check under way, its `owner` here, tells what it may leave behind before anything is sent, and that it left nothing when
    it is over. In between it stands on disk, so that it is found even if the agent dies. `send` starts a wish from any thread
    and hands its result back in the loop's.
    """

    def __init__(self, checks: Iterable[Check], spool: Spool, clock: Clock, metrics: Metrics) -> None:
        self._checks = {check.name: check for check in checks if isinstance(check, UploadCheck)}
        self._spool = spool
        self._clock = clock
        self._metrics = metrics
        self._rng = random.Random()  # for values that a record needs and its clean-up does not
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._told: _Told = {}
        self._tried: list[tuple[Left, Result | None]] = []
        self._under_way: set[int] = set()
        self._kept: dict[Hashable, Left] = {}  # on disk, of owners under way
        self._last_row = 0
        self._refused = False

    def expected(self, owner: Hashable, target: Target, undo: Request) -> None:
        """A check is about to send what `undo` takes away: on disk within moments."""
        ends = self._clock.now() + target.check.deadline_s + CLEAN_UP_S
        self._tell(owner, _left(target, undo, ends + FIRST_PAUSE_S, tries=0), under_way=True)

    def settled(self, owner: Hashable) -> None:
        """It has left nothing behind."""
        self._tell(owner, None, under_way=False)

    def failed(self, owner: Hashable, target: Target, undo: Request) -> None:
        """The clean-up of a check's record did not succeed: try again later."""
        self._tell(owner, _left(target, undo, self._clock.now() + FIRST_PAUSE_S, tries=1), under_way=False)

    def run(self, stop: threading.Event, send: Send) -> None:
        """Step until `stop` is set; what fails later needs one more `store`."""
        while not stop.is_set():
            self._wake.wait(STEP_S)
            self._wake.clear()
            self.step(send)

    def step(self, send: Send) -> None:
        """Store what is new, and try again what is due."""
        self.store()
        kept_out = self._under_way | {left.row for left in self._kept.values()}
        try:
            due = self._spool.left_behind(self._clock.now(), AT_ONCE + len(kept_out))
        except sqlite3.Error:  # `store` has said it
            return
        for left in due:
            if left.row not in kept_out and len(self._under_way) < AT_ONCE:
                self._under_way.add(left.row)
                self._advance(left, self._steps(left), None, send)

    def store(self) -> None:
        """Bring everything to disk; while the disk refuses, it stays in memory."""
        with self._lock:
            told, tried = self._told, self._tried
            self._told, self._tried = {}, []
        writes = bool(tried) or any(left for left, _ in told.values())
        try:
            self._write(told)
            while tried:
                self._settle(*tried[0])
                self._under_way.discard(tried.pop(0)[0].row)
            self._metrics.cleanups_pending.set(max(self._spool.count_left() - len(self._kept), 0))
            self._refused = self._refused and not writes  # with nothing to write, no disk refuses
        except sqlite3.Error as problem:
            if not self._refused:
                log.error("the spool cannot be written (%s); clean-ups are kept in memory", problem)
            self._refused = True
            with self._lock:
                self._told, self._tried = self._worth_telling(told | self._told), tried + self._tried

    # -- on disk --------------------------------------------------------------------------------------------------------

    def _tell(self, owner: Hashable, left: Left | None, under_way: bool) -> None:
        with self._lock:
            self._told[owner] = left, under_way
        if under_way:
            self._wake.set()

    def _worth_telling(self, told: _Told) -> _Told:
        """Without those that were settled before the disk took them: nothing is there to be taken away."""
        return {owner: one for owner, one in told.items() if one[0] or owner in self._kept}

    def _write(self, told: _Told) -> None:
        """What is on disk is taken out of `told`, so that the rest can be told again."""
        if fresh := {owner: left for owner, (left, _) in told.items() if left}:
            placed = self._placed(fresh)
            self._give_up(self._spool.leave_behind(list(placed.values())))
            self._kept |= placed  # not before: the disk may refuse
        while told:
            owner, (left, under_way) = next(iter(told.items()))
            if left is None and owner in self._kept:
                self._spool.taken_away(self._kept[owner])
            if not under_way:
                self._kept.pop(owner, None)
            del told[owner]

    def _placed(self, fresh: dict[Hashable, Left]) -> dict[Hashable, Left]:
        """In the same row again, what an owner tells later; in new rows the others."""
        self._last_row = max(self._last_row, self._spool.last_left())
        rows = count(self._last_row + 1)
        placed = {
            owner: replace(left, row=self._kept[owner].row if owner in self._kept else next(rows))
            for owner, left in fresh.items()
        }
        self._last_row = next(rows) - 1
        return placed

    def _settle(self, left: Left, result: Result | None) -> None:
        tries, undo = left.tries + 1, _undo(left, 0.0)
        if result is not None and is_gone(result, undo):
            self._spool.taken_away(left)
        elif result is not None and is_absent(result, undo) and tries >= MOST_LOOKS:
            self._spool.taken_away(left)
            log.info("the synthetic record at %s was never seen, and the registry does not know it", left.url)
        elif tries >= MOST_TRIES:
            self._spool.taken_away(left)
            self._give_up([left])
        else:
            pause = min(FIRST_PAUSE_S * 2.0**left.tries, LONGEST_PAUSE_S)
            asked = asked_s(result) if result is not None else 0.0
            self._spool.put_off(replace(left, tries=tries, due=self._clock.now() + max(pause, asked)))

    def _give_up(self, records: Iterable[Left]) -> None:
        for left in records:
            log.error("the synthetic record at %s could not be taken away; ask the registry's operator", left.url)
            self._metrics.cleanups_given_up.inc()

    # -- one later try --------------------------------------------------------------------------------------------------

    def _steps(self, left: Left) -> _Steps:
        undo = _undo(left, self._clock.monotonic() + CLEAN_UP_S)
        check = self._checks.get(left.check)
        if check is None:
            return _as_kept(undo)
        return clean_up_again(Target(left.district, check), undo, self._clock, self._rng)

    def _advance(self, left: Left, steps: _Steps, result: Result | None, send: Send) -> None:
        try:
            wish = next(steps) if result is None else steps.send(result)
        except StopIteration as end:
            self._tried_again(left, result if end.value else None)
        except (SecretError, ValueError) as problem:
            log.warning("the synthetic record at %s cannot be taken away now: %s", left.url, problem)
            self._tried_again(left, None)
        else:
            send(wish, lambda answer: self._advance(left, steps, answer, send))

    def _tried_again(self, left: Left, result: Result | None) -> None:
        with self._lock:
            self._tried.append((left, result))


def _left(target: Target, undo: Request, due: float, tries: int) -> Left:
    return Left(
        target.check.name,
        undo.url,
        undo.method,
        due,
        tries,
        district=target.district,
        body=undo.body,
        absent_is_gone=undo.absent_is_gone,
        also_gone=undo.also_gone,
    )


def _undo(left: Left, deadline: float) -> Request:
    """As much of the clean-up as is on disk. Of its headers that is none, for they may hold secrets."""
    return Request(
        url=left.url,
        deadline=deadline,
        method=left.method,
        headers=(*(("Content-Type: application/json",) if left.body else ()), MARK_HEADER),
        body=left.body,
        undoes=True,
        absent_is_gone=left.absent_is_gone,
        also_gone=left.also_gone,
        aside=True,
    )


def _as_kept(undo: Request) -> _Steps:
    """For a check that is no longer in the settings."""
    yield undo
    return True
