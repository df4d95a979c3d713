"""One libcurl multi loop that all HTTP checks share, in one thread, on epoll.

May be changed: how a transfer is set up and driven. What a curl error means stands in curl_reasons.py.
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

import pycurl

from probes.clock import Clock
from probes.curl_reasons import reason_of
from probes.exchange import Answer, Request, Result
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
        self._watched: dict[int, int] = {}
        self._calls: deque[Callable[[], None]] = deque()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._free: list[Any] = []
        self._running: dict[Any, _Running] = {}
        self._curl_due: float | None = None
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)

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

    def close(self) -> None:
        """Abandon what is under way, without results."""
        for running in self._running.values():
            self._multi.remove_handle(running.easy)
            running.easy.close()
        self._running.clear()
        for easy in self._free:
            easy.close()
        self._free.clear()
        self._watched.clear()
        # libcurl waits for look-ups that hang, which takes as long as the resolver likes: let it wait elsewhere
        closing = threading.Thread(target=self._multi.close, daemon=True)
        closing.start()
        closing.join(CLOSE_S)
        self._epoll.close()
        os.close(self._wakeup)

    # -- one transfer ---------------------------------------------------------------------------------------------------

    def _begin(self, request: Request, done: Done) -> None:
        now = self._clock.monotonic()
        left_ms = int((request.deadline - now) * 1000)
        if left_ms < 1:
            detail = "no time was left to start"
            self._calls.append(lambda: done(Result(now, now, Reason.TIMEOUT, Phases(total=0.0), detail=detail)))
            return
        easy = self._free.pop() if self._free else pycurl.Curl()
        answer = Answer(request.max_bytes, request.find, request.keep)
        try:
            self._set_up(easy, request, left_ms)
        except (pycurl.error, ValueError) as problem:  # an address or a header that cannot be put on the wire
            detail = f"the request cannot be sent ({problem})"[:200]
            self._calls.append(lambda: done(Result(now, now, Reason.PROTOCOL, Phases(total=0.0), detail=detail)))
            return
        easy.setopt(pycurl.WRITEFUNCTION, answer.write)
        self._running[easy] = _Running(easy, request, answer, now, done)
        self._multi.add_handle(easy)

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
        queued, good, bad = self._multi.info_read()
        while queued or good or bad:
            for easy in good:
                self._end(easy, pycurl.E_OK, "")
            for easy, code, message in bad:
                self._end(easy, code, message)
            queued, good, bad = self._multi.info_read()

    def _end(self, easy: Any, code: int, message: str) -> None:
        running = self._running.pop(easy)
        result = _result(running, self._clock.monotonic(), code, message)
        self._multi.remove_handle(easy)
        easy.reset()
        if len(self._free) < HANDLES_KEPT:
            self._free.append(easy)
        else:
            easy.close()
        running.done(result)

    # -- the loop -------------------------------------------------------------------------------------------------------

    def _patience(self, wanted: float | None) -> float:
        moments = [moment for moment in (wanted, self._curl_due) if moment is not None]
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
        if self._curl_due is not None and self._curl_due <= now:
            self._curl_due = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        while self._timers and self._timers[0][0] <= now:
            heapq.heappop(self._timers)[2]()

    def _on_event(self, fd: int, events: int) -> None:
        if fd == self._wakeup:
            os.eventfd_read(self._wakeup)
            return
        if fd not in self._watched:  # closed by an earlier event of the same turn
            return
        action = pycurl.CSELECT_IN if events & (select.EPOLLIN | select.EPOLLHUP) else 0
        action |= pycurl.CSELECT_OUT if events & select.EPOLLOUT else 0
        action |= pycurl.CSELECT_ERR if events & select.EPOLLERR else 0
        self._multi.socket_action(fd, action)

    def _on_timer(self, wait_ms: int) -> None:
        self._curl_due = None if wait_ms < 0 else self._clock.monotonic() + wait_ms / 1000

    def _on_socket(self, what: int, fd: int, _multi: Any, _data: Any) -> None:
        if what == pycurl.POLL_REMOVE:
            if self._watched.pop(fd, None) is not None:
                self._forget(fd)
            return
        events = select.EPOLLIN if what & pycurl.POLL_IN else 0
        events |= select.EPOLLOUT if what & pycurl.POLL_OUT else 0
        if fd in self._watched:
            self._epoll.modify(fd, events)
        else:
            self._epoll.register(fd, events)
        self._watched[fd] = events

    def _forget(self, fd: int) -> None:
        try:
            self._epoll.unregister(fd)
        except OSError:  # libcurl closed it first, and the kernel has dropped it already
            return


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


def _result(running: _Running, now: float, code: int, message: str) -> Result:
    easy, answer = running.easy, running.answer
    phases = _phases(easy, running.request.url.startswith("https:"))
    status = easy.getinfo(pycurl.RESPONSE_CODE)
    reason, detail = reason_of(code, easy.getinfo(pycurl.OS_ERRNO), message, phases)
    return Result(
        began=running.began,
        ended=now,
        reason=reason,
        phases=phases,
        status=status if 100 <= status <= 999 else None,
        found=answer.found,
        bytes_up=easy.getinfo(pycurl.REQUEST_SIZE) + easy.getinfo(pycurl.SIZE_UPLOAD_T),
        bytes_down=easy.getinfo(pycurl.HEADER_SIZE) + answer.size,
        redirect=easy.getinfo(pycurl.REDIRECT_URL) or "",
        retry_after=easy.getinfo(pycurl.RETRY_AFTER),
        body=answer.kept,
        detail=detail,
    )


def _phases(easy: Any, secure: bool) -> Phases:
    """libcurl counts each moment from the start; a phase is the step from the last moment that was reached."""
    named = easy.getinfo(pycurl.NAMELOOKUP_TIME_T)
    connected = easy.getinfo(pycurl.CONNECT_TIME_T)
    secured = easy.getinfo(pycurl.APPCONNECT_TIME_T) if secure else 0
    sent = easy.getinfo(pycurl.PRETRANSFER_TIME_T)
    answered = easy.getinfo(pycurl.STARTTRANSFER_TIME_T)
    total = easy.getinfo(pycurl.TOTAL_TIME_T)
    return Phases(
        dns=_step(0, named),
        connect=_step(named, connected),
        tls=_step(connected, secured),
        first_byte=_step(sent, answered),
        transfer=_step(answered, total) if answered else None,
        total=total / 1e6,
    )


def _step(start_us: int, end_us: int) -> float | None:
    return max(end_us - start_us, 0) / 1e6 if end_us else None
