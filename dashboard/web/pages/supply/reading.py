"""What the supply page reads: one service day as known by the end of today, and how the pulls stand."""

from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select

from dashboard.doses.figure import TOLD_KINDS
from dashboard.doses.places import Places
from dashboard.doses.sites import DistrictSites
from dashboard.doses_pull import Pulled, standing
from dashboard.queries.figures_known import Moment, day_view
from dashboard.queries.frame import reading
from dashboard.queries.sites import sites
from dashboard.queries.states import StateRow, states
from dashboard.queries.stock import PlaceStock, stock
from dashboard.settings import ControlRoomFile
from dashboard.settings.doses import Pull
from dashboard.store.schema import figure

_DAYS = 400  # to choose from


@dataclass(frozen=True)
class Supply:
    """One page. Times in ms since 1970 UTC."""

    day: Date
    now_ms: int
    zone: ZoneInfo
    sites: tuple[DistrictSites, ...]
    stock: tuple[PlaceStock, ...]
    states: tuple[StateRow, ...]
    pulls: tuple[tuple[Pull, Pulled], ...]


def days_of_supply(connection: Connection) -> list[str]:
    """Service days of which doses or vaccine were told, but by a rehearsal; the newest first."""
    query = select(figure.c.day).where(figure.c.kind.in_(TOLD_KINDS), figure.c.rehearsed == 0).distinct()
    return list(connection.execute(query.order_by(figure.c.day.desc()).limit(_DAYS)).scalars())


def read_supply(engine: Engine, settings: ControlRoomFile, places: Places, day: Date, now_s: float) -> Supply:
    """A service day, with what was true by the end of today: a rehearsed past does not show its future."""
    moment = Moment(_end_of_today_ms(now_s, settings.zone))
    doses = settings.dashboard.doses
    with reading(engine) as connection:
        view = day_view(connection, places, day.isoformat(), moment, rehearsed=False, stock=True)
        return Supply(
            day, int(now_s * 1000), settings.zone, tuple(sites(view, settings)),
            tuple(stock(connection, view, places, settings, moment)),
            tuple(states(connection, day.isoformat(), places, doses.beside, moment)) if doses.beside else (),
            tuple((pull, standing(connection, pull)) for pull in doses.pulls),
        )  # fmt: skip


def _end_of_today_ms(now_s: float, zone: ZoneInfo) -> int:
    tomorrow = datetime.fromtimestamp(now_s, zone).date() + timedelta(days=1)
    return int(datetime.combine(tomorrow, time(0), zone).timestamp() * 1000) - 1
