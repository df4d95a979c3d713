"""Why, and why not, doses are said to have stopped in one place at one moment. The values are those of the Stalls themselves. Pure."""

import math
from collections.abc import Sequence

from dashboard.doses.expected import increase, tail
from dashboard.doses.numbers import indian
from dashboard.doses.reports import District
from dashboard.doses.stalls import Stall, Stalls
from dashboard.reasons import Reason, lacking, percent, quiet

_MIN_S = 60.0


def explain(stalls: Stalls | None, code: int | None, now: float) -> tuple[Reason, ...]:
    """The rules of the doses for a district (LGD code), or with `code` None for the whole state; `now` in seconds since 1970 UTC."""
    if stalls is None:
        return (_nothing("no session is held on this day"),)
    found = stalls.open_now(now)
    if code is None:
        return (_together(stalls, None, found, now),)
    district = stalls.districts.get(code)
    if district is None or not district.reports:
        return (_nothing("it has told no doses of this day with their hour"),)
    alone = stalls._single.get(code)
    return (
        _own_pace(stalls, code, district, alone), _behind(stalls, code, district, alone), _together(stalls, code, found, now),
        *_quiets(stalls, code, district, now),
    )  # fmt: skip


def _nothing(words: str) -> Reason:
    return Reason(
        "Doses stop", "doses.tellings", False, words, "figures of the day, each with its hour", "figures to judge by"
    )


# -- what is looked for ------------------------------------------------------------------------------------------------


def _own_pace(stalls: Stalls, code: int, district: District, alone: Stall | None) -> Reason:
    """Of the spans that count, the one in which the doses given are the least to be expected."""
    rules, name = stalls._rules, "Doses stop, by its own pace"
    holds = alone is not None and alone != stalls._lagging(code, district)
    wanted = f"at most {percent(rules.ratio)} of at least {rules.min_expected:g} expected doses, by a chance below {rules.alpha:g}"
    tries = [_tried(stalls, district, first) for first in stalls._starts(district)] if district.target else []
    if not tries:
        missing = f"tellings over {min(rules.windows_min)} minutes without a fault in them"
        return Reason(name, "doses.ratio", holds, "too little is told yet", wanted, "" if holds else missing)
    chance, added, expected, minutes = min(tries)
    missing = "a newest telling without doses" if chance < rules.alpha else f"such a chance: it is {chance:.2g}"
    if expected < rules.min_expected:
        missing = lacking(expected, rules.min_expected, "expected doses")
    elif added > rules.ratio * expected:
        missing = f"{indian(math.ceil(added - rules.ratio * expected))} doses fewer"
    words = f"{indian(added)} doses in {minutes:.0f} minutes, {indian(round(expected))} were to be expected"
    return Reason(name, "doses.ratio", holds, words, wanted, "" if holds else missing)


def _tried(stalls: Stalls, district: District, first: int) -> tuple[float, int, float, float]:
    """The chance of so few doses since a report, those doses, the expected ones, and the minutes."""
    at, start = district.newest[0], district.reports[first][0]
    expected, variance, _ = stalls._expected(district, first, at, first)
    added = increase(district.reports[first:])
    return tail(added, expected, variance), added, expected, (at - start) / _MIN_S


