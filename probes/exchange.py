"""What a check asks for and what it is told: records between the checks and whatever carries them out. No network here.

May be changed: fields, by adding; a kind of wish, with a carrier for it in carriers/. Moments are monotonic seconds.
Nobody changes a record once it is made; dataclasses enforce that at a cost that was a sixth of leading a check.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from probes.sample import Phases, Reason


@dataclass(kw_only=True, eq=False)  # two wishes are never the same one
class Wish:
    """One thing a check asks for. Moments are monotonic seconds."""

    deadline: float  # it has ended by then, one way or the other
    not_before: float = 0.0  # waits until then before it starts
    neutral: bool = False  # asks a neutral host: kept apart from the registry's look-ups, its budget and its holds
    undo: "Request | None" = None  # what takes away again what this, or one before it, may leave behind
    aside: bool = False  # a log-in, a look, a clean-up: its good answer does not say that the registry is well again

    @property
    def origin(self) -> str:
        """Scheme, host and port whose busy answers hold it back; empty: nobody's."""
        return ""

    @property
    def loads(self) -> bool:
        """Whether the registry is asked, so that it counts against the budget."""
        return not self.neutral

    @property
    def asks(self) -> str:
        """The host that is asked, for our own load; empty: nobody."""
        return ""


@dataclass(kw_only=True, eq=False)  # two wishes are never the same one
class Request(Wish):
    """One HTTP exchange over a new connection."""

    url: str
    method: str = "GET"
    headers: tuple[str, ...] = ()  # "Name: value"
    body: bytes = b""
    max_bytes: int = 1_048_576  # longer answers end as TOO_LARGE
    find: str = ""  # text to look for anywhere in the answer
    keep: int = 0  # so many bytes of the answer are handed back
    keep_headers: bool = False  # the answer's headers are handed back
    certificates: bool = False  # the chain the server shows is handed back
    handshake_only: bool = False  # connect and make secure, ask nothing
    verify: bool = True  # False: look at a chain that is not trusted
    http2: bool = False
    ip_version: int | None = None  # 4 or 6; None: what the look-up gives first
    reuse: bool = False  # an open connection of an earlier request may serve
    undoes: bool = False  # this is such an undo: it must be made good later if it fails
    absent_is_gone: bool = True  # of an undo: a 404 proves that it is gone; False: the record may be on its way yet
    also_gone: tuple[int, ...] = ()  # of an undo: more statuses that mean what a 404 means

    @property
    def origin(self) -> str:
        return origin(self.url)

    @property
    def asks(self) -> str:
        return host_of(self.url)


@dataclass(kw_only=True, eq=False)  # two wishes are never the same one
class Dial(Wish):
    """A TCP connection of our own; `send` goes out, then bytes come in until `until` is among them or `most` have come."""

    host: str
    port: int
    send: bytes = b""
    until: bytes = b""  # empty: connecting is all
    most: int = 4096

    @property
    def asks(self) -> str:
        return self.host


@dataclass(kw_only=True, eq=False)  # two wishes are never the same one
class Datagram(Wish):
    """One UDP datagram and the first answer that `accept` takes for its own."""

    host: str
    port: int
    payload: bytes
    accept: Callable[[bytes], bool]

    @property
    def asks(self) -> str:
        return self.host


@dataclass(kw_only=True, eq=False)  # two wishes are never the same one
class Echo(Wish):
    """One ICMP echo request and its reply."""

    host: str
    size: int = 56

    @property
    def asks(self) -> str:
        return self.host


@dataclass(kw_only=True, eq=False)  # two wishes are never the same one
class Match(Wish):
    """Look for a pattern in a text, outside this process, so that an evil one can be ended."""

    pattern: str
    text: str

    @property
    def loads(self) -> bool:
        return False


@dataclass(kw_only=True, eq=False)  # two wishes are never the same one
class Arrival(Wish):
    """Wait until a message to `inbox` arrives that holds `find`, one that came after `since` (seconds since 1970 UTC)."""

    inbox: str
    find: str
    since: float

    @property
    def loads(self) -> bool:
        return False


@dataclass(frozen=True)
class Certificate:
    """One certificate of a chain. Moments are seconds since 1970 UTC."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    begins: float
    ends: float


@dataclass
class Result:
    """What became of a wish. `reason` is NONE when it was carried out: for HTTP a whole answer, whatever its status."""

    began: float  # monotonic seconds
    ended: float
    reason: Reason
    phases: Phases
    status: int | None = None
    found: bool = False
    bytes_up: int = 0
    bytes_down: int = 0
    redirect: str = ""  # where a 3xx points
    retry_after: float = 0.0  # seconds the server asks to wait
    body: bytes = b""
    detail: str = ""
    stage: str = ""  # how far it came, when it was not carried out: dns, connect, tls, first_byte, transfer
    headers: tuple[tuple[str, str], ...] = ()  # names in lower case, in order, when asked for
    certificates: tuple[Certificate, ...] = ()  # the server's first, when asked for
    http_version: str = ""


Done = Callable[[Result], None]
W_contra = TypeVar("W_contra", bound=Wish, contravariant=True)


class Carrier(Protocol[W_contra]):
    """Carries out one kind of wish, in the loop's thread and without ever blocking it."""

    def start(self, wish: W_contra, done: Done) -> None:
        """`done` gets the result, always, by the wish's deadline, from the loop's thread, and not from within `start`."""

    def abandon(self) -> None:
        """Break off what is under way, without results."""

    def close(self) -> None:
        """Abandon everything; it cannot be used again."""


class Answer:
    """Counts the bytes of an answer, looks for a text across its chunks, and ends it when it grows too long."""

    def __init__(self, max_bytes: int, find: str, keep: int = 0) -> None:
        self._max_bytes = max_bytes
        self._find = find.encode()
        self._tail = b""
        self._keep = keep
        self.kept = b""
        self.size = 0
        self.found = not find

    def write(self, chunk: bytes) -> int:
        """The number of bytes taken; -1 ends the transfer."""
        self.size += len(chunk)
        if self.size > self._max_bytes:
            return -1
        if len(self.kept) < self._keep:
            self.kept += chunk[: self._keep - len(self.kept)]
        if not self.found:
            window = self._tail + chunk
            self.found = self._find in window
            self._tail = window[-len(self._find) + 1 :] if len(self._find) > 1 else b""
        return len(chunk)


@lru_cache(maxsize=4096)
def host_of(url: str) -> str:
    """The host of an address; empty when it cannot be read."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


@lru_cache(maxsize=4096)
def origin(url: str) -> str:
    """Scheme and host alone: the rest of a redirect may carry a person's data."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an unreadable address"
    return f"{parts.scheme}://{parts.netloc}"[:120] if parts.netloc else "nowhere"
