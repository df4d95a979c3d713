"""Every telling of one figure as steps over the hours they were true. Pure."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from dashboard.doses.versions import Revision
from dashboard.web.figures.theme import Theme
from dashboard.web.wording import grouped, local

ROOM = 0.25  # of the span of values, above and below
DAY_MS = 86_400_000


def told_figure(history: Sequence[Revision], kind: str, at_ms: int | None, zone: ZoneInfo, theme: Theme) -> go.Figure:
    """Steps from telling to telling of each source's newest word; what came after `at_ms` (ms, None: nothing) lies hatched.

    An hour that is not known stands at the end of its day, and its point is hollow.
    """
    figure = go.Figure()
    figure.update_layout(
        paper_bgcolor=theme.card, plot_bgcolor=theme.card, margin={"l": 64, "r": 16, "t": 8, "b": 32}, showlegend=False,
        font={"family": "IBM Plex Sans, Noto Sans, sans-serif", "size": 14, "color": theme.ink2}, hovermode="closest",
    )  # fmt: skip
    figure.update_xaxes(
        gridcolor=theme.line, linecolor=theme.line, zeroline=False, tickangle=0, nticks=6, tickformat="%H:%M\n%d %b"
    )
    figure.update_yaxes(gridcolor=theme.line, zeroline=False, tickformat=",d")
    if not history:
        return _nothing(figure)
    _steps(figure, history, kind, zone, theme)
    _spans(figure, history, at_ms, zone, theme)
    return figure


def _steps(figure: go.Figure, history: Sequence[Revision], kind: str, zone: ZoneInfo, theme: Theme) -> None:
    colour = {"reported": theme.reported, "recorded": theme.recorded}.get(kind, theme.ink2)
    versions = [revision.version for revision in history]
    known = [version.hour_known for version in versions]
    words = [
        f"<b>{grouped(version.value)}</b> {version.who or version.source[:60]}"
        + ("" if version.hour_known else ", hour not known")
        for version in versions
    ]
    figure.add_scatter(
        x=[local(version.as_of_ms, zone) for version in versions], y=[version.value for version in versions],
        mode="lines+markers", line={"color": colour, "width": 2, "shape": "hv"},
        marker={"size": 9, "color": [colour if one else theme.card for one in known], "line": {"color": colour, "width": 2}},
        customdata=words, hovertemplate="%{customdata}<br>%{x|%d %b %H:%M}<extra></extra>",
    )  # fmt: skip


def _spans(figure: go.Figure, history: Sequence[Revision], at_ms: int | None, zone: ZoneInfo, theme: Theme) -> None:
    moments = [revision.version.as_of_ms for revision in history]
    values = [revision.version.value for revision in history]
    first, last = min(moments), max(moments)
    pad = max((last - first) * 0.08, DAY_MS / 24)
    low, high = min(values), max(values)
    room = max((high - low) * ROOM, high * 0.02, 1)
    figure.update_xaxes(range=[local(int(first - pad), zone), local(int(last + pad), zone)])
    figure.update_yaxes(range=[max(low - room, 0), high + room])
    if at_ms is not None and at_ms < last + pad:
        figure.add_vrect(
            x0=local(at_ms, zone),
            x1=local(int(last + pad), zone),
            fillcolor=theme.line,
            opacity=0.5,
            line_width=0,
            layer="below",
        )
        figure.add_vline(x=local(at_ms, zone), line={"color": theme.ink, "dash": "dash", "width": 1})


def _nothing(figure: go.Figure) -> go.Figure:
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(
        text="Nothing told of this figure yet.", showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper"
    )
    return figure
