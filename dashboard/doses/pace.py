"""Pace: doses reported against the doses expected by this hour, and a forecast for the close. Pure; doses as counts, times as shares.

Source of the formula: expected by now = target x turnout x share of the day's doses usually given by this hour. Turnout and share come
from the place's own quiet days (days without incident). Before there are three of them the share is a straight line through the session
hours, and labelled so, and every place may be filled or none: the target is an upper bound, 0 the lower one.
May be changed: how many quiet days are enough, and how far apart their tellings may be.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

ENOUGH_DAYS: Final = 3
WIDEST_GAP: Final = 0.5  # of a session without a telling: beyond it the share by hour is not known
_STEPS: Final = 20
_PLACES: Final = np.linspace(0.0, 1.0, _STEPS + 1)
STRAIGHT: Final = "a straight line through the session hours: too few quiet days of this place are known"


@dataclass(frozen=True)
class Range:
    """A middle value with the lowest and highest that the evidence allows."""

    low: float
    mid: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Range":
        return cls(float(min(values)), float(np.median(values)), float(max(values)))


@dataclass(frozen=True)
class QuietDay:
    """A day without incident: (share of the session gone, doses so far), ascending, the final count, and the target."""

    so_far: tuple[tuple[float, int], ...]
    final: int
    target: int

    @property
    def by_hour(self) -> bool:
        """Whether its tellings are close enough to say how the day went; one evening figure says only its turnout."""
        places = [0.0, *(place for place, _ in self.so_far), 1.0]
        return max(b - a for a, b in itertools.pairwise(places)) <= WIDEST_GAP

    def shares(self, gone: Sequence[float]) -> list[float]:
        """Share of the day's doses given by shares of the session, between two counts along a straight line."""
        places = [0.0, *(place for place, _ in self.so_far), 1.0]
        doses = [0, *corrected([*(count for _, count in self.so_far), self.final])]
        return [float(share) / self.final for share in np.interp(gone, places, doses)]


def corrected(counts: Sequence[int]) -> list[int]:
    """Doses so far, oldest first, none above a later one: what was revised downward was never given."""
    return list(itertools.accumulate(reversed(counts), min))[::-1]


Stretch = tuple[float, float]  # of a session: begin and end, as shares of it


@dataclass(frozen=True)
class Part:
    """What part of a place has these sessions on a day, and when nobody comes to them; as shares of the place's own session.

    `weight` in any unit, such as the target of its districts.
    """

    weight: float
    session: Stretch = (0.0, 1.0)
    pauses: tuple[Stretch, ...] = ()


@dataclass(frozen=True)
class Usual:
    """How a day usually goes: the share of its doses by each twentieth of the session, the turnout, and where both come from.

    `days` are the quiet days it is made of, `spread` the standard deviation of their turnout; both 0 when too few are known.
    `by_hour`: the shares are those of quiet days too; else they rise along a straight line.
    """

    shares: tuple[Range, ...]
    turnout: Range
    label: str
    days: int = 0
    spread: float = 0.0
    by_hour: bool = False

    def share_by(self, gone: float) -> Range:
        """Share of the day's doses usually given by a share of the session (0 to 1, held at the ends)."""
        place = min(max(gone, 0.0), 1.0) * _STEPS
        left = min(int(place), _STEPS - 1)
        a, b, part = self.shares[left], self.shares[left + 1], place - left
        return Range(_between(a.low, b.low, part), _between(a.mid, b.mid, part), _between(a.high, b.high, part))

    def without(self, pauses: Iterable[Stretch]) -> "Usual":
        """The same with pauses of all, such as planned downtime: nobody comes meanwhile, and nobody instead at another hour.

        Between two twentieths of the session the loss is spread evenly.
        """
        return self.of_parts([Part(1, pauses=tuple(pauses))])

    def of_parts(self, parts: Sequence[Part]) -> "Usual":
        """The same of a place whose districts differ that day: each twentieth falls by the weight of those to whom nobody comes then.

        A straight line becomes the sum of their lines; the hours of quiet days hold for their sessions already. Source: each part's
        doses spread over its own session, added up by weight. Parts without any weight change nothing.
        """
        due, left = np.zeros(_STEPS), np.zeros(_STEPS)
        for part in parts:
            mine = _within(part.session)
            mine *= part.weight / mine.sum() if mine.any() else 0
            due += mine
            left += mine * (1 - _paused(part.pauses))
        if not due.any() or not (any(part.pauses for part in parts) or (len(parts) > 1 and not self.by_hour)):
            return self
        even = due if self.by_hour else np.full(_STEPS, due.sum() / _STEPS)
        kept = np.divide(left, even, out=np.ones(_STEPS), where=even > 0)
        rises = np.diff([(share.low, share.mid, share.high) for share in self.shares], axis=0) * kept[:, np.newaxis]
        bounds = np.sort(np.vstack([np.zeros(3), rises.cumsum(axis=0)]), axis=1)
        shares, less = tuple(Range(*row) for row in bounds.tolist()), _less(parts)
        return replace(self, shares=shares, label=self.label.removesuffix(less) + less)


