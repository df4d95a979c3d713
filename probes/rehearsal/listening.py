"""What the stand-in and the mail catcher share: loopback ports, a loop on a thread of its own, a clean end.

Nothing here knows what is served. Listeners outside this machine are refused on purpose: a rehearsal is never public.
"""

import asyncio
import contextlib
import ipaddress
import json
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence

OpenListeners = Callable[[], Awaitable[Sequence[asyncio.Server]]]
_BACKLOG = 512  # a whole state may knock in the same second


class CannotListen(Exception):
    """The address cannot be used; `str()` of it is meant for the user."""


def loopback(host: str) -> str:
    """The host again if it can only be this machine; CannotListen otherwise."""
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise CannotListen(f'"{host}" is not this machine: a rehearsal listens on loopback only. Use 127.0.0.1')
    return host


def bound(host: str, port: int) -> socket.socket:
    """A listening socket on loopback; port 0 takes a free one. CannotListen when the port is taken or forbidden."""
    family = socket.AF_INET6 if ":" in loopback(host) else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        raise CannotListen(f"cannot listen on port {port}: {error}. Choose another port, or 0 for a free one") from None


def bound_pair(host: str, first: int, second: int) -> tuple[socket.socket, socket.socket]:
    """Two listening sockets, or none at all."""
    one = bound(host, first)
    try:
        return one, bound(host, second)
    except CannotListen:
        one.close()
        raise


class Background:
    """Runs listeners in an event loop on a thread of its own; `open_` makes them inside that loop."""

    def __init__(self, name: str, open_: OpenListeners) -> None:
        self._open = open_
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._listening = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    def start(self) -> None:
        """Returns when all are listening; CannotListen when they cannot."""
        self._thread.start()
        self._ready.wait()
        if not self._listening:
            raise CannotListen(f"{self._thread.name} did not start; the reason stands above")

    def stop(self) -> None:
        """Ends every conversation, hanging ones too, and returns when the thread is gone. May be called twice."""
        if self._loop is None or self._stopping is None:
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended already
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        servers = await self._open()
        self._listening = True
        self._ready.set()
        await self._stopping.wait()
        for server in servers:
            server.close()
        # asyncio.run now cancels what is still under way, and the conversations close their connections


def run_until_told(start: Callable[[], Mapping[str, int]], stop: Callable[[], None]) -> int:
    """Start, print the ports as one line of JSON, wait for SIGINT or SIGTERM, stop. The command's exit status."""
    signals = {signal.SIGINT, signal.SIGTERM}
    for number in signals:
        signal.signal(number, signal.SIG_DFL)  # a shell's background job may have them ignored
    # blocked before the threads start, so that only sigwait sees them
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        ports = start()
    except CannotListen as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(dict(ports)) + "\n")
    sys.stdout.flush()
    signal.sigwait(signals)
    stop()
    return 0
