"""Days and moments: two forms, one meaning, and a reason with each refusal."""

import random
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest

from dashboard.doses.days import EXCEL_EPOCH, Span, read_as_of, read_day
from dashboard.doses.finding import Unreadable
from tests.places import IST

SEED = 20210116
FORM = "Write it as YYYY-MM-DD, for example 2021-01-16"
WHEN = "Write when the figure was true, for example 2021-01-16T18:00:00+05:30"
AHEAD = "is in the future. Write when the figure was true; mind the offset, +05:30 in India"
SPAN = Span(date(2021, 1, 16), date(2024, 6, 30))
DAY = date(2021, 1, 16)
NOW = datetime(2021, 1, 16, 20, 0, tzinfo=IST)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2021-01-16", date(2021, 1, 16)), (" 2021-01-16 ", date(2021, 1, 16)), ("16/01/2021", date(2021, 1, 16)),
        ("03/03/2024", date(2024, 3, 3)), ("२०२१-०१-१६", date(2021, 1, 16)), ("29/02/2024", date(2024, 2, 29)),
        ("2024-06-30", date(2024, 6, 30)), ("১৬/০১/২০২১", date(2021, 1, 16)),
    ],
)  # fmt: skip
def test_it_reads(text: str, day: date) -> None:
    assert read_day(text, SPAN) == day


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("03/04/2024", '"03/04/2024" can be read as 2024-04-03 or as 2024-03-04. Write 2024-04-03 or 2024-03-04'),
        ("04/13/2024", '"04/13/2024" has no month 13. Write 2024-04-13 if that is meant; with slashes the day comes first'),
        ("31/02/2024", '"31/02/2024" is not a day of the calendar (that month has no such day). ' + FORM),
        ("2021-02-29", '"2021-02-29" is not a day of the calendar (that month has no such day). ' + FORM),
        ("2021-13-01", '"2021-13-01" is not a day of the calendar (the month must be from 1 to 12). ' + FORM),
        ("16/01/21", '"16/01/21" has a year of two digits. ' + FORM),
        ("44212", '"44212" looks like the number a spreadsheet keeps for 2021-01-16. Write 2021-01-16 if that is meant'),
        ("2025-01-01", '"2025-01-01" is refused: it is in the future, today is 2024-06-30. Write the day the doses were given'),
        ("2021-01-15", '"2021-01-15" is refused: it is before the drive began on 2021-01-16. Write the day the doses were given'),
        ("2564-01-16", '"2564-01-16" is refused: its year looks like the Buddhist calendar, 2021 here. ' + FORM),
        ("1942-10-26", '"1942-10-26" is refused: its year looks like the Saka calendar. Write the year of the common calendar'),
        ("2077-10-03", '"2077-10-03" is refused: its year looks like the Vikram Samvat calendar. Write the year of the common calendar'),
        ("16-01-2021", '"16-01-2021" is not in one of the two known forms. Write YYYY-MM-DD, or DD/MM/YYYY with slashes'),
        ("16.01.2021", '"16.01.2021" is not in one of the two known forms. Write YYYY-MM-DD, or DD/MM/YYYY with slashes'),
        ("1/2/2021", '"1/2/2021" is not in one of the two known forms. Write YYYY-MM-DD, or DD/MM/YYYY with slashes'),
        ("16 Jan 2021", '"16 Jan 2021" is not a day. ' + FORM),
        ("today", '"today" is not a day. ' + FORM),
        ("2021-01-16T18:00", '"2021-01-16T18:00" has an hour; a service day has none. Write 2021-01-16'),
        ("", "the day is missing. Write it as YYYY-MM-DD, for example 2021-01-16"),
        ("0000-01-01", '"0000-01-01" is not a day of the calendar (there is no such year). ' + FORM),
    ],
)  # fmt: skip
def test_it_refuses_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_day(text, SPAN)
    assert str(refused.value) == said


def test_where_the_form_is_agreed_the_day_comes_first() -> None:
    agreed = Span(SPAN.first, SPAN.today, slashes_fixed=True)
    assert read_day("03/04/2024", agreed) == date(2024, 4, 3)
    with pytest.raises(Unreadable, match="has no month 13"):
        read_day("04/13/2024", agreed)


