"""The page's skeleton: no data."""

from dash import dcc, html

from dashboard.settings import ControlRoomFile
from dashboard.web.components.frame import frame
from dashboard.web.pages.agents import ids

HERE = "/agents/"
REFRESH_MS = 10_000


def layout(settings: ControlRoomFile) -> html.Div:
    """The whole page."""
    hidden = html.Div([dcc.Interval(id=ids.TICK, interval=REFRESH_MS), dcc.Store(id=ids.START)], hidden=True)
    waiting = html.P("Waiting for the first reading.")
    return frame(settings, HERE, [html.H1("Agents and checks"), hidden, html.Div(waiting, id=ids.BODY)])
