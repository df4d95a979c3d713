"""The carriers below HTTP on a real loop, and small servers on 127.0.0.1 for them. May be changed: behaviours, by adding."""

import random
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

from probes.carriers.datagrams import Datagrams
from probes.carriers.dialling import Dialling
from probes.carriers.echoes import Echoes
from probes.carriers.resolving import GetAddresses
from probes.carriers.transfers import TransferLoop
from probes.checks import CheckFunction, Measurement, Target
from probes.clock import WallClock
from probes.dns_messages import TYPES
from probes.exchange import Carrier, Datagram, Dial, Echo, Result, Wish
from probes.kinds import check_of
from probes.registry import FUNCTIONS

Answering = Callable[[bytes], Iterable[bytes]]


class Lines:
    """`told` holds the monotonic moment at which each result was handed over."""

    def __init__(self, get_addresses: GetAddresses = socket.getaddrinfo) -> None:
        self.clock = WallClock()
        self.loop = TransferLoop(self.clock, "Tikawatch test")
        self.carriers: dict[type[Wish], Carrier[Any]] = {
            Dial: Dialling(self.loop, self.clock, get_addresses),
            Datagram: Datagrams(self.loop, self.clock, get_addresses),
            Echo: Echoes(self.loop, self.clock, get_addresses),
        }
        self.told: list[float] = []

    def within(self, seconds: float) -> float:
        return self.clock.monotonic() + seconds

    def all(self, wishes: Iterable[Wish], busy_s: float = 0.0) -> list[Result]:
        """Start all at once and wait for every result, in the order they ended; the loop looks up only after `busy_s`."""
        awaited, results, stop = list(wishes), [], threading.Event()

        def done(result: Result) -> None:
            results.append(result)
            self.told.append(self.clock.monotonic())
            if len(results) == len(awaited):
                stop.set()

        for wish in awaited:
            self.carriers[type(wish)].start(wish, done)
        assert not results, "a result must not come from within start"
        threading.Event().wait(busy_s) if busy_s else None
        self.loop.run(stop, lambda: None)
        return results

    def of(self, wish: Wish, busy_s: float = 0.0) -> Result:
        return self.all([wish], busy_s)[0]

    def measure(self, function: CheckFunction | None = None, **fields: object) -> Measurement:
        """Take a check through to its end, from the fields of its settings."""
        check = check_of({"name": "line", **fields})
        steps = (function or FUNCTIONS[check.kind])(Target(491, check), self.clock, random.Random(1))
        try:
            wish = next(steps)
            while True:
                wish = steps.send(self.of(wish))
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def close(self) -> None:
        for carrier in self.carriers.values():
            carrier.close()
        self.loop.close()


@contextmanager
def udp_server(answering: Answering, port: int = 0) -> Iterator[int]:
    """Sends each of the answers to whoever asked; yields the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", port))
        stop = threading.Event()

        def serve() -> None:
            while True:
                data, sender = server.recvfrom(65_535)
                if stop.is_set():
                    return
                for answer in answering(data):
                    server.sendto(answer, sender)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            stop.set()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", server.getsockname())
            thread.join(60)


@contextmanager
def black_hole() -> Iterator[int]:
    """A port where connections are never made: its queue is full, and the kernel drops who wants to join."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(closing(socket.socket()))
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def dns_answer(
    asked: bytes, *records: tuple[str, bytes], code: int = 0, flags: int = 0x8180, number: int | None = None
) -> bytes:
    """An answer to a question with these records, each a kind and its data, all of the name asked for."""
    words = asked[12 : asked.index(b"\0", 12) + 5]
    head = (asked[:2] if number is None else number.to_bytes(2)) + (flags | code).to_bytes(2)
    body = b"".join(
        b"\xc0\x0c" + TYPES[kind].to_bytes(2) + b"\0\1\0\0\0\x3c" + len(data).to_bytes(2) + data
        for kind, data in records
    )
    return head + b"\0\1" + len(records).to_bytes(2) + b"\0\0\0\0" + words + body
