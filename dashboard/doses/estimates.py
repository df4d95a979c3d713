"""What a day ended without, during an incident: a range, never one number, never "because of". Pure; in doses.

Deferred = usual turnout x target - final reported, over the affected districts. It is beside what the unaffected districts did that
day (difference in differences): where they too stayed below their usual turnout, the day itself was not a usual one, and the
smaller estimate scales the expectation by their ratio. Without unaffected districts with figures the low end is 0.
Assumptions: the usual turnout would have held; people turned away did not come elsewhere; both groups meet the same day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor, log10

from dashboard.doses.numbers import indian


@dataclass(frozen=True)
class DistrictDay:
    """One district's day: its target, its final reported count, and its usual turnout (doses given per dose planned)."""

    target: int
    reported: int
    usual_turnout: float


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
        low, high = about(self.low), about(self.high)
        doses = f"about {indian(high)}" if low == high else f"{indian(low)} to about {indian(high)}"
        here = f"{doses} doses deferred in {self.affected} {_districts(self.affected)} during the incident"
        if self.unaffected_turnout is None:
            return f"{here}; no unaffected district has figures to set beside"
        rest = f"the {self.unaffected} unaffected {_districts(self.unaffected)} reached {self.unaffected_turnout:.0%} of target"
        return f"{here}; {rest}".replace("%", " %")


def deferred(affected: Iterable[DistrictDay], unaffected: Iterable[DistrictDay] = ()) -> Deferred:
    """The range for the affected districts, beside the unaffected ones of the same day."""
    hit, spared = list(affected), [day for day in unaffected if day.target > 0]
    expected, reported = sum(d.usual_turnout * d.target for d in hit), sum(d.reported for d in hit)
    plain = max(0.0, expected - reported)
    usual = sum(d.usual_turnout * d.target for d in spared)
    if usual <= 0:
        return Deferred(0.0, plain, len(hit), 0, None, None)
    given = sum(d.reported for d in spared)
    ratio = given / usual
    beside = max(0.0, expected * ratio - reported)
    turnout = given / sum(d.target for d in spared)
    return Deferred(min(plain, beside), max(plain, beside), len(hit), len(spared), ratio, turnout)


def about(doses: float) -> int:
    """A number rounded to two figures, as an estimate may be printed: 3,422 is about 3,400."""
    if doses < 10:
        return round(doses)
    step = 10 ** (floor(log10(doses)) - 1)
    return int(round(doses / step) * step)


def _districts(count: int) -> str:
    return "district" if count == 1 else "districts"
