"""What is left of an incident when the registry works again: paper to enter, the pace of entering, counts that do not fit. Pure; doses.

backlog left = reported - recorded over the places of the incident, of the largest it was since the fault began. The surge is what was
recorded an hour lately, beside a usual hour: the median day's recorded doses over the hours of a session. Recorded above
reported may be doses entered twice, or told too low: it is shown, never taken off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from datetime import timedelta
from itertools import pairwise
from statistics import median

from dashboard.doses.backlog import Backlog, InSession, Point, backlog
from dashboard.doses.numbers import indian

_AWAITED = timedelta(days=7)  # who told counts within this time will tell the next


@dataclass(frozen=True)
class Days:
    """The days on which the incident began and ended, and today; a pace of entering counts session days alone."""

    began: Date
    ended: Date
    today: Date
    in_session: InSession = field(default=lambda _: True)


@dataclass(frozen=True)
class Pace:
    """Doses recorded an hour: `lately`, and in a `usual` hour of a session of `hours`. None: not known."""

    lately: float | None = None
    hours: float = 8.0
    usual: float | None = None


@dataclass(frozen=True)
class Recovery:
    """Where the recovery stands, in doses. `now` None: no place has both counts."""

    now: Backlog | None
    most: int = 0  # the largest backlog since the fault began
    is_counted: bool = False  # both counts are known of the day it ended, or later
    is_awaited: bool = False  # the newest counts are of late, so that the next ones are worth waiting for
    pace: Pace = Pace()
    doubled: Mapping[str, int] = field(default_factory=dict)  # recorded above reported, by place

    @property
    def left(self) -> int | None:
        """Doses still on paper; None: not known."""
        return None if self.now is None or not self.is_counted else max(0, self.now.point.backlog)

    @property
    def sentence(self) -> str:
        """What the phase looks like, in words."""
        return ". ".join([self._paper(), *self._surge(), *self._doubled()])

    def _paper(self) -> str:
        if self.now is None:
            return "No counts of the registry are known here"
        if not self.is_counted:
            return f"The registry's counts of that day are not known yet; the newest are of {_day(self.now.point.day)}"
        if not self.left:
            return "No doses are left on paper"
        of_most = f" of {indian(self.most)}" if self.most > self.left else ""
        pace = f"; cleared {self.now.forecast}" if self.now.forecast.startswith("in ") else ""
        drain = (
            f", {indian(round(self.now.drain))} fewer a day"
            if self.now.drain and self.now.drain > 0
            else ", not shrinking"
        )
        return f"{indian(self.left)}{of_most} doses are left on paper{drain}{pace}"

    def _surge(self) -> list[str]:
        lately, usual = self.pace.lately, self.pace.usual
        if lately is None or not usual:
            return []
        return [f"{indian(round(lately))} recorded an hour lately, {lately / usual:.1f} times the usual"]

    def _doubled(self) -> list[str]:
        if not self.doubled:
            return []
        total = indian(sum(self.doubled.values()))
        return [f"Recorded is above reported by {total} in {', '.join(sorted(self.doubled))}: possible duplicates"]


def together(courses: Sequence[Sequence[Point]]) -> list[Point]:
    """The sum over places, on the days on which all of them are known."""
    by_day = [{point.day: point for point in points} for points in courses]
    days = sorted(frozenset.intersection(*(frozenset(known) for known in by_day))) if by_day else []
    return [
        Point(day, sum(known[day].reported for known in by_day), sum(known[day].recorded for known in by_day))
        for day in days
    ]


def recovery(courses: Mapping[str, Sequence[Point]], days: Days, pace: Pace) -> Recovery:
    """Where it stands, by the courses of the incident's places (by name)."""
    series = together(list(courses.values()))
    now = backlog(series, in_session=days.in_session)
    if now is None:
        return Recovery(None)
    most = max((point.backlog for point in series if point.day >= days.began), default=0)
    steps = [b.recorded - a.recorded for a, b in pairwise(series) if b.day < days.began and b.recorded > a.recorded]
    doubled = {place: -points[-1].backlog for place, points in courses.items() if points[-1].backlog < 0}
    usual = median(steps) / pace.hours if steps else None
    is_counted, awaited = now.point.day >= days.ended, now.point.day >= days.today - _AWAITED
    return Recovery(now, most, is_counted, awaited, Pace(pace.lately, pace.hours, usual), doubled)


def _day(day: Date) -> str:
    return f"{day.day} {day:%B}"
