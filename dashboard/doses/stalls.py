"""Doses that stop while the checks are good: one district by its own pace, one that never got going, a division or the state. Pure.

Reports are judged as they come; between two of them nothing new is known. The live watch (dashboard/watch/doses.py) and the replay
drive this same class.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dashboard.doses.expected import Pace, Profile, increase, pace, tail
from dashboard.doses.reports import District
from dashboard.doses.together import Pool, are_behind, stopped_together
from dashboard.settings.thresholds import Doses

_MIN_S = 60.0
_KEPT = 400  # reports of one district and day, at most
_GOES_ON = 0.3  # of the expected since the report before: doses are given again
_AGAIN = 2.0  # doses in one report that end a stall, at least: one is a leak
_PARTS = 2  # reports a group needs in most of its districts
_HALF = 0.5
_TOLD_TWICE = 2  # the same count, once more than the report that brought it
_NEARLY = 0.85  # of a window: reports do not come by the minute


@dataclass(frozen=True)
class Stall:
    """A stall that holds now, the evidence in words.

    `since`: the last report with a dose more; with doses now and then, the report from which on they were so few.
    """

    scope: str  # state, division or district
    districts: frozenset[int]
    since: float
    evidence: str
    division: str = ""


class Stalls:
    """The reports of a day and what follows from them. `midnight` of the day in seconds since 1970 UTC.

    `profiles` is one for all, or one a district: those without one have no session that day and are left out everywhere.
    """

    def __init__(
        self, rules: Doses, divisions: Mapping[int, str], profiles: Profile | Mapping[int, Profile], midnight: float
    ) -> None:
        self._rules, self.midnight = rules, midnight
        of = dict.fromkeys(divisions, profiles) if isinstance(profiles, Profile) else profiles
        late = _late(rules, of.values())
        self.districts = {
            code: District(division, of[code], last_open=of[code].closes + late)
            for code, division in divisions.items()
            if code in of
        }
        self._single: dict[int, Stall] = {}
        self._found_at: dict[int, float] = {}  # when each of them was found first
        self._wait_s = rules.group_window_min * _MIN_S
        self._waiting: set[int] = set()
        self._changed, self._grouped_at = False, 0.0
        self._found: list[Stall] = []
        self._of_group: dict[int, tuple[float, int]] = {}  # when a district was last found in a group, and of how many

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
            self._found_at.pop(code, None)
        else:
            self._single[code] = stall
            self._found_at.setdefault(code, district.newest[0])

    def hit(self, codes: frozenset[int], now: float) -> None:
        """An incident of the registry or the line holds in these districts: their stalls are its matter."""
        for code in codes & self.districts.keys():
            district = self.districts[code]
            self._changed |= district.spared_until < now
            district.not_before, district.spared_until = now, now + self._rules.after_fault_min * _MIN_S

    def memory(self) -> list[tuple[int, float, float, float, int]]:
        """What a restart must not forget of the day, as JSON: which districts were hit, until when, and how long they are spared;
        when a district was last in a common stall, and of how many (0 if in none)."""
        return [
            (code, district.not_before, district.spared_until, *self._of_group.get(code, (0.0, 0)))
            for code, district in self.districts.items()
            if district.spared_until or code in self._of_group
        ]

    def remember(self, memory: Iterable[Sequence[float]]) -> None:
        """Take back what `memory` gave, before any report; districts that are gone are left out."""
        for number, not_before, spared_until, *group in memory:
            code = int(number)
            if (district := self.districts.get(code)) is not None:
                district.not_before, district.spared_until = not_before, spared_until
                if group and group[1]:  # an older release kept none
                    self._of_group[code] = (group[0], int(group[1]))

    def open_now(self, now: float) -> list[Stall]:
        """Stalls that may open now, the widest first; districts of a group are not named again alone."""
        if self._changed or now - self._grouped_at >= _MIN_S:  # between two reports little is new
            self._changed, self._grouped_at, self._found = False, now, self._groups(now)
        groups = self._found
        for group in groups:
            self._of_group |= dict.fromkeys(group.districts, (now, len(group.districts)))
        named = frozenset[int]().union(*(group.districts for group in groups))
        alone = [
            stall for code, stall in self._single.items()
            if code not in named and code not in self._waiting and self._may_open(self.districts[code], now)
            and not self._is_aftermath(stall, now) and self._is_sure(code)
        ]  # fmt: skip
        return [*groups, *alone]

    def _is_sure(self, code: int) -> bool:
        """A report that brings doses opens no stall by itself: the one before it, or after it, must say the same."""
        district = self.districts[code]
        if district.flat_from() < len(district.reports) - 1:
            return True
        # asked anew and not remembered: after a restart all reports come at once
        before = replace(district, reports=district.reports[:-1])
        return bool(before.reports) and self._alone(code, before) is not None

    def _is_aftermath(self, stall: Stall, now: float) -> bool:
        """What is left of a wider stall, whose districts come back one after the other: theirs is no matter of its own yet."""
        found = [self._of_group.get(code, (0.0, 0)) for code in stall.districts]
        spare_s = self._rules.after_fault_min * _MIN_S
        left = sum(stall.since <= at and now < at + spare_s and size > len(stall.districts) for at, size in found)
        return left > _HALF * len(found)

    def given_again(self, codes: frozenset[int], since: float) -> bool:
        """True when most of these districts give doses again at a pace worth the name, or have reached their target."""
        asked = [self.districts[code] for code in codes & self.districts.keys() if self.districts[code].reports]
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
                # doses now and then move the newest one on, and the stall began before them
                since = max(start, self._opens(district)) if added else self._since(district)
                return Stall("district", frozenset({code}), since, words)
        return self._lagging(code, district)

    def _starts(self, district: District) -> list[int]:
        """Reports from which a span counts: the newest dose, when it is a while ago, and those of a longer span with a few."""
        at, spans = district.newest[0], [minutes * _MIN_S for minutes in self._rules.windows_min]
        starts = [
            first
            for first, (start, _) in enumerate(district.reports)
            if min(spans) * _NEARLY <= at - start <= max(spans) and start >= district.not_before
        ]
        return starts + ([district.flat_from()] if self._is_flat(district) else [])

    def _is_flat(self, district: District) -> bool:
        """Doses were given, and none is told since: twice, and for a while, in which lunch does not count."""
        at, flat = district.newest[0], district.flat_from()
        start, given = district.reports[flat]
        worked = district.profile.worked(self._second(start), self._second(at))
        told = len(district.reports) - flat > _TOLD_TWICE
        return told and given > 0 and worked >= self._rules.flat_min * _MIN_S * _NEARLY and start >= district.not_before

    def _lagging(self, code: int, district: District) -> Stall | None:
        """Never got going: far behind the median district, each by its own hours, and flat."""
        at, given = district.newest
        first = district.upto(at - self._rules.stale_min * _MIN_S)
        start = district.reports[first][0]
        flat = at - start >= self._rules.stale_min * _MIN_S and not increase(district.reports[first:])
        if not flat or not self._is_late(district) or start < district.not_before:
            return None
        others = [other for other in self.districts.values() if other.reports and self._is_late(other)]
        progress = sorted(self._progress(other) for other in others if other.target > 0)
        middle = progress[len(progress) // 2] * district.profile.share(self._second(at))
        mine = given / district.target
        if mine >= self._rules.lag_ratio * middle or middle * district.target < self._rules.min_expected:
            return None
        words = f"{given} of {district.target} ({mine:.0%}) while the median district is at {middle:.0%}"
        return Stall("district", frozenset({code}), self._since(district), words)

    def _is_late(self, district: District) -> bool:
        """Its newest report is of a time by which a session has got going."""
        return self._second(district.newest[0]) - district.profile.opens >= self._rules.not_started_min * _MIN_S

    def _progress(self, district: District) -> float:
        """Share of the target over the share of its day that is gone: 1 gives all by the close at this pace."""
        at, given = district.newest
        return given / district.target / max(1e-9, district.profile.share(self._second(at)))

    def _since(self, district: District) -> float:
        return max(district.last_increase(), self._opens(district))

    def _opens(self, district: District) -> float:
        return self.midnight + district.profile.opens

    def _may_open(self, district: District, now: float) -> bool:
        fresh = now - district.newest[0] <= self._rules.stale_min * _MIN_S
        often = len(district.reports) >= self._rules.tellings
        return fresh and often and now >= district.spared_until and self._second(now) < district.last_open

    def _goes_on(self, district: District, since: float) -> bool:
        """Doses are given at a pace worth the name, by the newest report; `since` a stall, the pace before it is the measure."""
        at, given = district.newest
        if given >= self._rules.near_target * max(1, district.target):
            return True
        if at <= since or len(district.reports) < _PARTS:
            return False
        first = len(district.reports) - _PARTS
        expected, _, _ = self._expected(district, first, at, district.upto(since) if since else None)
        few = _AGAIN if since else 1.0
        return increase(district.reports[first:]) >= max(few, _GOES_ON * min(expected, 4 * self._rules.min_expected))

    def _expected(
        self, district: District, first: int, until: float, learnt: int | None = None
    ) -> tuple[float, float, Pace]:
        """Doses to be expected after a report until a moment, their variance, and the pace, learnt up to that report or another."""
        known, (start, before) = first if learnt is None else learnt, district.reports[first]
        given = increase([(0.0, 0), *district.reports[: known + 1]])
        past = district.profile.share(self._second(district.reports[known][0]))
        due = district.profile.due(self._second(start), self._second(until), self._rules.lunch)
        own = pace(self._rules, given, past, max(1, district.target))
        expected = max(1e-6, min(own.day * due, district.target - before))
        return expected, self._rules.phi * expected + expected**2 / own.weight, own

    def _second(self, at: float) -> float:
        return at - self.midnight

    # -- groups ------------------------------------------------------------------------------------------------------------

    def _groups(self, now: float) -> list[Stall]:
        """The state or divisions whose doses stop together; districts of a group below half of its pace wait."""
        self._waiting = set()
        pools = {code: pool for code, one in self.districts.items() if (pool := self._pool(one, now)) is not None}
        whole = self._stopped(frozenset(self.districts), pools, now)
        if whole is not None:
            return [Stall("state", frozenset(self.districts), *whole)]
        found = []
        for division in sorted({district.division for district in self.districts.values()}):
            codes = frozenset(code for code, district in self.districts.items() if district.division == division)
            words = self._stopped(codes, pools, now) if len(codes) > _PARTS else None
            # while the rest falls behind as well it may be the state: wait for its reports
            if words is not None and not are_behind([pool for code, pool in pools.items() if code not in codes]):
                found.append(Stall("division", codes, *words, division=division))
        return [stall for stall in found if not self._is_aftermath(stall, now)]

    def _pool(self, district: District, now: float) -> Pool | None:
        """A district's part over the group's window; one without any dose yet has none before a session has got going."""
        span_s = self._rules.group_window_min * _MIN_S * _NEARLY
        if not district.reports or not district.target or not self._may_open(district, now):
            return None
        at, given = district.newest
        first = district.upto(at - span_s)
        start = district.reports[first][0]
        begun = given > 0 or self._is_late(district)
        if at - start < span_s or start < district.not_before or not begun:
            return None
        expected, variance, _ = self._expected(district, first, at)
        return Pool(expected, variance, increase(district.reports[first:]))

    def _stopped(self, codes: frozenset[int], pools: Mapping[int, Pool], now: float) -> tuple[float, str] | None:
        """Since when the doses of a group have stopped, and in words; None when they have not."""
        taken = [pools[code] for code in codes if code in pools]
        alone = {code for code in codes & self._single.keys() if self._may_open(self.districts[code], now)}
        if are_behind(taken):
            self._waiting |= {code for code in codes if now - self._found_at.get(code, now) < self._wait_s}
        words = stopped_together(self._rules, taken, len(codes))
        if are_behind(taken) and len(alone) > _PARTS and len(alone) >= self._rules.group_share * len(codes):
            words = words or f"{len(alone)} of {len(codes)} districts have stopped, each by itself"
        if words is None:
            return None
        since = sorted(self._since(self.districts[code]) for code in codes if self.districts[code].reports)
        # what would close at once does not open
        return None if self.given_again(codes, since[0]) else (since[len(since) // 2], words)


def _late(rules: Doses, profiles: Iterable[Profile]) -> float:
    """Seconds after its close (mostly negative) from which no district's stall opens: `last_open` is meant for the usual hours."""
    closes = Counter(profile.closes for profile in profiles)
    hour, minute = (int(part) for part in rules.last_open.split(":"))
    return hour * 3600.0 + minute * 60.0 - (closes.most_common(1)[0][0] if closes else 0.0)
