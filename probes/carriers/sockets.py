"""What the carriers below HTTP have in common: one socket a wish, in the loop's epoll, closed by the wish's deadline.

May be changed: what all of them need. dialling.py, datagrams.py and echoes.py say how each opens its socket and reads it.
A wish is tried once, at the first address of its name: retries and races between addresses would hide what a clerk meets.
"""

import select
import socket
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Final, Generic, TypeVar

from probes.carriers.line_reasons import CONNECT, DNS, reason_of, too_late
from probes.carriers.resolving import Address, GetAddresses, LookUp, Names, literal
from probes.carriers.stamps import ROOM, Instant, arrival, ask_for_stamps, instant, stamp_of
from probes.carriers.transfers import TransferLoop
from probes.clock import Clock
from probes.exchange import Datagram, Dial, Done, Echo, Result
from probes.sample import Phases, Reason

READS: Final = 64  # at one event: whoever sends without end must not hold up the others
LEAST_S: Final = 0.001
INPUT: Final = select.EPOLLIN
OUTPUT: Final = select.EPOLLOUT

W = TypeVar("W", bound=Dial | Datagram | Echo)


class Errand(ABC, Generic[W]):
    """One wish under way. Phases grow as it gets on; what went wrong is raised as OSError."""

    port = 0

    def __init__(self, wish: W, done: Done, home: "Sockets[W]") -> None:
        self.wish = wish
        self.done = done
        self.stage = DNS
        self.note = ""  # more to say when it comes too late
        self.phases: dict[str, float] = {}
        self.sent = Instant(0.0, 0.0)  # since when an answer may come
        self.socket: socket.socket | None = None
        self.over = False
        self._home = home
        self._began = 0.0
        self._look_up: LookUp | None = None

    @abstractmethod
    def open(self, address: Address) -> None:
        """Make the socket and send what there is to send."""

    @abstractmethod
    def hear(self, events: int) -> Result | None:
        """Something happened at the socket; the result, when this is the end."""

    # -- for the kinds of errands ---------------------------------------------------------------------------------------

    def take(self, sock: socket.socket) -> socket.socket:
        """Own this socket: it never blocks, stamps what comes in, and is closed at the end."""
        self.socket = sock
        sock.setblocking(False)
        ask_for_stamps(sock)
        return sock

    def watch(self, events: int) -> None:
        assert self.socket is not None
        self._home.loop.watch(self.socket.fileno(), events, self)

    def now(self) -> Instant:
        return instant(self._home.clock)

    def receive(self, room: int) -> tuple[bytes, float]:
        """What came in, and the monotonic moment at which it did."""
        assert self.socket is not None
        data, ancillary, _, _ = self.socket.recvmsg(room, ROOM)
        return data, arrival(self.sent, self.now(), stamp_of(ancillary))

    def good(self, ended: float, **more: Any) -> Result:
        """Carried out, if in time. The total is the sum of the phases: pauses of the agent's own are not the registry's."""
        if ended > self.wish.deadline:
            return self.late()
        return Result(self._began, ended, Reason.NONE, Phases(**self.phases, total=sum(self.phases.values())), **more)

    def bad(self, reason: Reason, detail: str) -> Result:
        now = self._home.clock.monotonic()
        phases = Phases(**self.phases, total=max(now - self._began, 0.0))
        return Result(self._began, now, reason, phases, detail=detail[:200], stage=self.stage)

    def late(self) -> Result:
        reason, detail = too_late(self.stage, self._home.clock.monotonic() - self._began)
        return self.bad(reason, detail + self.note)

    # -- its life -------------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Now, or when its moment has come."""
        if self.over:  # abandoned while it waited
            return
        self._began = self._home.clock.monotonic()
        if self.wish.deadline - self._began < LEAST_S:
            self._end(self.bad(Reason.AGENT_FAULT, "no time was left to start"))
            return
        self._home.loop.at(self.wish.deadline, _if_alive(self))
        written_out = literal(self.wish.host, self.port)
        if written_out is None:
            self._find()
        else:
            self._open(written_out)

    def on_event(self, _fd: int, events: int) -> None:
        try:
            result = self.hear(events)
        except BlockingIOError:
            return
        except OSError as problem:
            result = self.bad(*reason_of(problem))
        if result is not None:
            self._end(result)

    def close(self) -> None:
        self.over = True
        if self._look_up is not None:
            self._look_up.wanted = False
        if self.socket is not None:
            self._home.loop.unwatch(self.socket.fileno())
            self.socket.close()
            self.socket = None

    def _find(self) -> None:
        names = self._home.names[self.wish.neutral]
        if names.hang(self.wish.host):
            self._end(self.bad(Reason.DNS, "look-ups of this name hang"))
            return
        self._look_up = LookUp(self.wish.host, self.port, self._found)
        names.find(self._look_up)

    def _found(self) -> None:
        look_up, self._look_up = self._look_up, None
        if look_up is None or self.over:
            return
        self.phases["dns"] = look_up.seconds
        if look_up.address is None:
            self._end(self.bad(look_up.reason, look_up.problem))
        else:
            self._open(look_up.address)

    def _open(self, address: Address) -> None:
        self.stage = CONNECT
        try:
            self.open(address)
        except OSError as problem:
            self._end(self.bad(*reason_of(problem)))

    def expire(self) -> None:
        """Its deadline has passed."""
        if self.over:
            return
        if self._look_up is not None and not self._home.names[self.wish.neutral].give_up(self._look_up):
            self._end(self.bad(Reason.AGENT_FAULT, "the agent has too many look-ups of other names under way"))
        else:
            self._end(self.late())

    def _end(self, result: Result) -> None:
        self.close()
        self._home.tell(self, result)


def _if_alive(errand: Errand[Any]) -> Callable[[], None]:
    """What to call at its deadline. Most have ended long before, and must not be kept in memory until then."""
    reference = weakref.ref(errand)

    def expire() -> None:
        alive = reference()
        if alive is not None:
            alive.expire()

    return expire


class Sockets(Generic[W]):
    """A carrier, in the manner of exchange.Carrier; which kind of errand it runs is a subclass's."""

    errand: ClassVar[Any]

    def __init__(self, loop: TransferLoop, clock: Clock, get_addresses: GetAddresses = socket.getaddrinfo) -> None:
        self.loop = loop
        self.clock = clock
        # look-ups of the registry's name that hang must not take those of neutral hosts along
        self.names = {neutral: Names(loop, clock, get_addresses) for neutral in (False, True)}
        self._open: set[Errand[W]] = set()
        self._starting: Errand[W] | None = None
        # the kernel stamps while somebody asks for it, and is slow to begin: one idle socket asks all the time
        self._keeper = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ask_for_stamps(self._keeper)

    def start(self, wish: W, done: Done) -> None:
        """As in exchange.Carrier."""
        errand: Errand[W] = self.errand(wish, done, self)
        self._open.add(errand)
        if wish.not_before > self.clock.monotonic():
            self.loop.at(wish.not_before, errand.begin)
            return
        self._starting = errand
        errand.begin()
        self._starting = None

    def abandon(self) -> None:
        for errand in self._open:
            errand.close()
        self._open.clear()

    def close(self) -> None:
        self.abandon()
        for names in self.names.values():
            names.close()
        self._keeper.close()

    def tell(self, errand: Errand[W], result: Result) -> None:
        """An errand has ended: pass its result on, but not from within `start`."""
        self._open.discard(errand)
        if self._starting is errand:
            self.loop.call_soon(lambda: errand.done(result))
        else:
            errand.done(result)
