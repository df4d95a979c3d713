"""A day without new doses means one of five things, and only one of them is worth a mail."""

from datetime import date

import pytest

from dashboard.doses.sessions import Sessions
from dashboard.doses.silence import Silence, silence, silence_of
from dashboard.settings import STATE_PLACE, Calendar
from tests.dashboard.doses.reading import places

TUESDAY, SUNDAY, MOVE = date(2021, 1, 19), date(2021, 1, 17), date(2021, 2, 27)
CALENDAR = Calendar.model_validate({
    "hours": "09:00-17:00", "weekly": ["tue", "sat"], "closed": [{"date": "2021-01-30"}],
    "own": [{"districts": [482], "closed": [{"date": "2021-01-19"}]}, {"districts": [491], "days": [{"date": "2021-01-17"}]}],
    "downtime": [
        {"from": "2021-02-27T00:00:00+05:30", "until": "2021-03-01T00:00:00+05:30"},
        {"from": "2021-01-19T12:00:00+05:30", "until": "2021-01-19T14:00:00+05:30"},
    ],
})  # fmt: skip
SESSIONS = Sessions(CALENDAR, places())


@pytest.mark.parametrize(
    ("day", "doses", "said"),
    [
        (TUESDAY, 5, Silence.NONE), (SUNDAY, 5, Silence.NONE), (SUNDAY, 0, Silence.NO_SESSION), (SUNDAY, None, Silence.NO_SESSION),
        (TUESDAY, 0, Silence.STALL), (TUESDAY, None, Silence.NOT_REPORTED), (MOVE, 0, Silence.PLANNED), (MOVE, None, Silence.PLANNED),
        (date(2021, 1, 30), 0, Silence.NO_SESSION),
    ],
)  # fmt: skip
def test_it_says_which(day: date, doses: int | None, said: Silence) -> None:
    assert silence(day, doses, CALENDAR) is said


@pytest.mark.parametrize(
    ("day", "doses", "said"),
    [
        (TUESDAY, 0, "sessions suspended"), (TUESDAY, None, "sessions suspended"), (SUNDAY, 0, "no session"),
        (TUESDAY, 3, "doses were counted"),
    ],
)  # fmt: skip
def test_a_suspended_session_is_no_stall(day: date, doses: int | None, said: str) -> None:
    assert silence(day, doses, CALENDAR, suspended=True) == said


@pytest.mark.parametrize(
    ("place", "day", "said"),
    [
        ("497", TUESDAY, "stall"), ("482", TUESDAY, "no session"), ("mumbai", TUESDAY, "stall"), ("mumbai", SUNDAY, "no session"),
        ("491", SUNDAY, "stall"), ("491/alibag", SUNDAY, "stall"), (STATE_PLACE, SUNDAY, "stall"), (STATE_PLACE, MOVE, "planned downtime"),
        ("WB", SUNDAY, "no session"), ("WB", TUESDAY, "stall"),
    ],
)  # fmt: skip
def test_of_an_area_the_district_that_leaves_most_to_explain_decides(place: str, day: date, said: str) -> None:
    assert silence_of(place, day, 0, SESSIONS) == said


def test_an_area_is_suspended_when_all_that_sit_are() -> None:
    assert silence_of("mumbai", TUESDAY, 0, SESSIONS, suspended={483}) == "sessions suspended"
    assert silence_of("mumbai", TUESDAY, 0, SESSIONS, suspended={482}) == "stall"


def test_only_a_stall_wakes_anybody() -> None:
    assert [kind for kind in Silence if kind.alerts] == [Silence.STALL]
