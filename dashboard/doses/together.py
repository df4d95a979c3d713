"""Doses that stop in many districts at once: what a group's reports of the last minutes say together. Pure; driven by stalls.py."""

from collections.abc import Sequence
from typing import NamedTuple

from dashboard.doses.expected import tail
from dashboard.settings.thresholds import Doses

_FEWEST = 2  # districts that a group hears of
_HALF = 0.5


class Pool(NamedTuple):
    """One district's part: doses to be expected over the group's window, their variance, and those that were told."""

    expected: float
    variance: float
    added: int


def are_behind(taken: Sequence[Pool]) -> bool:
    """True when a group's doses are below half of its pace, and those of most of its districts: one large one is no group."""
    low = sum(pool.added <= _HALF * pool.expected for pool in taken)
    return low > _HALF * len(taken) and _added(taken) <= _HALF * _expected(taken)


def stopped_together(rules: Doses, taken: Sequence[Pool], districts: int) -> str | None:
    """The evidence in words that a group of so many districts has stopped, by a negative binomial of its sums; None if it has not."""
    expected, added = _expected(taken), _added(taken)
    if len(taken) < max(_FEWEST, _HALF * districts) or expected < rules.min_expected:
        return None
    low = sum(pool.added <= rules.group_ratio * pool.expected for pool in taken)
    stopped = added <= rules.group_ratio * expected and low >= rules.group_share * len(taken)
    if not stopped or tail(added, expected, sum(pool.variance for pool in taken)) >= rules.alpha:
        return None
    return f"{added} doses in {rules.group_window_min:.0f} minutes, {expected:.0f} were to be expected"


def _expected(taken: Sequence[Pool]) -> float:
    return sum(pool.expected for pool in taken)


def _added(taken: Sequence[Pool]) -> int:
    return sum(pool.added for pool in taken)
