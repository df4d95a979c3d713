"""What the server answers to the backlog page: which days there are, and the backlog as known at the end of the chosen one."""

from bisect import bisect_right
from datetime import date as Date
from datetime import datetime
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, html
from dash.exceptions import PreventUpdate
from sqlalchemy import Engine

from dashboard.doses.places import Places
from dashboard.doses.sessions import Sessions
from dashboard.queries.doses_course import days_counted
from dashboard.queries.frame import reading
from dashboard.settings import ControlRoomFile
from dashboard.web import wording
from dashboard.web.components.stepping import sorting, stepping
from dashboard.web.figures.drain import Pane, drain_figure
from dashboard.web.figures.theme import DARK, LIGHT
from dashboard.web.pages.backlog import ids, tables, words
from dashboard.web.pages.backlog.reading import Known, Readings
from probes.clock import Clock

WORST, MOST = 3, 6


def register(app: Dash, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
    """Bind the page's callbacks to this app."""
    _days(app, engine, settings, clock)
    stepping(app, ids.SLIDER, ids.BEFORE, ids.AFTER, ids.LATEST)
    sorting(app, ids.ORDER, ids.SORT)
    _drawing(app, Readings(engine, settings), settings)
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("tikawatch", "bindView"), Output(ids.VIEW, "data"), Input(ids.START, "id")
    )


def _days(app: Dash, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
    @app.callback(
        Output(ids.DAYS, "data"), Output(ids.SLIDER, "max"), Output(ids.SLIDER, "value"),
        Input(ids.TICK, "n_intervals"), State(ids.DAYS, "data"), State(ids.SLIDER, "value"),
    )  # fmt: skip
    def days(_tick: int | None, before: list[str] | None, at: int | None) -> tuple[Any, Any, Any]:
        with reading(engine) as connection:
            known = days_counted(connection, settings.zone)
        stays = before and at is not None and at < len(before) - 1 and before[at] in known
        return (
            known,
            max(len(known) - 1, 0),
            known.index(before[at]) if stays and before and at is not None else today(known),
        )

    def today(known: list[str]) -> int:
        """What is counted of days after today is a step away; a rehearsed past knows its future."""
        passed = bisect_right(known, datetime.fromtimestamp(clock.now(), settings.zone).date().isoformat())
        return max(passed - 1, 0)


def _drawing(app: Dash, readings: Readings, settings: ControlRoomFile) -> None:
    sessions = Sessions(settings.calendar, Places(settings))

    def known_at(at: int, days: list[str] | None) -> Known:
        return readings.get(Date.fromisoformat(days[at]) if days and at < len(days) - 1 else None)

    @app.callback(
        Output(ids.CHOSEN, "data"), Input({"type": ids.PLACE, "place": ALL}, "n_clicks"), Input(ids.RESET, "n_clicks"),
        State(ids.CHOSEN, "data"), State(ids.SLIDER, "value"), State(ids.DAYS, "data"), prevent_initial_call=True,
    )  # fmt: skip
    def choose(clicks: list[int | None], _reset: Any, chosen: list[str] | None, at: int, days: list[str] | None) -> Any:
        if ctx.triggered_id == ids.RESET:
            return None
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            raise PreventUpdate
        place, drawn = str(ctx.triggered_id["place"]), drawn_places(known_at(at, days), chosen)
        return [one for one in drawn if one != place] if place in drawn else [place, *drawn][:MOST]

    @app.callback(
        Output(ids.HEAD, "children"), Output(ids.MOMENT, "children"), Output(ids.TABLE, "children"), Output(ids.NOTES, "children"),
        Output(ids.CHART_TITLE, "children"), Output(ids.CHART, "figure"), Output(ids.CHART, "style"), Output(ids.EXPORT, "href"),
        Output(ids.EXPORT_COURSES, "href"),
        Input(ids.SLIDER, "value"), Input(ids.DAYS, "data"), Input(ids.ORDER, "data"), Input(ids.CHOSEN, "data"),
        Input(ids.VIEW, "data"),
    )  # fmt: skip
    def draw(
        at: int, days: list[str] | None, order: dict[str, Any], chosen: list[str] | None, view: dict[str, str] | None
    ) -> tuple[Any, ...]:
        if days is None:
            raise PreventUpdate
        known = known_at(at, days)
        drawn = drawn_places(known, chosen)
        theme = LIGHT if (view or {}).get("theme") == "light" else DARK
        figure = drain_figure(panes(known, drawn, sessions), theme)
        moment = "this moment: all that is known" if known.day is None else f"the end of {wording.day(known.day)}"
        asked = "" if known.day is None else f"?at={known.day.isoformat()}"
        return (
            [html.H1(words.headline(known)), html.P(words.second(known), className="second")], moment,
            tables.place_table(known, order, drawn), tables.notes(known), "Backlog, day by day", figure,
            {"height": f"{figure.layout.height}px"},
            f"/backlog/table.csv{asked}", f"/backlog/curves.csv{asked}",
        )  # fmt: skip


def drawn_places(known: Known, chosen: list[str] | None) -> list[str]:
    """Places whose curves stand under the state's: the chosen ones, or the worst three."""
    if chosen is not None:
        return [place for place in chosen if known.row(place)]
    worst = sorted((row for row in known.rows if row.backlog > 0), key=lambda row: (-row.backlog, row.name))
    return [row.place for row in worst[:WORST]]


def panes(known: Known, drawn: list[str], sessions: Sessions) -> list[Pane]:
    """The state's curve and those of the drawn places."""
    rows = [known.state, *(known.row(place) for place in drawn)]
    return [Pane(row.name, row.course.points, row.now, sessions.on(row.place)) for row in rows if row]
