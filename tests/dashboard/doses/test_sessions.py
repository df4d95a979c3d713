"""Session days and hours of places: districts by their own calendar, areas and the state by their districts."""

from datetime import date, time

import pytest

from dashboard.doses.sessions import Sessions
from dashboard.settings import STATE_PLACE, Calendar
from tests.dashboard.doses.reading import places, read_rows, row

TUESDAY, SUNDAY = date(2021, 1, 19), date(2021, 1, 17)
USUAL, SHORT = (time(9), time(17)), (time(10), time(16))
CALENDAR = Calendar.model_validate({
    "hours": "09:00-17:00", "weekly": ["tue"],
    "own": [{"districts": [482], "hours": "10:00-16:00"}, {"districts": [491, 483], "hours": "10:00-16:00", "weekly": ["sun"]}],
})  # fmt: skip
SESSIONS = Sessions(CALENDAR, places())


@pytest.mark.parametrize(
    ("place", "tuesday", "sunday"),
    [
        ("497", USUAL, None), ("482", SHORT, None), ("491", None, SHORT), ("491/alibag", None, SHORT),
        ("mumbai", SHORT, SHORT), (STATE_PLACE, USUAL, SHORT), ("WB", USUAL, None),
    ],
)  # fmt: skip
def test_hours_reach_from_the_first_opening_to_the_last_closing(place: str, tuesday: object, sunday: object) -> None:
    assert [SESSIONS.hours_on(place, day) for day in (TUESDAY, SUNDAY)] == [tuesday, sunday]


def test_a_session_day_of_an_area_is_one_on_which_half_of_its_districts_sit() -> None:
    days = {
        place: [SESSIONS.on(place)(day) for day in (TUESDAY, SUNDAY)]
        for place in ("497", "491", "mumbai", STATE_PLACE, "WB")
    }
    assert days == {
        "497": [True, False], "491": [False, True], "mumbai": [True, True], STATE_PLACE: [True, False], "WB": [True, False],
    }  # fmt: skip


def test_it_names_the_places_whose_days_may_differ_from_the_states() -> None:
    assert SESSIONS.apart() == {"482", "483", "491", "mumbai", STATE_PLACE}
    assert Sessions(CALENDAR.model_copy(update={"own": ()}), places()).apart() == frozenset()


def test_a_figure_of_a_day_without_a_session_is_taken() -> None:
    found = read_rows(row(district="491", day=SUNDAY.isoformat(), value="12", as_of="2021-01-17T12:00"))
    assert ([figure.value for figure in found.figures], found.findings) == ([12], [])
