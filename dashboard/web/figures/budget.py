"""What is left of the budget of bad checks over a session, beside the even rate that would spend it by the close. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from dashboard.slo import Session
from dashboard.web.figures.theme import FACE, Theme
from dashboard.web.wording import local

_SIZE = 13


class Line(NamedTuple):
    """A place's course: (ms, share left), oldest first."""

    name: str
    points: Sequence[tuple[int, float]]


def budget_figure(lines: Sequence[Line], session: Session, zone: ZoneInfo, theme: Theme) -> go.Figure:
    """The first line is the state's. Shares left from 1 down; below 0 the budget is overspent."""
    figure = go.Figure()
    figure.update_layout(
        paper_bgcolor=theme.card, plot_bgcolor=theme.card, margin={"l": 66, "r": 12, "t": 34, "b": 34}, hovermode="x unified",
        font={"family": FACE, "size": _SIZE, "color": theme.ink2}, hoverlabel={"bgcolor": theme.card, "font": {"color": theme.ink}},
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"color": theme.ink2}}, showlegend=True,
    )  # fmt: skip
    figure.update_xaxes(
        range=_ends(session, zone),
        gridcolor=theme.line,
        linecolor=theme.line,
        tickformat="%H:%M",
        nticks=7,
        fixedrange=True,
    )
    _even(figure, session, zone, theme)
    for line, colour, width in zip(lines, (theme.ink, theme.reported), (2.5, 2), strict=False):
        figure.add_scatter(
            x=[local(at, zone) for at, _ in line.points], y=[share for _, share in line.points], mode="lines", name=line.name,
            line={"color": colour, "width": width}, hovertemplate="%{y:.0%} left",
        )  # fmt: skip
    lowest = min((share for line in lines for _, share in line.points), default=0.0)
    figure.update_yaxes(
        range=[min(lowest * 1.05, -0.05), 1.05], tickformat=".0%", gridcolor=theme.line, zeroline=True, zerolinecolor=theme.ink3,
        zerolinewidth=2, nticks=6, fixedrange=True,
    )  # fmt: skip
    return figure


def _even(figure: go.Figure, session: Session, zone: ZoneInfo, theme: Theme) -> None:
    figure.add_scatter(
        x=_ends(session, zone), y=[1, 0], mode="lines", name="even rate", hoverinfo="skip",
        line={"color": theme.ink3, "width": 1.5, "dash": "dash"},
    )  # fmt: skip


def _ends(session: Session, zone: ZoneInfo) -> list[datetime]:
    return [local(at, zone) for at in (session.opens_ms, session.closes_ms)]
