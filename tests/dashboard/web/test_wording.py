"""Numbers, times and durations as a person reads them."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from dashboard.web import wording

ZONE = ZoneInfo("Asia/Kolkata")
SIX_PM = 1610800200000  # 16 January 2021, 18:00 IST


@pytest.mark.parametrize(
    ("number", "text"), [(5726, "5,726"), (191181, "1,91,181"), (12345678, "1,23,45,678"), (-1500, "−1,500")]
)
def test_numbers_are_grouped_the_indian_way(number: int, text: str) -> None:
    assert wording.grouped(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(112, "112 s"), (-3, "0 s"), (2700, "45 min"), (18000, "5 h 00"), (12600, "3 h 30")]
)
def test_durations_get_the_unit_that_fits(seconds: float, text: str) -> None:
    assert wording.lasting(seconds) == text


def test_upload_times_have_a_decimal_only_while_it_matters() -> None:
    assert wording.upload_time(3.24) == "3.2 s"
    assert wording.upload_time(54.6) == "55 s"


def test_shares_round_halves_up_and_have_no_zero_denominator() -> None:
    assert wording.share(10, 400) == "3%"
    assert wording.share(18338, 28500, 2) == "64.34%"
    assert wording.share(1, 0) == ""


def test_a_clock_time_of_another_day_carries_its_day() -> None:
    assert wording.clock(SIX_PM, ZONE, date(2021, 1, 16)) == "18:00"
    assert wording.clock(SIX_PM, ZONE, date(2021, 1, 17)) == "16 Jan 18:00"


def test_names_are_listed_until_they_are_too_many() -> None:
    assert wording.listed(["Dhule"]) == "Dhule"
    assert wording.listed(["Dhule", "Akola", "Beed"]) == "Dhule, Akola and Beed"
    assert wording.listed(["a", "b", "c", "d"]) == "4 districts"


def test_counted_things_have_their_plural() -> None:
    assert wording.counted(1, "incident") == "1 incident"
    assert wording.counted(1200, "mail") == "1,200 mails"
