"""Small real servers on 127.0.0.1 for the agent's tests. May be changed: behaviours, by adding."""

import gzip
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Handle = Callable[[socket.socket], object]


def read_request(connection: socket.socket) -> bytes:
    """Head and body of one request."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return data
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def reset(connection: socket.socket) -> None:
    """Close so that the other side sees a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@contextmanager
def raw_server(handle: Handle) -> Iterator[int]:
    """Each connection in a thread of its own; yields the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    connections: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        try:
            handle(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(connection)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in connections:
            connection.close()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class Call:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpServer:
    """What came in, and the address."""

    port: int = 0
    calls: list[Call] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


Answering = Callable[[Call], tuple[int, bytes] | tuple[int, bytes, dict[str, str]]]


@contextmanager
def http_server(answering: Answering, port: int = 0) -> Iterator[HttpServer]:
    """A plain HTTP server; `answering` gives status, body and perhaps headers."""
    told = HttpServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            call = Call(self.command, self.path, {key.lower(): value for key, value in self.headers.items()}, body)
            told.calls.append(call)
            status, content, *more = answering(call)
            self.send_response(status)
            for name, value in (more[0] if more else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        request_queue_size = 128  # five would drop who comes in a crowd

        def handle_error(self, *_: object) -> None:  # clients that are killed are what these tests are about
            return

    server = Server(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    told.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()


class Intake:
    """A stand-in for the control room's intake: keeps samples by (boot, seq), as the real one does."""

    def __init__(self, token: str = "secret") -> None:
        self.token = token
        self.status = 200  # what it answers while not 200
        self.refuses: Callable[[dict[str, object]], bool] = lambda _: False
        self.samples: dict[tuple[str, int], dict[str, object]] = {}
        self.doubled = 0
        self.batches: list[dict[str, object]] = []

    def __call__(self, call: Call) -> tuple[int, bytes]:
        if self.status != 200:
            return self.status, b'{"error": "not now"}'
        if call.headers.get("authorization") != f"Bearer {self.token}":
            return 401, b'{"error": "no such token"}'
        batch = json.loads(gzip.decompress(call.body))
        if any(self.refuses(sample) for sample in batch["samples"]):
            return 422, b'{"error": "refused", "field": "samples[0].detail", "hint": ""}'
        return 200, self._store(batch)

    def _store(self, batch: dict[str, object]) -> bytes:
        self.batches.append(batch)
        keys = [(str(batch["boot"]), sample["seq"]) for sample in batch["samples"]]  # type: ignore[attr-defined]
        known = sum(key in self.samples for key in keys)
        self.doubled += known
        self.samples.update(zip(keys, batch["samples"], strict=True))  # type: ignore[call-overload]
        return json.dumps({"stored": len(keys) - known, "doubled": known}).encode()
