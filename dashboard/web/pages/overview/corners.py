"""The empty corners of a tile map: they hold the list of the worst, what waits for us, and the reading key."""

from collections.abc import Iterable
from typing import NamedTuple


class Corner(NamedTuple):
    """A rectangle of the grid without tiles; counts from 0, width and height in tiles."""

    row: int
    col: int
    height: int
    width: int

    @property
    def css(self) -> str:
        """The value of `grid-area`, which counts from 1."""
        return f"{self.row + 1} / {self.col + 1} / span {self.height} / span {self.width}"


def empty_corners(tiles: Iterable[tuple[int, int]], rows: int, columns: int, number: int = 3) -> list[Corner]:
    """The largest empty rectangles, largest first and never overlapping; of equals the first in reading order."""
    taken = set(tiles)
    found: list[Corner] = []
    for _ in range(number):
        corner = _largest(taken, rows, columns)
        if corner is None:
            break
        found.append(corner)
        taken |= set(_cells(corner))
    return found


def _largest(taken: set[tuple[int, int]], rows: int, columns: int) -> Corner | None:
    candidates = (
        Corner(row, col, height, width)
        for row in range(rows)
        for col in range(columns)
        for height in range(1, rows - row + 1)
        for width in range(1, columns - col + 1)
    )
    empty = [corner for corner in candidates if taken.isdisjoint(_cells(corner))]
    return max(empty, key=lambda c: (c.height * c.width, -c.row, -c.col), default=None)


def _cells(corner: Corner) -> list[tuple[int, int]]:
    down, across = range(corner.row, corner.row + corner.height), range(corner.col, corner.col + corner.width)
    return [(row, col) for row in down for col in across]
