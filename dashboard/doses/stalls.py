"""Doses that stop while the checks are good: one district by its own pace, one that never got going, a division or the state. Pure.

Reports are judged as they come; between two of them nothing new is known. The live watch (dashboard/doses_watch.py) and the replay
drive this same class.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dashboard.doses.expected import Pace, Profile, increase, pace, tail
from dashboard.thresholds import Doses

_MIN_S = 60.0
_KEPT = 400  # reports of one district and day, at most
_GOES_ON = 0.3  # of the expected since the report before: doses are given again
_PARTS = 2  # reports a group needs in most of its districts
_HALF = 0.5
_NEARLY = 0.85  # of a window: reports do not come by the minute


@dataclass(frozen=True)
class Stall:
    """A stall that holds now: `since` the last report with a dose more, the evidence in words."""

    scope: str  # state, division or district
    districts: frozenset[int]
    since: float
    evidence: str
    division: str = ""


@dataclass
class District:
    """One district's reports of the day: (seconds since 1970 UTC, cumulative doses)."""

    division: str
    target: int = 0
    reports: list[tuple[float, int]] = field(default_factory=list)
    spared_until: float = 0.0  # no stall opens before
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

    def last_increase(self) -> float:
        """When the newest dose was reported."""
        for former, later in zip(reversed(self.reports[:-1]), reversed(self.reports), strict=False):
            if later[1] > former[1]:
                return later[0]
        return self.reports[0][0]


