"""The page's skeleton: places and ids, no data."""

from dash import dcc, html

from dashboard.settings import STATE_PLACE, ControlRoomFile
from dashboard.web.components.frame import frame
from dashboard.web.components.graph import graph
from dashboard.web.figures.day import blank
from dashboard.web.pages.doses import ids, pace_tables

HERE = "/doses/"
REFRESH_MS = 30_000


def layout(settings: ControlRoomFile) -> html.Div:
    """The whole page."""
    return frame(settings, HERE, [
        html.Div(id=ids.HEAD, className="head"), _stores(), _bar(),
        html.Div(className="two", children=[
            html.Div([
                _course(), html.Section([
                    html.Div([html.H2("Districts"), html.Div(id=ids.SWITCH, className="moment")], className="heading"),
                    html.Div(id=ids.TABLE), html.Div([html.Div(id=ids.PACE), html.Div(id=ids.PACE_NOTES)], id=ids.PACE_BOX, hidden=True),
                ], className="card"),
            ]),
            html.Div([html.Div(id=ids.COSTS, className="cards"), html.Div(id=ids.CARDS, className="cards"), pace_tables.computed()]),
        ]),
    ])  # fmt: skip


def _stores() -> html.Div:
    return html.Div(
        [
            dcc.Interval(id=ids.TICK, interval=REFRESH_MS), dcc.Store(id=ids.START), dcc.Store(id=ids.VIEW),
            dcc.Store(id=ids.MOMENTS), dcc.Store(id=ids.ORDER, data={"column": "backlog", "down": True}),
            dcc.Store(id=ids.SHOWN, data="counts"), dcc.Store(id=ids.ORDER_PACE, data={"column": "behind", "down": True}),
            dcc.Store(id=ids.CHOSEN, data={"place": STATE_PLACE, "kind": "reported"}),
        ],
        hidden=True,
    )  # fmt: skip


def _bar() -> html.Div:
    return html.Div(
        className="controls",
        children=[
            html.Label(["Service day ", dcc.Dropdown(id=ids.DAY, clearable=False, searchable=False, className="days")]),
            html.A("Export as CSV", id=ids.EXPORT, href="#", className="quiet link"),
            html.A("Export pace", id=ids.EXPORT_PACE, href="#", className="quiet link"),
            html.A("Bring in figures", href="/doses/bring/", className="quiet link"),
        ],
    )


def _course() -> html.Section:
    buttons = [
        html.Button("‹ revision", id=ids.BEFORE, type="button", className="quiet"),
        html.Strong(id=ids.MOMENT),
        html.Button("revision ›", id=ids.AFTER, type="button", className="quiet"),
        html.Button("latest", id=ids.LATEST, type="button", className="quiet"),
    ]
    slider = dcc.Slider(
        id=ids.SLIDER, min=0, max=0, value=0, step=1, marks=None, included=True, allow_direct_input=False
    )
    return html.Section(
        [
            html.H2(id="doses-chart-title"),
            graph(ids.CHART, blank(260), "told-chart"),
            html.Div(slider, className="along", role="group", **{"aria-label": "As known at"}),  # type: ignore[arg-type]
            html.Div(["As known at ", *buttons], className="moment"),
        ],
        className="card",
    )
