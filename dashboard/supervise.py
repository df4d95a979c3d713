"""Child processes of `run` and `demo`: started, restarted if asked, and always ended with their parent."""

import ctypes
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1
_STOP_S = 8.0
_LIBC = ctypes.CDLL(None, use_errno=True)


class Child:
    """One of our processes. `hello` makes it print one line of JSON on start, which `ready` returns."""

    def __init__(self, name: str, arguments: Sequence[str], *, hello: bool = False, quiet: bool = False) -> None:
        self.name, self._arguments, self._hello, self._quiet = name, list(arguments), hello, quiet
        self._back_off_s = 1.0
        self._start()

    def _start(self) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, *self._arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if self._hello else None, stderr=subprocess.DEVNULL if self._quiet else None,
            preexec_fn=partial(_die_with_parent, os.getpid()),  # noqa: PLW1509 - one system call, no threads are running yet that hold locks
        )  # fmt: skip

    def ready(self) -> dict[str, Any]:
        """The line of JSON a child prints when it listens."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended at its start with status {self.process.wait()}")
        result: dict[str, Any] = json.loads(line)
        return result

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def restart_if_dead(self) -> None:
        """Start it again, after a pause that grows while it keeps dying soon."""
        if self.alive or time.monotonic() < self.started + self._back_off_s:
            return
        lived = time.monotonic() - self.started
        self._back_off_s = 1.0 if lived > 60 else min(30.0, self._back_off_s * 2)
        log.warning("%s ended with status %s; starting it again", self.name, self.process.returncode)
        self._start()


def stop(children: Sequence[Child]) -> None:
    """End children politely, then by force; returns when none is left."""
    for child in children:
        if child.alive:
            child.process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + _STOP_S
    for child in children:
        try:
            child.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("%s did not stop in time", child.name)
            child.process.kill()
            child.process.wait()


def _die_with_parent(parent: int) -> None:
    """Asked of the kernel in the child: SIGTERM when the parent is gone. Ctrl-C is the parent's to handle."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if os.getppid() != parent:  # it went before we asked
        os._exit(1)
