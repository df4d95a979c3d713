"""Brings samples from the spool to the control room, in batches, until they are acknowledged.

May be changed: how long to wait after which answer, and how large a batch is. Samples leave the spool only after a 200 with a
Receipt; a batch whose answer was lost is sent again, and the control room drops what it has already.
While more waits than one batch, every other batch is of the newest samples: the control room judges the newest two minutes, in
order, and books what is older.
"""

import gzip
import logging
import random
import sqlite3
import threading
from typing import Final

from probes.carriers.transfers import TransferLoop
from probes.clock import Clock
from probes.exchange import Request, Result
from probes.metrics import Metrics
from probes.metrics.load import OwnLoad
from probes.replies import Word, took_s, was_connected, word_of, words_of
from probes.sample import Batch, Reason
from probes.settings import Delivery as DeliverySettings
from probes.spool import Spool, Waiting

log = logging.getLogger(__name__)

MAX_ANSWER: Final = 65_536
STOP_SEEN_S: Final = 0.25
# a try that finds nobody costs the room nothing, and it wants to see now soon after the line is back
NO_LINE_S: Final = 10.0
LONG_S: Final = 4.0  # a batch that takes longer is too large: a room takes a journey over 5 s for a wrong clock
IN_A_ROW: Final = 10  # so many samples refused one after the other: it is the room, not the samples
ASIDE_PAUSE_S: Final = 60.0  # after a refusal of a sample that was refused before; twice as long each time,
LONGEST_ASIDE_S: Final = 3600.0  # up to this
_LEVELS: Final = {Word.DELIVERED: logging.INFO, Word.REFUSED: logging.ERROR}


