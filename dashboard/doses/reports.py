"""One district's reports of a day, as they were told. Pure; judged by stalls.py and delayed.py."""

import math
from dataclasses import dataclass, field

from dashboard.doses.expected import Profile


@dataclass
class District:
    """One district's reports of the day: (seconds since 1970 UTC, cumulative doses)."""

    division: str
    profile: Profile
    target: int = 0
    reports: list[tuple[float, int]] = field(default_factory=list)
    spared_until: float = 0.0  # no stall opens before
    last_open: float = math.inf  # seconds after midnight from which no stall opens
    not_before: float = 0.0  # doses before this moment were hit by an incident: no window reaches there

    @property
    def newest(self) -> tuple[float, int]:
        return self.reports[-1]

    def upto(self, moment: float) -> int:
        """Index of the last report at or before a moment; 0 when there is none."""
        index = len(self.reports) - 1
        while index > 0 and self.reports[index][0] > moment:
            index -= 1
        return index

    def flat_from(self) -> int:
        """Index of the report with the newest dose; 0 when none has told of one."""
        index = len(self.reports) - 1
        while index > 0 and self.reports[index][1] <= self.reports[index - 1][1]:
            index -= 1
        return index

    def last_increase(self) -> float:
        """When the newest dose was reported; the first report when none has told of one."""
        return self.reports[self.flat_from()][0]