def test_what_a_day_means_does_not_depend_on_the_day_and_is_never_swapped() -> None:
    chance = random.Random(SEED)
    for _ in range(3000):
        day = date(2021, 1, 16) + timedelta(days=chance.randrange(1200))
        assert read_day(day.isoformat(), SPAN) == day
        if day.day > 12 or day.day == day.month:
            assert read_day(f"{day:%d/%m/%Y}", SPAN) == day
        else:
            with pytest.raises(Unreadable, match=f"{day}"):
                read_day(f"{day:%d/%m/%Y}", SPAN)
        with pytest.raises(Unreadable):
            read_day(str((day - EXCEL_EPOCH).days), SPAN)


def test_no_text_makes_it_fall_over() -> None:
    chance = random.Random(SEED)
    letters = "0123456789/-:T.Z+ ०१২২²\x00\ud800ab"
    for _ in range(20_000):
        text = "".join(chance.choice(letters) for _ in range(chance.choice([5, 8, 10, 16, 25])))
        for read in (lambda t: read_day(t, SPAN), lambda t: read_as_of(t, DAY, IST, NOW)):
            with suppress(Unreadable):
                read(text)


@pytest.mark.parametrize(
    ("text", "moment", "hour_known"),
    [
        ("2021-01-16T18:00:00+05:30", datetime(2021, 1, 16, 18, 0, tzinfo=IST), True),
        ("2021-01-16T12:30:00Z", datetime(2021, 1, 16, 18, 0, tzinfo=IST), True),
        ("2021-01-16T18:00", datetime(2021, 1, 16, 18, 0, tzinfo=IST), True),
        ("2021-01-16 18:00", datetime(2021, 1, 16, 18, 0, tzinfo=IST), True),
        ("2021-01-16 18:00 +05:30", datetime(2021, 1, 16, 18, 0, tzinfo=IST), True),
        ("18:00", datetime(2021, 1, 16, 18, 0, tzinfo=IST), True),
        ("9:05", datetime(2021, 1, 16, 9, 5, tzinfo=IST), True),
        ("१८:००", datetime(2021, 1, 16, 18, 0, tzinfo=IST), True),
        ("2021-01-16T18:00:00-03:00", None, True),
        ("2021-01-16", datetime(2021, 1, 16, 23, 59, 59, tzinfo=IST), False),
        ("20:04", datetime(2021, 1, 16, 20, 4, tzinfo=IST), True),
    ],
)  # fmt: skip
def test_a_moment_without_offset_is_in_the_states_zone(text: str, moment: datetime | None, hour_known: bool) -> None:
    if moment is None:
        with pytest.raises(Unreadable, match="in the future"):
            read_as_of(text, DAY, IST, NOW)
        return
    read = read_as_of(text, DAY, IST, NOW)
    assert (read.moment.astimezone(UTC), read.hour_known) == (moment.astimezone(UTC), hour_known)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "as_of is missing. Write when the figure was true, for example 2021-01-16T18:00:00+05:30"),
        ("20:06", '"20:06" ' + AHEAD),
        ("25:00", '"25:00" is not an hour of the day. Write for example 18:00'),
        ("6 pm", '"6 pm" is not a moment. Write for example 2021-01-16T18:00:00+05:30'),
        ("2021-01-16T25:00", '"2021-01-16T25:00" is not a moment of the calendar. Write for example 2021-01-16T18:00:00+05:30'),
        ("2099-01-16T18:00+05:30", '"2099-01-16T18:00+05:30" ' + AHEAD),
        ("1970-01-01T00:00Z", '"1970-01-01T00:00Z" is refused: its year is 1970. Write when the figure was true'),
        ("2021-01-17", '"2021-01-17" is refused: it is in the future, today is 2021-01-16. ' + WHEN),
        ("Saturday evening, 16 Jan", '"Saturday evening, 16 Jan" is not a moment. Write for example 2021-01-16T18:00:00+05:30'),
        ("1610798400000", '"1610798400000" is not a moment. Write for example 2021-01-16T18:00:00+05:30'),
    ],
)  # fmt: skip
def test_a_moment_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_as_of(text, DAY, IST, NOW)
    assert str(refused.value) == said
