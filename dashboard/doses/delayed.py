"""Doses behind pace during an incident, with a 90 % interval. Pure. "During", never "because of".

Expected at the pace before, minus what was reported meanwhile. Doses given on paper and told later are behind too: delayed is not
deferred, which the evening shows. Spread:
sd^2 = sum(e phi / 2 + e^2 / a) + ((0.15 + 0.05 / (F(t0) + 0.08)) E)^2, with e and a the expected doses and the weight of each
district's pace, E their sum and F(t0) the share of the day by then.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.doses.expected import Profile, increase, pace
from dashboard.doses.stalls import District
from dashboard.thresholds import Doses

_Z90 = 1.645


@dataclass(frozen=True)
class Delayed:
    """Doses behind pace, and the bounds of the 90 % interval, none below 0."""

    doses: int
    low: int
    high: int


@dataclass(frozen=True)
class Day:
    """What an estimate needs of a session day; `midnight` in seconds since 1970 UTC."""

    rules: Doses
    profile: Profile
    midnight: float

    def share(self, at: float) -> float:
        return self.profile.share(at - self.midnight)


def delayed(day: Day, districts: Iterable[District], since: float, until: float) -> Delayed | None:
    """The estimate over a span, from all reports at hand; None when nothing was to be expected or the interval reaches 0."""
    total = spread = behind = 0.0
    for district in districts:
        if not district.reports or district.target <= 0:
            continue
        expected, weight, lost = _one(day, district, since, until)
        total, behind = total + expected, behind + lost
        spread += expected * day.rules.phi / 2 + expected**2 / weight
    if total <= 0:
        return None
    own = (0.15 + 0.05 / (day.share(since) + 0.08)) * total
    reach = _Z90 * math.sqrt(spread + own**2)
    low, middle, high = max(0.0, behind - reach), max(0.0, behind), max(0.0, behind + reach)
    return Delayed(round(middle), math.floor(low), math.ceil(high)) if math.floor(low) > 0 else None


def _one(day: Day, district: District, since: float, until: float) -> tuple[float, float, float]:
    """Expected doses of a district, the weight of its pace, and how many it is behind."""
    first = district.upto(since)
    before = increase([(0.0, 0), *district.reports[: first + 1]])
    own = pace(day.rules, before, day.share(min(district.reports[first][0], since)), district.target)
    left = max(0.0, district.target - before)
    expected = min(own.day * (day.share(until) - day.share(since)), left)
    recorded = _given(district, until) - _given(district, since)
    return expected, own.weight, expected - recorded


def _given(district: District, at: float) -> float:
    """Cumulative doses at a moment, on a straight line between two reports."""
    index = district.upto(at)
    start, before = district.reports[index]
    if at <= start or index + 1 >= len(district.reports):
        return float(before)
    end, after = district.reports[index + 1]
    return before + (max(before, after) - before) * (at - start) / (end - start)
