"""A TCP line with faults that can be set while it runs, between a client and a server on 127.0.0.1.

May be changed: faults, by adding a field to Line. The proxy knows no protocol: "up" is from the client, "down" is from the server.
"""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import inf
from typing import Final

CHUNK: Final = 65_536
IN_THE_PIPE: Final = 64  # chunks on their way, each direction
PIECES_A_SECOND: Final = 20  # a slow line is slow evenly, not in lumps


@dataclass(frozen=True)
class Line:
    """What the line does. A delay is for each way and each chunk; a limit in bytes is for each connection, upwards."""

    delay_s: float = 0.0
    jitter_s: float = 0.0  # up to so much more delay, evenly spread
    bytes_per_s: float = inf  # each way
    cut_after: int | None = None  # reset once so many bytes went up
    vanish_after: int | None = (
        None  # what comes later vanishes, both ways, and the connection stays open; 0: a black hole
    )
    drop_reply: bool = False  # the server's answer is thrown away and the client sees a reset


class Proxy:
    """`line` may be replaced at any time; connections follow at their next chunk."""

    def __init__(self, target: int, line: Line) -> None:
        self.line = line
        self.port = 0
        self.connections = 0  # since the start
        self.bytes_up = 0
        self.replies_dropped = 0
        self._target = target
        self._rng = random.Random(1)
        self._open: set[object] = set()  # asyncio itself holds what waits only weakly

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry both ways until one side ends, or the line cuts."""
        self.connections += 1
        this = asyncio.current_task()
        self._open.add(this)
        with suppress(asyncio.CancelledError):  # at the end of the proxy
            await self._carry(reader, writer)
        self._open.discard(this)

    def delay(self) -> float:
        return self.line.delay_s + self._rng.uniform(0.0, self.line.jitter_s)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            _reset(writer)
            return
        both = _Carrier(self, reader, server_writer, up=True), _Carrier(self, server_reader, writer, up=False)
        tasks = [asyncio.create_task(one.run(both[0])) for one in both]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if both[0].lost:  # the client knows nothing of the other side's end
                await asyncio.wait(tasks[:1])
            elif not both[0].broken:  # one side has said all: the other may still have to say something
                await asyncio.wait(tasks[1:])
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            server_writer.close()
            _reset(writer) if both[0].broken else writer.close()


class _Carrier:
    """One direction of one connection."""

    def __init__(self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        self._proxy, self._reader, self._writer, self._up = proxy, reader, writer, up
        self._pipe: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(IN_THE_PIPE)
        self.carried = 0
        self.broken = False  # ends with a reset
        self.lost = False  # something has vanished: nothing that comes later can make sense

    async def run(self, upward: "_Carrier") -> None:
        taking = asyncio.create_task(self._take())
        try:
            await self._hand_on(upward)
        except OSError:
            upward.broken = True
        finally:
            taking.cancel()

    async def _take(self) -> None:
        chunk, loop = b"begin", asyncio.get_running_loop()
        while chunk:
            try:
                chunk = await self._reader.read(CHUNK)
            except OSError:
                chunk = b""
            await self._pipe.put((loop.time() + self._proxy.delay(), chunk))

    async def _hand_on(self, upward: "_Carrier") -> None:
        loop, sent = asyncio.get_running_loop(), 0.0
        while True:
            due, chunk = await self._pipe.get()
            await asyncio.sleep(max(due - loop.time(), 0.0))
            if not chunk:
                break
            if not self._up and self._proxy.line.drop_reply:
                self._proxy.replies_dropped += 1
                upward.broken = True
                return
            for piece in self._pieces(chunk):
                sent = max(sent, loop.time()) + len(piece) / self._proxy.line.bytes_per_s
                await asyncio.sleep(max(sent - loop.time(), 0.0))
                if await self._put(piece, upward):
                    return
        if not upward.lost and self._writer.can_write_eof():
            self._writer.write_eof()

    def _pieces(self, chunk: bytes) -> Iterator[bytes]:
        size = int(max(min(self._proxy.line.bytes_per_s / PIECES_A_SECOND, CHUNK), 1))
        return (chunk[at : at + size] for at in range(0, len(chunk), size))

    async def _put(self, piece: bytes, upward: "_Carrier") -> bool:
        """True when this was the end of the connection."""
        line = self._proxy.line
        if line.vanish_after is not None and upward.carried >= line.vanish_after:
            upward.lost = True
        if upward.lost:
            return False
        if self._up:
            limits = [limit - self.carried for limit in (line.cut_after, line.vanish_after) if limit is not None]
            piece = piece[: max(min(limits, default=len(piece)), 0)]
            self.carried += len(piece)
            self._proxy.bytes_up += len(piece)
        self._writer.write(piece)
        await self._writer.drain()
        upward.broken = upward.broken or (line.cut_after is not None and upward.carried >= line.cut_after)
        return upward.broken


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close so that the other side sees a reset."""
    if not writer.is_closing():
        line = writer.get_extra_info("socket")
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


@contextmanager
def proxy(target: int, line: Line | None = None, port: int = 0) -> Iterator[Proxy]:
    """A line from a port of its own to the port `target`, both on 127.0.0.1; everything is closed at the end."""
    told, ready, loop = Proxy(target, line or Line()), threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        server = await asyncio.start_server(told.connected, "127.0.0.1", port)
        told.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        server.close()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        if not ready.wait(60):
            raise RuntimeError(f"the proxy could not listen on 127.0.0.1:{port}")
        yield told
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)
