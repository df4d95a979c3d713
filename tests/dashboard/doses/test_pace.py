"""Pace: expected by now out of a district's own quiet days, or out of a straight line that says so; a forecast with an interval."""

import random

import pytest

from dashboard.doses.pace import STRAIGHT, Part, QuietDay, Range, corrected, gone, pace, pace_now, usual

# doses by hour of a session of eight hours: slow start, busy middle
SLOW, FAIR, FAST = (
    QuietDay(((0.25, a), (0.5, b), (0.75, c)), final, 400)
    for a, b, c, final in ((20, 110, 200, 240), (30, 150, 250, 300), (40, 190, 300, 340))
)


def test_without_enough_quiet_days_it_is_a_straight_line_and_says_so() -> None:
    course = usual([FAIR, SLOW])
    assert course.label == STRAIGHT
    assert course.share_by(0.25) == Range(0.25, 0.25, 0.25)
    assert (course.turnout, course.days) == (Range(0.0, 1.0, 1.0), 0)


def test_raigad_at_half_past_one_stands_far_behind_a_straight_line() -> None:
    """10 of 400 by 13:30, in a session from 11:30 to 17:30: a third of it gone."""
    now = pace(400, 10, gone(0, 6 * 3600, 2 * 3600), usual([]))
    assert round(now.expected.mid) == 133
    assert round(now.delayed.mid) == 123
    assert now.delayed.low == 0  # the turnout is not known yet: perhaps nobody would have come
    assert round(now.close.mid) == 277


def test_its_own_quiet_days_give_the_course_and_the_spread() -> None:
    course = usual([SLOW, FAIR, FAST])
    assert course.label == "its own 3 quiet days"
    assert course.turnout == Range(0.6, 0.75, 0.85)
    half = course.share_by(0.5)
    assert (half.low, half.mid, half.high) == pytest.approx((110 / 240, 150 / 300, 190 / 340))
    now = pace(400, 100, 0.5, course)
    assert now.expected.mid == pytest.approx(150)
    assert now.delayed.mid == pytest.approx(50)
    assert now.close.mid == pytest.approx(250)
    assert now.close.low < now.close.mid < now.close.high


def test_days_without_doses_or_without_target_are_no_evidence() -> None:
    assert usual([SLOW, FAIR, QuietDay((), 0, 400), QuietDay((), 100, 0)]).label == STRAIGHT


def test_a_share_is_between_counts_along_a_line_and_never_beyond_the_day() -> None:
    assert FAIR.shares([0, 0.125, 0.25, 1, 2]) == pytest.approx([0, 0.05, 0.1, 1, 1])
    falling = QuietDay(((0.5, 400),), 300, 400)  # revised downward in the evening
    assert falling.shares([0.5]) == [1.0]


def test_ahead_of_pace_is_not_a_negative_delay() -> None:
    now = pace(400, 390, 0.5, usual([SLOW, FAIR, FAST]))
    assert now.delayed == Range(0, 0, 0)


def test_the_bounds_keep_their_order_and_the_close_never_falls_below_what_is_reported() -> None:
    chance = random.Random(20210116)
    for _ in range(500):
        days = []
        for _ in range(chance.randrange(6)):
            counts = sorted(chance.randrange(500) for _ in range(4))
            points = tuple(zip((0.2, 0.5, 0.8), counts[:3], strict=True))
            days.append(QuietDay(points, counts[3], chance.randrange(1, 600)))
        now = pace(chance.randrange(1000), chance.randrange(1000), chance.random(), usual(days))
        for span in (now.expected, now.close, now.delayed):
            assert span.low <= span.mid + 1e-9
            assert span.mid <= span.high + 1e-9
        assert now.close.low >= now.reported - 1e-9


def test_a_moment_before_or_after_the_session_counts_as_its_ends() -> None:
    assert [gone(100, 200, now) for now in (50, 100, 150, 200, 900)] == [0, 0, 0.5, 1, 1]


def test_days_told_only_in_the_evening_give_the_turnout_and_a_straight_line_by_the_hour() -> None:
    evenings = [QuietDay(((0.97, final),), final, 400) for final in (240, 300, 340)]
    course = usual(evenings)
    assert not evenings[0].by_hour
    assert (
        course.label == "its own 3 quiet days; by the hour a straight line, as they were hardly told during the session"
    )
    assert (course.turnout, course.share_by(0.25)) == (Range(0.6, 0.75, 0.85), Range(0.25, 0.25, 0.25))
    assert course.spread == pytest.approx(0.12583, rel=1e-3)


def test_a_figure_is_compared_at_its_own_hour_and_what_is_expected_goes_on_to_now() -> None:
    now = pace_now(400, (10, 120), (0, 360), 300, usual([]))
    assert now.told is not None
    assert (round(now.told.expected.mid), round(now.by_now.mid), now.told_at_ms) == (133, 333, 120)
    assert pace_now(400, None, (0, 360), 300, usual([])).told is None


