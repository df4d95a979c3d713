"""Doses that stop: by a district's own pace, by the others', together; and what silences it."""

import json
from collections.abc import Callable

import pytest

from dashboard.doses.delayed import Day, delayed
from dashboard.doses.expected import Profile, pace, tail
from dashboard.doses.stalls import Stall, Stalls
from dashboard.settings.thresholds import Doses

MIDNIGHT = 1_611_000_000.0
NINE, FIVE = 9 * 3600.0, 17 * 3600.0
PROFILE = Profile(NINE, FIVE)
DIVISIONS = {1: "A", 2: "A", 3: "A", 4: "B", 5: "B", 6: "B"}


def at(hour: float) -> float:
    return MIDNIGHT + hour * 3600


def a_day(until: float, stopped: dict[int, float], per_hour: float = 60, target: int = 600) -> Stalls:
    """Reports each quarter of an hour until `until`; `stopped` gives the hour from which a district has no more."""
    stalls = Stalls(Doses(), DIVISIONS, Profile(NINE, FIVE), MIDNIGHT)
    hour = 9.25
    while hour <= until:
        for code in DIVISIONS:
            given = per_hour * (min(hour, stopped.get(code, 99)) - 9)
            stalls.report(code, at(hour), int(given), target)
        hour += 0.25
    return stalls


def found(stalls: Stalls, hour: float) -> list[tuple[str, tuple[int, ...]]]:
    return [(stall.scope, tuple(sorted(stall.districts))) for stall in stalls.open_now(at(hour))]


def test_a_day_at_a_steady_pace_has_no_stall() -> None:
    assert [found(a_day(hour, {}), hour) for hour in (10, 12, 14, 16)] == [[], [], [], []]


def test_one_district_that_stops_is_found_within_the_hour_and_dated_from_its_last_dose() -> None:
    (stall,) = a_day(12, {1: 11}).open_now(at(12))
    assert isinstance(stall, Stall)
    assert (stall.scope, stall.districts, stall.since) == ("district", frozenset({1}), at(11))
    assert "doses in" in stall.evidence


def test_one_that_never_got_going_is_measured_by_the_others() -> None:
    stalls = Stalls(Doses(), DIVISIONS, Profile(NINE, FIVE), MIDNIGHT)
    for quarter in range(1, 9):
        for code in DIVISIONS:
            stalls.report(code, at(9 + quarter / 4), min(quarter, 4) if code == 1 else 15 * quarter, 600)
    (stall,) = stalls.open_now(at(11))
    assert stall.evidence.startswith("4 of 600 (1%) while the median district is at")


@pytest.mark.parametrize(
    ("stopped", "expected"),
    [
        (dict.fromkeys(DIVISIONS, 11.0), [("state", (1, 2, 3, 4, 5, 6))]),
        (dict.fromkeys((1, 2, 3), 11.0), [("division", (1, 2, 3))]),
    ],
)
def test_doses_that_stop_together_are_one_stall(
    stopped: dict[int, float], expected: list[tuple[str, tuple[int, ...]]]
) -> None:
    assert found(a_day(11.75, stopped), 11.75) == expected


def test_it_is_silent_near_the_target_late_in_the_day_without_reports_and_in_an_incident() -> None:
    assert found(a_day(14, {1: 13}, per_hour=125), 14) == []
    late = a_day(16.5, {1: 15.5})
    assert found(late, 16.5) == []
    assert found(a_day(12, {1: 11}), 13) == []
    hit = a_day(12, {1: 11})
    hit.hit(frozenset({1}), at(11.9))
    assert found(hit, 12) == []


def test_each_district_has_its_own_hours_and_one_without_a_session_is_left_out_everywhere() -> None:
    noon = Profile(12 * 3600.0, 16 * 3600.0)
    stalls = Stalls(Doses(), DIVISIONS, dict.fromkeys((1, 2, 4, 5), Profile(NINE, FIVE)) | {3: noon}, MIDNIGHT)
    for quarter in range(1, 13):  # until noon
        for code in DIVISIONS:
            stalls.report(code, at(9 + quarter / 4), 0 if code in (3, 6) else 15 * quarter, 600)
    assert set(stalls.districts) == {1, 2, 3, 4, 5}  # the sixth told of its doses all the same
    assert found(stalls, 12) == []
    for quarter in range(1, 10):
        for code in (1, 2, 3, 4, 5):
            stalls.report(code, at(12 + quarter / 4), 0 if code == 3 else 180 + 15 * quarter, 600)
    (stall,) = stalls.open_now(at(14.25))
    assert (stall.districts, stall.since) == (frozenset({3}), at(12))


def told_every(minutes: int, course: Callable[[float], float], until: float, target: int = 600) -> Stalls:
    """One district whose cumulative doses follow a course by the hour, told so often; the others go on at 60 an hour."""
    stalls = Stalls(Doses(), DIVISIONS, Profile(NINE, FIVE), MIDNIGHT)
    for minute in range(minutes, round((until - 9) * 60) + 1, minutes):
        hour = 9 + minute / 60
        for code in DIVISIONS:
            stalls.report(code, at(hour), int(course(hour) if code == 1 else 60 * (hour - 9)), target)
    return stalls


