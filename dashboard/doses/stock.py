"""Vaccine of a place: received, used, wasted, left, in doses since the drive began, and how long what is left lasts. Pure.

Told figures stay as they were told: what is left by counting stands beside what was said to be left, with the difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dashboard.doses.numbers import indian

FEWEST_DAYS: Final = 3  # of its own, before a place's pace is a range
MOST_DAYS: Final = 7  # looked back over: an older pace is another drive's


@dataclass(frozen=True)
class Stock:
    """Doses since the drive began; None: not told."""

    received: int | None = None
    used: int | None = None
    wasted: int | None = None
    left: int | None = None

    @property
    def counted(self) -> int | None:
        """Left by counting: received - used - wasted. What was not told is not taken off; None without received."""
        return None if self.received is None else self.received - (self.used or 0) - (self.wasted or 0)

    @property
    def not_told(self) -> tuple[str, ...]:
        """What the count lacks: with it there would be fewer left."""
        return tuple(word for word, value in (("use", self.used), ("waste", self.wasted)) if value is None)

    @property
    def difference(self) -> int | None:
        """Told to be left minus left by counting; None unless both are known."""
        return None if self.left is None or self.counted is None else self.left - self.counted

    @property
    def there(self) -> int | None:
        """What the days are counted from: the told number, or else the counted one; below zero there is nothing."""
        return self.counted if self.left is None else self.left


@dataclass(frozen=True)
class Today:
    """Doses reported of the day so far; `share` of the session that was over then, 0 to 1; `hour` in words."""

    reported: int
    share: float
    hour: str = ""


@dataclass(frozen=True)
class Lasting:
    """Session days that a stock lasts. `fewest` and `most` are equal for a straight line. Never a promise."""

    fewest: float
    most: float
    basis: str

    @property
    def sentence(self) -> str:
        """`16 to 23 session days, at the pace of its last 4 days with doses`."""
        if self.most < 1:
            return f"under 1 session day, {self.basis}"
        low, high = indian(round(self.fewest)), indian(round(self.most))
        span = f"about {low}" if low == high else f"{low} to {high}"
        return f"{span} session day{'' if high == '1' else 's'}, {self.basis}"


def lasting(there: int | None, recent: Mapping[str, int], today: Today | None) -> Lasting | None:
    """How many session days a stock lasts; None: no stock, or no pace to tell it by.

    `recent`: reported doses by ISO day, of the days before. From three days with doses on: stock / fastest day to stock / slowest
    of the last seven of them. Before: a straight line, stock / (reported so far / share of the session that is over). Assumes that
    the next days are like these, and that each dose used is one given.
    """
    if there is None or there < 0:
        return None
    paces = [doses for _, doses in sorted(recent.items()) if doses > 0][-MOST_DAYS:]
    if len(paces) >= FEWEST_DAYS:
        return Lasting(there / max(paces), there / min(paces), f"at the pace of its last {len(paces)} days with doses")
    if today is None or today.reported <= 0 or today.share <= 0:
        return None
    days = there / (today.reported / min(today.share, 1.0))
    return Lasting(days, days, f"a straight line from {indian(today.reported)} {_doses(today)}")


def _doses(today: Today) -> str:
    noun = "dose" if today.reported == 1 else "doses"
    return f"{noun} {today.hour}".strip()


def stock_of(values: Sequence[int | None]) -> Stock:
    """A stock out of the values of figure.STOCK_KINDS, in their order."""
    return Stock(*values)
