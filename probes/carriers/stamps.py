"""When did a packet arrive? The kernel stamps it on arrival, so that a loop that is busy does not make a server look slow.

May be changed: which stamp is asked for, and when one is not believed. The kernel stamps with the machine's wall clock, which may
be stepped at any moment; durations are monotonic. So both clocks are read together, and a stamp that does not fit is dropped.
"""

import socket
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from probes.clock import Clock

_SO_TIMESTAMPNS: Final = 35  # Python's socket module has no name for it; the message it brings has the same number
_TIMESPEC: Final = struct.Struct("@ll")
ROOM: Final = socket.CMSG_SPACE(_TIMESPEC.size)
STEPPED_S: Final = 0.005  # the two clocks may part so far by slewing alone; more is a step, or a suspended host
SLACK_S: Final = 0.001
_CLOSE_S: Final = 0.0001
_TRIES: Final = 3

_RTT: Final = struct.Struct("=I")
_RTT_AT, _RETRANSMITS_AT, _INFO_SIZE = 68, 100, 104  # tcpi_rtt and tcpi_total_retrans in struct tcp_info


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment by the machine's two clocks, in seconds."""

    wall: float
    monotonic: float


def instant(clock: Clock) -> Instant:
    """Now. Not `clock.now()`: the kernel stamps with the machine's clock, whatever clock a rehearsal uses."""
    for _ in range(_TRIES):  # whoever is put aside between two readings reads again
        before, wall, after = clock.monotonic(), time.time(), clock.monotonic()
        if after - before < _CLOSE_S:
            break
    return Instant(wall, (before + after) / 2)


def ask_for_stamps(sock: socket.socket) -> None:
    """From now on `recvmsg` tells when the kernel took a packet in, where the system can; else nothing changes."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    except OSError:
        return


def stamp_of(ancillary: Iterable[tuple[int, int, bytes]]) -> float | None:
    """Seconds since 1970 UTC of a message's stamp, when it has one."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS) and len(data) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            return float(seconds + nanoseconds / 1e9)
    return None


def arrival(sent: Instant, now: Instant, stamp: float | None) -> float:
    """The monotonic moment of a stamp; `now` when there is none, or when it lies outside of what the clocks allow."""
    stepped = abs((now.wall - now.monotonic) - (sent.wall - sent.monotonic)) > STEPPED_S
    if stamp is None or stepped:
        return now.monotonic
    moment = now.monotonic - (now.wall - stamp)
    if not sent.monotonic - SLACK_S <= moment <= now.monotonic + SLACK_S:
        return now.monotonic
    return min(max(moment, sent.monotonic), now.monotonic)


def handshake_s(sock: socket.socket) -> float | None:
    """How long the TCP hand-shake took by the kernel's own measure, in seconds. Ask before anything is sent.

    None: the kernel does not tell, or had to send again, which its measure leaves out.
    """
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_SIZE)
    except OSError:
        return None
    if len(info) < _INFO_SIZE or _RTT.unpack_from(info, _RETRANSMITS_AT)[0]:
        return None
    microseconds: int = _RTT.unpack_from(info, _RTT_AT)[0]
    return microseconds / 1e6 or None
