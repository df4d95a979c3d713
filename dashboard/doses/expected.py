"""A district's own pace: how many doses were to be expected in a span of its day. Pure.

Gamma-Poisson: the doses of a day are Gamma with the prior of the rules, updated by what was given so far; counts are overdispersed, so
they weigh 1/phi. Method: `docs/rules.md`, section on doses.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.settings.thresholds import Doses

# share of a session day's doses by hour of the day; lunch is a third of the hours around it
_BY_HOUR = {9: 0.10, 10: 0.16, 11: 0.17, 12: 0.15, 13: 0.05, 14: 0.13, 15: 0.12, 16: 0.09}
_OTHER_HOUR = 0.09
_LUNCH_HOUR = 13
_HOUR_S = 3600.0


class Profile:
    """Share of a day's doses given by a time of the day. `opens`, `closes` and times in seconds after midnight."""

    def __init__(self, opens: float, closes: float) -> None:
        self.opens, self.closes = opens, closes
        self._whole = self._sum(closes)

    def share(self, second: float) -> float:
        """0 before the session, 1 after it."""
        return self._sum(second) / self._whole

    def due(self, start: float, end: float, lunch_share: float) -> float:
        """Share of the day's doses to be expected between two times; of those of lunch only a share, as a site may close altogether."""
        lunch, over = _LUNCH_HOUR * _HOUR_S, (_LUNCH_HOUR + 1) * _HOUR_S
        at_lunch = self.share(min(max(end, lunch), over)) - self.share(min(max(start, lunch), over))
        return self.share(end) - self.share(start) - (1 - lunch_share) * at_lunch

    @staticmethod
    def worked(start: float, end: float) -> float:
        """Seconds of a span without those of lunch, in which a site may close altogether."""
        lunch = _LUNCH_HOUR * _HOUR_S
        return end - start - max(0.0, min(end, lunch + _HOUR_S) - max(start, lunch))

    def _sum(self, second: float) -> float:
        upto, total = min(max(second, self.opens), self.closes), 0.0
        hour = int(self.opens // _HOUR_S)
        start = self.opens
        while start < upto:
            end = (hour + 1) * _HOUR_S
            total += _BY_HOUR.get(hour, _OTHER_HOUR) * ((end if end < upto else upto) - start) / _HOUR_S
            hour, start = hour + 1, end
        return total


@dataclass(frozen=True)
class Pace:
    """Expected doses of a whole day; `weight` is the shape of its Gamma: the larger, the surer."""

    day: float
    weight: float


def pace(rules: Doses, given: float, share: float, target: float) -> Pace:
    """The pace of a district that has given so many doses by that share of its day; `target` in doses, above 0."""
    weight = rules.prior_strength + given / rules.phi
    prior_day = rules.turnout_prior * target
    day = weight / (rules.prior_strength / prior_day + share / rules.phi)
    return Pace(min(day, rules.r_max * prior_day), weight)


def tail(given: float, expected: float, variance: float) -> float:
    """Chance of at most so many doses, by a negative binomial of that mean and variance (above the mean)."""
    size = expected * expected / max(variance - expected, 1e-9)
    log_p, log_q = math.log(size / (size + expected)), math.log(expected / (size + expected))
    chance = 0.0
    for count in range(int(given) + 1):
        log = math.lgamma(count + size) - math.lgamma(size) - math.lgamma(count + 1) + size * log_p + count * log_q
        chance += math.exp(log)
    return min(chance, 1.0)


def increase(counts: Sequence[tuple[float, int]]) -> int:
    """Doses added over consecutive reports (time, cumulative); a correction downwards is no dose taken back."""
    return sum(max(0, later[1] - former[1]) for former, later in itertools.pairwise(counts))
