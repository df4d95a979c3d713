"""The rehearsed day and its hours."""

from datetime import date as Date
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

DAY: Final = Date(2021, 1, 16)
TITLE: Final = "Rehearsal of 16 January 2021"
OPENS, STARTS, ENDS = "10:00", "14:00", "17:15"  # the morning begins, the demo goes live, the day begins anew


def at(hour: str, zone: ZoneInfo) -> float:
    """Seconds since 1970 UTC of an hour of the day, "14:00"."""
    return datetime.combine(DAY, time.fromisoformat(hour), zone).timestamp()
