"""Carries out `Dial`: a TCP connection, a few bytes out, and what the server says.

May be changed: how a connection is opened and read. The hand-shake's time is the kernel's own, the first byte's is its stamp.
"""

import errno
import os
import socket

from probes.carriers.line_reasons import CONNECT, FIRST_BYTE, TRANSFER
from probes.carriers.resolving import Address
from probes.carriers.sockets import INPUT, OUTPUT, READS, Errand, Sockets
from probes.carriers.stamps import handshake_s
from probes.exchange import Dial, Done, Result
from probes.sample import Reason


class _Call(Errand[Dial]):
    def __init__(self, wish: Dial, done: Done, home: Sockets[Dial]) -> None:
        super().__init__(wish, done, home)
        self.port = wish.port
        self._unsent = wish.send
        self._body = b""
        self._since = 0.0  # monotonic: the answer's first byte is waited for since then,
        self._first = 0.0  # and came then

    def open(self, address: Address) -> None:
        family, where = address
        sock = self.take(socket.socket(family, socket.SOCK_STREAM))
        self.sent = self.now()
        code = sock.connect_ex(where)
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, os.strerror(code))
        self.watch(OUTPUT)

    def hear(self, events: int) -> Result | None:
        assert self.socket is not None
        if self.stage == CONNECT:
            if not _is_connected(self.socket):
                return None
            self._connected(self.socket)
            if not self.wish.until and not self._unsent:
                return self._whole(self._since)
            if not self._unsent:
                self.watch(INPUT)
        if self._unsent:
            return self._send(self.socket)
        return self._read() if events & ~OUTPUT else None

    def _connected(self, sock: socket.socket) -> None:
        own = self.now().monotonic - self.sent.monotonic
        took = min(handshake_s(sock) or own, own)
        self.phases["connect"] = took
        self._since = self.sent.monotonic + took
        self.stage = FIRST_BYTE

    def _send(self, sock: socket.socket) -> Result | None:
        moment = self.now()
        self._unsent = self._unsent[sock.send(self._unsent) :]
        self._since = moment.monotonic
        if self._unsent:
            return None
        if not self.wish.until:
            return self._whole(self.sent.monotonic + self.phases["connect"])
        self.watch(INPUT)
        return None

    def _read(self) -> Result | None:
        for _ in range(READS):
            # the stamp is that of the last packet read: one byte alone first, for the first byte's own
            data, moment = self.receive(self.wish.most - len(self._body) if self._body else 1)
            if not data:
                return self._closed(moment)
            self._note(data, moment)
            if self._has_all() or len(self._body) >= self.wish.most:
                return self._whole(moment)
        return None

    def _note(self, data: bytes, moment: float) -> None:
        if not self._body:
            self._first = max(moment, self._since)
            self.phases["first_byte"] = self._first - self._since
            self.stage = TRANSFER
        self._body += data
        self.phases["transfer"] = max(moment - self._first, 0.0)

    def _has_all(self) -> bool:
        return bool(self.wish.until) and self.wish.until in self._body

    def _closed(self, moment: float) -> Result:
        if not self._body:
            return self.bad(Reason.RESET, "the connection broke off (closed before the answer began)")
        return self._whole(moment)

    def _whole(self, ended: float) -> Result:
        return self.good(
            ended,
            found=self._has_all() or not self.wish.until,
            bytes_up=len(self.wish.send) - len(self._unsent),
            bytes_down=len(self._body),
            body=self._body,
        )


def _is_connected(sock: socket.socket) -> bool:
    """False when the event was meant for another socket, closed in the same turn, that had this one's number before."""
    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))
    try:
        sock.getpeername()
    except OSError as problem:
        if problem.errno == errno.ENOTCONN:
            return False
        raise
    return True


class Dialling(Sockets[Dial]):
    """The carrier of `Dial`."""

    errand = _Call
