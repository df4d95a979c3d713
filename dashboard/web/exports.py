"""CSV of what the pages show. A GET changes nothing, and takes only what it knows."""

from datetime import date as Date
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request
from sqlalchemy import Engine

from dashboard.doses.export import to_csv
from dashboard.doses.places import Places
from dashboard.queries.frame import reading
from dashboard.settings import ControlRoomFile
from dashboard.store import figures
from dashboard.web import wording
from dashboard.web.backlog_export import curves_csv, table_csv
from dashboard.web.pace_export import pace_csv
from dashboard.web.pages.backlog.reading import Readings
from dashboard.web.pages.doses.pace import PaceReader
from dashboard.web.pages.doses.reading import read_day
from probes.clock import Clock

_LATEST_MS = 32_503_680_000_000  # the year 3000
_DAY_AND_MOMENT = "Give day=2021-01-16, and if wanted as_known_ms= a moment in milliseconds since 1970 UTC.\n"


def create_exports(engine: Engine, settings: ControlRoomFile, clock: Clock) -> Blueprint:
    """The blueprint of the exports."""
    blueprint = Blueprint("exports", __name__)
    places, paces = Places(settings), PaceReader(engine, settings, clock)

    @blueprint.get("/doses/export.csv")
    def doses() -> Response:
        try:
            day, at_ms = _day_and_moment()
        except ValueError:
            return _unreadable(_DAY_AND_MOMENT)
        with reading(engine) as connection:
            known_at = _LATEST_MS if at_ms is None else at_ms
            versions = figures.as_known(connection, known_at, first_day=day.isoformat(), last_day=day.isoformat())
        text = to_csv(
            [version for version in versions if not version.rehearsed],
            settings.zone,
            True,
            settings.dashboard.doses.prefer,
            at_ms,
        )
        return _csv(text, f"doses-{day}{_looked_back(at_ms, settings.zone)}.csv")

    @blueprint.get("/doses/pace.csv")
    def pace() -> Response:
        try:
            day, at_ms = _day_and_moment()
        except ValueError:
            return _unreadable(_DAY_AND_MOMENT)
        known = paces.of(read_day(engine, places, day, at_ms), at_ms)
        return _csv(pace_csv(known, settings.zone), f"pace-{day}{_looked_back(at_ms, settings.zone)}.csv")

    readings = Readings(engine, settings)

    @blueprint.get("/backlog/<any(table, curves):what>.csv")
    def backlog(what: str) -> Response:
        at = request.args.get("at", "")
        try:
            known = readings.get(Date.fromisoformat(at) if at else None)
        except (ValueError, OverflowError):
            return _unreadable("Give at=2021-01-25 for what was known at the end of that day, or leave it out.\n")
        return _csv(
            table_csv(known) if what == "table" else curves_csv(known), f"backlog-{what}{'-' * bool(at)}{at}.csv"
        )

    return blueprint


def _day_and_moment() -> tuple[Date, int | None]:
    """The service day, and the moment of a look back if one is asked for; ValueError for anything else."""
    day, at_ms = Date.fromisoformat(request.args.get("day", "")), request.args.get("as_known_ms")
    if not 2000 <= day.year <= 2999:
        raise ValueError(day)
    if at_ms is None:
        return day, None
    return day, int(at_ms) if at_ms.isascii() and len(at_ms) <= 14 else int("")


def _looked_back(at_ms: int | None, zone: ZoneInfo) -> str:
    return "" if at_ms is None else f"-as-known-{wording.local(at_ms, zone):%Y-%m-%dT%H%M}"


def _csv(text: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, headers=headers, content_type="text/csv; charset=utf-8")


def _unreadable(words: str) -> Response:
    return Response(words, 400, content_type="text/plain; charset=utf-8")
