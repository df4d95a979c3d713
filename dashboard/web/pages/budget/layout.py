"""The page's skeleton: places and ids, no data."""

from dash import dcc, html

from dashboard.settings import ControlRoomFile
from dashboard.web.components.frame import frame
from dashboard.web.components.graph import graph
from dashboard.web.figures.day import blank
from dashboard.web.pages.budget import ids, words

HERE = "/budget/"
REFRESH_MS = 30_000


def layout(settings: ControlRoomFile) -> html.Div:
    """The whole page."""
    return frame(settings, HERE, [
        html.Div(id=ids.HEAD, className="head"), _stores(), html.Div(id=ids.STRIP, className="budget-strip"),
        html.Div(className="two", children=[
            html.Div([html.Section([html.H2("Districts"), html.Div(id=ids.TABLE)], className="card")]),
            html.Div([_course(), words.computed(settings.dashboard.rules.slo)]),
        ]),
    ])  # fmt: skip


def _stores() -> html.Div:
    return html.Div(
        [
            dcc.Interval(id=ids.TICK, interval=REFRESH_MS), dcc.Store(id=ids.START), dcc.Store(id=ids.VIEW), dcc.Store(id=ids.CHOSEN),
            dcc.Store(id=ids.ORDER, data={"column": "left", "down": False}),
        ],
        hidden=True,
    )  # fmt: skip


def _course() -> html.Section:
    return html.Section(
        [
            html.H2(id=ids.CHART_TITLE),
            graph(ids.CHART, blank(300), "budget-chart"),
            html.P("A name in the table adds or removes that district's line.", className="calm"),
        ],
        className="card",
    )