def test_the_forecast_of_a_day_that_is_over_is_what_was_reported_and_who_is_ahead_is_not_behind() -> None:
    chance = random.Random(4)
    for _ in range(200):
        finals = [chance.randrange(1, 500) for _ in range(chance.randrange(6))]
        course = usual([QuietDay(((0.4, final // 3), (0.8, final // 2)), final, 400) for final in finals])
        reported = chance.randrange(800)
        over = pace(chance.randrange(1, 700), reported, 1.0, course)
        assert (over.close.low, over.close.mid, over.close.high) == pytest.approx((reported, reported, reported))
        ahead = pace(100, 1000, chance.random(), course)
        assert ahead.delayed == Range(0, 0, 0)


def test_a_count_revised_downward_corrects_the_hours_before_it() -> None:
    """50, then 500 by mistake, then 60: nobody took 440 doses back."""
    assert corrected([50, 500, 60, 300]) == [50, 60, 60, 300]
    assert QuietDay(((0.25, 50), (0.5, 500), (0.75, 60)), 300, 400).shares([0.25, 0.5, 0.75, 1]) == pytest.approx(
        [50 / 300, 0.2, 0.2, 1]
    )


def test_in_planned_downtime_nothing_is_expected_and_the_day_ends_without_those_doses() -> None:
    course = usual([SLOW, FAIR, FAST]).without([(0.25, 0.5)])
    assert course.label == "its own 3 quiet days; without the planned downtime and suspensions of the day"
    assert course.share_by(0.5).mid == pytest.approx(course.share_by(0.25).mid) == pytest.approx(0.1)
    assert course.share_by(1).mid == pytest.approx(1 - (0.5 - 0.1), abs=0.01)
    now = pace(400, 30, 0.5, course)
    assert now.delayed.mid == pytest.approx(0)
    assert now.close.mid == pytest.approx(30 + 150, abs=2)
    assert pace(400, 180, 1.0, course).close == Range(180, 180, 180)
    assert usual([]).without([]) == usual([])


def test_pauses_that_overlap_are_missed_once_and_two_of_one_twentieth_both() -> None:
    course = usual([])
    once, twice = (course.without([(0.42, 0.48)] * times).share_by(1).mid for times in (1, 2))
    assert once == twice == pytest.approx(0.94)
    assert course.without([(0.4, 0.42), (0.42, 0.44)]).share_by(1).mid == pytest.approx(0.96)


def test_a_place_of_several_districts_falls_by_the_weight_of_those_that_pause() -> None:
    course, rest = usual([SLOW, FAIR, FAST]), Part(300)
    paused = course.of_parts([rest, Part(100, pauses=((0.25, 0.5),))])
    whole = course.without([(0.25, 0.5)])
    for place in (0.25, 0.4, 0.5, 1.0):
        expected = 0.75 * course.share_by(place).mid + 0.25 * whole.share_by(place).mid
        assert paused.share_by(place).mid == pytest.approx(expected)
    assert paused.label == "its own 3 quiet days; less the planned downtime and suspensions of its districts, by target"
    assert course.of_parts([rest, Part(100, (0.5, 1.0))]) is course  # its quiet days had those hours too
    assert course.of_parts([Part(0, pauses=((0, 1),))]) is course


def test_a_straight_line_of_several_districts_is_the_sum_of_their_lines() -> None:
    course = usual([]).of_parts([Part(300), Part(100, (0.5, 1.0), ((0.75, 1.0),))])
    assert [course.share_by(place).mid for place in (0.5, 0.75, 1.0)] == pytest.approx([0.375, 0.6875, 0.875])
    hours = usual([]).of_parts([Part(300), Part(100, (0.5, 1.0))])
    assert hours.share_by(1.0).mid == pytest.approx(1)
    assert hours.label == f"{STRAIGHT}; its districts' own hours, by target"


def test_whatever_was_told_and_planned_the_bounds_are_ordered_and_nothing_falls() -> None:
    chance = random.Random(11)
    for _ in range(200):
        days = [
            QuietDay(tuple((n / 5, chance.randrange(500)) for n in range(1, 5)), chance.randrange(500), 400)
            for _ in range(chance.randrange(7))
        ]
        pauses = [sorted((chance.random(), chance.random())) for _ in range(chance.randrange(4))]
        course = usual(days).without([(a, b) for a, b in pauses])
        before = Range(0, 0, 0)
        for place in (0, *sorted(chance.random() for _ in range(6)), 1):
            now = pace(400, chance.randrange(500), place, course)
            for one in (now.expected, now.close, now.delayed):
                assert 0 <= one.low <= one.mid + 1e-9 <= one.high + 2e-9
            assert now.expected.low >= before.low - 1e-9
            assert now.expected.mid >= before.mid - 1e-9
            assert now.expected.high >= before.high - 1e-9
            assert now.close.low >= now.reported
            before = now.expected
        assert now.close.high == pytest.approx(now.reported)
