"""How days usually go and where the backlog stands, out of the stored figures. Read-only; the formulas are in dashboard/doses."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date as Date
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from dashboard.doses.backlog import Backlog, backlog, points
from dashboard.doses.pace import QuietDay, Usual, gone, usual
from dashboard.doses.versions import choose
from dashboard.queries.figures_known import Moment, since_start
from dashboard.settings import Calendar
from dashboard.store import figures


def course(connection: Connection, place: str, quiet: Iterable[Date], calendar: Calendar, zone: ZoneInfo) -> Usual:
    """The usual course of a place's day, out of days without incident; which days those are, the caller knows."""
    found = (_quiet_day(connection, place, day, calendar, zone) for day in quiet)
    return usual([day for day in found if day])


def _quiet_day(connection: Connection, place: str, day: Date, calendar: Calendar, zone: ZoneInfo) -> QuietDay | None:
    hours = calendar.hours_on(day)
    told = figures.history(connection, place, day.isoformat(), "reported")
    final, target = choose(told), choose(figures.history(connection, place, day.isoformat(), "target"))
    if not (hours and final and target):
        return None
    opens, closes = (_ms(day, hour, zone) for hour in hours)
    within = {
        gone(opens, closes, version.as_of_ms): version.value
        for version in told
        if version.hour_known and opens < version.as_of_ms < closes and version.source == final.version.source
    }
    return QuietDay(tuple(sorted(within.items())), final.value, target.value)


def _ms(day: Date, hour: time, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, hour, zone).timestamp() * 1000)


def backlogs(connection: Connection, moment: Moment) -> dict[str, Backlog]:
    """The backlog of each place with both counts, as known at a moment.

    Counts since the start of the drive are taken where both series have them; elsewhere the days on which both numbers are known are
    added up, which leaves out the others: then the backlog is that of those days.
    """
    reported = since_start(connection, "reported", moment)
    recorded = since_start(connection, "recorded", moment)
    series = {place: points(reported[place], recorded[place]) for place in reported.keys() & recorded.keys()}
    for place, (told, counted) in _added_up(connection, moment).items():
        series.setdefault(place, points(told, counted))
    found = {place: backlog(rows) for place, rows in series.items()}
    return {place: state for place, state in found.items() if state}


def _added_up(connection: Connection, moment: Moment) -> Mapping[str, tuple[dict[str, int], dict[str, int]]]:
    days: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for (place, day, kind), chosen in figures.chosen_as_known(connection, moment.at_ms, moment.heard_by_ms).items():
        days[place][day][kind] = chosen.value
    added: dict[str, tuple[dict[str, int], dict[str, int]]] = {}
    for place, by_day in days.items():
        told, counted, sums = {}, {}, [0, 0]
        for day, kinds in sorted(by_day.items()):
            if "reported" in kinds and "recorded" in kinds:
                sums = [sums[0] + kinds["reported"], sums[1] + kinds["recorded"]]
                told[day], counted[day] = sums
        added[place] = (told, counted)
    return added
