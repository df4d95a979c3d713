"""Deferred doses: a range, beside what the unaffected districts did; and the sentence that may be printed."""

import random
import statistics

import pytest

from dashboard.doses.estimates import DistrictDay, about, deferred
from tests.dashboard.doses.published import AT_HAND, rows


def test_day_one_of_maharashtra_is_zero_to_about_three_thousand_four_hundred() -> None:
    """Turnout of 20, 22 and 23 January: 64,058 of 83,900. No district was unaffected, so the low end is 0."""
    found = deferred([DistrictDay(28_500, 18_338, 64_058 / 83_900)])
    assert (found.low, round(found.high)) == (0, 3_422)
    assert found.sentence == (
        "0 to about 3,400 doses deferred in 1 district during the incident; no unaffected district has figures to set beside"
    )


def test_the_unaffected_districts_of_the_same_day_narrow_the_range() -> None:
    affected = [DistrictDay(1_000, 300, 0.8), DistrictDay(500, 200, 0.8)]
    unaffected = [DistrictDay(1_000, 700, 0.8), DistrictDay(1_000, 820, 0.8)]  # 95 % of their usual
    found = deferred(affected, unaffected)
    assert (round(found.low), round(found.high)) == (1_200 * 0.95 - 500, 700)
    assert found.sentence == (
        "640 to about 700 doses deferred in 2 districts during the incident; the 2 unaffected districts reached 76 % of target"
    )


def test_where_the_others_did_better_than_usual_the_range_goes_up() -> None:
    found = deferred([DistrictDay(100, 50, 0.8)], [DistrictDay(100, 88, 0.8)])
    assert (round(found.low), round(found.high)) == (30, 38)


def test_more_doses_than_usual_defer_none() -> None:
    found = deferred([DistrictDay(100, 95, 0.8)], [DistrictDay(100, 80, 0.8)])
    assert (found.low, found.high) == (0, 0)
    assert found.sentence.startswith("about 0 doses deferred")


def test_unaffected_districts_without_a_target_say_nothing() -> None:
    assert deferred([DistrictDay(100, 50, 0.8)], [DistrictDay(0, 10, 0.8)]).ratio is None


def test_the_ups_and_downs_of_the_turnout_widen_the_range_on_both_sides() -> None:
    affected, unaffected = [DistrictDay(1_000, 300, 0.8, 0.05)], [DistrictDay(1_000, 800, 0.8, 0.05)]
    found = deferred(affected, unaffected)
    reach = 1.645 * 1_000 * 0.05 * 2**0.5
    assert (found.low, found.high) == pytest.approx((500 - reach, 500 + reach))


def test_no_more_is_deferred_than_was_to_be_expected_while_the_incident_lasted() -> None:
    found = deferred([DistrictDay(1_000, 300, 0.8, during=0.1)], [DistrictDay(1_000, 800, 0.8)])
    assert (found.low, found.high) == pytest.approx((80, 80))


def test_the_range_covers_what_was_lost_on_days_that_never_were_alike() -> None:
    """Districts and days vary on their own; of 80 made-up days at least 85 % must be covered."""
    chance = random.Random(20210116)
    covered = [_covers(chance) for _ in range(80)]
    assert sum(covered) / len(covered) >= 0.85


def _covers(chance: random.Random) -> bool:
    day, lost, days = chance.gauss(1, 0.06), 0.0, []
    for n in range(12):
        usual, target = chance.uniform(0.5, 0.9), chance.choice([100, 400, 900])
        before = [usual * chance.gauss(1, 0.1) for _ in range(8)]
        came = target * usual * day * chance.gauss(1, 0.08)
        lost += came * 0.4 if n < 3 else 0
        given = round(came * 0.6 if n < 3 else came)
        days.append(DistrictDay(target, given, statistics.median(before), statistics.stdev(before)))
    found = deferred(days[:3], days[3:])
    return found.low <= lost <= found.high


def test_no_sentence_names_a_cause() -> None:
    chance = random.Random(20210116)
    for _ in range(500):
        days = [DistrictDay(chance.randrange(500), chance.randrange(500), chance.random()) for _ in range(6)]
        found = deferred(days[:3], days[3 : 3 + chance.randrange(4)])
        assert 0 <= found.low <= found.high
        assert "during the incident" in found.sentence
        assert "because" not in found.sentence


def test_an_estimate_is_printed_with_two_figures() -> None:
    assert [about(n) for n in (0, 3.4, 9.6, 44, 3_422, 3_478, 43_500)] == [0, 3, 10, 44, 3_400, 3_500, 44_000]


if AT_HAND:

    def test_the_worked_example_follows_from_the_published_days() -> None:
        days = [
            r for r in rows("mh_state_daily_reported.csv") if r["date"] in ("2021-01-20", "2021-01-22", "2021-01-23")
        ]
        given, planned = (sum(int(r[column]) for r in days) for column in ("reported_day", "target_100_per_centre"))
        assert (given, planned, round(100 * given / planned, 2)) == (64_058, 83_900, 76.35)
