"""Sessions of districts with days and hours of their own, and planned downtime."""

from datetime import date, datetime, time

import pytest

from dashboard.settings import Calendar
from tests.places import IST, PUNE, RAIGAD, THANE, at, example

NINE_TO_FIVE, TEN_TO_FOUR, FIRST_DAY = (time(9), time(17)), (time(10), time(16)), (time(11, 30), time(17, 30))
CALENDAR = Calendar.model_validate({
    "hours": "09:00-17:00", "weekly": ["tue", "wed", "fri", "sat"],
    "days": [{"date": "2021-01-16", "hours": "11:30-17:30"}], "closed": [{"date": "2021-01-26"}, {"date": "2021-02-02"}],
    "own": [
        {
            "districts": [RAIGAD], "hours": "10:00-16:00", "days": [{"date": "2021-01-18"}, {"date": "2021-02-02"}],
            "closed": [{"date": "2021-01-20"}],
        },
        {"districts": [PUNE], "weekly": ["mon"]},
    ],
    "downtime": [
        {"from": "2021-02-27T00:00:00+05:30", "until": "2021-03-01T00:00:00+05:30", "note": "move of the registry"},
        {"from": "2021-01-22T12:00:00+05:30", "until": "2021-01-22T14:00:00+05:30", "note": "new line", "districts": [THANE]},
        {"from": "2021-01-29T08:00:00+05:30", "until": "2021-01-29T18:00:00+05:30", "districts": [THANE]},
    ],
})  # fmt: skip
ROOM = example().model_copy(update={"calendar": CALENDAR})


@pytest.mark.parametrize(
    ("day", "of_the_state", "of_raigad", "of_pune"),
    [
        ("2021-01-15", None, None, None),  # a Friday, before the first day
        ("2021-01-11", None, None, None),  # a Monday, Pune's weekday, before it too
        ("2021-01-16", FIRST_DAY, FIRST_DAY, FIRST_DAY),  # a day that the state sets hours for
        ("2021-01-18", None, TEN_TO_FOUR, NINE_TO_FIVE),  # Raigad's own day, Pune's weekday
        ("2021-01-19", NINE_TO_FIVE, TEN_TO_FOUR, None),
        ("2021-01-20", NINE_TO_FIVE, None, None),  # Raigad alone is closed
        ("2021-01-26", None, None, None),  # closed in the state, and nobody says otherwise
        ("2021-02-02", None, TEN_TO_FOUR, None),  # Raigad's own word stands over the state's
        ("2021-02-27", None, None, None),  # planned downtime of all, the whole day
    ],
)
def test_what_a_district_does_not_say_is_the_states(
    day: str, of_the_state: object, of_raigad: object, of_pune: object
) -> None:
    found = [CALENDAR.of(code).hours_on(date.fromisoformat(day)) for code in (THANE, RAIGAD, PUNE)]
    assert found == [of_the_state, of_raigad, of_pune]


def test_it_knows_who_is_in_session_and_leaves_out_planned_downtime() -> None:
    everyone = frozenset(district.code for district in example().districts)
    assert ROOM.codes_in_session(at("09:30", "2021-01-19")) == everyone - {RAIGAD, PUNE}
    assert ROOM.codes_in_session(at("10:30", "2021-01-18")) == {RAIGAD, PUNE}
    assert ROOM.codes_in_session(at("13:00", "2021-01-22")) == everyone - {PUNE, THANE}
    assert ROOM.codes_in_session(at("14:00", "2021-01-22")) == everyone - {PUNE}
    assert ROOM.codes_in_session(at("12:00", "2021-02-27")) == frozenset()


def test_one_district_and_any_district_are_asked_alike() -> None:
    moment = at("10:30", "2021-01-18")
    asked = [ROOM.in_session(moment), ROOM.in_session(moment, RAIGAD), ROOM.in_session(moment, THANE)]
    assert asked == [True, True, False]
    assert not ROOM.in_session(at("18:00", "2021-01-19"))


