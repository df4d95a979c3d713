"""CSV of what the pages show. A GET changes nothing, and takes only what it knows."""

from datetime import date as Date

from flask import Blueprint, Response, request
from sqlalchemy import Engine

from dashboard.doses.export import to_csv
from dashboard.queries.frame import reading
from dashboard.settings import ControlRoomFile
from dashboard.store import figures
from dashboard.web.backlog_export import curves_csv, table_csv
from dashboard.web.pages.backlog.reading import Readings

_LATEST_MS = 32_503_680_000_000  # the year 3000


def create_exports(engine: Engine, settings: ControlRoomFile) -> Blueprint:
    """The blueprint of the exports."""
    blueprint = Blueprint("exports", __name__)

    @blueprint.get("/doses/export.csv")
    def doses() -> Response:
        day, at_ms = request.args.get("day", ""), request.args.get("as_known_ms", str(_LATEST_MS))
        try:
            Date.fromisoformat(day)
            known_at = int(at_ms) if at_ms.isascii() and len(at_ms) <= 14 else int("")
        except ValueError:
            words = "Give day=2021-01-16, and if wanted as_known_ms= a moment in milliseconds since 1970 UTC.\n"
            return Response(words, 400, content_type="text/plain; charset=utf-8")
        with reading(engine) as connection:
            versions = figures.as_known(connection, known_at, first_day=day, last_day=day)
        text = to_csv(
            [version for version in versions if not version.rehearsed],
            settings.zone,
            True,
            settings.dashboard.doses.prefer,
        )
        name = f"doses-{day}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(text, headers=headers, content_type="text/csv; charset=utf-8")

    readings = Readings(engine, settings)

    @blueprint.get("/backlog/<any(table, curves):what>.csv")
    def backlog(what: str) -> Response:
        at = request.args.get("at", "")
        try:
            known = readings.get(Date.fromisoformat(at) if at else None)
        except (ValueError, OverflowError):
            words = "Give at=2021-01-25 for what was known at the end of that day, or leave it out.\n"
            return Response(words, 400, content_type="text/plain; charset=utf-8")
        headers = {"Content-Disposition": f'attachment; filename="backlog-{what}{"-" * bool(at)}{at}.csv"'}
        text = table_csv(known) if what == "table" else curves_csv(known)
        return Response(text, headers=headers, content_type="text/csv; charset=utf-8")

    return blueprint
