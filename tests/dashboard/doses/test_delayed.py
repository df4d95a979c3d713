"""Doses behind pace during an incident: an interval that is ordered, grows with the span, and says nothing where nothing is sure."""

import random
from collections.abc import Mapping
from typing import Any

from dashboard.doses.delayed import Day, Delayed, Part, delayed, part, together
from dashboard.doses.expected import Profile
from dashboard.doses.reports import District
from dashboard.settings.thresholds import Doses

HOUR = 3600.0
PROFILE = Profile(9 * HOUR, 17 * HOUR)
DAY = Day(Doses(), PROFILE, 0.0)


def district(counts: Mapping[Any, int], target: int = 400) -> District:
    """Counts by hour of the day."""
    return District("", PROFILE, target, [(hour * HOUR, count) for hour, count in sorted(counts.items())])


def estimate(counts: Mapping[Any, int], since: float, until: float, number: int = 9) -> Delayed | None:
    return delayed(DAY, [district(counts)] * number, since * HOUR, until * HOUR)


def test_whatever_was_told_the_bounds_are_ordered_and_above_zero() -> None:
    chance = random.Random(5)
    for _ in range(300):
        hours = sorted(chance.uniform(9, 17) for _ in range(chance.randrange(1, 8)))
        counts = {hour: chance.randrange(400) for hour in hours}
        since = chance.uniform(8, 17)
        found = estimate(counts, since, chance.uniform(since, 20), chance.randrange(1, 20))
        assert found is None or 0 < found.low <= found.doses <= found.high


def test_who_keeps_the_pace_is_not_delayed() -> None:
    usual = {hour: round(300 * PROFILE.share(hour * HOUR)) for hour in range(9, 18)}
    assert estimate(usual, 11, 14) is None


def test_what_was_not_told_yet_is_not_behind() -> None:
    counts = {10: 50, 11: 90, 12: 92}
    assert estimate(counts, 11, 12) == estimate(counts, 11, 16)
    assert estimate(counts, 12.5, 16) is None


def test_a_first_report_after_it_began_says_nothing_of_the_pace_before() -> None:
    """Told once, in the evening: the doses are spread over the day, and nobody was surely behind."""
    assert estimate({17: 230}, 11, 17) is None
    nothing_all_day = estimate({17: 0}, 11, 17)
    assert nothing_all_day is not None
    assert 0.6 * 400 * 9 * 0.5 < nothing_all_day.doses < 0.6 * 400 * 9


def test_a_longer_standstill_delays_more() -> None:
    counts = {10: 50, 11: 90} | dict.fromkeys((12, 13, 14, 15), 90)
    short, long = estimate(counts, 11, 13), estimate(counts, 11, 15)
    assert short is not None
    assert long is not None
    assert short.doses < long.doses
    assert short.high < long.high


def test_a_district_without_reports_or_target_says_nothing() -> None:
    assert part(DAY, district({}), 10 * HOUR, 12 * HOUR) is None
    assert part(DAY, district({10: 50}, target=0), 10 * HOUR, 12 * HOUR) is None
    assert together([None, Part(0.0, 0.0, 0.0, 0.0)]) is None
