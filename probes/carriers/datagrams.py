"""Carries out `Datagram`: one UDP packet out, and the first answer that is its own.

May be changed: how the socket is opened and read. It is connected, so that the kernel takes packets from the asked host alone
and tells when nobody listens there.
"""

import socket
from typing import Final

from probes.carriers.line_reasons import FIRST_BYTE
from probes.carriers.resolving import Address
from probes.carriers.sockets import INPUT, READS, Errand, Sockets
from probes.exchange import Datagram, Done, Result

LARGEST: Final = 65_535
_IP_RECVERR: Final = (socket.IPPROTO_IP, 11)  # Python's socket module has no names for these two
_IPV6_RECVERR: Final = (socket.IPPROTO_IPV6, 25)


def tell_of_errors(sock: socket.socket) -> None:
    """Have the socket hear at once when a router says that the host cannot be reached, not only at the deadline."""
    level, option = _IPV6_RECVERR if sock.family == socket.AF_INET6 else _IP_RECVERR
    sock.setsockopt(level, option, 1)


class _Question(Errand[Datagram]):
    def __init__(self, wish: Datagram, done: Done, home: Sockets[Datagram]) -> None:
        super().__init__(wish, done, home)
        self.port = wish.port
        self._strange = 0

    def open(self, address: Address) -> None:
        family, where = address
        sock = self.take(socket.socket(family, socket.SOCK_DGRAM))
        tell_of_errors(sock)
        sock.connect(where)
        self.watch(INPUT)
        self.sent = self.now()
        sock.send(self.wish.payload)
        self.stage = FIRST_BYTE

    def hear(self, _events: int) -> Result | None:
        for _ in range(READS):
            data, moment = self.receive(LARGEST)
            if self.wish.accept(data):
                self.phases["first_byte"] = moment - self.sent.monotonic
                return self.good(moment, bytes_up=len(self.wish.payload), bytes_down=len(data), body=data)
            self._strange += 1
            self.note = f"; {self._strange} came that answer something else"
        return None


class Datagrams(Sockets[Datagram]):
    """The carrier of `Datagram`."""

    errand = _Question
