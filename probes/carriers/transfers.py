"""One transfer loop that all HTTP checks share, in one thread, on epoll.

May be changed: the loop. handles.py sets a transfer up, lanes.py drives libcurl, curl_results.py reads what became of it.
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

from probes.carriers.curl_reasons import stage_of
from probes.carriers.curl_results import result_of
from probes.carriers.handles import Handle
from probes.carriers.lanes import Lane, Watcher
from probes.carriers.look_ups import LookUps
from probes.carriers.stalls import Stalls, may_be_ours
from probes.clock import Clock
from probes.exchange import Done, Request, Result, host_of
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


@dataclass
class _Running:
    handle: Handle
    request: Request
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
        self._watched: dict[int, Watcher] = {}
        self._calls: deque[Callable[[], None]] = deque()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._free: list[Handle] = []
        self._running: dict[Any, _Running] = {}
        self._look_ups = LookUps()
        self.stalls = Stalls(clock.monotonic())
        # neutral hosts have a lane of their own: look-ups of the registry's name that hang must not take them along
        self._lanes = {neutral: Lane(self._epoll, self._watched, clock) for neutral in (False, True)}
        self._all_lanes = tuple(self._lanes.values())

    def call_soon(self, call: Callable[[], None]) -> None:
        """Have the loop's thread call this; from any thread."""
        self._calls.append(call)
        os.eventfd_write(self._wakeup, 1)

    def at(self, moment: float, call: Callable[[], None]) -> None:
        """Call at a monotonic moment, in seconds."""
        heapq.heappush(self._timers, (moment, next(self._order), call))

    def watch(self, fd: int, events: int, watcher: Watcher) -> None:
        """Tell `watcher` of epoll events of a descriptor; again, to change the events. From the loop's thread."""
        (self._epoll.modify if fd in self._watched else self._epoll.register)(fd, events)
        self._watched[fd] = watcher

    def unwatch(self, fd: int) -> None:
        """Forget a descriptor; before it is closed."""
        if self._watched.pop(fd, None) is not None:
            self._epoll.unregister(fd)

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
            self._run_lanes()  # what has just been started goes out before anything is waited for
            asked = self._clock.monotonic()
            patience = self._patience(wanted, asked)
            told = self._epoll.poll(patience)
            self.stalls.woke(asked, patience, self._clock.monotonic())
            for fd, events in told:
                self._on_event(fd, events)
            if self._calls:
                self._run_calls()
            if self._timers:
                self._run_timers()
            self._collect()

    def abandon(self) -> None:
        """Break off what is under way and forget what was to come, without results."""
        for running in self._running.values():
            running.lane.remove(running.handle.easy)
            running.handle.close()
        self._running.clear()
        self._timers.clear()
        self._calls.clear()

    def close(self) -> None:
        """Abandon everything; the loop cannot be used again."""
        self.abandon()
        for handle in self._free:
            handle.close()
        self._free.clear()
        self._watched.clear()
        # libcurl waits for look-ups that hang, which takes as long as the resolver likes: let it wait elsewhere
        closing = [threading.Thread(target=lane.multi.close, daemon=True) for lane in self._all_lanes]
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
            self._refuse(done, now, Reason.AGENT_FAULT, "no time was left to start")
            return
        if self._look_ups.hang(host_of(request.url), now):
            self._refuse(done, now, Reason.DNS, "look-ups of this name hang")
            return
        handle = self._free.pop() if self._free else Handle(self._user_agent, self._ca_file)
        try:
            handle.set_up(request, left_ms)
        except (pycurl.error, ValueError) as problem:  # an address or a header that cannot be put on the wire
            handle.close()
            self._refuse(done, now, Reason.PROTOCOL, f"the request cannot be sent ({problem})"[:200])
            return
        lane = self._lanes[request.neutral]
        self._running[handle.easy] = _Running(handle, request, lane, now, done)
        lane.add(handle.easy)

    def _refuse(self, done: Done, now: float, reason: Reason, detail: str) -> None:
        """A result without a transfer, in the next turn."""
        nothing = Phases(total=0.0)
        self._calls.append(
            lambda: done(Result(now, now, reason, nothing, detail=detail, stage=stage_of(nothing, False)))
        )

    def _collect(self) -> None:
        for lane in self._all_lanes:
            if lane.some_ended:
                for easy, code, message in lane.ended():
                    self._end(easy, code, message)

    def _end(self, easy: Any, code: int, message: str) -> None:
        running = self._running.pop(easy)
        now = self._clock.monotonic()
        result = result_of(running.handle, running.request, running.began, now, (code, message))
        if not may_be_ours(self.stalls.within(running.began, now), now - running.began):  # else it was not the resolver
            self._note_look_up(host_of(running.request.url), code, result, now)
        running.lane.remove(easy)
        running.handle.clean()
        if len(self._free) < HANDLES_KEPT:
            self._free.append(running.handle)
        else:
            running.handle.close()
        running.done(result)

    def _note_look_up(self, host: str, code: int, result: Result, now: float) -> None:
        if code == pycurl.E_OPERATION_TIMEDOUT and result.phases.dns is None:
            self._look_ups.gave_up(host, now)
        else:
            self._look_ups.ended(host)

    # -- the loop -------------------------------------------------------------------------------------------------------

    def _patience(self, wanted: float | None, now: float) -> float:
        if self._calls:
            return 0.0
        first = now + IDLE_S if wanted is None else wanted
        for lane in self._all_lanes:
            if lane.some_ended:
                return 0.0
            if lane.due is not None and lane.due < first:
                first = lane.due
        if self._timers and self._timers[0][0] < first:
            first = self._timers[0][0]
        return min(max(first - now, 0.0), IDLE_S)

    def _run_calls(self) -> None:
        for _ in range(len(self._calls)):
            self._calls.popleft()()

    def _run_timers(self) -> None:
        now = self._clock.monotonic()
        while self._timers and self._timers[0][0] <= now:
            heapq.heappop(self._timers)[2]()

    def _run_lanes(self) -> None:
        now = self._clock.monotonic()
        for lane in self._all_lanes:
            if lane.due is not None and lane.due <= now:
                lane.run_timer()

    def _on_event(self, fd: int, events: int) -> None:
        if fd == self._wakeup:
            os.eventfd_read(self._wakeup)
            return
        watcher = self._watched.get(fd)
        if watcher is not None:  # else closed by an earlier event of the same turn
            watcher.on_event(fd, events)


def system_ca_file() -> str:
    """The system's certificates, or those named by SSL_CERT_FILE; empty when there are none."""
    named = os.environ.get("SSL_CERT_FILE", "")
    return named or next((path for path in CA_BUNDLES if Path(path).is_file()), "")
