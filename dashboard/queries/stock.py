"""Vaccine of each place of which stock is told, and the pace it goes at. Read-only. See dashboard/doses/stock.py for the formulas."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from dashboard.doses.figure import STOCK_KINDS
from dashboard.doses.pace import gone
from dashboard.doses.places import Places
from dashboard.doses.sessions import Sessions
from dashboard.doses.stock import Lasting, Stock, Today, lasting, stock_of
from dashboard.doses.versions import Chosen, chosen_of
from dashboard.queries.figures_known import DayView, Moment
from dashboard.settings import ControlRoomFile
from dashboard.store import figures

LOOK_BACK = timedelta(days=21)


@dataclass(frozen=True)
class PlaceStock:
    """A place's vaccine; `chosen` by kind of STOCK_KINDS, for sources and rules. `lasting` None: no pace to tell it by."""

    place: str
    name: str
    stock: Stock
    chosen: Mapping[str, Chosen]
    lasting: Lasting | None


def stock(
    connection: Connection, view: DayView, places: Places, settings: ControlRoomFile, moment: Moment
) -> list[PlaceStock]:
    """Places of which stock was told on the view's day (`day_view(…, stock=True)`), the state first, then by name."""
    told: dict[str, dict[str, Chosen]] = defaultdict(dict)
    for (place, kind), chosen in view.chosen.items():
        if kind in STOCK_KINDS:
            told[place][kind] = chosen
    recent = _days_before(connection, view.day, places, moment) if told else {}
    day, sessions = Date.fromisoformat(view.day), Sessions(settings.calendar, places)
    rows = []
    for place, kinds in told.items():
        held = stock_of([kinds[kind].value if kind in kinds else None for kind in STOCK_KINDS])
        today = _today(view.chosen.get((place, "reported")), day, sessions.hours_on(place, day), settings.zone)
        lasts = lasting(held.there, recent.get(place, {}), today)
        rows.append(PlaceStock(place, places.named(place), held, kinds, lasts))
    return sorted(rows, key=lambda row: (row.place in places.districts, row.name))


def _days_before(connection: Connection, day: str, places: Places, moment: Moment) -> dict[str, dict[str, int]]:
    """Chosen reported doses of the days before, by place and ISO day."""
    last = Date.fromisoformat(day) - timedelta(days=1)
    told = figures.as_known(
        connection, moment.at_ms, first_day=str(last - LOOK_BACK), last_day=str(last), heard_by_ms=moment.heard_by_ms
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    reported = (version for version in told if version.kind == "reported" and not version.rehearsed)
    for (place, of_day, _), chosen in chosen_of(reported, places.prefer).items():
        found[place][of_day] = chosen.value
    return found


def _today(reported: Chosen | None, day: Date, hours: tuple[time, time] | None, zone: ZoneInfo) -> Today | None:
    """The day's own doses and how much of its session was over when they were true."""
    if reported is None or hours is None:
        return None
    opens, closes = (int(datetime.combine(day, hour, zone).timestamp() * 1000) for hour in hours)
    version = reported.version
    at = datetime.fromtimestamp(version.as_of_ms / 1000, zone)
    share = gone(opens, closes, version.as_of_ms)
    return Today(version.value, share, f"by {at:%H:%M}" if version.hour_known and share < 1 else "of the day")
