"""The backlog of places over days, one pane each with its own scale, and where its pace may lead. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, time, timedelta
from math import ceil
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.doses.backlog import Backlog, InSession, Point, falls
from dashboard.web.figures.theme import FACE, Theme
from dashboard.web.wording import grouped, short_day

SHOWN_DAYS = 42  # the look back; the export has every day
AHEAD_DAYS = (3, 14)  # how far a forecast is drawn at least and at most
PANE_PX, TOP_PX, BETWEEN_PX, BOTTOM_PX = 118, 30, 40, 36
TICKS = 6
ROOM = 1.25  # of the highest known value
HALF = timedelta(hours=12)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Pane:
    """One place: its two counts over days, oldest first, where the backlog stands at their end, and its own session days."""

    name: str
    points: Sequence[Point]
    now: Backlog
    in_session: InSession


def drain_figure(panes: Sequence[Pane], theme: Theme) -> go.Figure:
    """Backlogs in doses over days. A registry that is ahead is drawn as no backlog; its hover says by how much."""
    if not panes:
        return _nothing(theme)
    count = len(panes)
    height = TOP_PX + BOTTOM_PX + count * PANE_PX + (count - 1) * BETWEEN_PX
    inner = height - TOP_PX - BOTTOM_PX
    figure = make_subplots(
        rows=count, cols=1, shared_xaxes=True, vertical_spacing=BETWEEN_PX / inner if count > 1 else 0
    )
    _frame(figure, theme, height)
    last = max(pane.now.point.day for pane in panes)
    first = max(min(pane.points[0].day for pane in panes), last - SHOWN_DAYS * DAY)
    end = max(pane.now.point.day + _ahead(pane.now) * DAY for pane in panes)
    shapes = [
        _band(*run, row, theme) for row, pane in enumerate(panes, 1) for run in quiet_spans(first, end, pane.in_session)
    ]
    titles = []
    for row, pane in enumerate(panes, 1):
        top = _observed(figure, row, pane, first, theme)
        _fan(figure, row, pane.now, theme)
        figure.update_yaxes(
            range=[0, top * ROOM or 1], row=row, col=1
        )  # a slow end that runs away does not flatten what is known
        titles.append(_title(row, pane, theme))
    every = ceil((end - first).days / TICKS) or 1
    figure.update_xaxes(
        range=[_at(first) - HALF, _at(end) + HALF], tick0=_at(first), dtick=every * DAY.total_seconds() * 1000
    )
    figure.update_layout(shapes=shapes, annotations=titles)
    return figure


def quiet_spans(first: Date, last: Date, in_session: InSession) -> list[tuple[Date, Date]]:
    """Runs of days without sessions, both ends within."""
    spans: list[tuple[Date, Date]] = []
    day = first
    while day <= last:
        if not in_session(day):
            if spans and spans[-1][1] == day - DAY:
                spans[-1] = (spans[-1][0], day)
            else:
                spans.append((day, day))
        day += DAY
    return spans


def _ahead(now: Backlog) -> int:
    least, most = AHEAD_DAYS
    if now.cleared_days is None:
        return least if now.point.backlog <= 0 or now.rates is None else 2 * least
    slow = now.cleared_days[1]
    return min(max(ceil(now.cleared_days[0]) if slow is None else ceil(slow), least), most)


def _frame(figure: go.Figure, theme: Theme, height: int) -> None:
    figure.update_layout(
        paper_bgcolor=theme.card, plot_bgcolor="rgba(0,0,0,0)", height=height, showlegend=False, hovermode="closest",
        margin={"l": 62, "r": 10, "t": TOP_PX, "b": BOTTOM_PX}, font={"family": FACE, "size": 13, "color": theme.ink2},
    )  # fmt: skip
    figure.update_xaxes(
        showgrid=False, linecolor=theme.line, zeroline=False, tickformat="%-d %b", type="date", fixedrange=True
    )
    figure.update_yaxes(
        gridcolor=theme.line, zerolinecolor=theme.line, tickformat=",d", nticks=4, rangemode="tozero", fixedrange=True
    )


def _observed(figure: go.Figure, row: int, pane: Pane, first: Date, theme: Theme) -> float:
    """The known days, hatched below; returns the highest value drawn."""
    shown = [point for point in pane.points if point.day >= first] or list(pane.points[-1:])
    fell = falls(pane.points)
    heights = [max(point.backlog, 0) for point in shown]
    figure.add_scatter(
        row=row, col=1, x=[_at(point.day) for point in shown], y=heights, name=pane.name, mode="lines+markers",
        line={"color": theme.ink, "width": 2},
        marker={
            "size": [10 if point.day in fell else 5 for point in shown], "line": {"width": 1.5, "color": theme.ink},
            "symbol": ["triangle-down" if point.day in fell else "circle" for point in shown],
            "color": [theme.card if point.day in fell else theme.ink for point in shown],
        },
        fill="tozeroy", fillcolor="rgba(0,0,0,0)",
        fillpattern={"shape": "/", "size": 8, "solidity": 0.18, "fgcolor": theme.ink3, "bgcolor": "rgba(0,0,0,0)"},
        customdata=[_hover(point, fell.get(point.day, "")) for point in shown], hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    return max(heights)


def _hover(point: Point, fell: str) -> str:
    size = (
        f"{grouped(point.backlog)} on paper" if point.backlog >= 0 else f"registry ahead by {grouped(-point.backlog)}"
    )
    lines = [
        f"<b>{size}</b>, {short_day(point.day)}",
        f"{grouped(point.reported)} reported",
        f"{grouped(point.recorded)} recorded",
    ]
    return "<br>".join([*lines, fell] if fell else lines)


def _fan(figure: go.Figure, row: int, now: Backlog, theme: Theme) -> None:
    """The fastest and the slowest pace of the window carried on, and the room between."""
    left, ahead = now.point.backlog, _ahead(now)
    if left <= 0 or now.rates is None:
        return
    begin, end = _at(now.point.day), _at(now.point.day + ahead * DAY)
    for index, (rate, name) in enumerate(zip(now.rates, ("fastest", "slowest"), strict=True)):
        days, value = _until(left, rate, ahead)
        x, y = [begin, begin + days * DAY], [left, value]
        if value == 0 and x[1] < end:
            x, y = [*x, end], [*y, 0]
        figure.add_scatter(
            row=row, col=1, x=x, y=y, mode="lines", name=name, line={"color": theme.ink2, "width": 1.5, "dash": "dash"},
            fill="tonexty" if index else "none", fillcolor=_faint(theme), hoverinfo="skip",
        )  # fmt: skip


def _until(left: int, rate: float, days: int) -> tuple[float, float]:
    """Days and value at which a pace ends: cleared, or at the edge of the picture."""
    if rate > 0 and left / rate <= days:
        return left / rate, 0
    return days, left - rate * days


def _faint(theme: Theme) -> str:
    red, green, blue = (int(theme.ink2[n : n + 2], 16) for n in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.16)"


def _title(row: int, pane: Pane, theme: Theme) -> dict[str, Any]:
    axis, now = "" if row == 1 else str(row), pane.now
    text = f"<b>{pane.name}</b>  {grouped(max(now.point.backlog, 0))} on {short_day(now.point.day)}"
    if now.stalled:
        text += ", stalled"
    return {
        "text": text, "showarrow": False, "xref": "paper", "yref": f"y{axis} domain", "x": 0, "y": 1, "yshift": 4,
        "xanchor": "left", "yanchor": "bottom", "font": {"size": 15 if row == 1 else 14, "color": theme.ink},
    }  # fmt: skip


def _band(first: Date, last: Date, row: int, theme: Theme) -> dict[str, Any]:
    return {
        "type": "rect", "layer": "below", "line": {"width": 0}, "fillcolor": theme.line, "opacity": 0.45, "xref": "x",
        "yref": f"y{row if row > 1 else ''} domain", "x0": _at(first) - HALF, "x1": _at(last) + HALF, "y0": 0, "y1": 1,
    }  # fmt: skip


def _at(day: Date) -> datetime:
    return datetime.combine(day, time(0))


def _nothing(theme: Theme) -> go.Figure:
    figure = go.Figure()
    _frame(figure, theme, 240)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(
        text="No place has both numbers yet:<br>reported doses, and the registry's own count.", showarrow=False, x=0.5, y=0.5,
        xref="paper", yref="paper",
    )  # fmt: skip
    return figure
