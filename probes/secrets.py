"""Secrets of a check: each is a file with one line. They are read when they are needed and kept nowhere.

May be changed: what makes a file unfit. Nothing here may put a secret into a message, a log or a `repr`.
"""

import base64
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 65_536


class SecretError(Exception):
    """A secret cannot be used; `str()` of it says which and why, and never what is in it."""


class Hidden(str):
    """A text that may hold a secret: it does not show in a `repr`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'(hidden)'"


class HiddenBytes(bytes):
    """A body that may hold a secret: it does not show in a `repr`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "b'(hidden)'"


def read_all(files: Mapping[str, Path]) -> dict[str, str]:
    """For each name `secret:NAME`, the line itself, and `basic:NAME`, in base64 as Basic authorisation wants it.

    Raises:
        SecretError: a file is missing, unreadable, empty, or holds more than one line.
    """
    values = {}
    for name, file in files.items():
        line = _line(name, file)
        values[f"secret:{name}"] = line
        values[f"basic:{name}"] = base64.b64encode(line.encode()).decode()
    return values


def _line(name: str, file: Path) -> str:
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # opening a pipe would stop the agent
            raise SecretError(f'the secret "{name}" cannot be read: {file} is not a file')
        with file.open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
        line = raw.decode("utf-8-sig").strip()
    except OSError as problem:
        raise SecretError(f'the secret "{name}" cannot be read: {file}: {problem.strerror}') from None
    except UnicodeDecodeError:
        raise SecretError(f'the secret "{name}" cannot be used: {file} is not UTF-8') from None
    if not line or len(raw) > MOST_BYTES or not line.isprintable():
        raise SecretError(f'the secret "{name}" cannot be used: {file} must hold one line of text')
    return line
