"""Host names to addresses, in threads, because getaddrinfo blocks and cannot be called back.

May be changed: how many threads there may be. Nothing is kept from one look-up to the next: a clerk's first page needs one too.
A look-up that hangs keeps its thread until the system's resolver gives up; look_ups.py says when a name is left alone.
"""

import socket
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from probes.carriers.look_ups import LookUps
from probes.carriers.transfers import TransferLoop
from probes.clock import Clock
from probes.sample import Reason

MOST: Final = 64  # threads for all names
MOST_A_HOST: Final = 32  # and for one of them, so that one that hangs leaves some to the others

Address = tuple[int, Any]  # family, and what connect takes
GetAddresses = Callable[..., list[tuple[Any, ...]]]


@dataclass(eq=False)
class LookUp:
    """One name to be found. `seconds` is the look-up alone, measured in its thread; one is given up by `wanted`."""

    host: str
    port: int
    found: Callable[[], None]  # told in the loop's thread, unless it was given up
    wanted: bool = True
    started: bool = False
    seconds: float = 0.0
    address: Address | None = None  # the first that the system gives; None: there is none
    reason: Reason = Reason.DNS
    problem: str = ""  # why there is none


class Names:
    """Used in the loop's thread."""

    def __init__(self, loop: TransferLoop, clock: Clock, get_addresses: GetAddresses = socket.getaddrinfo) -> None:
        self._loop = loop
        self._clock = clock
        self._get_addresses = get_addresses
        self._hanging = LookUps()
        self._waiting: dict[str, deque[LookUp]] = {}
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._closed = False

    def hang(self, host: str) -> bool:
        """True while look-ups of this host hang, so that another one must not be asked for."""
        return self._hanging.hang(host, self._clock.monotonic())

    def find(self, wanted: LookUp) -> None:
        self._waiting.setdefault(wanted.host, deque()).append(wanted)
        self._fill()

    def give_up(self, look_up: LookUp) -> bool:
        """Its deadline has passed. False: it never began, because other names had taken all the threads."""
        look_up.wanted = False
        queue = self._waiting.get(look_up.host)
        if look_up.started:
            self._hanging.gave_up(look_up.host, self._clock.monotonic())
        elif queue and look_up in queue:  # or they pile up while all threads hang
            queue.remove(look_up)
        return look_up.started or self._running[look_up.host] >= MOST_A_HOST

    def close(self) -> None:
        """Nobody is told any more. Threads that hang end by themselves."""
        with self._lock:
            self._closed = True
        self._waiting.clear()

    def _fill(self) -> None:
        for host in list(self._waiting):
            queue = self._waiting[host]
            while queue and self._running.total() < MOST and self._running[host] < MOST_A_HOST:
                if queue[0].wanted:
                    self._run(queue[0])
                queue.popleft()
            if not queue:
                del self._waiting[host]

    def _run(self, look_up: LookUp) -> None:
        self._running[look_up.host] += 1
        look_up.started = True
        try:
            threading.Thread(target=self._look_up, args=(look_up,), daemon=True, name="look-up").start()
        except RuntimeError as problem:  # no more threads for this process
            look_up.reason, look_up.problem = Reason.AGENT_FAULT, str(problem)
            self._loop.call_soon(lambda: self._ended(look_up))

    def _look_up(self, look_up: LookUp) -> None:
        """In a thread of its own."""
        began = self._clock.monotonic()
        try:
            # the kind of socket only keeps the system from naming each address three times
            found = self._get_addresses(look_up.host, look_up.port, type=socket.SOCK_DGRAM)
            look_up.address = (found[0][0], found[0][4]) if found else None
            look_up.problem = "the name could not be resolved (it has no address)"
        except (OSError, UnicodeError) as problem:
            look_up.reason, look_up.problem = _reason_of(problem)
        look_up.seconds = self._clock.monotonic() - began
        with self._lock:  # a loop that is closed has given its descriptors back, perhaps to somebody's file
            if not self._closed:
                self._loop.call_soon(lambda: self._ended(look_up))

    def _ended(self, look_up: LookUp) -> None:
        self._running[look_up.host] -= 1
        if not self._running[look_up.host]:
            del self._running[look_up.host]
        self._hanging.ended(look_up.host)
        self._fill()
        if look_up.wanted:
            look_up.found()


def literal(host: str, port: int) -> Address | None:
    """The address that is written out in `host`; None when it is a name."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except (OSError, ValueError):
            continue
        return family, (host, port)
    return None


def _reason_of(problem: Exception) -> tuple[Reason, str]:
    if isinstance(problem, socket.gaierror) and problem.errno in (socket.EAI_MEMORY, socket.EAI_SYSTEM):
        return Reason.AGENT_FAULT, f"the agent could not look the name up ({problem.strerror})"
    words = problem.strerror if isinstance(problem, OSError) else str(problem)
    return Reason.DNS, f"the name could not be resolved ({words or 'no further word'})"
