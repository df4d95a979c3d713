"""The only maker of graphs: no way out of the house, no mode bar, Indian grouping. A test asserts the config."""

from typing import Any, cast

import plotly.graph_objects as go
from dash import dcc, html

CONFIG: dict[str, Any] = {
    "showSendToCloud": False,  # plotly.js 4 offers "Share chart", which uploads it, unless told not to
    "plotlyServerURL": "",
    "displaylogo": False,
    "displayModeBar": False,
    "showTips": False,
    "responsive": True,
    "locale": "en-IN",  # assets/00-tikawatch.js registers it: grouping 3, 2, 2
    "doubleClick": "reset",
    "scrollZoom": False,
}


def graph(identity: str, figure: go.Figure, class_name: str = "") -> html.Div:
    """A graph whose figure stands once in the layout; updates come as patches, so that a zoom survives.

    The box around it takes the class: a responsive graph fills its box, and has no height of its own.
    """
    return html.Div(
        dcc.Graph(id=identity, figure=figure, config=cast("dcc.Graph.Config", dict(CONFIG)), responsive=True),
        className=class_name,
    )
