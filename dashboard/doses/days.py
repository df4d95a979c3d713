"""Service days and as-of moments as people write them. A date that can be read in two ways is refused, not guessed.

A lenient reader's answer depends on the order of the rows: `03/04/2024` is 4 March until a `13/04/2024` stands before it.
"""

import re
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from dashboard.doses.finding import Unreadable, quoted

FIRST_DAY = Date(2021, 1, 16)
EXCEL_EPOCH = Date(1899, 12, 30)
_CLOCKS_DIFFER = timedelta(minutes=5)
_DIGITS = str.maketrans("०१२३४५६७८९০১২৩৪৫৬৭৮৯", "01234567890123456789")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_SLASHES = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2}")
_LOOSE = re.compile(r"[0-9]{1,4}[/. -][0-9]{1,2}[/. -][0-9]{1,4}")
_DAY_ALONE = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(:([0-9]{2}))?")
_MOMENT = re.compile(r"([0-9-]{10})[T ]([0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)\s?(Z|[+-][0-9]{2}:?[0-9]{2})?")
_TWO_FORMS = "Write it as YYYY-MM-DD, for example 2021-01-16"


@dataclass(frozen=True)
class AsOf:
    """The moment a figure was true. `hour_known` False: only its day was given, and `moment` is the end of that day."""

    moment: datetime
    hour_known: bool

    @property
    def ms(self) -> int:
        """Milliseconds since 1970 UTC."""
        return int(self.moment.timestamp() * 1000)


@dataclass(frozen=True)
class Span:
    """The service days that can be right: from the first day of the drive to today. `slashes_fixed`: DD/MM/YYYY is agreed."""

    first: Date
    today: Date
    slashes_fixed: bool = False


def read_day(text: str, span: Span) -> Date:
    """Read a service day, YYYY-MM-DD or DD/MM/YYYY.

    Raises:
        Unreadable: another form, a day that does not exist, two ways to read it, or outside the span.
    """
    bare = text.strip().translate(_DIGITS)
    if not bare:
        raise Unreadable("the day is missing", _TWO_FORMS)
    iso = _ISO.fullmatch(bare)
    day = _existing(bare, int(iso[1]), int(iso[2]), int(iso[3])) if iso else _slashed(bare, span.slashes_fixed)
    return _within(bare, day, span)


def _existing(bare: str, year: int, month: int, day: int) -> Date:
    try:
        return Date(year, month, day)
    except ValueError as problem:
        reason = "the month must be from 1 to 12" if not 1 <= month <= 12 else str(problem)
        raise Unreadable(f"{quoted(bare)} is not a day of the calendar ({_plain(reason)})", _TWO_FORMS) from None


def _plain(reason: str) -> str:
    if reason.startswith("day"):
        return "that month has no such day"
    return "there is no such year" if reason.startswith("year") else reason


def _slashed(bare: str, fixed: bool) -> Date:
    match = _SLASHES.fullmatch(bare)
    if not match:
        raise _other_form(bare)
    first, second, year = int(match[1]), int(match[2]), int(match[3])
    if fixed or first > 12 or first == second or 0 in (first, second):
        if second > 12 >= first:
            raise Unreadable(f"{quoted(bare)} has no month {second}", f"{_TWO_FORMS}; with slashes the day comes first")
        return _existing(bare, year, second, first)
    if second > 12:
        cure = f"Write {year:04d}-{first:02d}-{second:02d} if that is meant; with slashes the day comes first"
        raise Unreadable(f"{quoted(bare)} has no month {second}", cure)
    one, other = f"{year:04d}-{second:02d}-{first:02d}", f"{year:04d}-{first:02d}-{second:02d}"
    raise Unreadable(f"{quoted(bare)} can be read as {one} or as {other}", f"Write {one} or {other}")


