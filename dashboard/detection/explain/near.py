"""How near a rule is to holding, so that the nearest miss of a place can be told. A rule says it for itself, where it has a measure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboard.reasons import Reason, percent

_MISSED = 0.99  # what does not hold is never all the way there


@dataclass(frozen=True)
class Near(Reason):
    """`way`: the share of the way from what is usual to what is wanted, 0 to 1; below 1 where the rule does not hold.

    `weakest`: of a rule that wants several shares at once, the one that is the furthest from it, in words.
    """

    way: float = 0.0
    weakest: str = ""


def way(value: float, limit: float, usual: float = 0.0) -> float:
    """The share of the way that `value` has gone from `usual` to `limit`, in one unit; 0 where there is no such way."""
    gone = (value - usual) / (limit - usual) if limit > usual else 0.0
    return min(max(gone, 0.0), _MISSED)


def weakest(parts: Sequence[tuple[float, float, str]]) -> tuple[float, str]:
    """Of parts (measured share, wanted share, where) that are wanted all at once the furthest from it: its way, and its words."""
    value, limit, where = min(parts, key=lambda part: way(part[0], part[1]))
    return way(value, limit), f"{percent(value)} {where}, {percent(limit)} is wanted"


def nearest_of(found: Iterable[Reason]) -> Near | None:
    """Of the rules that do not hold the one that is nearest to it; None: none has begun to."""
    missed = [one for one in found if isinstance(one, Near) and not one.holds and one.way > 0]
    return max(missed, key=lambda one: one.way, default=None)
