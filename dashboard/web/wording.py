"""Times, durations, numbers and shares as a person reads them on a page. IST, Indian grouping, U+2212 for minus."""

from collections.abc import Sequence
from datetime import date as Date
from datetime import datetime
from math import floor
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal

MINUS = "\N{MINUS SIGN}"
ENGLISH = "en_IN"


def grouped(number: float) -> str:
    """191181 -> 1,91,181."""
    return format_decimal(round(number), format="#,##,##0", locale=ENGLISH).replace("-", MINUS)


def share(part: float, whole: float, digits: int = 0) -> str:
    """Part of a whole in percent; halves go up; a whole of zero has no share: empty text."""
    return f"{floor(10**digits * 100 * part / whole + 0.5) / 10**digits:.{digits}f}%" if whole else ""


def upload_time(seconds: float) -> str:
    """3.24 -> "3.2 s", 54.6 -> "55 s"."""
    return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"


def lasting(seconds: float) -> str:
    """18000 -> "5 h 00", 2700 -> "45 min", 112 -> "112 s"."""
    whole = max(0, round(seconds))
    if whole < 120:
        return f"{whole} s"
    minutes = whole // 60
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d}"


def local(at_ms: int, zone: ZoneInfo) -> datetime:
    """A stored moment in the state's zone."""
    return datetime.fromtimestamp(at_ms / 1000, zone)


def clock(at_ms: int, zone: ZoneInfo, today: Date | None = None) -> str:
    """ "16:40"; with the day before it when that is not `today`: "15 Jan 16:40"."""
    at = local(at_ms, zone)
    return f"{at:%H:%M}" if today is None or at.date() == today else f"{at.day} {at:%b %H:%M}"


def day(date: Date) -> str:
    """ "Sat 16 January 2021"."""
    return f"{date:%a} {date.day} {date:%B %Y}"


def short_day(date: Date) -> str:
    """ "16 Jan"."""
    return f"{date.day} {date:%b}"


def listed(names: Sequence[str], most: int = 3) -> str:
    """ "Dhule", "Dhule and Akola", "Dhule, Akola and Beed"; more than `most` are counted: "4 districts"."""
    if len(names) > most:
        return f"{len(names)} districts"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else list(names))


def counted(number: int, one: str, many: str = "") -> str:
    """ "1 incident", "2 incidents"."""
    return f"{grouped(number)} {one if number == 1 else many or one + 's'}"
