"""A network of a test's own, in which packets can be dropped: its loopback, its iptables, and nothing of the machine's.

May be changed: what happens to packets. Servers and agents that a test starts inside live in that network; it ends with them.
"""

import ctypes
import functools
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, ParamSpec

from tests.faults.hosts import absent

CLONE_NEWNET: Final = 0x40000000
OF_THE_MACHINE: Final = "/proc/self/ns/net"  # of this process's first thread
OF_THIS_THREAD: Final = "/proc/thread-self/ns/net"
P = ParamSpec("P")


def in_its_own_network(test: Callable[P, None]) -> Callable[P, None]:
    """Run a test in a thread that has a network namespace of its own; threads and processes started there inherit it."""

    @functools.wraps(test)
    def wrapped(*given: P.args, **named: P.kwargs) -> None:
        if os.geteuid() != 0:
            absent("root, for a network of the test's own")
        if shutil.which("iptables") is None:
            absent("iptables")
        problems: list[BaseException] = []

        def work() -> None:
            try:
                _leave_the_machines_network()
                test(*given, **named)
            except BaseException as problem:  # noqa: BLE001 - raised again in the test's own thread
                problems.append(problem)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        if problems:
            raise problems[0]

    return wrapped


@contextmanager
def cut(port: int) -> Iterator[None]:
    """Packets to this port vanish, and nobody is told."""
    with _rule("-p", "tcp", "--dport", str(port), "-j", "DROP"):
        yield


@contextmanager
def lossy(port: int, share: float) -> Iterator[None]:
    """So many of the packets to this port vanish, at random."""
    with _rule(
        "-p", "tcp", "--dport", str(port), "-m", "statistic", "--mode", "random", "--probability", str(share), "-j", "DROP"
    ):  # fmt: skip
        yield


@contextmanager
def _rule(*words: str) -> Iterator[None]:
    _run("iptables", "-w", "-A", "INPUT", *words)
    try:
        yield
    finally:
        _run("iptables", "-w", "-D", "INPUT", *words)


def _leave_the_machines_network() -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        absent(f"a network namespace ({os.strerror(ctypes.get_errno())})")
    _run("ip", "link", "set", "lo", "up", "mtu", "1500")  # as on a line, so that a batch is many packets


def _run(*command: str) -> None:
    assert os.readlink(OF_THIS_THREAD) != os.readlink(OF_THE_MACHINE), "only in a network of the test's own"
    subprocess.run(command, check=True, capture_output=True, text=True)