def stops_at(stop: float, per_hour: float = 60) -> Callable[[float], float]:
    return lambda hour: per_hour * (min(hour, stop) - 9)


def test_half_an_hour_without_any_dose_is_told_where_many_were_to_be_expected_and_twenty_minutes_are_not() -> None:
    assert found(told_every(10, stops_at(11), 11 + 20 / 60), 11 + 20 / 60) == []
    assert found(told_every(10, stops_at(11), 11.5), 11.5) == [("district", (1,))]
    slow = told_every(10, stops_at(11, 12), 11.5)  # so few are due there that half an hour says nothing
    assert found(slow, 11.5) == []


def test_the_same_count_told_once_may_be_an_old_one() -> None:
    assert found(told_every(30, stops_at(11), 11.5), 11.5) == []
    assert found(told_every(30, stops_at(11), 12), 12) == [("district", (1,))]


def test_a_lunch_in_which_nothing_is_given_is_no_stall() -> None:
    def lunch(hour: float) -> float:
        return 200 * (min(hour, 13) - 9 + max(0.0, hour - 13.5))

    assert [found(told_every(10, lunch, hour, 3000), hour) for hour in (13.25, 13.5, 13.75, 14, 14.5)] == [[]] * 5


def test_little_is_to_be_expected_at_lunch_when_a_site_may_close_altogether() -> None:
    def closed(hour: float) -> float:
        return 80 * (min(hour, 13) - 9 + max(0.0, hour - 14))

    hours = (13.25, 13.5, 13.75, 14, 14.25, 14.5, 15)
    assert [found(told_every(10, closed, hour, 1200), hour) for hour in hours] == [[]] * len(hours)
    assert found(told_every(10, stops_at(12.75), 14.5), 14.5) == [("district", (1,))]
    assert PROFILE.due(13 * 3600, 14 * 3600, 0.4) == pytest.approx(
        0.4 * (PROFILE.share(14 * 3600) - PROFILE.share(13 * 3600))
    )
    assert PROFILE.due(9 * 3600, 13 * 3600, 0.4) == PROFILE.share(13 * 3600)


def test_a_report_that_brings_doses_opens_no_stall_before_the_next_one_says_the_same() -> None:
    def trickle(hour: float) -> float:
        return stops_at(11, 200)(hour) + max(0.0, hour - 11) * 8

    stopped, trickles = (told_every(15, course, 11.75, 2000) for course in (stops_at(11, 200), trickle))
    assert (found(stopped, 11.75), found(trickles, 11.75)) == ([("district", (1,))], [])
    assert found(told_every(15, trickle, 12, 2000), 12) == [("district", (1,))]


def test_after_a_restart_the_report_before_the_newest_still_says_the_same() -> None:
    before = told_every(15, lambda hour: stops_at(11, 200)(hour) + max(0.0, hour - 11) * 8, 12, 2000)
    after = Stalls(Doses(), DIVISIONS, Profile(NINE, FIVE), MIDNIGHT)
    for code, district in before.districts.items():
        after.reported(code, district.reports, district.target)
    assert found(before, 12) == found(after, 12) == [("district", (1,))]


def test_the_lateness_of_the_day_goes_by_each_districts_own_close() -> None:
    profiles = dict.fromkeys(DIVISIONS, Profile(NINE, FIVE)) | {1: Profile(NINE, 15 * 3600.0)}
    stalls = Stalls(Doses(), DIVISIONS, profiles, MIDNIGHT)
    for quarter in range(1, 23):  # until 14:30; the first closes at three, and two have stopped at half past one
        for code in DIVISIONS:
            hour = 9 + quarter / 4
            stalls.report(code, at(hour), int(60 * (min(hour, 12.75 if code in (1, 4) else hour) - 9)), 900)
    assert found(stalls, 14.5) == [("district", (4,))]
    assert {stalls.districts[code].last_open for code in (1, 4)} == {14.25 * 3600, 16.25 * 3600}


def test_one_large_district_that_stops_is_not_taken_for_its_division() -> None:
    stalls = Stalls(Doses(), DIVISIONS, Profile(NINE, FIVE), MIDNIGHT)
    for minute in range(10, 151, 10):
        for code in DIVISIONS:
            size = 20 if code == 1 else 1
            stalls.report(code, at(9 + minute / 60), size * (min(minute, 110) if code == 1 else minute), size * 600)
    assert found(stalls, 11.5) == [("district", (1,))]


def test_a_division_that_starts_late_is_no_stall_before_a_session_has_got_going() -> None:
    def late(until: float) -> Stalls:
        stalls = Stalls(Doses(), DIVISIONS, Profile(NINE, FIVE), MIDNIGHT)
        for minute in range(10, round((until - 9) * 60) + 1, 10):
            for code in DIVISIONS:
                stalls.report(code, at(9 + minute / 60), 0 if code in (1, 2, 3) else minute, 600)
        return stalls

    assert [found(late(hour), hour) for hour in (9.5, 10, 10.5)] == [[]] * 3
    assert found(late(11), 11) == [("division", (1, 2, 3))]


