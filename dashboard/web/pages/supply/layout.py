"""The page's skeleton: no data."""

from dash import dcc, html

from dashboard.settings import ControlRoomFile
from dashboard.web.components.frame import frame
from dashboard.web.pages.supply import ids

HERE = "/supply/"
REFRESH_MS = 30_000


def layout(settings: ControlRoomFile) -> html.Div:
    """The whole page."""
    hidden = html.Div([dcc.Interval(id=ids.TICK, interval=REFRESH_MS), dcc.Store(id=ids.START)], hidden=True)
    days = dcc.Dropdown(id=ids.DAY, clearable=False, searchable=False, className="days")
    export = html.A("Export as CSV", id="supply-export", href="#", className="quiet link")
    return frame(settings, HERE, [
        html.H1("Sites, stock and states"), hidden,
        html.Div([html.Label(["Service day ", days]), export], className="controls"),
        html.Div(html.P("Waiting for the first reading."), id=ids.BODY),
    ])  # fmt: skip
