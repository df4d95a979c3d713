"""One transfer loop that all HTTP checks share, in one thread, on epoll.

May be changed: how a transfer is set up. lanes.py drives libcurl, curl_results.py reads what became of a transfer.
Every transfer is a new connection with a new look-up and a full TLS hand-shake: anything kept from an earlier one
would measure something else than a clerk who sits down and opens the page.
"""

import heapq
import os
import select
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pycurl

from probes.clock import Clock
from probes.curl_results import result_of
from probes.exchange import Answer, Request, Result
from probes.lanes import Lane
from probes.look_ups import LookUps
from probes.sample import Phases, Reason

IDLE_S: Final = 1.0  # a turn at least this often, so that a stop is seen even when a wake-up is lost
HANDLES_KEPT: Final = 256
CLOSE_S: Final = 0.5
CA_BUNDLES: Final = (  # the wheel's own libcurl does not look where the system keeps its certificates
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


Done = Callable[[Result], None]


@dataclass
class _Running:
    easy: Any
    request: Request
    answer: Answer
    lane: Lane
    began: float
    done: Done


class TransferLoop:
    """Runs requests, timers and whatever `turn` starts, in the thread that calls `run`.

    Only `call_soon` may be used from other threads.
    """

    def __init__(self, clock: Clock, user_agent: str, ca_file: str | None = None) -> None:
        self._clock = clock
        self._user_agent = user_agent
        self._ca_file = ca_file if ca_file is not None else system_ca_file()
        self._epoll = select.epoll()
        self._wakeup = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._epoll.register(self._wakeup, select.EPOLLIN)
        self._watched: dict[int, Lane] = {}
        self._calls: deque[Callable[[], None]] = deque()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._free: list[Any] = []
        self._running: dict[Any, _Running] = {}
        self._look_ups = LookUps()
        # neutral hosts have a lane of their own: look-ups of the registry's name that hang must not take them along
        self._lanes = {neutral: Lane(self._epoll, self._watched, clock) for neutral in (False, True)}

    def call_soon(self, call: Callable[[], None]) -> None:
        """Have the loop's thread call this; from any thread."""
        self._calls.append(call)
        os.eventfd_write(self._wakeup, 1)

    def at(self, moment: float, call: Callable[[], None]) -> None:
        """Call at a monotonic moment, in seconds."""
        heapq.heappush(self._timers, (moment, next(self._order), call))

    def start(self, request: Request, done: Done) -> None:
        """Start a request at once or at its `not_before`; `done` gets the result, always, from the loop's thread."""
        if request.not_before > self._clock.monotonic():
            self.at(request.not_before, lambda: self._begin(request, done))
        else:
            self._begin(request, done)

    def run(self, stop: threading.Event, turn: Callable[[], float | None]) -> None:
        """Until `stop` is set. `turn` is called each time round and returns the moment it next wants to be called."""
        while not stop.is_set():
            wanted = turn()
            for fd, events in self._epoll.poll(self._patience(wanted)):
                self._on_event(fd, events)
            self._run_calls()
            self._run_timers()
            self._collect()

    def abandon(self) -> None:
        """Break off what is under way and forget what was to come, without results."""
        for running in self._running.values():
            running.lane.multi.remove_handle(running.easy)
            running.easy.close()
        self._running.clear()
        self._timers.clear()
        self._calls.clear()

    def close(self) -> None:
        """Abandon everything; the loop cannot be used again."""
        self.abandon()
        for easy in self._free:
            easy.close()
        self._free.clear()
        self._watched.clear()
        # libcurl waits for look-ups that hang, which takes as long as the resolver likes: let it wait elsewhere
        closing = [threading.Thread(target=lane.multi.close, daemon=True) for lane in self._lanes.values()]
        for one in closing:
            one.start()
        until = self._clock.monotonic() + CLOSE_S
        for one in closing:
            one.join(max(until - self._clock.monotonic(), 0))
        self._epoll.close()
        os.close(self._wakeup)

    # -- one transfer ---------------------------------------------------------------------------------------------------

    def _begin(self, request: Request, done: Done) -> None:
        now = self._clock.monotonic()
        left_ms = int((request.deadline - now) * 1000)
        if left_ms < 1:
            self._refuse(done, now, Reason.TIMEOUT, "no time was left to start")
            return
        if self._look_ups.hang(_host(request.url), now):
            self._refuse(done, now, Reason.DNS, "look-ups of this name hang")
            return
        easy = self._free.pop() if self._free else pycurl.Curl()
        answer = Answer(request.max_bytes, request.find, request.keep)
        try:
            self._set_up(easy, request, left_ms)
        except (pycurl.error, ValueError) as problem:  # an address or a header that cannot be put on the wire
            self._refuse(done, now, Reason.PROTOCOL, f"the request cannot be sent ({problem})"[:200])
            return
        easy.setopt(pycurl.WRITEFUNCTION, answer.write)
        lane = self._lanes[request.neutral]
        self._running[easy] = _Running(easy, request, answer, lane, now, done)
        lane.multi.add_handle(easy)

    def _refuse(self, done: Done, now: float, reason: Reason, detail: str) -> None:
        """A result without a transfer, in the next turn."""
        self._calls.append(lambda: done(Result(now, now, reason, Phases(total=0.0), detail=detail)))

    def _set_up(self, easy: Any, request: Request, left_ms: int) -> None:
        _all_new(easy, left_ms)
        # as bytes: pycurl refuses texts that are not ASCII
        easy.setopt(pycurl.URL, request.url.encode())
        easy.setopt(pycurl.USERAGENT, self._user_agent.encode())
        headers = [line.encode() for line in request.headers]
        easy.setopt(pycurl.HTTPHEADER, [*headers, b"Expect:"])  # no waiting for a 100 before the body
        easy.setopt(pycurl.MAXFILESIZE_LARGE, request.max_bytes)
        if self._ca_file:
            easy.setopt(pycurl.CAINFO, self._ca_file)
        if request.method == "POST":
            easy.setopt(pycurl.POST, 1)
            easy.setopt(pycurl.POSTFIELDS, request.body)
        elif request.method != "GET":
            easy.setopt(pycurl.CUSTOMREQUEST, request.method)

    def _collect(self) -> None:
        for lane in self._lanes.values():
            for easy, code, message in lane.ended():
                self._end(easy, code, message)

    def _end(self, easy: Any, code: int, message: str) -> None:
        running = self._running.pop(easy)
        now = self._clock.monotonic()
        result = result_of(easy, running.request, running.answer, running.began, now, (code, message))
        self._note_look_up(_host(running.request.url), code, result, now)
        running.lane.multi.remove_handle(easy)
        easy.reset()
        if len(self._free) < HANDLES_KEPT:
            self._free.append(easy)
        else:
            easy.close()
        running.done(result)

    def _note_look_up(self, host: str, code: int, result: Result, now: float) -> None:
        if code == pycurl.E_OPERATION_TIMEDOUT and result.phases.dns is None:
            self._look_ups.gave_up(host, now)
        else:
            self._look_ups.ended(host)

    # -- the loop -------------------------------------------------------------------------------------------------------

    def _patience(self, wanted: float | None) -> float:
        moments = [moment for moment in (wanted, *(lane.due for lane in self._lanes.values())) if moment is not None]
        if self._timers:
            moments.append(self._timers[0][0])
        if self._calls:
            return 0.0
        wait = min(moments) - self._clock.monotonic() if moments else IDLE_S
        return min(max(wait, 0.0), IDLE_S)

    def _run_calls(self) -> None:
        for _ in range(len(self._calls)):
            self._calls.popleft()()

    def _run_timers(self) -> None:
        now = self._clock.monotonic()
        for lane in self._lanes.values():
            lane.run_timer(now)
        while self._timers and self._timers[0][0] <= now:
            heapq.heappop(self._timers)[2]()

    def _on_event(self, fd: int, events: int) -> None:
        if fd == self._wakeup:
            os.eventfd_read(self._wakeup)
            return
        lane = self._watched.get(fd)
        if lane is not None:  # else closed by an earlier event of the same turn
            lane.on_event(fd, events)


def _all_new(easy: Any, deadline_ms: int) -> None:
    """What every transfer has in common: nothing kept from another, HTTP only, no proxy, no redirect, one total deadline."""
    easy.setopt(pycurl.NOSIGNAL, 1)
    easy.setopt(pycurl.FRESH_CONNECT, 1)
    easy.setopt(pycurl.FORBID_REUSE, 1)
    easy.setopt(pycurl.DNS_CACHE_TIMEOUT, 0)
    easy.setopt(pycurl.SSL_SESSIONID_CACHE, 0)
    easy.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    easy.setopt(pycurl.FOLLOWLOCATION, 0)
    easy.setopt(pycurl.PROXY, "")
    easy.setopt(pycurl.TIMEOUT_MS, deadline_ms)
    easy.setopt(pycurl.CONNECTTIMEOUT_MS, deadline_ms)  # libcurl's own limit of 300 s is shorter than some deadlines


def system_ca_file() -> str:
    """The system's certificates, or those named by SSL_CERT_FILE; empty when there are none."""
    named = os.environ.get("SSL_CERT_FILE", "")
    return named or next((path for path in CA_BUNDLES if Path(path).is_file()), "")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
