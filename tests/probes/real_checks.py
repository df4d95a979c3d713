"""One check carried out for real: its function, a transfer loop and a pattern carrier; and TLS servers with certificates made for it."""

import random
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from probes.carriers.patterns import Patterns
from probes.carriers.transfers import TransferLoop
from probes.checks import Measurement, Target
from probes.clock import WallClock
from probes.exchange import Match, Result, Wish
from probes.kinds import check_of
from probes.registry import FUNCTIONS

from .servers import Handle, raw_server, read_request

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def measured(ca_file: str | None = None, rounds: int = 1, **settings: object) -> Measurement:
    """The last measurement of a check with these settings, over one loop."""
    clock, stop, found = WallClock(), threading.Event(), []
    loop = TransferLoop(clock, "Tikawatch test", ca_file)
    patterns = Patterns(loop, clock)
    check = check_of({"name": "it", **settings})

    def begin() -> None:
        steps = FUNCTIONS[check.kind](Target(491, check), clock, random.Random(1))
        ask(steps, next(steps))

    def ask(steps: object, wish: Wish) -> None:
        carrier = patterns if isinstance(wish, Match) else loop
        carrier.start(wish, lambda result: heard(steps, result))  # type: ignore[arg-type]

    def heard(steps: object, result: Result) -> None:
        try:
            ask(steps, steps.send(result))  # type: ignore[attr-defined]
        except StopIteration as end:
            found.append(end.value)
            stop.set() if len(found) == rounds else begin()

    begin()
    try:
        loop.run(stop, lambda: None)
    finally:
        patterns.close()
        loop.close()
    return found[-1]  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the tests' own, in a folder."""

    folder: Path

    @property
    def ca_file(self) -> str:
        return str(self.folder / "ca.pem")

    def certificate(self, name: str, days: int, alternatives: str = "DNS:localhost,IP:127.0.0.1") -> Path:
        """Key and certificate in one file."""
        key, request, file = (self.folder / f"{name}.{ending}" for ending in ("key", "csr", "pem"))
        (self.folder / f"{name}.ext").write_text(f"subjectAltName={alternatives}\nbasicConstraints=CA:FALSE\n")
        _openssl("req", *_NEW_KEY, "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        signer = ("-CA", self.ca_file, "-CAkey", self.folder / "ca.key", "-CAcreateserial")
        ext = ("-extfile", self.folder / f"{name}.ext")
        _openssl("x509", "-req", "-in", request, *signer, "-out", file, "-days", str(days), *ext)
        file.write_text(file.read_text() + key.read_text())
        return file


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def authority(folder: Path) -> Authority:
    _openssl(
        "req", "-x509", *_NEW_KEY, "-keyout", folder / "ca.key", "-out", folder / "ca.pem", "-days", "3650",
        "-subj", "/CN=Test authority", "-addext", "basicConstraints=critical,CA:TRUE",
    )  # fmt: skip
    return Authority(folder)


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def says_ok(connection: socket.socket) -> None:
    while read_request(connection):
        connection.sendall(OK)


@contextmanager
def tls_server(
    certificate: Path,
    handle: Handle = says_ok,
    alpn: tuple[str, ...] = ("http/1.1",),
    key: Path | None = None,
    curve: str = "prime256v1",
) -> Iterator[int]:
    """`handle` gets the secure connection; yields the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(list(alpn))
    context.set_ecdh_curve(curve)

    def secure(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            handle(wrapped)

    with raw_server(secure) as port:
        yield port


def speaks_http2(connection: socket.socket) -> None:
    """The smallest HTTP/2 server there can be: one answer without a body to the first HEADERS frame."""
    reading = connection.makefile("rb")
    reading.read(24)  # the client's preface
    connection.sendall(_frame(4, 0, 0))  # SETTINGS, all as they are
    while head := reading.read(9):
        length, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
        stream = int.from_bytes(head[5:9], "big")
        reading.read(length)
        if kind == 4 and not flags & 1:
            connection.sendall(_frame(4, 1, 0))
        if kind == 1:
            connection.sendall(_frame(1, 5, stream, b"\x88"))  # END_HEADERS, END_STREAM; :status 200


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload
