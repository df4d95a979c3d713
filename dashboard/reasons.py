"""One rule looked at for one place at one moment: did it hold, and if not, what was missing. Pure; words for people.

Rooms that judge make these; the page Why and `tikawatch explain` show them. A field may be added with a default.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """`key` is the threshold's place in config.yaml, under dashboard.rules; empty for what no threshold rules.

    `missing` says what was missing, with its unit; it is empty exactly where the rule holds.
    `quiets`: where it holds, nobody is told of what the other rules found, or not yet.
    """

    rule: str
    key: str
    holds: bool
    measured: str
    threshold: str
    missing: str = ""
    quiets: bool = False


def quiet(rule: str, key: str, holds: bool, measured: str, threshold: str) -> Reason:
    """A rule that keeps others from being told, or delays them."""
    return Reason(rule, key, holds, measured, threshold, "" if holds else "it does not apply", quiets=True)


def percent(share: float) -> str:
    """0.7 -> "70%", 0.696 -> "69.6%"."""
    return f"{100 * share:.1f}".removesuffix(".0") + "%"


def lacking(value: float, limit: float, unit: str) -> str:
    """What a value lacks to a limit, "0.5 times"; never 0."""
    gap = limit - value
    if gap < 0.05:
        return f"less than 0.1 {unit}"
    return f"{gap:.1f} {unit}" if gap < 9.95 else f"{gap:.0f} {unit}"


def points(value: float, limit: float) -> str:
    """What a share lacks to another, in percentage points."""
    return lacking(100 * value, 100 * limit, "points")


def more(number: int, one: str) -> str:
    """ "1 more district", "3 more districts"."""
    return f"{number} more {one if number == 1 else one + 's'}"


def together(*parts: str) -> str:
    """The parts that say something, in one line."""
    return "; ".join(part for part in parts if part)