class Delivery:
    """One step at a time: `step` makes at most one attempt and returns the seconds to wait before the next."""

    def __init__(self, settings: DeliverySettings, agent: str, spool: Spool, clock: Clock, metrics: Metrics) -> None:
        self._settings = settings
        self._agent = agent
        self._spool = spool
        self._clock = clock
        self._metrics = metrics
        self._load = OwnLoad(metrics, clock)
        self._limit = settings.batch
        self._live = True  # the turn of the newest samples, if more waits than a batch
        self._taken: Waiting | None = None  # acknowledged, and still on our disk
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
        """Deliver one batch, if any. `rng` spreads the waits, so that agents do not come back as a herd."""
        self._forget()
        self._tell_lag()
        waiting = self._next()
        if waiting is None:
            return self._try_aside(stop, rng)
        token = self._token()
        if not token:
            self._say(Word.NO_TOKEN, f"no token in {self._settings.token_file}")
            return self._settings.every_s
        reply = self._post(token, waiting, stop)
        return 0.0 if reply is None else self._settle(reply, waiting, rng)

    def _next(self) -> Waiting | None:
        live = self._live and len(self._spool) > self._limit
        newest = self._spool.newest(self._limit, among=self._settings.batch) if live else None
        return newest or self._spool.oldest(self._limit) or self._spool.untold()

    def _tell_lag(self) -> None:
        started = self._spool.oldest_started()
        self._metrics.delivery_lag.set(0 if started is None else max(self._clock.now() - started, 0))

    def _settle(self, reply: Result, waiting: Waiting, rng: random.Random) -> float:
        word = word_of(reply)
        self._say(word, words_of(reply))
        if word is Word.DELIVERED:
            return self._delivered(waiting, took_s(reply))
        self._live = True
        if word is Word.REFUSED and len(waiting.rows) > 1:
            self._halve(waiting)
            return 0.0
        if word is Word.REFUSED and waiting.rows:
            self._set_aside(waiting.rows[0][0], words_of(reply))
            self._refusals += 1
            if self._refusals < IN_A_ROW:
                return self._settings.every_s  # the samples behind it are not to blame
        if reply.reason is Reason.TIMEOUT and was_connected(reply):
            self._halve(waiting)
        return self._back_off(reply, rng)

    def _halve(self, waiting: Waiting) -> None:
        if waiting.rows:
            self._limit = max(len(waiting.rows) // 2, 1)

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
        reply = self._post(token, waiting, stop)
        return 0.0 if reply is None else self._settle_aside(reply, waiting, rng)

    def _settle_aside(self, reply: Result, waiting: Waiting, rng: random.Random) -> float:
        word = word_of(reply)
        self._say(word, words_of(reply))
        if word is Word.DELIVERED:
            self._spool.forget_aside([row for row, _ in waiting.rows])
            self._aside_limit = min(self._aside_limit * 2, self._settings.batch)
        elif word is not Word.REFUSED:
            return self._back_off(reply, rng)
        elif len(waiting.rows) > 1:
            self._aside_limit = 1
        else:
            self._aside_after = waiting.rows[0][0]
            self._aside_due = self._clock.monotonic() + self._aside_pause
            self._aside_pause = min(self._aside_pause * 2, LONGEST_ASIDE_S)
        return self._settings.every_s

    def _back_off(self, reply: Result, rng: random.Random) -> float:
        """Anything up to twice as long each time, and as long as the room asks for.

        It also slows down a control room that refuses every sample one by one.
        """
        longest = self._settings.back_off_max_s
        nobody = reply.reason is not Reason.NONE and not was_connected(reply)
        wait = min(self._settings.every_s * 2.0 ** min(self._failures, 20), longest, NO_LINE_S if nobody else longest)
        self._failures += 1
        return min(reply.retry_after, longest) + rng.uniform(0.0, wait)

    def _delivered(self, waiting: Waiting, took: float) -> float:
        self._taken = waiting
        self._forget()
        more = waiting.live or len(waiting.rows) >= self._limit or waiting.boot != self._spool.boot
        self._fit(waiting, took)
        self._live = not waiting.live
        self._failures = self._refusals = 0
        return 0.0 if more else self._settings.every_s

    def _forget(self) -> None:
        """If the disk refuses, it is the first thing of the next step: what has been delivered is not sent again."""
        if self._taken is not None:
            self._spool.forget(self._taken)
            self._taken = None

    def _fit(self, waiting: Waiting, took: float) -> None:
        """As large a batch as the line carries in good time.

        One that was not full says nothing of a larger one, and a live one nothing of what the room refuses further back.
        """
        long = min(LONG_S, self._settings.deadline_s / 2)
        if took > long:
            self._halve(waiting)
        elif took < long / 2 and len(waiting.rows) >= self._limit and not waiting.live:
            self._limit = min(self._limit * 2, self._settings.batch)

    def _body(self, waiting: Waiting) -> bytes:
        """A Batch as JSON. The samples go out as they lie on the disk: reading each again would cost more than all else here.

        One of an earlier version that nobody can read any more is refused by the control room, and set aside for that.
        """
        batch = Batch(
            agent=self._agent,
            boot=waiting.boot,
            sent=self._clock.now(),
            dropped=waiting.dropped,
            load=self._load.snapshot() if waiting.boot == self._spool.boot else None,
            samples=(),
        )
        head = batch.model_dump_json().removesuffix("]}")
        return f"{head}{','.join(body for _, body in waiting.rows)}]}}".encode()

    def _token(self) -> str:
        """Read at each attempt, so that a token made or renewed later is found without a restart."""
        try:
            return self._settings.token_file.read_text().strip()
        except (OSError, UnicodeDecodeError):
            return ""

    def _post(self, token: str, waiting: Waiting, stop: threading.Event) -> Result | None:
        """None when `stop` was set before an answer came."""
        request = Request(
            url=self._settings.url,
            deadline=self._clock.monotonic() + self._settings.deadline_s,
            method="POST",
            headers=(f"Authorization: Bearer {token}", "Content-Type: application/json", "Content-Encoding: gzip"),
            body=gzip.compress(self._body(waiting), compresslevel=5),
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
