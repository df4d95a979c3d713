"""Brings samples from the spool to the control room, in batches, until they are acknowledged.

May be changed: how long to wait after which answer. Samples leave the spool only after a 200 with a Receipt; a batch whose
answer was lost is sent again, and the control room drops what it has already.
"""

import gzip
import logging
import random
import sqlite3
import threading
from enum import StrEnum
from typing import Final

from pydantic import ValidationError

from probes.clock import Clock
from probes.exchange import Request, Result
from probes.metrics import Metrics
from probes.sample import Batch, Reason, Receipt, Sample
from probes.settings import Delivery as DeliverySettings
from probes.spool import Spool, Waiting
from probes.transfers import TransferLoop

log = logging.getLogger(__name__)

MAX_ANSWER: Final = 65_536
STOP_SEEN_S: Final = 0.25
IN_A_ROW: Final = 10  # so many samples refused one after the other: it is the room, not the samples
ASIDE_PAUSE_S: Final = 60.0  # after a refusal of a sample that was refused before; twice as long each time,
LONGEST_ASIDE_S: Final = 3600.0  # up to this
ABOUT_THE_BATCH: Final = (400, 413, 422)  # other refusals are about us or the address: the samples wait


class Word(StrEnum):
    """How an attempt ended; the `result` label of the metric."""

    DELIVERED = "delivered"
    NO_TOKEN = "no_token"
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    DENIED = "denied"
    FAILED = "failed"
    REFUSED = "refused"


_LEVELS: Final = {Word.DELIVERED: logging.INFO, Word.REFUSED: logging.ERROR}


class _Unreadable(Exception):
    """A sample of an earlier version that can no longer be read."""

    def __init__(self, row: int, problem: ValidationError) -> None:
        self.row = row
        log.error("a spooled sample cannot be read and is set aside: %s", str(problem)[:300])
        super().__init__()


