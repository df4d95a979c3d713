"""Pace: doses reported against the doses expected by this hour, and a forecast for the close. Pure; doses as counts, times as shares.

Source of the formula: expected by now = target x turnout x share of the day's doses usually given by this hour. The share comes
from the district's own quiet days (days without incident); before there are enough of them it is a straight line through the
session hours, and labelled so. Turnout comes from the same days; before, every place is taken to be filled, which is an upper bound.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

ENOUGH_DAYS = 3
_STEPS = 20
STRAIGHT = "a straight line through the session hours: too few quiet days of this district are known"


@dataclass(frozen=True)
class Range:
    """A middle value with the lowest and highest that the evidence allows."""

    low: float
    mid: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Range":
        return cls(min(values), median(values), max(values))


@dataclass(frozen=True)
class QuietDay:
    """A day without incident: (share of the session gone, doses so far), ascending, the final count, and the target."""

    so_far: tuple[tuple[float, int], ...]
    final: int
    target: int

    def share_by(self, gone: float) -> float:
        """Share of the day's doses given by a share of the session, between two counts along a straight line."""
        points = [(0.0, 0), *self.so_far, (1.0, self.final)]
        places = [place for place, _ in points]
        right = min(max(bisect_right(places, gone), 1), len(points) - 1)
        (x0, y0), (x1, y1) = points[right - 1], points[right]
        doses = y0 if x1 == x0 else y0 + (y1 - y0) * (gone - x0) / (x1 - x0)
        return min(max(doses / self.final, 0.0), 1.0)


@dataclass(frozen=True)
class Usual:
    """How a day usually goes: the share of its doses by each twentieth of the session, the turnout, and where both come from."""

    shares: tuple[Range, ...]
    turnout: Range
    label: str

    def share_by(self, gone: float) -> Range:
        """Share of the day's doses usually given by a share of the session (0 to 1, held at the ends)."""
        place = min(max(gone, 0.0), 1.0) * _STEPS
        left = min(int(place), _STEPS - 1)
        a, b, part = self.shares[left], self.shares[left + 1], place - left
        return Range(_between(a.low, b.low, part), _between(a.mid, b.mid, part), _between(a.high, b.high, part))


def _between(a: float, b: float, part: float) -> float:
    return a + (b - a) * part


def usual(days: Sequence[QuietDay]) -> Usual:
    """The usual course out of quiet days with doses and a target; a labelled straight line when there are fewer than three.

    Middle: median over the days; low and high: the lowest and highest day. Assumption: a day like those days.
    """
    good = [day for day in days if day.final > 0 and day.target > 0]
    if len(good) < ENOUGH_DAYS:
        shares = tuple(Range(n / _STEPS, n / _STEPS, n / _STEPS) for n in range(_STEPS + 1))
        turnouts = [day.final / day.target for day in good]
        turnout = Range(min([1.0, *turnouts]) if turnouts else 0.0, 1.0, max([1.0, *turnouts]))
        return Usual(shares, turnout, STRAIGHT)
    shares = tuple(Range.of([day.share_by(n / _STEPS) for day in good]) for n in range(_STEPS + 1))
    turnout = Range.of([day.final / day.target for day in good])
    return Usual(shares, turnout, f"this district's own {len(good)} quiet days")


@dataclass(frozen=True)
class Pace:
    """Where a district stands at a moment of a session. All in doses."""

    target: int
    reported: int
    expected: Range  # by now
    close: Range  # forecast of the day's count
    label: str

    @property
    def delayed(self) -> Range:
        """Expected by now minus reported, never below 0: doses behind pace, which may still be given today."""
        return Range(
            *(max(0.0, bound - self.reported) for bound in (self.expected.low, self.expected.mid, self.expected.high))
        )

    @property
    def sentence(self) -> str:
        """`10 of about 133 doses expected by now; about 123 behind, counted by a straight line …`."""
        behind = round(self.delayed.mid)
        return f"{self.reported:,} of about {round(self.expected.mid):,} doses expected by now, {behind:,} behind; expected by {self.label}"


def pace(target: int, reported: int, gone: float, course: Usual) -> Pace:
    """Pace when the share `gone` of the session has passed.

    expected = target x turnout x share by now. Close = reported + target x turnout x (1 - share by now): the rest of the day at
    its usual pace, nothing made up for. Its low end is what is reported already, plus the rest on the lowest quiet day.
    """
    share, turnout = course.share_by(gone), course.turnout
    expected = Range(
        target * turnout.low * share.low, target * turnout.mid * share.mid, target * turnout.high * share.high
    )
    rest = Range(
        target * turnout.low * (1 - share.high),
        target * turnout.mid * (1 - share.mid),
        target * turnout.high * (1 - share.low),
    )
    close = Range(reported + rest.low, reported + rest.mid, reported + rest.high)
    return Pace(target, reported, expected, close, course.label)


def gone(opens_ms: int, closes_ms: int, now_ms: int) -> float:
    """Share of a session that has passed, 0 to 1. Milliseconds since 1970 UTC."""
    return min(max((now_ms - opens_ms) / (closes_ms - opens_ms), 0.0), 1.0)
