"""The paper backlog: doses reported and not yet recorded, how old, how fast it drains, when it may be cleared. Pure; doses and days.

backlog = reported - recorded, both since the start of the drive. Age: the registry is taken to be filled in the order the doses
were given, so the oldest unentered dose belongs to the first day whose reported count is above what is recorded now.
Drain = (backlog at the start of the window - backlog at its end) / days between; cleared in = backlog / drain, a range over the
slowest and fastest day of the window. The two series are taken at other hours of the day, so a backlog below one day's work is noise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from itertools import pairwise

WINDOW_DAYS = 3


@dataclass(frozen=True)
class Point:
    """Counts since the start of the drive, at the end of a day."""

    day: Date
    reported: int
    recorded: int

    @property
    def backlog(self) -> int:
        """Below 0: the registry is ahead of the telling; shown as it is."""
        return self.reported - self.recorded


@dataclass(frozen=True)
class Backlog:
    """Where the backlog stands on the newest day with both counts."""

    point: Point
    oldest: Date | None  # service day of the oldest unentered dose
    drain: float | None  # doses a day; below 0: it grows
    cleared_days: tuple[float, float | None] | None  # fastest, slowest; None within: at the slowest pace never
    stalled: bool

    @property
    def age_days(self) -> int:
        """Whole days since the oldest unentered dose was given; 0 when there is none."""
        return (self.point.day - self.oldest).days if self.oldest else 0

    @property
    def sentence(self) -> str:
        """Size, age, drain and forecast in words."""
        if self.point.backlog <= 0:
            return "no backlog"
        text = f"{self.point.backlog:,} doses on paper, the oldest {self.age_days} days old"
        if self.stalled:
            return f"{text}; nothing was entered in the last {WINDOW_DAYS} days"
        if self.cleared_days is None:
            return f"{text}; not shrinking"
        fast, slow = self.cleared_days
        end = f"to {slow:.0f} days" if slow is not None else "days at the fastest, at the slowest never"
        return f"{text}; cleared in {fast:.0f} {end} at the pace of the last {WINDOW_DAYS} days"


def points(reported: Mapping[str, int], recorded: Mapping[str, int]) -> list[Point]:
    """Days (ISO) on which both counts are known, oldest first. Nothing is filled in between."""
    days = sorted(reported.keys() & recorded.keys())
    return [Point(Date.fromisoformat(day), reported[day], recorded[day]) for day in days]


def backlog(series: Sequence[Point], window: int = WINDOW_DAYS) -> Backlog | None:
    """The backlog on the newest day; None without any. `window`: so many steps back the drain is looked at."""
    if not series:
        return None
    now, recent = series[-1], list(series[-window - 1 :])
    oldest = next((p.day for p in series if p.reported > now.recorded), None) if now.backlog > 0 else None
    if len(recent) < 2:
        return Backlog(now, oldest, None, None, False)
    days = (now.day - recent[0].day).days
    drain = (recent[0].backlog - now.backlog) / days
    steps = [(a.backlog - b.backlog) / (b.day - a.day).days for a, b in pairwise(recent)]
    stalled = now.backlog > 0 and len(recent) > window and now.recorded <= recent[0].recorded
    return Backlog(now, oldest, drain, _cleared(now.backlog, drain, steps), stalled)


def _cleared(left: int, drain: float, steps: Sequence[float]) -> tuple[float, float | None] | None:
    if left <= 0 or drain <= 0:
        return None
    slowest = min(steps)
    return left / max(steps), left / slowest if slowest > 0 else None