class Stalls:
    """The reports of a day and what follows from them. `midnight` of the day in seconds since 1970 UTC."""

    def __init__(self, rules: Doses, divisions: Mapping[int, str], profile: Profile, midnight: float) -> None:
        self._rules, self._profile, self.midnight = rules, profile, midnight
        self.districts = {code: District(division) for code, division in divisions.items()}
        hour, minute = (int(part) for part in rules.last_open.split(":"))
        self._last_open = hour * 3600.0 + minute * 60.0
        self._single: dict[int, Stall] = {}
        self._waiting: set[int] = set()
        self._changed, self._grouped_at = False, 0.0
        self._found: list[Stall] = []

    def report(self, code: int, at: float, given: int, target: int) -> None:
        """Take a district's figure in; one older than the newest is left out."""
        district = self.districts.get(code)
        if district is not None and not (district.reports and at <= district.newest[0]):
            self._take(code, district, [*district.reports, (at, given)], target)

    def reported(self, code: int, told: Sequence[tuple[float, int]], target: int) -> None:
        """Take all of a district's figures so far anew, oldest first, one a moment: late and corrected ones are among them."""
        district = self.districts.get(code)
        if district is not None and told and (list(told), target) != (district.reports, district.target):
            self._take(code, district, list(told), target)

    def _take(self, code: int, district: District, reports: list[tuple[float, int]], target: int) -> None:
        district.target, district.reports = target, reports[-_KEPT:]
        self._changed = True
        stall = self._alone(code, district) if target > 0 else None
        if stall is None:
            self._single.pop(code, None)
        else:
            self._single[code] = stall

    def hit(self, codes: frozenset[int], now: float) -> None:
        """An incident of the registry or the line holds in these districts: their stalls are its matter."""
        for code in codes & self.districts.keys():
            district = self.districts[code]
            self._changed |= district.spared_until < now
            district.not_before, district.spared_until = now, now + self._rules.after_fault_min * _MIN_S

    def memory(self) -> list[tuple[int, float, float]]:
        """What a restart must not forget of the day, as JSON: which districts were hit, until when, and how long they are spared."""
        return [
            (code, district.not_before, district.spared_until)
            for code, district in self.districts.items()
            if district.spared_until
        ]

    def remember(self, memory: Iterable[Sequence[float]]) -> None:
        """Take back what `memory` gave, before any report; districts that are gone are left out."""
        for code, not_before, spared_until in memory:
            if (district := self.districts.get(int(code))) is not None:
                district.not_before, district.spared_until = not_before, spared_until

    def open_now(self, now: float) -> list[Stall]:
        """Stalls that may open now, the widest first; districts of a group are not named again alone."""
        if not self._rules.stale_min or self._second(now) >= self._last_open:
            return []
        if self._changed or now - self._grouped_at >= _MIN_S:  # between two reports little is new
            self._changed, self._grouped_at, self._found = False, now, self._groups(now)
        groups = self._found
        named = frozenset[int]().union(*(group.districts for group in groups))
        alone = [
            stall for code, stall in self._single.items()
            if code not in named and code not in self._waiting and self._may_open(self.districts[code], now)
        ]  # fmt: skip
        return [*groups, *alone]

    def given_again(self, codes: frozenset[int], since: float) -> bool:
        """True when most of these districts give doses again at a pace worth the name, or have reached their target."""
        asked = [self.districts[code] for code in codes if self.districts[code].reports]
        going = sum(self._goes_on(district, since) for district in asked)
        return bool(asked) and going >= max(1.0, _HALF * len(asked))

    # -- one district ------------------------------------------------------------------------------------------------------

    def _alone(self, code: int, district: District) -> Stall | None:
        at, given = district.newest
        if given >= self._rules.near_target * district.target or self._goes_on(district, 0.0):
            return None
        for first in self._starts(district):
            start = district.reports[first][0]
            expected, variance, _ = self._expected(district, first, at)
            added = increase(district.reports[first:])
            few = added <= self._rules.ratio * expected and expected >= self._rules.min_expected
            if few and tail(added, expected, variance) < self._rules.alpha:
                words = f"{added} doses in {(at - start) / _MIN_S:.0f} minutes, {expected:.0f} were to be expected at its own pace"
                return Stall("district", frozenset({code}), self._since(district), words)
        return self._lagging(code, district)

    def _starts(self, district: District) -> list[int]:
        """Reports from which a window counts: the last before it and the first in it, if that is nearly as long."""
        at, found = district.newest[0], set()
        for minutes in self._rules.windows_min:
            last = district.upto(at - minutes * _MIN_S)
            found |= {last, last + 1}
        shortest = min(self._rules.windows_min) * _MIN_S * _NEARLY
        spans = ((first, district.reports[min(first, len(district.reports) - 1)][0]) for first in sorted(found))
        return [first for first, start in spans if at - start >= shortest and start >= district.not_before]

    def _lagging(self, code: int, district: District) -> Stall | None:
        """Never got going: far behind the median district, and flat."""
        at, given = district.newest
        first = district.upto(at - self._rules.stale_min * _MIN_S)
        late = self._second(at) >= self._profile.opens + self._rules.not_started_min * _MIN_S
        flat = at - district.reports[first][0] >= self._rules.stale_min * _MIN_S and not increase(
            district.reports[first:]
        )
        if not late or not flat or district.reports[first][0] < district.not_before:
            return None
        progress = sorted(
            other.newest[1] / other.target for other in self.districts.values() if other.reports and other.target > 0
        )
        middle = progress[len(progress) // 2]
        mine = given / district.target
        if mine >= self._rules.lag_ratio * middle or middle * district.target < self._rules.min_expected:
            return None
        words = f"{given} of {district.target} ({mine:.0%}) while the median district is at {middle:.0%}"
        return Stall("district", frozenset({code}), self._since(district), words)

    def _since(self, district: District) -> float:
        opened = self.midnight + self._profile.opens
        return max(district.last_increase(), opened)

    def _may_open(self, district: District, now: float) -> bool:
        fresh = now - district.newest[0] <= self._rules.stale_min * _MIN_S
        often = len(district.reports) >= self._rules.tellings
        return fresh and often and now >= district.spared_until

    def _goes_on(self, district: District, since: float) -> bool:
        at, given = district.newest
        if given >= self._rules.near_target * max(1, district.target):
            return True
        if at <= since or len(district.reports) < _PARTS:
            return False
        first = len(district.reports) - _PARTS
        expected, _, _ = self._expected(district, first, at)
        return increase(district.reports[first:]) >= max(1.0, _GOES_ON * min(expected, 4 * self._rules.min_expected))

    def _expected(self, district: District, first: int, until: float) -> tuple[float, float, Pace]:
        """Doses to be expected after a report until a moment, their variance, and the pace; never beyond the target."""
        start, before = district.reports[first]
        given = increase([(0.0, 0), *district.reports[: first + 1]])
        share = self._profile.share(self._second(start))
        own = pace(self._rules, given, share, max(1, district.target))
        expected = own.day * (self._profile.share(self._second(until)) - share)
        expected = max(1e-6, min(expected, district.target - before))
        return expected, self._rules.phi * expected + expected**2 / own.weight, own

    def _second(self, at: float) -> float:
        return at - self.midnight

    # -- groups ------------------------------------------------------------------------------------------------------------

    def _groups(self, now: float) -> list[Stall]:
        """The state or divisions whose doses stop together; districts of a group below half of its pace wait."""
        self._waiting = set()
        pools = {
            code: pool for code, district in self.districts.items() if (pool := self._pool(district, now)) is not None
        }
        whole = self._stopped(self.districts.keys(), pools)
        if whole is not None:
            return [Stall("state", frozenset(self.districts), *whole)]
        found = []
        for division in sorted({district.division for district in self.districts.values()}):
            codes = {code for code, district in self.districts.items() if district.division == division}
            words = self._stopped(codes, pools) if len(codes) > _PARTS else None
            # while the rest falls behind as well it may be the state: wait for its reports
            if words is not None and not self._behind(pool for code, pool in pools.items() if code not in codes):
                found.append(Stall("division", frozenset(codes), *words, division=division))
        return found

    def _pool(self, district: District, now: float) -> tuple[float, float, int] | None:
        """Expected doses of a district over the group's window, their variance, and those that were reported."""
        span_s = self._rules.group_window_min * _MIN_S * _NEARLY
        if not district.reports or not district.target or not self._may_open(district, now):
            return None
        at = district.newest[0]
        first = district.upto(at - span_s)
        start = district.reports[first][0]
        if at - start < span_s or start < district.not_before:
            return None
        expected, variance, _ = self._expected(district, first, at)
        return expected, variance, increase(district.reports[first:])

    @staticmethod
    def _behind(pools: Iterable[tuple[float, float, int]]) -> bool:
        taken = list(pools)
        return bool(taken) and sum(pool[2] for pool in taken) <= _HALF * sum(pool[0] for pool in taken)

    def _stopped(
        self, codes: Collection[int], pools: Mapping[int, tuple[float, float, int]]
    ) -> tuple[float, str] | None:
        """Since when the doses of a group have stopped, and in words; None when they have not."""
        rules, taken = self._rules, [pools[code] for code in codes if code in pools]
        expected, added = sum(pool[0] for pool in taken), sum(pool[2] for pool in taken)
        if len(taken) < max(_PARTS, _HALF * len(codes)) or expected < rules.min_expected:
            return None
        if self._behind(taken):
            self._waiting |= set(codes)
        low = sum(pool[2] <= rules.group_ratio * pool[0] for pool in taken)
        stopped = added <= rules.group_ratio * expected and low >= rules.group_share * len(taken)
        if not stopped or tail(added, expected, sum(pool[1] for pool in taken)) >= rules.alpha:
            return None
        since = sorted(self._since(self.districts[code]) for code in codes if self.districts[code].reports)
        words = f"{added} doses in {rules.group_window_min:.0f} minutes, {expected:.0f} were to be expected"
        return since[len(since) // 2], words
