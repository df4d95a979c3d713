"""One control room a store: a second one is refused, by name of the first."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StoreInUseError(Exception):
    """Another control room holds the store; `str()` says which and what to do."""


@contextmanager
def holding(store: Path) -> Iterator[None]:
    """Hold the store for as long as the context lasts; the kernel lets go when the process ends, however it ends.

    Raises:
        StoreInUseError: somebody else holds it.
    """
    store.parent.mkdir(parents=True, exist_ok=True)
    file = store.with_name(store.name + ".lock")
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
        os.close(descriptor)
        text = f"another Tikawatch (process {holder}) holds {store}. Stop it first, or give this one its own dashboard.store"
        raise StoreInUseError(text) from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    try:
        yield
    finally:
        os.close(descriptor)
