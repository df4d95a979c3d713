"""A day without new doses means one of four things, and only one of them is worth a mail."""

from datetime import date

import pytest

from dashboard.doses.silence import Silence, silence
from dashboard.settings import Calendar, SessionDay

CALENDAR = Calendar(hours="09:00-17:00", weekly=("tue", "sat"), closed=(SessionDay(date=date(2021, 2, 27)),))


@pytest.mark.parametrize(
    ("day", "doses", "said"),
    [
        (date(2021, 1, 19), 5, Silence.NONE), (date(2021, 1, 17), 5, Silence.NONE), (date(2021, 1, 17), 0, Silence.NO_SESSION),
        (date(2021, 1, 17), None, Silence.NO_SESSION), (date(2021, 1, 19), 0, Silence.STALL),
        (date(2021, 1, 19), None, Silence.NOT_REPORTED), (date(2021, 2, 27), 0, Silence.PLANNED),
    ],
)  # fmt: skip
def test_it_says_which(day: date, doses: int | None, said: Silence) -> None:
    assert silence(day, doses, CALENDAR) is said


def test_only_a_stall_wakes_anybody() -> None:
    assert [kind for kind in Silence if kind.alerts] == [Silence.STALL]
