"""Pace and the cost of incidents at this moment, for the overview and its panel. No wording here."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date as Date

from sqlalchemy import Connection

from dashboard.doses.pace import PaceNow, expected
from dashboard.queries.figures_known import Moment, day_view
from dashboard.queries.incident_doses import DosesOfIncidents, IncidentDoses
from dashboard.queries.pace import paces
from dashboard.settings import STATE_PLACE, ControlRoomFile
from dashboard.web.figures.pace import Usual


@dataclass(frozen=True)
class DosesNow:
    """By incident what it cost, where it can be told; by place its pace today."""

    costs: Mapping[int, IncidentDoses] = field(default_factory=dict)
    paces: Mapping[str, PaceNow] = field(default_factory=dict)


def usual_day(found: Mapping[str, PaceNow], session: tuple[int, int] | None) -> Usual | None:
    """The state's usual day for the chart; None where no quiet days of the state are known: then a straight line is expected."""
    one = found.get(STATE_PLACE)
    if one is None or session is None or not one.course.days:
        return None
    (opens, closes), steps = session, len(one.course.shares) - 1
    places = [n / steps for n in range(steps + 1)]
    points = tuple(
        (round(opens + part * (closes - opens)), round(expected(one.target, part, one.course).mid)) for part in places
    )
    if one.told is None or one.told_at_ms is None:
        return Usual(points)
    close = one.told.close
    return Usual(points, (one.told_at_ms, one.told.reported), (round(close.low), round(close.mid), round(close.high)))


class DosesReader:
    """The reading, with the usual courses kept between two of them."""

    def __init__(self, settings: ControlRoomFile) -> None:
        self._settings, self._doses_of = settings, DosesOfIncidents(settings)

    def costs(self, connection: Connection, incident_ids: Collection[int], now_ms: int) -> Mapping[int, IncidentDoses]:
        """Delayed or deferred doses by incident, at a moment in ms since 1970 UTC."""
        return self._doses_of.now(connection, incident_ids, now_ms)

    def paces(self, connection: Connection, today: Date, now_ms: int) -> Mapping[str, PaceNow]:
        """The pace of each place today; a rehearsal takes its made-up figures too."""
        real_only = None if self._settings.rehearsal is not None else False
        view = day_view(connection, self._doses_of.places, today.isoformat(), Moment(now_ms), rehearsed=real_only)
        return paces(connection, view, self._doses_of.times, self._doses_of.courses.of(connection, today), now_ms)
