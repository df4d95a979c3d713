"""Scheduled pulls: asks the addresses of config.yaml for the registry's own counts. Limits stand in dashboard/settings/doses.py.

An answer goes the way of every other figure: mapping, listing, weighing, store. One that says nothing new stores nothing. A count
that fell is stored and marked; a row that cannot be read is left out, and named on the page of pulls.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pycurl
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from dashboard.doses import listing
from dashboard.doses.figure import Reading
from dashboard.doses.mapping import Unmapped, items
from dashboard.doses.places import Places
from dashboard.doses.rows import Context
from dashboard.settings import ControlRoomFile
from dashboard.settings.doses import Pull
from dashboard.store import figures, jobs
from dashboard.store.engine import reading
from probes.clock import Clock

log = logging.getLogger(__name__)
BUSY = (429, 503)  # it asks to be left alone
_LONGEST_S = 6 * 3600
_NAMED = 3  # findings of an answer that are kept for the page


class NotPulled(Exception):
    """Nothing came of a pull; `str()` says why. `busy`: it asked to be left alone, for `again_s` seconds if it said so."""

    def __init__(self, why: str, busy: bool = False, again_s: float = 0) -> None:
        super().__init__(why)
        self.busy, self.again_s = busy, again_s


@dataclass(frozen=True)
class Pulled:
    """How a pull stands. Times in ms since 1970 UTC, 0: never. `failures` in a row and `failed` in all."""

    ok_ms: int = 0
    asked_ms: int = 0
    next_ms: int = 0
    failures: int = 0
    failed: int = 0
    stored: int = 0  # new figures of the last good answer
    error: str = ""  # of the last answer; empty when it was good as a whole


class Pulls:
    """Asks each address when it is due. One step at a time; `stopping` ends a request that is under way."""

    def __init__(
        self, engine: Engine, settings: ControlRoomFile, clock: Clock, stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self._engine, self._settings, self._clock, self._stopping = engine, settings, clock, stopping
        self._places = Places(settings)
        self._not_before: dict[str, float] = {}  # of pulls that the store did not take, in seconds since 1970 UTC

    def step(self) -> bool:
        """Pull what is due; True when something was."""
        due = [pull for pull in self._settings.dashboard.doses.pulls if self._due(pull)]
        for pull in due:
            if self._stopping():
                break
            try:
                self._pull(pull)
            except DBAPIError as problem:
                self._not_before[pull.name] = self._clock.now() + pull.every_min * 60
                log.error("pull %s: the store does not take it now: %s", pull.name, problem.orig)
        return bool(due)

    def _due(self, pull: Pull) -> bool:
        now = self._clock.now()
        with reading(self._engine) as connection:
            return max(standing(connection, pull).next_ms / 1000, self._not_before.get(pull.name, 0)) <= now

    def _pull(self, pull: Pull) -> None:
        with reading(self._engine) as connection:
            before = standing(connection, pull)
        now = datetime.fromtimestamp(self._clock.now(), UTC)
        asked_ms = int(now.timestamp() * 1000)
        try:
            rows = items(fetch(pull, self._stopping), pull, now.astimezone(self._settings.zone))
            with self._engine.begin() as connection:
                after = self._taken(connection, pull, rows, now)
                _keep(connection, pull, replace(after, asked_ms=asked_ms, failed=before.failed))
        except (NotPulled, Unmapped) as problem:
            log.warning("pull %s: %s", pull.name, problem)
            wait_s = _wait_s(pull, before, problem)
            after = replace(
                before, asked_ms=asked_ms, next_ms=asked_ms + int(wait_s * 1000), error=str(problem)[:500],
                failures=before.failures + 1, failed=before.failed + 1,
            )  # fmt: skip
            with self._engine.begin() as connection:
                _keep(connection, pull, after)

    def _taken(self, connection: Connection, pull: Pull, rows: list[dict[str, Any]], now: datetime) -> Pulled:
        first_day = self._settings.calendar.first_day
        found = listing.read_list(rows, Context(self._places, self._settings.zone, now, first_day, f"pull {pull.name}"))
        if pull.where.as_of is None:
            _forget_unchanged(connection, found)
        now_ms = int(now.timestamp() * 1000)
        stored = figures.take(connection, found, now_ms, good_rows=True)
        for notice in found.notices[:_NAMED]:
            log.info("pull %s: %s", pull.name, notice.text("answer"))
        if found.findings and stored is None and not rows_known(found):
            raise Unmapped(_said(found))
        return Pulled(
            ok_ms=now_ms, next_ms=now_ms + int(pull.every_min * 60_000), stored=stored.new if stored else 0,
            error=_said(found),
        )  # fmt: skip


def rows_known(found: Reading) -> bool:
    """True when an answer holds good rows, be they known already."""
    return len({finding.index for finding in found.findings}) < found.rows


def _forget_unchanged(connection: Connection, found: Reading) -> None:
    """Leave out counts that say what the same source said last: without an as_of of their own they are nothing new."""
    told = figures.known_for(connection, found.figures).told
    last = {key: max(values.items())[1] for key, values in told.items()}
    found.figures[:] = [f for f in found.figures if last.get((f.place, f.day, f.kind, f.source)) != f.value]


def _said(found: Reading) -> str:
    rows = len({finding.index for finding in found.findings})
    if not rows:
        return ""
    named = "; ".join(finding.text("answer") for finding in found.findings[:_NAMED])
    return f"{rows} of {found.rows} rows left out: {named}"[:500]


def _wait_s(pull: Pull, before: Pulled, problem: Exception) -> float:
    """Until the next try: as often as set; where it asks to be left alone longer each time, as it says, up to six hours."""
    usual = pull.every_min * 60
    if not isinstance(problem, NotPulled) or not problem.busy:
        return usual
    return float(max(usual, min(max(problem.again_s, usual * 2 ** min(before.failures + 1, 16)), _LONGEST_S)))


def standing(connection: Connection, pull: Pull) -> Pulled:
    """How a pull stands; all zero before its first."""
    return Pulled(**jobs.memory(connection, _job(pull)))


def _keep(connection: Connection, pull: Pull, now: Pulled) -> None:
    jobs.advance(connection, _job(pull), 0, now.asked_ms, asdict(now))


def _job(pull: Pull) -> str:
    return f"pull {pull.name}"


# -- asking ---------------------------------------------------------------------------------------------------------


def fetch(pull: Pull, stopping: Callable[[], bool] = lambda: False) -> bytes:
    """The body of an answer, at most `max_bytes`, within `deadline_s` as a whole. Nothing is unpacked, no redirect followed.

    Raises:
        NotPulled: no answer, not 200, packed, too long, or too slow.
    """
    answer = _Answer(pull.max_bytes)
    curl = pycurl.Curl()
    try:
        _prepare(curl, pull, answer, stopping)
        curl.perform()
        status = int(curl.getinfo(pycurl.RESPONSE_CODE))
    except pycurl.error as problem:
        raise NotPulled(_broken(problem.args[0], str(problem.args[1]), answer, pull)) from None
    finally:
        curl.close()
    if status in BUSY:
        raise NotPulled(f"it answers {status}: asked less often for a while", True, answer.again_s())
    if status != 200:
        hint = "; a redirect is not followed: correct the address" if 300 <= status < 400 else ""
        raise NotPulled(f"it answers {status}, not 200{hint}")
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise NotPulled("the answer is packed, though nothing packed was asked for; it is not unpacked")
    return b"".join(answer.parts)


class _Answer:
    """What arrives, as long as it is not too much."""

    def __init__(self, max_bytes: int) -> None:
        self.parts: list[bytes] = []
        self.headers: dict[str, str] = {}
        self.room = max_bytes

    def write(self, part: bytes) -> int:
        self.room -= len(part)
        if self.room < 0:
            return 0  # libcurl ends the transfer
        self.parts.append(part)
        return len(part)

    def header(self, line: bytes) -> None:
        name, colon, value = line.decode("latin-1").partition(":")
        if colon and len(self.headers) < 100:
            self.headers[name.strip().lower()] = value.strip()

    def again_s(self) -> float:
        """Seconds of Retry-After; 0 where it names none, or a date."""
        text = self.headers.get("retry-after", "")
        return float(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0.0


def _prepare(curl: Any, pull: Pull, answer: _Answer, stopping: Callable[[], bool]) -> None:
    options = {
        pycurl.URL: pull.url.encode(), pycurl.NOSIGNAL: 1, pycurl.FOLLOWLOCATION: 0, pycurl.PROXY: "",
        pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS, pycurl.TIMEOUT_MS: int(pull.deadline_s * 1000),
        pycurl.USERAGENT: "tikawatch", pycurl.HTTPHEADER: list(_headers(pull)), pycurl.WRITEFUNCTION: answer.write,
        pycurl.HEADERFUNCTION: answer.header, pycurl.NOPROGRESS: 0,
        pycurl.XFERINFOFUNCTION: lambda *_: 1 if stopping() else 0,
    }  # fmt: skip
    for option, value in options.items():
        curl.setopt(option, value)


def _headers(pull: Pull) -> Iterator[bytes]:
    yield b"Accept: " + (b"application/json" if pull.format == "json" else b"text/csv")
    if pull.secret is None:
        return
    try:
        secret = pull.secret.file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise NotPulled(f"{pull.secret.file} cannot be read: {problem}. Put the secret there") from None
    if not secret or not secret.isprintable():
        raise NotPulled(f"{pull.secret.file} does not hold a secret on one line")
    yield f"{pull.secret.header}: {secret}".encode()


def _broken(code: int, said: str, answer: _Answer, pull: Pull) -> str:
    if answer.room < 0:
        return f"the answer has over {pull.max_bytes} bytes; the rest was not read"
    if code == pycurl.E_OPERATION_TIMEDOUT:
        return f"no whole answer within {pull.deadline_s:g} s"
    if code == pycurl.E_ABORTED_BY_CALLBACK:
        return "ended with this process"
    return f"no answer: {said or code}"
