"""Disks that a test may break: a small one of its own, full, without inodes or read-only, and system calls that fail.

May be changed: misfortunes, by adding. Each ends by itself and touches only the test's own folder or process.
"""

import errno
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from tests.faults.hosts import absent


@contextmanager
def small_disk(folder: Path, megabytes: int = 64, inodes: int = 1000) -> Iterator[Path]:
    """A disk of so many megabytes, in memory, mounted at `folder`."""
    if os.geteuid() != 0:
        absent("root, for a disk of the test's own")
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,nr_inodes={inodes}", "tmpfs", str(folder)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        absent(f"a disk of the test's own ({made.stderr.strip()})")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Every byte is taken."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1_048_576, 4096):
            while _fits(file.fileno(), bytes(size)):
                pass
    try:
        yield
    finally:
        ballast.unlink()


def _fits(file: int, piece: bytes) -> bool:
    try:
        return os.write(file, piece) == len(piece)
    except OSError as problem:
        if problem.errno != errno.ENOSPC:
            raise
        return False


@contextmanager
def without_inodes(disk: Path) -> Iterator[None]:
    """Bytes are free, but no file can be made."""
    made: list[Path] = []
    try:
        for number in count():
            file = disk / f"crumb-{number}"
            try:
                file.touch()
            except OSError as problem:
                if problem.errno != errno.ENOSPC:
                    raise
                break
            made.append(file)
        yield
    finally:
        for file in made:
            file.unlink()


@contextmanager
def read_only(disk: Path) -> Iterator[None]:
    """While nobody has a file open for writing there."""
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)


@contextmanager
def failing(process: subprocess.Popen[str], calls: str, error: str) -> Iterator[None]:
    """These system calls of a running process end with this error, as those of a failing disk do."""
    if shutil.which("strace") is None:
        absent("strace")
    command = ["strace", "-f", "-p", str(process.pid), "-o", "/dev/null", "-e", f"inject={calls}:error={error}"]
    tracing = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert tracing.stderr is not None
    try:
        said = tracing.stderr.readline()
        if "attached" not in said:
            absent(f"leave to trace a process ({said.strip()})")
        yield
    finally:
        tracing.send_signal(signal.SIGTERM)
        tracing.communicate(timeout=60)
