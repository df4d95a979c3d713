"""Carries out Match wishes: looks for patterns in processes of their own, where an evil pattern can be ended.

May be changed: how long a pattern may take, and which worker takes what. A regular expression like `(a+)+$` needs longer
than anybody lives for some texts, holds the interpreter all the while, and can only be ended together with its process.
"""

import select
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Final

from probes.carriers.pattern_worker import LENGTHS
from probes.carriers.transfers import TransferLoop
from probes.clock import Clock
from probes.exchange import Done, Match, Result
from probes.sample import Phases, Reason

LONGEST_S: Final = 1.0  # one that needs longer for 64 KiB will not come to an end at all
FAIR_S: Final = 0.1  # a search that had less time says nothing of its pattern
STARVED: Final = 0.05  # of its time: a search that was given no more of a processor says nothing of its pattern either
MOST_SLOW: Final = 1024
_COMMAND: Final = (sys.executable, "-I", "-S", str(Path(__file__).with_name("pattern_worker.py")))


@dataclass(eq=False)
class _Job:
    pattern: str
    text: str
    done: Done
    began: float
    ended: bool = False

    def end(self, now: float, reason: Reason = Reason.NONE, detail: str = "", found: bool = False) -> None:
        self.ended, self.text = True, ""  # the timers still know the job; they must not hold its text as well
        stage = "" if reason is Reason.NONE else "answer"
        phases = Phases(total=max(now - self.began, 0.0))
        self.done(Result(self.began, now, reason, phases, found=found, detail=detail, stage=stage))


class Patterns:
    """One worker for all patterns, and another for those that once took too long: they wait for their like only."""

    def __init__(self, loop: TransferLoop, clock: Clock) -> None:
        self._slow: set[str] = set()
        self._workers = {slow: _Worker(loop, clock, self._took_too_long) for slow in (False, True)}

    def start(self, wish: Match, done: Done) -> None:
        """`done` gets `found`; BODY when the search took too long; AGENT_FAULT when it could not be made at all."""
        self._workers[wish.pattern in self._slow].take(wish, done)

    def abandon(self) -> None:
        for worker in self._workers.values():
            worker.abandon()

    def close(self) -> None:
        for worker in self._workers.values():
            worker.close()

    def _took_too_long(self, pattern: str) -> None:
        if len(self._slow) < MOST_SLOW:
            self._slow.add(pattern)


class _Worker:
    """A process, started when there is work, and ended with a search that takes too long; the work waits in line."""

    def __init__(self, loop: TransferLoop, clock: Clock, took_too_long: Callable[[str], None]) -> None:
        self._loop = loop
        self._clock = clock
        self._took_too_long = took_too_long
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._dying: list[subprocess.Popen[bytes]] = []
        self._unsent = memoryview(b"")
        self._line: deque[_Job] = deque()
        self._job: _Job | None = None
        self._since = 0.0  # when the present job was begun
        self._used_s = 0.0  # processor time of the process until then

    def take(self, wish: Match, done: Done) -> None:
        job = _Job(wish.pattern, wish.text, done, self._clock.monotonic())
        self._line.append(job)
        self._loop.at(wish.deadline, lambda: self._too_late(job))
        self._loop.call_soon(self._next)

    def abandon(self) -> None:
        for job in self._line:
            job.ended = True
        self._line.clear()
        self._kill()

    def close(self) -> None:
        self.abandon()
        for one in self._dying:
            one.wait()

    def on_event(self, _fd: int, events: int) -> None:
        if events & select.EPOLLOUT:
            self._send()
        if self._socket is None or not events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
            return
        try:
            answer = self._socket.recv(1)
        except BlockingIOError:
            return
        except OSError:
            answer = b""
        if not answer:
            self._broken()
        elif self._job is not None:
            job, self._job = self._job, None
            job.end(self._clock.monotonic(), found=answer == b"1")
            self._next()

    def _next(self) -> None:
        while self._job is None and self._line:
            job = self._line.popleft()
            if not job.ended:
                self._begin(job)

    def _begin(self, job: _Job) -> None:
        self._since = self._clock.monotonic()
        try:
            if self._socket is None:
                self._start_process()
        except OSError as problem:
            job.end(self._since, Reason.AGENT_FAULT, f"no process for patterns could be started ({problem})")
            return
        self._job, self._used_s = job, self._processor_s()
        self._loop.at(self._since + LONGEST_S, lambda: self._too_late(job))
        pattern, text = job.pattern.encode(), job.text.encode("utf-8", "replace")
        self._unsent = memoryview(LENGTHS.pack(len(pattern), len(text)) + pattern + text)
        self._send()

    def _start_process(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                end = theirs.fileno()
                self._process = subprocess.Popen(_COMMAND, stdin=end, stdout=end, stderr=subprocess.DEVNULL)
            except OSError:
                ours.close()
                raise
        ours.setblocking(False)
        self._socket = ours
        self._loop.watch(ours.fileno(), select.EPOLLIN, self)

    def _send(self) -> None:
        if self._socket is None or not self._unsent:
            return
        try:
            self._unsent = self._unsent[self._socket.send(self._unsent) :]
        except BlockingIOError:
            pass
        except OSError:  # it is gone; its socket says so next
            self._unsent = memoryview(b"")
        wanted = select.EPOLLIN | (select.EPOLLOUT if self._unsent else 0)
        self._loop.watch(self._socket.fileno(), wanted, self)

    def _too_late(self, job: _Job) -> None:
        """The job's deadline has come, or it was worked on for too long."""
        if job.ended:
            return
        now = self._clock.monotonic()
        mine = job is self._job
        took = now - self._since if mine else 0.0
        worked = self._processor_s() - self._used_s if mine else 0.0
        if mine:
            self._kill()
        if took >= FAIR_S and worked < STARVED * took:
            job.end(now, Reason.AGENT_FAULT, "the search for the pattern was given no processor")
        elif took >= FAIR_S:
            self._took_too_long(job.pattern)
            job.end(now, Reason.BODY, f"the pattern took longer than {took:.1f} s")
        elif now - took - job.began >= FAIR_S:  # it waited in line
            job.end(now, Reason.AGENT_FAULT, "the agent did not come to look for the pattern")
        else:
            job.end(now, Reason.TIMEOUT, "no time was left to look for the pattern")
        self._next()

    def _processor_s(self) -> float:
        """Seconds for which the process ran so far; endless where the system does not tell, as then its time must be its own."""
        if self._process is None:
            return 0.0
        try:
            return int(Path(f"/proc/{self._process.pid}/schedstat").read_text().split()[0]) / 1e9
        except OSError:
            return inf

    def _broken(self) -> None:
        job = self._job
        self._kill()
        if job is not None:
            job.end(self._clock.monotonic(), Reason.AGENT_FAULT, "the search for the pattern broke off")
        self._next()

    def _kill(self) -> None:
        self._job, self._unsent = None, memoryview(b"")
        if self._process is not None:
            self._process.kill()
            self._dying.append(self._process)
            self._process = None
        if self._socket is not None:
            self._loop.unwatch(self._socket.fileno())
            self._socket.close()
            self._socket = None
        self._dying = [one for one in self._dying if one.poll() is None]  # waiting for one could take its time
