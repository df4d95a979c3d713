"""What a host can do to an agent, done for real: its clock set, its processor taken away, its process frozen or bounded.

May be changed: misfortunes, by adding. Each ends by itself, touches only the process it was given, and leaves nothing behind.
"""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.probes.agents import Place, Settings
from tests.probes.servers import raw_server, read_request

# its sister for threads, libfaketimeMT, loses signals and wake-ups of Python's threads
FAKETIME = "faketime/libfaketime.so.1"
PERIOD_US = 100_000
GROUPS = Path("/sys/fs/cgroup")


def absent(what: str) -> None:
    """Skip by name; on the build machine nothing may be absent."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is absent")
    pytest.skip(f"{what} is absent")


def start(place: Place, config: Settings, group: "Group | None" = None, **environment: str) -> subprocess.Popen[str]:
    """An agent as a process of its own, its log in a file: nobody may be there to read a pipe."""
    file = place.folder / "config.yaml"
    file.write_text(json.dumps(config))  # JSON is YAML
    with (place.folder / "log").open("a") as log:
        command = [*(group.enter if group else ()), sys.executable, "-m", "probes", "--config", str(file)]
        process = subprocess.Popen(command, stderr=log, text=True, env={**os.environ, **environment})
    place.started.append(process)
    return process


def stop(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(60)


def said(place: Place) -> str:
    return (place.folder / "log").read_text()


def memory_mb(process: subprocess.Popen[str]) -> float:
    """What the process holds in memory."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    [resident] = [line.split()[1] for line in lines if line.startswith("VmRSS")]
    return int(resident) / 1024


class Registry:
    """A registry that notes when it was asked for what, in monotonic seconds, and takes its time to say UP and what for."""

    def __init__(self, takes_s: float) -> None:
        self.url = ""
        self.asked: list[tuple[float, str]] = []
        self._takes_s = takes_s

    def answer(self, connection: socket.socket) -> None:
        _, _, asked = read_request(connection).partition(b" ")
        if not asked:
            return  # it hung up
        path = asked.split(b" ")[0]
        self.asked.append((time.monotonic(), path.decode()))
        threading.Event().wait(self._takes_s)
        body = b"UP " + path
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body))

    def between(self, since: float, until: float) -> list[str]:
        return [path for moment, path in list(self.asked) if since <= moment < until]

    def busiest(self, since: float, until: float, window_s: float) -> int:
        """The most starts that fell into any such window."""
        moments = [moment for moment, _ in list(self.asked) if since <= moment < until]
        return max((sum(one <= other < one + window_s for other in moments) for one in moments), default=0)


@contextmanager
def registry(takes_s: float = 0.0) -> Iterator[Registry]:
    """With the usual queue of 128 connections: one of five would drop some of an agent that comes back from a standstill."""
    asked = Registry(takes_s)
    with raw_server(asked.answer) as port:
        asked.url = f"http://127.0.0.1:{port}"
        yield asked


class SetTime:
    """A clock on the wall that a process started with `environment` lives by; the monotonic clock goes on as it does."""

    def __init__(self, folder: Path) -> None:
        library = next((one for one in Path("/usr/lib").glob(f"**/{FAKETIME}")), None)
        if library is None:
            absent("libfaketime (Debian package faketime)")
        self._file = folder / "time"
        self.step(0)
        self.environment = {
            "LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(self._file), "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }  # fmt: skip

    def step(self, ahead_s: float) -> None:
        """Set the clock so far from the true one, at once."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{ahead_s:+.0f}\n")
        fresh.replace(self._file)


@contextmanager
def frozen(process: subprocess.Popen[str]) -> Iterator[None]:
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


@contextmanager
def limited(process: subprocess.Popen[str], which: int, most: int) -> Iterator[None]:
    """A resource limit on a running process, taken back at the end if it still runs."""
    before = resource.prlimit(process.pid, which)
    resource.prlimit(process.pid, which, (most, before[1]))
    try:
        yield
    finally:
        if process.poll() is None:
            resource.prlimit(process.pid, which, before)


class Group:
    """A control group of version 1 or 2 with one controller."""

    def __init__(self, controller: str) -> None:
        parent = GROUPS / controller if (GROUPS / controller).is_dir() else GROUPS
        self._path = parent / f"tikawatch-test-{os.getpid()}"
        try:
            self._path.mkdir()
        except OSError as problem:
            absent(f"a control group for {controller} ({problem.strerror})")
        if not list(self._path.glob(f"{controller}.*")):
            self._path.rmdir()
            absent(f"the controller {controller} of control groups")

    @property
    def enter(self) -> tuple[str, ...]:
        """Put before a command, it runs in this group from its first moment."""
        return ("sh", "-c", f'echo $$ > "{self._path}/cgroup.procs" && exec "$@"', "sh")

    def take(self, process: subprocess.Popen[str]) -> None:
        self.write(str(process.pid), "cgroup.procs")

    def write(self, text: str, *names: str) -> None:
        """Into the first of these files that there is: versions 1 and 2 have different names for the same."""
        file = next(self._path / name for name in names if (self._path / name).exists())
        file.write_text(text)

    def holds_mb(self) -> float:
        names = ("memory.current", "memory.usage_in_bytes")
        file = next(self._path / name for name in names if (self._path / name).exists())
        return int(file.read_text()) / 2**20

    def dissolve(self) -> None:
        for pid in (self._path / "cgroup.procs").read_text().split():
            (self._path.parent / "cgroup.procs").write_text(pid)
        for _ in range(1000):
            try:
                self._path.rmdir()
                return
            except OSError:  # the kernel still buries a process
                time.sleep(0.02)
        raise AssertionError(f"{self._path} cannot be removed")


@contextmanager
def group(controller: str) -> Iterator[Group]:
    made = Group(controller)
    try:
        yield made
    finally:
        made.dissolve()


@contextmanager
def starved(process: subprocess.Popen[str], share: float) -> Iterator[None]:
    """Only that share of one processor."""
    quota = int(PERIOD_US * share)
    with group("cpu") as few:
        two = (GROUPS / "cgroup.controllers").exists()
        few.write(f"{quota} {PERIOD_US}" if two else str(quota), "cpu.max", "cpu.cfs_quota_us")
        few.take(process)
        yield
