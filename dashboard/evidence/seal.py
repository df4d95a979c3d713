"""How a body becomes bytes and a hash. Pure. A change here makes every seal of the past unreadable: do not make one."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Any


def canonical(body: Any) -> bytes:
    """The one way to write a body: JSON, keys sorted, no blanks, UTF-8.

    Raises:
        ValueError: a number is not finite.
    """
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def digest(plain: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(plain).hexdigest()


def parts(body: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of each part of a body, so that a later change can be named."""
    return {name: digest(canonical(part)) for name, part in body.items()}


def pack(plain: bytes) -> bytes:
    """Gzip, the same bytes each time."""
    return gzip.compress(plain, mtime=0)


def unpack(packed: bytes) -> bytes | None:
    """What was packed; None when the bytes are no whole gzip any more."""
    try:
        return gzip.decompress(packed)
    except (OSError, EOFError, zlib.error):
        return None
