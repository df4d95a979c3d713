"""The page's skeleton: places and ids, no data."""

from dash import dcc, html

from dashboard.settings import ControlRoomFile
from dashboard.web.components.frame import frame
from dashboard.web.components.graph import graph
from dashboard.web.figures.day import blank
from dashboard.web.pages.backlog import ids, tables

HERE = "/backlog/"
REFRESH_MS = 30_000


def layout(settings: ControlRoomFile) -> html.Div:
    """The whole page."""
    return frame(settings, HERE, [
        html.Div(id=ids.HEAD, className="head"), _stores(), _bar(),
        html.Div(className="two", children=[
            html.Div([html.Section([html.H2("Places"), html.Div(id=ids.TABLE), html.Div(id=ids.NOTES)], className="card")]),
            html.Div([_curves(), tables.computed()]),
        ]),
    ])  # fmt: skip


def _stores() -> html.Div:
    return html.Div(
        [
            dcc.Interval(id=ids.TICK, interval=REFRESH_MS), dcc.Store(id=ids.START), dcc.Store(id=ids.VIEW), dcc.Store(id=ids.DAYS),
            dcc.Store(id=ids.ORDER, data={"column": "backlog", "down": True}), dcc.Store(id=ids.CHOSEN),
        ],
        hidden=True,
    )  # fmt: skip


def _bar() -> html.Div:
    slider = dcc.Slider(
        id=ids.SLIDER, min=0, max=0, value=0, step=1, marks=None, included=True, allow_direct_input=False
    )
    return html.Div(
        className="controls as-known",
        children=[
            html.Div([
                html.Span(["As known at ", html.Strong(id=ids.MOMENT)]),
                html.Button("‹ day", id=ids.BEFORE, type="button", className="quiet", **{"aria-label": "a day earlier"}),  # type: ignore[arg-type]
                html.Button("day ›", id=ids.AFTER, type="button", className="quiet", **{"aria-label": "a day later"}),  # type: ignore[arg-type]
                html.Button("latest", id=ids.LATEST, type="button", className="quiet"),
            ], className="moment"),
            html.Div(slider, className="along", role="group", **{"aria-label": "As known at"}),  # type: ignore[arg-type]
            html.Div([
                html.A("Export table", id=ids.EXPORT, href="#", className="quiet link"),
                html.A("Export curves", id=ids.EXPORT_COURSES, href="#", className="quiet link"),
            ], className="moment"),
        ],
    )  # fmt: skip


def _curves() -> html.Section:
    return html.Section(
        [
            html.H2(id=ids.CHART_TITLE),
            html.P(
                "Hatched: on paper. Dashed: where the fastest and the slowest pace of the last 3 session days lead. "
                "Grey: days without sessions. ▽: a count was revised downward.",
                className="calm",
            ),
            graph(ids.CHART, blank(520), "drain-chart"),
            html.Div(
                [
                    html.Button("State and worst three", id=ids.RESET, type="button", className="quiet"),
                    html.Span("A name in the table adds or removes its curve.", className="calm"),
                ],
                className="moment",
            ),
        ],
        className="card",
    )
