"""What a check asks for and what it is told: records between the checks and the transfer loop. No network here.

May be changed: fields, by adding. Moments are monotonic seconds.
"""

from dataclasses import dataclass

from probes.sample import Phases, Reason


@dataclass(frozen=True)
class Request:
    """One HTTP exchange a check asks for. Moments are monotonic seconds."""

    url: str
    deadline: float  # it has ended by then, one way or the other
    method: str = "GET"
    headers: tuple[str, ...] = ()  # "Name: value"
    body: bytes = b""
    max_bytes: int = 1_048_576  # longer answers end as TOO_LARGE
    find: str = ""  # text to look for anywhere in the answer
    keep: int = 0  # so many bytes of the answer are handed back
    not_before: float = 0.0  # waits until then before it starts
    neutral: bool = False  # asks a neutral host: kept apart from the registry's look-ups, its budget and its holds
    undo: "Request | None" = None  # what takes away again what this, or one before it, may leave behind
    undoes: bool = False  # this is such an undo: it must be made good later if it fails


@dataclass(frozen=True)
class Result:
    """What became of a request. `reason` is NONE when a whole HTTP answer came, whatever its status."""

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
