"""Answers whoever scrapes the agent's metrics, in one thread that works in short pieces.

May be changed: the limits below. Measuring shares the interpreter with this thread, so nothing here may keep it for longer
than WORK_S at a time; a page is made at most so often that it takes a small part of a processor, however many ask for it;
and a client that sends or reads slowly holds one of PLACES until its time is over, or a newer one needs the place.
"""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from probes.metrics.exposition import CONTENT_TYPE, Page, PageMaker, Piece

PLACES: Final = 64
AT_ONCE: Final = 16  # connections taken in one turn: fewer than PLACES, so that a flood leaves each time to be answered
DEADLINE_S: Final = 15.0
QUEUE: Final = 512  # connections the system keeps waiting
MAX_HEAD: Final = 8192
WORK_S: Final = 0.001
REST_S: Final = 0.001
KEPT_FOR: Final = 5  # times as long as it took to make it, so the same page is given to all who ask
_SENT_AT_ONCE: Final = 65_536


class _Refused(Exception):
    """A request that is answered with a status and a line for a person."""

    def __init__(self, status: str, why: str) -> None:
        self.status = status
        self.why = why
        super().__init__(why)


class ScrapeServer:
    """Serves GET /metrics from a thread of its own until `shutdown`. `pieces` is called in that thread.

    Raises:
        OSError: the address cannot be used.
    """

    def __init__(
        self, host: str, port: int, pieces: Callable[[], Iterable[Piece]], deadline_s: float = DEADLINE_S
    ) -> None:
        self._listener = _listen(host, port)
        self.server_port: int = self._listener.getsockname()[1]
        self._pieces = pieces
        self._deadline_s = deadline_s
        self._open: dict[asyncio.StreamWriter, None] = {}  # in the order they came
        self._making: asyncio.Task[Page] | None = None
        self._kept_until = 0.0
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="scrapes", daemon=True)
        self._thread.start()

    def shutdown(self) -> None:
        """Stop serving, and break off the conversations under way. May be called twice."""
        with contextlib.suppress(RuntimeError):  # the loop has ended already
            self._loop.call_soon_threadsafe(self._stopping.set)

    def server_close(self) -> None:
        """Wait until the thread has ended and the port is free; after `shutdown`."""
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._converse, sock=self._listener, limit=MAX_HEAD, backlog=AT_ONCE)
        self._listener.listen(QUEUE)  # again: asyncio takes AT_ONCE for both
        await self._stopping.wait()
        server.close()
        # the runner now cancels what is still under way

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._take_place(writer)
        writer.transport.set_write_buffer_limits(high=0)  # so that nothing is left to send after the last drain
        try:
            async with asyncio.timeout(self._deadline_s):
                for chunk in await self._answer(reader):
                    for begin in range(0, len(chunk), _SENT_AT_ONCE):
                        writer.write(chunk[begin : begin + _SENT_AT_ONCE])
                        await writer.drain()
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # slow, or gone, or the server stops
        finally:
            self._open.pop(writer, None)
            writer.transport.abort()

    def _take_place(self, writer: asyncio.StreamWriter) -> None:
        self._open[writer] = None
        if len(self._open) > PLACES:
            oldest = next(iter(self._open))
            del self._open[oldest]
            oldest.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader) -> Iterable[bytes]:
        """Head and body, in chunks."""
        try:
            method, zipped = await _request(reader)
        except _Refused as refused:
            body = f"{refused.why}\n".encode()
            return _head(refused.status, len(body)), body
        page = await self._page()
        head = _head("200 OK", len(page.packed) if zipped else page.size, zipped)
        if method == "HEAD":
            return (head,)
        return (head, page.packed) if zipped else _behind(head, page.unpacked())

    async def _page(self) -> Page:
        """The page that is being made or was made just now, else a new one. It outlives the client that asked first."""
        if self._making is None or (self._making.done() and time.monotonic() >= self._kept_until):
            self._making = asyncio.create_task(self._make())
        return await asyncio.shield(self._making)

    async def _make(self) -> Page:
        began = worked = time.monotonic()
        maker = PageMaker()
        for piece in self._pieces():
            maker.add(piece)
            if time.monotonic() - worked > WORK_S:
                await asyncio.sleep(REST_S)
                worked = time.monotonic()
        page, now = maker.page(), time.monotonic()
        self._kept_until = now + KEPT_FOR * (now - began)
        return page


async def _request(reader: asyncio.StreamReader) -> tuple[str, bool]:
    """The method, and whether the client takes gzip."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.LimitOverrunError:
        raise _Refused("431 Request Header Fields Too Large", f"The head is longer than {MAX_HEAD} bytes") from None
    first, *lines = head.split("\r\n")
    match first.split(" "):
        case ["GET" | "HEAD" as method, path, version] if version.startswith("HTTP/1."):
            if path.partition("?")[0] != "/metrics":
                raise _Refused("404 Not Found", "There is no such page; metrics are at /metrics")
            return method, _takes_gzip(lines)
        case [_, _, version] if version.startswith("HTTP/1."):
            raise _Refused("405 Method Not Allowed", "Only GET and HEAD are answered")
    raise _Refused("400 Bad Request", "This is not a request of HTTP/1.1")


def _takes_gzip(lines: Iterable[str]) -> bool:
    for line in lines:
        name, _, value = line.partition(":")
        if name.lower() == "accept-encoding":
            for offer in value.lower().replace(" ", "").split(","):
                coding, _, weight = offer.partition(";q=")
                if coding == "gzip":
                    return not weight or weight.strip("0.") != ""
    return False


def _head(status: str, size: int, zipped: bool = False) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {CONTENT_TYPE}", f"Content-Length: {size}", "Connection: close"]
    lines += ["Vary: Accept-Encoding"] + ["Content-Encoding: gzip"] * zipped
    return "\r\n".join([*lines, "", ""]).encode()


def _behind(head: bytes, body: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from body


def _listen(host: str, port: int) -> socket.socket:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listener = socket.socket(family, kind)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(QUEUE)
    except OSError:
        listener.close()
        raise
    return listener