def test_a_span_reaches_from_the_first_opening_to_the_last_closing() -> None:
    assert CALENDAR.span_on(date(2021, 1, 18), [RAIGAD, PUNE, THANE]) == NINE_TO_FIVE
    assert CALENDAR.span_on(date(2021, 1, 19), [RAIGAD]) == TEN_TO_FOUR
    assert CALENDAR.span_on(date(2021, 1, 17), [RAIGAD, PUNE, THANE]) is None
    assert CALENDAR.sessions_on(date(2021, 1, 18), [RAIGAD, PUNE, THANE]) == {RAIGAD, PUNE}


def test_planned_downtime_says_until_when_and_why() -> None:
    at_noon = CALENDAR.downtime_at(at("13:00", "2021-01-22"), THANE)
    assert at_noon is not None
    assert at_noon.sentence == "planned downtime until 14:00: new line"
    assert CALENDAR.downtime_at(at("13:00", "2021-01-22"), RAIGAD) is None
    of_all = CALENDAR.downtime_at(at("03:00", "2021-02-28"), RAIGAD)
    assert of_all is not None
    assert of_all.sentence == "planned downtime until 1 March, 00:00: move of the registry"


def test_only_downtime_over_the_whole_session_takes_the_day() -> None:
    thane = CALENDAR.of(THANE)
    assert thane.hours_on(date(2021, 1, 22)) == NINE_TO_FIVE
    assert thane.hours_on(date(2021, 1, 29)) is None
    assert CALENDAR.hours_on(date(2021, 1, 29)) == NINE_TO_FIVE
    assert thane.downtime_on(date(2021, 1, 29)) is not None
    assert thane.downtime_on(date(2021, 2, 28)) is None  # a Sunday has no session that could be taken


def test_of_two_downtimes_at_once_the_one_that_ends_last_is_told() -> None:
    longer = {"from": "2021-01-22T11:00:00+05:30", "until": "2021-01-22T15:00:00+05:30"}
    both = Calendar.model_validate(
        {"hours": "09:00-17:00", "downtime": [longer, {**longer, "until": "2021-01-22T13:00:00+05:30"}]}
    )
    found = both.downtime_at(at("12:00", "2021-01-22"), RAIGAD)
    assert found is not None
    assert found.until == datetime(2021, 1, 22, 15, tzinfo=IST)


def test_a_changed_calendar_is_not_answered_from_the_old_one() -> None:
    changed = CALENDAR.model_copy(update={"own": ()})
    assert CALENDAR.of(RAIGAD).hours_on(date(2021, 1, 19)) == TEN_TO_FOUR
    assert changed.of(RAIGAD).hours_on(date(2021, 1, 19)) == NINE_TO_FIVE


def test_the_shipped_calendar_has_the_two_days_of_the_registrys_move() -> None:
    found = example().calendar.downtime_at(at("12:00", "2021-02-27"), RAIGAD)
    assert found is not None
    assert found.sentence == "planned downtime until 1 March, 00:00: move to version 2 of the registry"


@pytest.mark.parametrize(("again", "left"), [("12:00", None), ("11:30", None), ("12:01", NINE_TO_FIVE)])
def test_downtime_that_was_extended_takes_the_whole_session_as_one_entry_would(
    again: str, left: tuple[time, time] | None
) -> None:
    day = "2021-01-19"
    entries = [
        {"from": f"{day}T{again}+05:30", "until": f"{day}T18:00+05:30", "note": "goes on"},
        {"from": f"{day}T00:00+05:30", "until": f"{day}T12:00+05:30"},
    ]
    calendar = Calendar.model_validate({"hours": "09:00-17:00", "weekly": ["tue"], "downtime": entries})
    assert calendar.hours_on(date(2021, 1, 19)) == left
    assert (getattr(calendar.downtime_on(date(2021, 1, 19)), "note", None) == "goes on") is (left is None)
