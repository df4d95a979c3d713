"""Writes metrics in Prometheus's text format 0.0.4, and packs a page piece by piece. Pure: no clock, no network.

The library renders a histogram line by line, which takes seconds for a nation of districts. Here a histogram is one template
with the numbers put in, and each piece of text is packed so that it can stand in the next page as it is: what has not changed
is neither written nor packed again, and takes the memory of its packed form only.
May be changed: how text is made. tests/benchmarks/metrics_page.py shows what it costs.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Final, NamedTuple

from probes.metrics.names import Row

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_LABELS: Final = "\0"  # stands for the labels in a template
_GZIP_HEAD: Final = b"\x1f\x8b\x08\0\0\0\0\0\x04\xff"
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS
_LAST_BLOCK: Final = b"\x03\0"
_UNPACKED_AT_ONCE: Final = 8192


def heading(row: Row) -> str:
    """The HELP and TYPE lines that stand before a metric's values."""
    says = row.says.replace("\\", r"\\").replace("\n", r"\n")
    return f"# HELP {row.name} {says}\n# TYPE {row.name} {row.kind}\n"


def labelled(names: Sequence[str], values: Sequence[str]) -> str:
    """The labels as they stand between the braces, whatever is in the values."""
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def gauge(row: Row, labels: str, value: float) -> str:
    """One line; `labels` is what `labelled` gives."""
    return f"{row.name}{{{labels}}} {value!r}\n"


class HistogramText:
    """How the lines of one histogram are written."""

    def __init__(self, row: Row) -> None:
        bounds = (*map(str, row.buckets), "+Inf")
        buckets = [f'{row.name}_bucket{{{_LABELS},le="{bound}"}} %d\n' for bound in bounds]
        ends = [f"{row.name}_sum{{{_LABELS}}} %r\n", f"{row.name}_count{{{_LABELS}}} %d\n"]
        self._template = "".join(buckets + ends)

    def text(self, labels: str, counts: Iterable[int], total: float) -> str:
        """`counts` of each bucket alone, the one without a bound last; `total` is the sum of what was observed."""
        reached = tuple(accumulate(counts))
        # the numbers first: a label may hold a %
        return (self._template % (*reached, total, reached[-1])).replace(_LABELS, labels)


class Piece(NamedTuple):
    """A part of a page: deflated by itself, with the CRC-32 and the length of its text."""

    deflated: bytes
    crc: int
    size: int


class Packer:
    """Makes pieces; one packer serves one thread."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(level=1, wbits=-zlib.MAX_WBITS)

    def pack(self, text: str) -> Piece:
        raw = text.encode()
        deflated = self._deflate.compress(raw) + self._deflate.flush(zlib.Z_FULL_FLUSH)  # refers to nothing before it
        return Piece(deflated, zlib.crc32(raw), len(raw))


class Page(NamedTuple):
    """A whole page as a gzip file, and the length of its text."""

    packed: bytes
    size: int

    def unpacked(self) -> Iterator[bytes]:
        """The text, a little at a time: it may be ten times as long."""
        reader = zlib.decompressobj(wbits=_GZIP_WINDOW)
        for begin in range(0, len(self.packed), _UNPACKED_AT_ONCE):
            yield reader.decompress(self.packed[begin : begin + _UNPACKED_AT_ONCE])


class PageMaker:
    """Puts pieces together to a page."""

    def __init__(self) -> None:
        self._parts = [_GZIP_HEAD]
        self._crc = 0
        self._size = 0

    def add(self, piece: Piece) -> None:
        self._parts.append(piece.deflated)
        self._crc = crc_of_both(self._crc, piece.crc, piece.size)
        self._size += piece.size

    def page(self) -> Page:
        end = struct.pack("<II", self._crc, self._size & 0xFFFFFFFF)
        return Page(b"".join([*self._parts, _LAST_BLOCK, end]), self._size)


def crc_of_both(first: int, second: int, size: int) -> int:
    """The CRC-32 of two texts in a row, from that of each and the length of the second, as zlib's crc32_combine."""
    return _product(_shift(size), first) ^ second


@lru_cache(maxsize=4096)
def _shift(size: int) -> int:
    """x to the power of 8 `size`: what so many bytes more do to a CRC."""
    power, factor = 1 << 31, 1 << 23  # x to the power of 0, and of 8
    while size:
        if size & 1:
            power = _product(power, factor)
        factor = _product(factor, factor)
        size >>= 1
    return power


def _product(one: int, other: int) -> int:
    """Of two polynomials over GF(2), modulo that of CRC-32. The lowest power is the highest bit."""
    product = 0
    for bit in range(31, -1, -1):
        if one >> bit & 1:
            product ^= other
        other = other >> 1 ^ 0xEDB88320 if other & 1 else other >> 1
    return product