def _within(stretch: Stretch) -> NDArray[np.float64]:
    """Of each twentieth of a session the share that lies in a stretch."""
    inside: NDArray[np.float64] = np.minimum(_PLACES[1:], stretch[1]) - np.maximum(_PLACES[:-1], stretch[0])
    return (inside * _STEPS).clip(0, 1)


def _paused(pauses: Iterable[Stretch]) -> NDArray[np.float64]:
    """Of each twentieth the share that lies in any of the pauses, which may overlap."""
    inside, upto = np.zeros(_STEPS), 0.0
    for begins, ends in sorted(pauses):
        inside += _within((max(begins, upto), ends))
        upto = max(upto, ends)
    return inside.clip(0, 1)


def _less(parts: Sequence[Part]) -> str:
    if not any(part.pauses for part in parts):
        return "; its districts' own hours, by target"
    if len(parts) == 1:
        return "; without the planned downtime and suspensions of the day"
    return "; less the planned downtime and suspensions of its districts, by target"


def _between(a: float, b: float, part: float) -> float:
    return a + (b - a) * part


_STRAIGHT_SHARES: Final = tuple(Range(n / _STEPS, n / _STEPS, n / _STEPS) for n in range(_STEPS + 1))


def usual(days: Sequence[QuietDay]) -> Usual:
    """The usual course out of quiet days with doses and a target; a labelled straight line when there are fewer than three.

    Middle: median over the days; low and high: the lowest and highest day. Assumption: a day like those days. Days told only in the
    evening give the turnout; the share by hour needs three days told during the session too.
    """
    good = [day for day in days if day.final > 0 and day.target > 0]
    turnouts = [day.final / day.target for day in good]
    if len(good) < ENOUGH_DAYS:
        return Usual(_STRAIGHT_SHARES, Range(0.0, 1.0, max([1.0, *turnouts])), STRAIGHT)
    told, label = [day for day in good if day.by_hour], f"its own {len(good)} quiet days"
    shares, by_hour = _STRAIGHT_SHARES, len(told) >= ENOUGH_DAYS
    if not by_hour:
        label += "; by the hour a straight line, as they were hardly told during the session"
    else:
        table = np.array([day.shares(_PLACES.tolist()) for day in told])
        bounds = np.stack([table.min(axis=0), np.median(table, axis=0), table.max(axis=0)], axis=1)
        shares = tuple(Range(*row) for row in bounds.tolist())
    return Usual(shares, Range.of(turnouts), label, len(good), float(np.std(turnouts, ddof=1)), by_hour)


@dataclass(frozen=True)
class Pace:
    """Where a place stands at the hour of a figure. All in doses."""

    target: int
    reported: int
    expected: Range  # by that hour
    close: Range  # forecast of the day's count
    label: str

    @property
    def delayed(self) -> Range:
        """Expected by then minus reported, never below 0: doses behind pace, which may still be given today."""
        return Range(
            *(max(0.0, bound - self.reported) for bound in (self.expected.low, self.expected.mid, self.expected.high))
        )


def pace(target: int, reported: int, gone: float, course: Usual) -> Pace:
    """Pace when the share `gone` of the session has passed.

    Close = reported + target x turnout x (1 - share by then): the rest of the day at its usual pace, nothing made up for. Its low end
    is what is reported already, plus the rest on the lowest quiet day. On a day with planned downtime the 1 is less.
    """
    share, whole, turnout = course.share_by(gone), course.share_by(1.0), course.turnout
    rest = Range.of([whole.low - share.low, whole.mid - share.mid, whole.high - share.high])
    close = Range(
        reported + target * turnout.low * rest.low,
        reported + target * turnout.mid * rest.mid,
        reported + target * turnout.high * rest.high,
    )
    return Pace(target, reported, expected(target, gone, course), close, course.label)


def expected(target: int, gone: float, course: Usual) -> Range:
    """Doses to be expected by a share of the session: target x turnout x share of the day's doses usually given by then."""
    share, turnout = course.share_by(gone), course.turnout
    return Range(target * turnout.low * share.low, target * turnout.mid * share.mid, target * turnout.high * share.high)


@dataclass(frozen=True)
class PaceNow:
    """A place at a moment: what was to be expected by now, and its pace at the hour of its newest figure; None: not reported."""

    target: int
    by_now: Range
    told: Pace | None
    told_at_ms: int | None
    course: Usual


def pace_now(
    target: int, reported: tuple[int, int] | None, session: tuple[int, int], now_ms: int, course: Usual
) -> PaceNow:
    """Pace at a moment. `reported` is (doses, the moment they were true); moments in ms since 1970 UTC.

    A figure is compared with what was expected at its own hour: an old figure is not behind for being old.
    """
    by_now = expected(target, gone(*session, now_ms), course)
    if reported is None:
        return PaceNow(target, by_now, None, None, course)
    doses, at_ms = reported
    return PaceNow(target, by_now, pace(target, doses, gone(*session, at_ms), course), at_ms, course)


def gone(opens_ms: int, closes_ms: int, now_ms: int) -> float:
    """Share of a session that has passed, 0 to 1. Milliseconds since 1970 UTC."""
    return min(max((now_ms - opens_ms) / (closes_ms - opens_ms), 0.0), 1.0)