def _behind(stalls: Stalls, code: int, district: District, alone: Stall | None) -> Reason:
    rules, target, at = stalls._rules, district.target, district.newest[0]
    holds = target > 0 and alone is not None and alone == stalls._lagging(code, district)
    others = [one for one in stalls.districts.values() if one.reports and one.target > 0 and stalls._is_late(one)]
    progress = sorted(stalls._progress(one) for one in others)
    middle = progress[len(progress) // 2] * district.profile.share(at - stalls.midnight) if progress else 0.0
    mine, idle = district.newest[1] / max(1, target), max(0.0, at - stalls._since(district)) / _MIN_S
    missing = (
        "such a lag" if mine >= rules.lag_ratio * middle else lacking(idle, rules.stale_min, "minutes without a dose")
    )
    if not stalls._is_late(district):
        missing = "time: the session has just begun"
    elif mine < rules.lag_ratio * middle and idle >= rules.stale_min:
        missing = f"{rules.min_expected:g} doses that the median district's progress lets expect, or tellings without a fault in them"
    return Reason(
        "Never got going", "doses.lag_ratio", holds,
        f"{percent(mine)} of its target, by the median district {percent(middle)}; no dose more for {idle:.0f} minutes",
        f"below {percent(rules.lag_ratio)} of the median district, flat for {rules.stale_min:g} minutes, "
        f"{rules.not_started_min:g} minutes after the opening",
        "" if holds else missing,
    )  # fmt: skip


def _together(stalls: Stalls, code: int | None, found: Sequence[Stall], now: float) -> Reason:
    """The doses of the division (of a district) or of the state, against the pace."""
    rules, division = stalls._rules, stalls.districts[code].division if code is not None else None
    mine = [stall for stall in found if stall.scope != "district" and (code is None or code in stall.districts)]
    group = [one for one in stalls.districts.values() if division in (None, one.division)]
    pools = [pool for one in group if (pool := stalls._pool(one, now)) is not None]
    expected, added = sum(pool[0] for pool in pools), sum(pool[2] for pool in pools)
    where = f"{rules.group_window_min:g} minutes in {len(pools)} districts"
    words = f"{indian(added)} doses in {where}, {indian(round(expected))} were to be expected"
    missing = f"{indian(math.ceil(added - rules.group_ratio * expected))} doses fewer"
    if added <= rules.group_ratio * expected:
        missing = "more districts that tell, or more doses to be expected"
    return Reason(
        f"Doses stop together in {division or 'the state'}", "doses.group_ratio", bool(mine), mine[0].evidence if mine else words,
        f"at most {percent(rules.group_ratio)} of the expected, in {percent(rules.group_share)} of the districts",
        "" if mine else missing,
    )  # fmt: skip


# -- what keeps it quiet -----------------------------------------------------------------------------------------------


def _quiets(stalls: Stalls, code: int, district: District, now: float) -> tuple[Reason, ...]:
    rules, given, told, target = stalls._rules, district.newest[1], len(district.reports), district.target
    ago, left = (now - district.newest[0]) / _MIN_S, (district.spared_until - now) / _MIN_S
    near = rules.near_target * target
    spared = f"spared for {left:.0f} more minutes" if left > 0 else "not hit of late"
    late = stalls._second(now) >= district.last_open
    from_hour = f"from {int(district.last_open // 3600):02d}:{int(district.last_open % 3600 // 60):02d}"
    waits = code in stalls._single and not stalls._is_sure(code)
    rows = (
        ("near_target", "No target is known", not target, f"{target} doses", "no target"),
        ("near_target", "Its target is nearly reached", 0 < near <= given, f"{given} of {target} doses", f"{near:.0f} doses or more"),
        ("stale_min", "Its last word is old", ago > rules.stale_min, f"told {ago:.0f} minutes ago", f"over {rules.stale_min:g} minutes"),
        ("tellings", "It tells too seldom", told < rules.tellings, f"tellings today: {told}", f"fewer than {rules.tellings}"),
        ("after_fault_min", "An incident has hit it", left > 0, spared, f"{rules.after_fault_min:g} minutes after an incident"),
        ("last_open", "It is late in the day", late, "late" if late else "not late", from_hour),
        ("group_share", "Its group falls behind", code in stalls._waiting, "it waits" if code in stalls._waiting else "it does not",
         "a group below half of its pace: its districts wait"),
        ("ratio", "Its newest report brought doses", waits, "the next one decides" if waits else "it does not wait",
         "a stall found by a report that brings doses"),
    )  # fmt: skip
    return tuple(quiet(rule, f"doses.{key}", holds, *words) for key, rule, holds, *words in rows)