class Delivery:
    """One step at a time: `step` makes at most one attempt and returns the seconds to wait before the next."""

    def __init__(self, settings: DeliverySettings, agent: str, spool: Spool, clock: Clock, metrics: Metrics) -> None:
        self._settings = settings
        self._agent = agent
        self._spool = spool
        self._clock = clock
        self._metrics = metrics
        self._limit = settings.batch
        self._failures = 0
        self._refusals = 0  # of single samples, in a row
        self._aside_after = 0
        self._aside_limit = 1
        self._aside_due = 0.0
        self._aside_pause = ASIDE_PAUSE_S
        self._last_word = Word.DELIVERED
        # a loop of its own: it gives up on a look-up that hangs, and it knows deadlines as a whole
        self._loop = TransferLoop(clock, f"Tikawatch agent {agent}")

    def close(self) -> None:
        self._loop.close()

    def run(self, stop: threading.Event, rng: random.Random) -> None:
        """Deliver until `stop` is set. A disk that refuses for a while costs a repeat, never a sample."""
        while not stop.is_set():
            try:
                wait = self.step(stop, rng)
            except sqlite3.Error as problem:
                log.error("the spool cannot be read or cleared: %s", problem)
                wait = max(self._settings.every_s, 1.0)
            stop.wait(wait)

    def step(self, stop: threading.Event, rng: random.Random) -> float:
        """Deliver the oldest batch, if any. `rng` spreads the waits, so that agents do not come back as a herd."""
        waiting = self._spool.oldest(self._limit)
        if waiting is None:
            self._metrics.delivery_lag.set(0)
            return self._try_aside(stop, rng)
        try:
            batch = self._batch(waiting)
        except _Unreadable as sample:
            self._set_aside(sample.row, "unreadable")
            return 0.0
        self._metrics.delivery_lag.set(max(self._clock.now() - batch.samples[0].started, 0))
        token = self._token()
        if not token:
            self._say(Word.NO_TOKEN, f"no token in {self._settings.token_file}")
            return self._settings.every_s
        reply = self._post(token, batch, stop)
        return 0.0 if reply is None else self._settle(reply, waiting, rng)

    def _settle(self, reply: Result, waiting: Waiting, rng: random.Random) -> float:
        word = _word(reply)
        self._say(word, _words_of(reply))
        if word is Word.DELIVERED:
            return self._delivered(waiting)
        if word is Word.REFUSED and len(waiting.rows) > 1:
            self._limit = max(len(waiting.rows) // 2, 1)
            return 0.0
        if word is Word.REFUSED:
            self._set_aside(waiting.rows[0][0], _words_of(reply))
            self._refusals += 1
            if self._refusals < IN_A_ROW:
                return self._settings.every_s  # the samples behind it are not to blame
        return self._back_off(reply.retry_after, rng)

    def _set_aside(self, row: int, why: str) -> None:
        self._metrics.spool_dropped.inc(self._spool.set_aside(row, why))
        self._metrics.samples_set_aside.inc()

    def _try_aside(self, stop: threading.Event, rng: random.Random) -> float:
        """Nothing else waits: what was set aside before this start is tried, one sample first. A refusal delays only these."""
        due = self._clock.monotonic() >= self._aside_due
        waiting = self._spool.oldest_aside(self._aside_after, self._aside_limit) if due else None
        token = self._token() if waiting else ""
        if waiting is None or not token:
            return self._settings.every_s
        try:
            reply = self._post(token, self._batch(waiting), stop)
        except _Unreadable as sample:
            self._aside_after = sample.row
            return 0.0
        return 0.0 if reply is None else self._settle_aside(reply, waiting, rng)

    def _settle_aside(self, reply: Result, waiting: Waiting, rng: random.Random) -> float:
        word = _word(reply)
        self._say(word, _words_of(reply))
        if word is Word.DELIVERED:
            self._spool.forget_aside([row for row, _ in waiting.rows])
            self._aside_limit = min(self._aside_limit * 2, self._settings.batch)
        elif word is not Word.REFUSED:
            return self._back_off(reply.retry_after, rng)
        elif len(waiting.rows) > 1:
            self._aside_limit = 1
        else:
            self._aside_after = waiting.rows[0][0]
            self._aside_due = self._clock.monotonic() + self._aside_pause
            self._aside_pause = min(self._aside_pause * 2, LONGEST_ASIDE_S)
        return self._settings.every_s

    def _back_off(self, asked_s: float, rng: random.Random) -> float:
        """Twice as long each time. It also slows down a control room that refuses every sample one by one."""
        longest = self._settings.back_off_max_s
        wait = min(self._settings.every_s * 2.0 ** min(self._failures, 20), longest)
        self._failures += 1
        return max(wait * rng.uniform(0.5, 1.0), min(asked_s, longest))

    def _delivered(self, waiting: Waiting) -> float:
        self._spool.forget([row for row, _ in waiting.rows])
        more = len(waiting.rows) >= self._limit or waiting.boot != self._spool.boot
        self._limit = min(self._limit * 2, self._settings.batch)
        self._failures = self._refusals = 0
        return 0.0 if more else self._settings.every_s

    def _batch(self, waiting: Waiting) -> Batch:
        samples = []
        for row, body in waiting.rows:
            try:
                samples.append(Sample.model_validate_json(body))
            except ValidationError as problem:
                raise _Unreadable(row, problem) from None
        return Batch(
            agent=self._agent,
            boot=waiting.boot,
            sent=self._clock.now(),
            dropped=waiting.dropped,
            samples=tuple(samples),
        )

    def _token(self) -> str:
        """Read at each attempt, so that a token made or renewed later is found without a restart."""
        try:
            return self._settings.token_file.read_text().strip()
        except (OSError, UnicodeDecodeError):
            return ""

    def _post(self, token: str, batch: Batch, stop: threading.Event) -> Result | None:
        """None when `stop` was set before an answer came."""
        request = Request(
            url=self._settings.url,
            deadline=self._clock.monotonic() + self._settings.deadline_s,
            method="POST",
            headers=(f"Authorization: Bearer {token}", "Content-Type: application/json", "Content-Encoding: gzip"),
            body=gzip.compress(batch.model_dump_json().encode(), compresslevel=5),
            max_bytes=MAX_ANSWER,
            keep=MAX_ANSWER,
        )
        replies: list[Result] = []
        ended = threading.Event()

        def done(reply: Result) -> None:
            replies.append(reply)
            ended.set()

        def turn() -> float:
            if stop.is_set():
                ended.set()
            return self._clock.monotonic() + STOP_SEEN_S

        self._loop.start(request, done)
        self._loop.run(ended, turn)
        return replies[0] if replies else None

    def _say(self, word: Word, detail: str) -> None:
        """One line when things change, and one for every refusal: not one for each attempt of a long outage."""
        self._metrics.delivery_attempts.labels(word).inc()
        if word is Word.REFUSED or word is not self._last_word:
            level = _LEVELS.get(word, logging.WARNING)
            log.log(
                level, "delivery to %s: %s (%s); %d samples wait", self._settings.url, word, detail, len(self._spool)
            )
        self._last_word = word


def _word(reply: Result) -> Word:
    if reply.reason is not Reason.NONE:
        return Word.UNREACHABLE
    match reply.status:
        case 200:
            return Word.DELIVERED if _is_receipt(reply.body) else Word.FAILED
        case 401 | 403:
            return Word.DENIED
        case 429 | 503:
            return Word.BUSY
        case status if status in ABOUT_THE_BATCH:
            return Word.REFUSED
        case _:
            return Word.FAILED


def _is_receipt(body: bytes) -> bool:
    try:
        Receipt.model_validate_json(body)
    except ValidationError:
        return False
    return True


def _words_of(reply: Result) -> str:
    if reply.reason is not Reason.NONE:
        return reply.detail
    text = reply.body.decode("utf-8", "replace")
    said = "".join(sign for sign in text if sign.isprintable()).strip()[:300]
    return f"status {reply.status}: {said}" if said else f"status {reply.status}"
