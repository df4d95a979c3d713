"""Doses behind pace during an incident, with a 90 % interval. Pure. "During", never "because of".

Expected at the pace before, minus what was reported meanwhile. Doses given on paper and told later are behind too: delayed is not
deferred, which the evening shows. Spread:
sd^2 = sum(e phi / 2 + e^2 / a) + (sum((0.15 + 0.05 / (F(t0) + 0.08)) e))^2, with e and a the expected doses and the weight of each
district's pace and F(t0) the share of its day by then.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from dashboard.doses.expected import Profile, increase, pace
from dashboard.doses.reports import District
from dashboard.settings.thresholds import Doses

_Z90 = 1.645


@dataclass(frozen=True)
class Delayed:
    """Doses behind pace, and the bounds of the 90 % interval, none below 0."""

    doses: int
    low: int
    high: int


@dataclass(frozen=True)
class Day:
    """What an estimate needs of a session day; `midnight`, and begin and end of each planned downtime, in seconds since 1970 UTC."""

    rules: Doses
    profile: Profile
    midnight: float
    downtime: tuple[tuple[float, float], ...] = ()

    def share(self, at: float) -> float:
        """Share of a usual day's doses that is to be expected by a moment; none in planned downtime."""
        lost = sum(self._usual(min(at, ends)) - self._usual(min(at, begins)) for begins, ends in self.downtime)
        return self._usual(at) - lost

    def _usual(self, at: float) -> float:
        return self.profile.share(at - self.midnight)


@dataclass(frozen=True)
class Part:
    """One district's part: doses expected in the span and those it is behind; its own variance, and a reach shared with the others."""

    expected: float
    behind: float
    variance: float
    shared: float


def delayed(day: Day, districts: Iterable[District], since: float, until: float) -> Delayed | None:
    """The estimate over a span, from all reports at hand; None when nothing was to be expected or the interval reaches 0."""
    return together(part(day, district, since, until) for district in districts)


def together(parts: Iterable[Part | None]) -> Delayed | None:
    """The estimate over several districts' parts; None when nothing was to be expected or the interval reaches 0."""
    known = [one for one in parts if one is not None and one.expected > 0]
    behind, shared = sum(one.behind for one in known), sum(one.shared for one in known)
    reach = _Z90 * math.sqrt(sum(one.variance for one in known) + shared**2)
    low, middle, high = (max(0, behind - reach), max(0, behind), max(0, behind + reach))
    if math.floor(low) <= 0:
        return None
    return Delayed(round(middle), math.floor(low), math.ceil(high))


def part(day: Day, district: District, since: float, until: float) -> Part | None:
    """A district's part of a span, up to its newest report: what was not told yet is not behind. None without reports or target."""
    if not district.reports or district.target <= 0:
        return None
    told, until = _from_opening(day, district), min(until, district.newest[0])
    first = told.upto(since)
    before = increase(told.reports[: first + 1])
    own = pace(day.rules, before, day.share(told.reports[first][0]), told.target)
    begun = day.share(since)
    expected = max(0.0, min(own.day * (day.share(until) - begun), told.target - before))
    behind = expected - (_given(told, until) - _given(told, since))
    shared = (0.15 + 0.05 / (begun + 0.08)) * expected
    return Part(expected, behind, expected * day.rules.phi / 2 + expected**2 / own.weight, shared)


def _from_opening(day: Day, district: District) -> District:
    """With the zero that every day begins with: a first report after the incident began says nothing of the pace before it."""
    opening = (min(day.midnight + day.profile.opens, district.reports[0][0]), 0)
    return replace(district, reports=[opening, *district.reports])


def _given(district: District, at: float) -> float:
    """Cumulative doses at a moment, on a straight line between two reports."""
    index = district.upto(at)
    start, before = district.reports[index]
    if at <= start or index + 1 >= len(district.reports):
        return float(before)
    end, after = district.reports[index + 1]
    return before + (max(before, after) - before) * (at - start) / (end - start)
