"""What a day ended without, during an incident: a range, never one number, never "because of". Pure; in doses.

Deferred = usual turnout x target - final reported, over the affected districts. It is beside what the unaffected districts did that
day (difference in differences): where they too stayed below their usual turnout, the day itself was not a usual one, and the
smaller estimate scales the expectation by their ratio. Without unaffected districts with figures the low end is 0. Both ends are moved
outwards by 1.645 standard deviations of the turnout of quiet days (90 %, districts apart from each other), and no more is deferred than
was to be expected while the incident lasted.
Assumptions: the usual turnout would have held; people turned away did not come elsewhere; both groups meet the same day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor, log10, sqrt

from dashboard.doses.numbers import indian

_Z90 = 1.645


@dataclass(frozen=True)
class DistrictDay:
    """One district's day: its target, its final reported count, and its usual turnout (doses given per dose planned).

    `spread` is the standard deviation of that turnout, `during` the share of a usual day's doses that falls into the incident, and
    `districts` how many share the figure.
    """

    target: int
    reported: int
    usual_turnout: float
    spread: float = 0.0
    during: float = 1.0
    districts: int = 1


@dataclass(frozen=True)
class Deferred:
    """Doses a day ended without. `ratio`: turnout of the unaffected districts that day over their usual one; None: there are none."""

    low: float
    high: float
    affected: int
    unaffected: int
    ratio: float | None
    unaffected_turnout: float | None

    @property
    def sentence(self) -> str:
        """A sentence that may be printed: a rounded range, who is meant, and what the others did."""
        here = f"{span(self.low, self.high)} doses deferred in {districts(self.affected)} during the incident"
        if self.unaffected_turnout is None:
            return f"{here}; no unaffected district has figures to set beside"
        rest = f"the {districts(self.unaffected, 'unaffected ')} reached {self.unaffected_turnout:.0%} of target"
        return f"{here}; {rest}".replace("%", " %")


def deferred(affected: Iterable[DistrictDay], unaffected: Iterable[DistrictDay] = ()) -> Deferred:
    """The range for the affected districts, beside the unaffected ones of the same day."""
    hit, spared = list(affected), [day for day in unaffected if day.target > 0]
    expected, reported = _expected(hit), sum(d.reported for d in hit)
    most = sum(d.usual_turnout * d.target * d.during for d in hit)
    number, usual = sum(d.districts for d in hit), _expected(spared)
    if usual <= 0:
        high = expected - reported + _Z90 * _deviation(hit)
        return Deferred(0.0, min(max(0.0, high), most), number, 0, None, None)
    given = sum(d.reported for d in spared)
    ratio = given / usual
    plain, beside = expected - reported, expected * ratio - reported
    reach = _Z90 * sqrt(_deviation(hit) ** 2 + (_deviation(spared) * expected / usual) ** 2)
    low, high = max(0.0, min(plain, beside) - reach), max(0.0, plain + reach, beside + reach)
    most *= max(1.0, ratio)
    turnout = given / sum(d.target for d in spared)
    return Deferred(min(low, most), min(high, most), number, sum(d.districts for d in spared), ratio, turnout)


def _expected(days: Iterable[DistrictDay]) -> float:
    return sum(d.usual_turnout * d.target for d in days)


def _deviation(days: Iterable[DistrictDay]) -> float:
    return sqrt(sum((d.spread * d.target) ** 2 for d in days))


def span(low: float, high: float) -> str:
    """A range as an estimate may be printed, two figures each: `640 to about 700`."""
    a, b = about(low), about(high)
    return f"about {indian(b)}" if a == b else f"{indian(a)} to about {indian(b)}"


def about(doses: float) -> int:
    """A number rounded to two figures, as an estimate may be printed: 3,422 is about 3,400."""
    if doses < 10:
        return round(doses)
    step = 10 ** (floor(log10(doses)) - 1)
    return int(round(doses / step) * step)


def districts(count: int, which: str = "") -> str:
    """`1 district`, `9 unaffected districts`."""
    return f"{count} {which}{'district' if count == 1 else 'districts'}"