def _other_form(bare: str) -> Unreadable:
    if re.fullmatch(r"[0-9]{5}", bare) and 36_526 <= int(bare) <= 73_050:
        meant = EXCEL_EPOCH + timedelta(days=int(bare))
        return Unreadable(
            f"{quoted(bare)} looks like the number a spreadsheet keeps for {meant}", f"Write {meant} if that is meant"
        )
    if _SHORT_YEAR.fullmatch(bare):
        return Unreadable(f"{quoted(bare)} has a year of two digits", _TWO_FORMS)
    if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]", bare):
        return Unreadable(f"{quoted(bare)} has an hour; a service day has none", f"Write {bare[:10]}")
    if _LOOSE.fullmatch(bare):
        return Unreadable(
            f"{quoted(bare)} is not in one of the two known forms", "Write YYYY-MM-DD, or DD/MM/YYYY with slashes"
        )
    return Unreadable(f"{quoted(bare)} is not a day", _TWO_FORMS)


def _within(bare: str, day: Date, span: Span) -> Date:
    if span.first <= day <= span.today:
        return day
    if 2560 <= day.year <= 2699:
        return _refuse(bare, f"its year looks like the Buddhist calendar, {day.year - 543} here", _TWO_FORMS)
    if 2070 <= day.year <= 2089 and span.today.year < 2070:
        return _refuse(bare, "its year looks like the Vikram Samvat calendar", "Write the year of the common calendar")
    if 1930 <= day.year <= 1960:
        return _refuse(bare, "its year looks like the Saka calendar", "Write the year of the common calendar")
    if day > span.today:
        return _refuse(bare, f"it is in the future, today is {span.today}", "Write the day the doses were given")
    return _refuse(bare, f"it is before the drive began on {span.first}", "Write the day the doses were given")


def _refuse(bare: str, reason: str, cure: str) -> Date:
    raise Unreadable(f"{quoted(bare)} is refused: {reason}", cure)


def read_as_of(text: str, day: Date, zone: ZoneInfo, now: datetime) -> AsOf:
    """Read the moment a figure of a service day was true: ISO 8601, an hour of that day (`18:00`), or a day alone.

    Without an offset the state's zone holds. `now` needs a zone; a moment may be five minutes ahead of it.

    Raises:
        Unreadable: no moment, a moment in the future, or one before 2020.
    """
    bare = text.strip().translate(_DIGITS)
    if not bare:
        raise Unreadable("as_of is missing", f"Write when the figure was true, for example {day}T18:00:00+05:30")
    clock = _CLOCK.fullmatch(bare)
    if clock:
        return _not_ahead(bare, AsOf(datetime.combine(day, _time(bare, clock), zone), True), now)
    if _DAY_ALONE.fullmatch(bare):
        known = _day_of_as_of(bare, day, now.astimezone(zone).date())
        return AsOf(datetime.combine(known + timedelta(days=1), time(0), zone) - timedelta(seconds=1), False)
    match = _MOMENT.fullmatch(bare)
    if not match or not _ISO.fullmatch(match[1]):
        raise Unreadable(f"{quoted(bare)} is not a moment", f"Write for example {day}T18:00:00+05:30")
    return _not_ahead(bare, AsOf(_moment(bare, zone), True), now)


def _day_of_as_of(bare: str, day: Date, today: Date) -> Date:
    try:
        return read_day(bare, Span(Date(2020, 1, 1), today))
    except Unreadable as problem:
        raise Unreadable(problem.wrong, f"Write when the figure was true, for example {day}T18:00:00+05:30") from None


def _time(bare: str, clock: re.Match[str]) -> time:
    try:
        return time(int(clock[1]), int(clock[2]), int(clock[4] or 0))
    except ValueError:
        raise Unreadable(f"{quoted(bare)} is not an hour of the day", "Write for example 18:00") from None


def _moment(bare: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(bare.replace("Z", "+00:00").replace(" +", "+").replace(" -", "-"))
    except ValueError:
        raise Unreadable(
            f"{quoted(bare)} is not a moment of the calendar", "Write for example 2021-01-16T18:00:00+05:30"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _not_ahead(bare: str, as_of: AsOf, now: datetime) -> AsOf:
    if as_of.moment.year < 2020 or as_of.moment.year > 2199:
        raise Unreadable(
            f"{quoted(bare)} is refused: its year is {as_of.moment.year}", "Write when the figure was true"
        )
    if as_of.moment > now + _CLOCKS_DIFFER:
        raise Unreadable(
            f"{quoted(bare)} is in the future", "Write when the figure was true; mind the offset, +05:30 in India"
        )
    return as_of