def test_districts_that_come_back_one_after_the_other_after_a_common_stall_are_not_told_alone() -> None:
    stalls, given = Stalls(Doses(), DIVISIONS, Profile(NINE, FIVE), MIDNIGHT), dict.fromkeys(DIVISIONS, 0)
    told: dict[float, list[tuple[str, tuple[int, ...]]]] = {}
    for minute in range(10, 300, 10):
        hour = 9 + minute / 60
        for code in DIVISIONS:
            given[code] += 0 if 11 < hour < 12 + code / 4 else 10
            stalls.report(code, at(hour), given[code], 900)
        told[hour] = found(stalls, hour)
    assert {scope for stops in told.values() for scope, _ in stops} == {"state"}
    assert told[13] == []


def test_which_districts_were_in_a_common_stall_is_kept_over_a_restart() -> None:
    before = a_day(11.75, dict.fromkeys(DIVISIONS, 11.0))
    assert found(before, 11.75) == [("state", (1, 2, 3, 4, 5, 6))]
    after = Stalls(Doses(), DIVISIONS, Profile(NINE, FIVE), MIDNIGHT)
    after.remember(json.loads(json.dumps(before.memory())))
    fresh = Stalls(Doses(), DIVISIONS, Profile(NINE, FIVE), MIDNIGHT)
    for quarter in range(1, 14):  # until 12:15; all but the first come back at twelve
        for code in DIVISIONS:
            hour = 9 + quarter / 4
            given = int(60 * (min(hour, 11) - 9 + (max(0.0, hour - 12) * 2 if code != 1 else 0)))
            after.report(code, at(hour), given, 900)
            fresh.report(code, at(hour), given, 900)
    assert found(fresh, 12.25) == [("district", (1,))]
    assert found(after, 12.25) == []


def test_a_dose_now_and_then_does_not_end_a_stall() -> None:
    stalls = told_every(10, lambda hour: stops_at(11)(hour) + max(0.0, hour - 11) * 4, 12.5)
    assert found(stalls, 12.5) == [("district", (1,))]
    assert not stalls.given_again(frozenset({1}), at(11))
    stalls.report(1, at(12.75), 140, 600)
    assert stalls.given_again(frozenset({1}), at(11))


def test_doses_now_and_then_do_not_move_the_beginning_of_a_stall_on() -> None:
    stalls = a_day(11, {})
    for quarter in range(1, 7):
        for code in DIVISIONS:
            stalls.report(code, at(11 + quarter / 4), 120 + (quarter if code == 1 else 15 * quarter), 600)
    (stall,) = stalls.open_now(at(12.5))
    assert (stall.districts, stall.since) == (frozenset({1}), at(11))
    assert stall.evidence.startswith("6 doses in 90 minutes")


def test_an_incident_of_districts_that_have_no_session_today_is_not_given_again() -> None:
    assert not a_day(12, {}).given_again(frozenset({99}), at(11))


def test_a_correction_downwards_is_no_stall_and_a_repeated_report_changes_nothing() -> None:
    stalls = a_day(11, {})
    for quarter in range(1, 5):
        for code in DIVISIONS:
            stalls.report(code, at(11 + quarter / 4), int(60 * (2 + quarter / 4)) - (40 if code == 1 else 0), 600)
    stalls.report(1, at(11), 0, 600)
    assert found(stalls, 12) == []


def test_it_is_over_when_doses_are_given_again() -> None:
    stalls = a_day(12, {1: 11})
    assert not stalls.given_again(frozenset({1}), at(11))
    stalls.report(1, at(12.25), 140, 600)
    assert stalls.given_again(frozenset({1}), at(11))


def test_the_pace_begins_at_the_prior_and_follows_what_is_given() -> None:
    assert pace(Doses(), 0, 0.0, 600).day == pytest.approx(360)
    assert pace(Doses(), 200, 0.25, 600).day == pytest.approx(800, rel=0.1)


def test_the_tail_of_a_negative_binomial_is_what_tables_say() -> None:
    # scipy.stats.nbinom.cdf(0, 10, 1/3) and (2, 10, 1/3)
    assert tail(0, 20, 60) == pytest.approx(1.693509e-05, rel=1e-5)
    assert tail(2, 20, 60) == pytest.approx(0.000543804, rel=1e-4)


def test_the_profile_is_a_whole_day_with_a_pause_at_noon() -> None:
    day = Profile(NINE, FIVE)
    assert (day.share(NINE), day.share(FIVE), day.share(0)) == (0, 1, 0)
    assert day.share(14 * 3600) - day.share(13 * 3600) < day.share(13 * 3600) - day.share(12 * 3600)


def test_doses_behind_pace_are_told_only_when_they_are_surely_some() -> None:
    day = Day(Doses(), Profile(NINE, FIVE), MIDNIGHT)
    stopped = a_day(13, dict.fromkeys(DIVISIONS, 11.0)).districts.values()
    estimate = delayed(day, stopped, at(11), at(13))
    assert estimate is not None
    assert 0 < estimate.low < estimate.doses < estimate.high
    assert delayed(day, a_day(13, {}).districts.values(), at(11), at(13)) is None
