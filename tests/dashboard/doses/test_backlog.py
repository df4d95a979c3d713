"""The backlog: what is on paper, how old, how fast it drains, and when nothing drains at all."""

from datetime import date

import pytest

from dashboard.doses.backlog import Backlog, Point, backlog, falls, points
from tests.dashboard.doses.published import AT_HAND, rows
from tests.places import example


def days(*counts: tuple[int, int]) -> list[Point]:
    return [Point(date(2021, 1, 19 + n), reported, recorded) for n, (reported, recorded) in enumerate(counts)]


def test_its_age_is_that_of_the_oldest_dose_not_yet_entered() -> None:
    found = backlog(days((100, 20), (200, 120), (300, 190)))
    assert found is not None
    assert (found.point.backlog, found.oldest, found.age_days) == (110, date(2021, 1, 20), 1)


def test_it_says_when_it_may_be_cleared_as_a_range() -> None:
    found = backlog(days((100, 0), (100, 20), (100, 30), (100, 60)))
    assert found is not None
    assert found.drain == 20
    assert found.cleared_days == (40 / 30, 40 / 10)
    assert (
        found.sentence
        == "40 doses on paper, the oldest 3 days old; cleared in 1 to 4 days at the pace of the last 3 session days"
    )


def test_a_day_on_which_it_grew_leaves_the_slow_end_open() -> None:
    found = backlog(days((100, 0), (100, 50), (130, 60)))
    assert found is not None
    assert found.cleared_days == (70 / 50, None)
    assert "at the slowest never" in found.sentence


def test_nothing_entered_for_the_whole_window_is_a_stall() -> None:
    found = backlog(days((100, 40), (100, 40), (100, 40), (100, 40)))
    assert found is not None
    assert (found.stalled, found.cleared_days) == (True, None)
    assert found.sentence == "60 doses on paper, the oldest 3 days old; nothing was entered in the last 3 session days"
    growing = backlog(days((100, 40), (100, 41), (200, 41), (300, 42)))
    assert growing is not None
    assert (growing.stalled, growing.sentence.endswith("not shrinking")) == (False, True)


def test_too_short_a_look_back_is_no_stall() -> None:
    found = backlog(days((100, 40), (100, 40)))
    assert found is not None
    assert not found.stalled


def test_a_registry_ahead_of_the_telling_has_no_backlog_and_no_age() -> None:
    found = backlog(days((100, 100), (9_219, 9_435)))
    assert found is not None
    assert (found.point.backlog, found.age_days, found.sentence) == (-216, 0, "no backlog")


def test_without_both_counts_there_is_none() -> None:
    assert backlog([]) is None
    assert points({"2021-01-16": 5}, {"2021-01-17": 3}) == []
    one = backlog(days((5, 3)))
    assert one is not None
    assert (one.drain, one.stalled) == (None, False)


def test_days_without_sessions_and_planned_downtime_make_no_stall() -> None:
    quiet = backlog(days(*[(100, 40)] * 5), in_session=lambda day: day.day in (20, 23))
    planned = backlog(days(*[(100, 40)] * 6), in_session=lambda day: day.day != 22)
    assert quiet is not None
    assert planned is not None
    assert (quiet.stalled, planned.stalled) == (False, True)
    assert planned.since == date(2021, 1, 20)


def test_where_each_day_is_known_the_oldest_is_the_first_day_that_lacks_doses() -> None:
    gaps = {date(2021, 1, 19): 0, date(2021, 1, 20): -3, date(2021, 1, 21): 5, date(2021, 1, 22): 8}
    found = backlog(days((100, 20), (200, 120)), unentered=gaps)
    assert found is not None
    assert found.oldest == date(2021, 1, 21)


def test_where_the_counts_begin_later_than_the_drive_the_oldest_may_be_older() -> None:
    late = backlog(days((100, 20), (200, 40)), first_day=date(2021, 1, 16))
    whole = backlog(days((100, 20), (200, 40)), first_day=date(2021, 1, 19))
    assert late is not None
    assert whole is not None
    assert (late.age, whole.age) == ("at least 1 day", "1 day")


def test_counts_that_fall_are_named_and_never_negative() -> None:
    fell = falls(days((100, 40), (90, 45), (95, 30)))
    assert fell == {
        date(2021, 1, 20): "reported revised downward by 10",
        date(2021, 1, 21): "recorded revised downward by 15",
    }


@pytest.mark.parametrize(
    ("left", "rates", "words"),
    [
        (40, (30.0, 10.0), "in 1 to 4 days"), (40, (60.0, 50.0), "in up to 1 day"), (40, (20.0, 20.0), "in about 2 days"),
        (40, (13.0, -5.0), "in 3 days at the fastest, at the slowest never"),
        (40, (90.0, 0.0), "in 1 day at the fastest, at the slowest never"),
        (400, (20.0, 1.0), "in 20 to over 60 days"), (4_000, (20.0, 1.0), "in over 60 days"), (40, (90.0, 0.5), "in up to over 60 days"),
        (0, (30.0, 10.0), ""),
    ],
)  # fmt: skip
def test_a_forecast_is_a_range_and_never_narrower_than_it_is(left: int, rates: tuple[float, float], words: str) -> None:
    drain = sum(rates) / 2
    assert Backlog(Point(date(2021, 1, 25), left, 0), None, drain, rates, False).forecast == words


if AT_HAND:

    def series(state: str, until: str) -> list[Point]:
        told = [r for r in rows("state_recorded_vs_reported.csv") if r["state"] == state and r["date"] <= until]
        reported, recorded = (
            {r["date"]: int(r[column]) for r in told if r[column]}
            for column in ("mohfw_reported_cum", "cowin_recorded_cum")
        )
        return points(reported, recorded)

    def test_the_backlog_of_maharashtra_is_that_of_the_published_series() -> None:
        gaps = {p.day.isoformat(): p.backlog for p in series("Maharashtra", "2021-03-03")}
        wanted = {
            "2021-01-16": 12_602,
            "2021-01-18": 12_431,
            "2021-01-20": 28_175,
            "2021-01-25": 29_828,
            "2021-02-20": 9_070,
        }
        assert {day: gaps[day] for day in wanted} == wanted

    def test_on_22_january_its_oldest_dose_is_of_the_20th_and_it_grows() -> None:
        found = backlog(series("Maharashtra", "2021-01-22"))
        assert found is not None
        assert (found.point.backlog, found.oldest) == (30_591, date(2021, 1, 20))
        assert found.sentence.startswith("30,591 doses on paper")

    def test_the_planned_silence_of_27_february_is_no_stall() -> None:
        calendar = example().calendar
        told = series("Maharashtra", "2021-03-01")
        found = backlog(told, in_session=lambda day: calendar.hours_on(day) is not None)
        assert found is not None
        assert told[-1].recorded == told[-2].recorded  # 28 February and 1 March
        assert not found.stalled

    def test_madhya_pradesh_had_none_the_same_night() -> None:
        found = backlog(series("Madhya Pradesh", "2021-01-16"))
        assert found is not None
        assert found.sentence == "no backlog"
