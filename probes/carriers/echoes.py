"""Carries out `Echo`: an ICMP echo request and its reply, where the system allows it.

May be changed: what is written into a packet and looked at in the reply. Ping sockets need no rights, but a kernel setting;
raw ones need CAP_NET_RAW and see everybody's replies, so that ours are told by their random content.
"""

import os
import socket
import struct
from pathlib import Path
from typing import Final

from probes.carriers.datagrams import LARGEST, tell_of_errors
from probes.carriers.line_reasons import FIRST_BYTE
from probes.carriers.resolving import Address
from probes.carriers.sockets import INPUT, READS, Errand, Sockets
from probes.exchange import Done, Echo, Result

_HEADER: Final = struct.Struct(">BBHHH")  # type, code, checksum, id, sequence
_REQUEST: Final = {socket.AF_INET: 8, socket.AF_INET6: 128}
_REPLY: Final = {socket.AF_INET: 0, socket.AF_INET6: 129}
_PROTOCOL: Final = {socket.AF_INET: socket.IPPROTO_ICMP, socket.AF_INET6: socket.IPPROTO_ICMPV6}
_SOL_RAW, _ICMP_FILTER = 255, 1
_ALL_BUT_REPLIES: Final = 0xFFFFFFFE
GROUPS: Final = Path("/proc/sys/net/ipv4/ping_group_range")


def echo_allowed(groups: Path = GROUPS) -> str:
    """Empty when this process may send echo requests; else a sentence that says why not, and the cure."""
    try:
        _echo_socket(socket.AF_INET).close()
    except PermissionError:
        return (
            f"ping sockets are not allowed for group {os.getegid()} (net.ipv4.ping_group_range is '{_range(groups)}'); "
            "set net.ipv4.ping_group_range, or give the agent CAP_NET_RAW"
        )
    except OSError as problem:
        return f"no socket for echo requests can be opened ({problem.strerror}); see what the system allows the agent"
    return ""


def checksum(data: bytes) -> int:
    """The Internet checksum of RFC 1071."""
    total: int = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class _Ping(Errand[Echo]):
    def __init__(self, wish: Echo, done: Done, home: Sockets[Echo]) -> None:
        super().__init__(wish, done, home)
        self._family = socket.AF_INET
        self._ours: tuple[int, int, bytes] = (0, 0, b"")  # id, sequence, content

    def open(self, address: Address) -> None:
        self._family, where = socket.AddressFamily(address[0]), address[1]
        sock = self.take(_echo_socket(self._family))
        tell_of_errors(sock)
        sock.connect(where)
        self.watch(INPUT)
        packet = self._packet(sock)
        self.sent = self.now()
        sock.send(packet)
        self.stage = FIRST_BYTE

    def hear(self, _events: int) -> Result | None:
        for _ in range(READS):
            data, moment = self.receive(LARGEST)
            if self._is_ours(data):
                self.phases["first_byte"] = moment - self.sent.monotonic
                return self.good(
                    moment, bytes_up=_HEADER.size + self.wish.size, bytes_down=_HEADER.size + self.wish.size
                )
        return None

    def _packet(self, sock: socket.socket) -> bytes:
        ping = sock.type == socket.SOCK_DGRAM  # whose id is the kernel's, as if it were a port
        number, sequence = struct.unpack(">HH", os.urandom(4))
        content = os.urandom(self.wish.size)
        if ping:
            number = 0
        self._ours = number, sequence, content
        head = _HEADER.pack(_REQUEST[self._family], 0, 0, number, sequence)
        total = checksum(head + content)
        return _HEADER.pack(_REQUEST[self._family], 0, total, number, sequence) + content

    def _is_ours(self, data: bytes) -> bool:
        assert self.socket is not None
        raw = self.socket.type == socket.SOCK_RAW
        if raw and self._family == socket.AF_INET:  # the IP header comes along
            data = data[(data[0] & 0x0F) * 4 :] if data else b""
        if len(data) < _HEADER.size:
            return False
        kind, _, _, number, sequence = _HEADER.unpack_from(data)
        ours, expected, content = self._ours
        known = sequence == expected and (number == ours or not raw)
        return kind == _REPLY[self._family] and known and data[_HEADER.size :] == content


class Echoes(Sockets[Echo]):
    """The carrier of `Echo`."""

    errand = _Ping


def _echo_socket(family: socket.AddressFamily) -> socket.socket:
    try:
        return socket.socket(family, socket.SOCK_DGRAM, _PROTOCOL[family])
    except PermissionError:
        sock = socket.socket(family, socket.SOCK_RAW, _PROTOCOL[family])
    if family == socket.AF_INET:
        sock.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", _ALL_BUT_REPLIES))
    return sock


def _range(groups: Path) -> str:
    try:
        return " ".join(groups.read_text().split())
    except OSError:
        return "unknown"
