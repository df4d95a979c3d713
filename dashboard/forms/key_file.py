"""The key that signs links: a file of its own, made at first use. Replacing or deleting the file makes all older links invalid."""

import os
import secrets
from pathlib import Path

_LEAST_BYTES = 32


class KeyFileError(ValueError):
    """The key cannot be used; `str()` says which file, why, and what to do."""


def form_key(file: Path) -> bytes:
    """The key in a file, read anew each time so that a replaced file holds at once.

    Raises:
        KeyFileError: too short, readable by others, or not readable by us.
    """
    try:
        if not file.exists():
            _make(file)
        if file.stat().st_mode & 0o077:
            raise KeyFileError(f"{file} can be read by others. Run: chmod 600 {file}")
        key = file.read_bytes().strip()
    except OSError as problem:
        raise KeyFileError(f"{file}: {problem.strerror}. Name another file in dashboard.forms.key_file") from None
    if len(key) < _LEAST_BYTES:
        raise KeyFileError(f"{file} holds {len(key)} bytes, {_LEAST_BYTES} are needed. Delete it; a new one is made")
    return key


def _make(file: Path) -> None:
    """Linked into place when it is whole: nobody can read half a key, and the first of two makers wins."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(secrets.token_hex(32).encode() + b"\n")
            opened.flush()
            os.fsync(opened.fileno())
        os.link(fresh, file)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
