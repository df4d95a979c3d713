"""Planned downtime on the overview: where it holds at a moment, and what it says when it holds everywhere."""

from dashboard.settings import Calendar, ControlRoomFile
from dashboard.web.pages.overview.reading import Day


def of_the_window(calendar: Calendar, day: Day) -> Calendar:
    """With the downtime of the page's window alone: it is asked for each district and step."""
    near = [
        one for one in calendar.downtime
        if one.since.timestamp() * 1000 < day.end_ms and one.until.timestamp() * 1000 > day.start_ms
    ]  # fmt: skip
    return calendar.model_copy(update={"downtime": tuple(near)})


def is_planned(calendar: Calendar, code: int, at_ms: int) -> bool:
    """True for a district (LGD code) in planned downtime: what is measured then says nothing of a session."""
    return calendar.downtime_at(at_ms / 1000, code) is not None


def everywhere(settings: ControlRoomFile, now_ms: int) -> str:
    """The words of downtime in all districts at once, of several the one that ends first; empty: it does not hold everywhere."""
    found = [settings.calendar.downtime_at(now_ms / 1000, district.code) for district in settings.districts]
    holds = [one for one in found if one is not None]
    return min(holds, key=lambda one: one.until).sentence if len(holds) == len(found) else ""
