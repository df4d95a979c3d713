"""What the server answers to the page Bad checks."""

from datetime import datetime
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, html, no_update
from dash.exceptions import PreventUpdate
from sqlalchemy import Engine

from dashboard.queries.slo import Known, Lately
from dashboard.settings import ControlRoomFile
from dashboard.slo import WHOLE_STATE, course
from dashboard.web.figures.budget import Line, budget_figure
from dashboard.web.figures.theme import DARK, LIGHT
from dashboard.web.pages.budget import ids, tables, words
from probes.clock import Clock

NO_SESSION = "No session in the last two weeks."


def register(app: Dash, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
    """Bind the page's callbacks to this app."""
    _choosing(app)
    _drawing(app, Lately(engine, settings, clock), settings, clock)
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("tikawatch", "bindView"), Output(ids.VIEW, "data"), Input(ids.START, "id")
    )


def _choosing(app: Dash) -> None:
    @app.callback(
        Output(ids.ORDER, "data"), Input({"type": ids.SORT, "column": ALL}, "n_clicks"), State(ids.ORDER, "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def sort(clicks: list[int | None], order: dict[str, Any]) -> dict[str, Any]:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            raise PreventUpdate
        column = str(ctx.triggered_id["column"])
        worst_first = column not in ("name", "left")
        return {"column": column, "down": not order["down"] if order["column"] == column else worst_first}

    @app.callback(
        Output(ids.CHOSEN, "data"), Input({"type": ids.DISTRICT, "code": ALL}, "n_clicks"), State(ids.CHOSEN, "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def choose(clicks: list[int | None], chosen: int | None) -> int | None:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            raise PreventUpdate
        code = int(ctx.triggered_id["code"])
        return None if code == chosen else code


def _drawing(app: Dash, lately: Lately, settings: ControlRoomFile, clock: Clock) -> None:
    rules, zone = settings.dashboard.rules.slo, settings.zone

    @app.callback(
        Output(ids.HEAD, "children"), Output(ids.STRIP, "children"), Output(ids.TABLE, "children"), Output(ids.CHART_TITLE, "children"),
        Output(ids.CHART, "figure"),
        Input(ids.TICK, "n_intervals"), Input(ids.ORDER, "data"), Input(ids.CHOSEN, "data"), Input(ids.VIEW, "data"),
    )  # fmt: skip
    def draw(
        _tick: int | None, order: dict[str, Any], chosen: int | None, view: dict[str, str] | None
    ) -> tuple[Any, ...]:
        known = lately.known()
        if known is None:
            return html.H1(NO_SESSION), None, None, "", no_update
        today = datetime.fromtimestamp(clock.now(), zone).date() == known.day
        head = [
            html.H1(words.headline(known, rules, today)),
            html.P(words.second(known, rules, zone), className="second"),
        ]
        drawn = lines(known, settings, chosen)
        theme = LIGHT if (view or {}).get("theme") == "light" else DARK
        table = tables.district_table(known, settings, order, chosen)
        figure = budget_figure(drawn, known.session, zone, theme)
        return head, tables.strip(known, rules), table, title(drawn, settings), figure


def lines(known: Known, settings: ControlRoomFile, chosen: int | None) -> list[Line]:
    """The state's course, and that of the chosen district (LGD code)."""
    names = {WHOLE_STATE: settings.state.name} | {d.code: d.name for d in settings.districts if d.code == chosen}
    return [
        Line(name, course(known.checks, known.session, known.at_ms, known.budgets[code], code))
        for code, name in names.items()
        if code in known.budgets
    ]


def title(drawn: list[Line], settings: ControlRoomFile) -> str:
    """What the chart shows, and when the state's limit was reached."""
    spent = words.used_up(drawn[0].points, settings.zone)
    said = "What is left of the limit"
    return said if spent is None else f"{said}: {settings.state.name} reached it at {spent:%H:%M}"
