"""An inbox that is told of each message by an HTTP POST to a secret path.

May be changed: what a sender may do. Whoever finds the port learns nothing: any other path is a 404, and a connection ends
after one exchange, SLOWEST_S at most, with at most MOST of them open.
"""

import asyncio
import hmac
import socket
import threading
from typing import Final

from probes.carriers.transfers import TransferLoop
from probes.clock import Clock
from probes.inbox_settings import Webhook
from probes.inboxes.source import Ready, Received, why
from probes.inboxes.texts import of_webhook
from probes.secrets import SecretError, read_all

MOST: Final = 32
SLOWEST_S: Final = 5.0
MOST_HEAD: Final = 16_384
MOST_BODY: Final = 65_536
SHORTEST_SECRET: Final = 16
CLOSE_S: Final = 0.9
_REASONS: Final = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed",
                   411: "Length Required", 413: "Content Too Large"}  # fmt: skip


class WebhookSource:
    """Listens from the start, in a thread of its own; a Source."""

    def __init__(self, settings: Webhook, received: Received, loop: TransferLoop, clock: Clock) -> None:
        self._received = received
        self._loop = loop
        self._clock = clock
        self._open = 0
        self._thread: threading.Thread | None = None
        self.problem = ""
        try:
            self._path = b"/" + _secret(settings).encode()
            listener = socket.create_server((settings.host, settings.port), family=_family(settings.host), backlog=MOST)
        except SecretError as problem:
            self.problem = f"{problem}; write {SHORTEST_SECRET} or more letters and digits into it"
            return
        except OSError as problem:
            where = f"{settings.host}:{settings.port}"
            self.problem = f"nobody can listen on {where} ({why(problem)}); does another agent use that port?"
            return
        self._aio, self._stop = asyncio.new_event_loop(), asyncio.Event()
        self._thread = threading.Thread(target=self._run, args=(listener,), name="webhook", daemon=True)
        self._thread.start()

    def wake(self, ready: Ready) -> None:
        self._loop.call_soon(lambda: ready(self.problem))

    def rest(self) -> None:
        """It goes on listening: a sender who is refused would try again and again."""

    def close(self) -> None:
        if self._thread is not None:
            self._aio.call_soon_threadsafe(self._stop.set)
            self._thread.join(CLOSE_S)
            self._thread = None

    def _run(self, listener: socket.socket) -> None:
        with asyncio.Runner(loop_factory=lambda: self._aio) as runner:  # breaks off what is under way at its end
            runner.run(self._serve(listener))

    async def _serve(self, listener: socket.socket) -> None:
        server = await asyncio.start_server(self._converse, sock=listener, limit=MOST_HEAD)
        await self._stop.wait()
        server.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._open >= MOST:
            writer.transport.abort()
            return
        self._open += 1
        end = writer.transport.abort
        try:
            async with asyncio.timeout(SLOWEST_S):
                status = await self._exchange(reader, writer)
                lines = f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                writer.write(lines.encode())
                await writer.drain()
            end = writer.close
        except (OSError, EOFError, asyncio.LimitOverrunError):  # too slow, broken off, or too long a head
            return
        finally:
            self._open -= 1
            end()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        """The status to answer with; a message that was taken in has been handed over."""
        request, *lines = (await reader.readuntil(b"\r\n\r\n"))[:-4].split(b"\r\n")
        method, _, rest = request.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if not hmac.compare_digest(path, self._path):
            return 404
        if method != b"POST":
            return 405
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        length = headers.get(b"content-length", b"")
        if not length:
            return 411
        if not length.isdigit():
            return 400
        if len(length) > 9 or int(length) > MOST_BODY:
            return 413
        if headers.get(b"expect", b"").lower() == b"100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(int(length))
        moment = self._clock.monotonic()
        text = of_webhook(body, headers.get(b"content-type", b"").decode("latin-1"))
        self._loop.call_soon(lambda: self._received(moment, text))
        return 200


def _secret(settings: Webhook) -> str:
    secret = read_all({"inbox": settings.secret_file})["secret:inbox"]
    if len(secret) < SHORTEST_SECRET or not secret.replace("-", "").replace("_", "").isalnum() or not secret.isascii():
        raise SecretError(f"the secret in {settings.secret_file} will not do")
    return secret


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
