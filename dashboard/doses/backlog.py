"""The paper backlog: doses reported and not yet recorded, how old, how fast it drains, when it may be cleared. Pure; doses and days.

backlog = reported - recorded, both since the start of the drive.
Age: where the counts of each service day are known, the oldest unentered dose belongs to the first day whose reported count is above
its recorded one. Where only counts since the start are known, the registry is taken to be filled in the order the doses were given:
the first day whose reported count is above what is recorded now.
Drain = (backlog at the start of the window - backlog at its end) / days between; cleared in = backlog / drain, a range over the
fastest and slowest step of the window, which is the last three session days. Stalled: a backlog, and nothing entered in that window.
Assumed: entering goes on as in the window, and reported doses are entered at all. The two counts are taken at other hours of the
day, so a backlog below one day's work is noise. Source: the published pair of series of January to March 2021, in which all of this
can be seen (12,602 on the first day, 9,070 five weeks later); the window of three session days is ours.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from itertools import pairwise
from math import ceil, floor
from typing import NamedTuple

from dashboard.doses.numbers import indian

WINDOW_DAYS = 3
FAR_DAYS = 60  # beyond it a forecast is only called far
_DAY = timedelta(days=1)
InSession = Callable[[Date], bool]


class Point(NamedTuple):
    """Counts since the start of the drive, at the end of a day."""

    day: Date
    reported: int
    recorded: int

    @property
    def backlog(self) -> int:
        """Below 0: the registry is ahead of the telling; shown in words, never as a negative number of doses."""
        return self.reported - self.recorded


@dataclass(frozen=True)
class Backlog:
    """Where the backlog stands on the newest day with both counts."""

    point: Point
    oldest: Date | None  # service day of the oldest unentered dose
    drain: float | None  # doses a day; below 0: it grows
    rates: tuple[float, float] | None  # the fastest and the slowest step of the window, doses a day
    stalled: bool
    since: Date | None = None  # where the window begins
    at_least: bool = False  # the counts of the days before are not known: the oldest may be older

    @property
    def age_days(self) -> int:
        """Whole days since the oldest unentered dose was given; 0 when there is none."""
        return (self.point.day - self.oldest).days if self.oldest else 0

    @property
    def age(self) -> str:
        """`3 days`, or `at least 60 days`."""
        return ("at least " if self.at_least else "") + _days(self.age_days)

    @property
    def cleared_days(self) -> tuple[float, float | None] | None:
        """Days until it is cleared at the fastest and at the slowest pace (None within: never); None: not shrinking, or none left."""
        if self.point.backlog <= 0 or self.drain is None or self.drain <= 0 or self.rates is None:
            return None
        fast, slow = self.rates
        return self.point.backlog / fast, self.point.backlog / slow if slow > 0 else None

    @property
    def forecast(self) -> str:
        """`in 5 to 12 days`, `in 5 days at the fastest, at the slowest never`, `not shrinking`; empty: nothing is known of its pace."""
        if self.point.backlog <= 0 or self.drain is None:
            return ""
        return "not shrinking" if self.cleared_days is None else "in " + _span(*self.cleared_days)

    @property
    def sentence(self) -> str:
        """Size, age, drain and forecast in words."""
        if self.point.backlog <= 0:
            return "no backlog"
        text = f"{indian(self.point.backlog)} doses on paper, the oldest {self.age} old"
        if self.stalled:
            return f"{text}; nothing was entered in the last {WINDOW_DAYS} session days"
        if not self.forecast:
            return text
        if self.cleared_days is None:
            return f"{text}; not shrinking"
        return f"{text}; cleared {self.forecast} at the pace of the last {WINDOW_DAYS} session days"


def points(reported: Mapping[str, int], recorded: Mapping[str, int]) -> list[Point]:
    """Days (ISO) on which both counts are known, oldest first. Nothing is filled in between."""
    days = sorted(reported.keys() & recorded.keys())
    return [Point(Date.fromisoformat(day), reported[day], recorded[day]) for day in days]


def backlog(
    series: Sequence[Point],
    window: int = WINDOW_DAYS,
    in_session: InSession = lambda _: True,
    unentered: Mapping[Date, int] | None = None,
    first_day: Date | None = None,
) -> Backlog | None:
    """The backlog on the newest day of a series, oldest first; None without any.

    `window` counts session days back: those without sessions, and planned downtime, make no stall. `unentered` are doses by service
    day where the counts of each day are known by themselves.
    """
    if not series:
        return None
    now = series[-1]
    start = _start(series, window, in_session)
    whole = start is not None
    recent = series[start or 0 :]
    stalled = whole and now.backlog > 0 and now.recorded <= recent[0].recorded
    oldest = _oldest(series, unentered)
    at_least = unentered is None and first_day is not None and oldest == series[0].day > first_day
    if len(recent) < 2:
        return Backlog(now, oldest, None, None, stalled, None, at_least)
    steps = [(a.backlog - b.backlog) / (b.day - a.day).days for a, b in pairwise(recent)]
    drain = (recent[0].backlog - now.backlog) / (now.day - recent[0].day).days
    return Backlog(now, oldest, drain, (max(steps), min(steps)), stalled, recent[0].day, at_least)


def _start(series: Sequence[Point], window: int, in_session: InSession) -> int | None:
    """Index of the newest point with at least `window` session days after it."""
    day, passed = series[-1].day, 0
    for index in range(len(series) - 2, -1, -1):
        while day > series[index].day and passed < window:
            passed += in_session(day)
            day -= _DAY
        if passed >= window:
            return index
    return None


def _oldest(series: Sequence[Point], unentered: Mapping[Date, int] | None) -> Date | None:
    now = series[-1]
    if unentered is not None:
        return min((day for day, doses in unentered.items() if doses > 0), default=None)
    return next((p.day for p in series if p.reported > now.recorded), None) if now.backlog > 0 else None


def falls(series: Sequence[Point]) -> dict[Date, str]:
    """Days on which a count fell, in words: a revision, never doses taken back."""
    found: dict[Date, str] = {}
    for before, after in pairwise(series):
        parts = [
            f"{kind} revised downward by {indian(drop)}"
            for kind, drop in (
                ("reported", before.reported - after.reported),
                ("recorded", before.recorded - after.recorded),
            )
            if drop > 0
        ]
        if parts:
            found[after.day] = "; ".join(parts)
    return found


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _span(fast: float, slow: float | None) -> str:
    """Whole days, the fast end rounded down and the slow end up: the range is never made narrower than it is."""
    if fast > FAR_DAYS:
        return f"over {FAR_DAYS} days"
    soonest = floor(fast)
    if slow is None:
        return f"{_days(max(soonest, 1))} at the fastest, at the slowest never"
    if slow > FAR_DAYS:
        return f"{soonest} to over {FAR_DAYS} days" if soonest else f"up to over {FAR_DAYS} days"
    latest = ceil(slow)
    if soonest in (0, latest):
        return f"{'about' if soonest else 'up to'} {_days(latest)}"
    return f"{soonest} to {_days(latest)}"
