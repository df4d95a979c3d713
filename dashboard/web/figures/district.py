"""One district: its uploads of the last hours on a log scale, and where the time of the newest ones went."""

from math import log10

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.detection.states import DistrictState
from dashboard.web.figures.theme import CROSS, FACE
from dashboard.web.figures.view import View
from dashboard.web.wording import upload_time

NEWEST = 6  # uploads whose phases are shown
PARTS = {
    "line": ("dns_s", "connect_s", "tls_s"), "registry answers": ("first_byte_s",), "transfer": ("transfer_s",),
    "seen again": ("visible_s",),
}  # fmt: skip
TICKS_S = (0.1, 0.3, 1, 3, 10, 30, 100, 300)


def district_figure(uploads: pd.DataFrame, slow_s: float, unworkable_s: float, view: View) -> go.Figure:
    """`uploads` has the columns of queries.measurements.UPLOADS, oldest first; without rows the figure says so."""
    figure = make_subplots(rows=2, cols=1)
    _frame(figure, view)
    if uploads.empty:
        _say(figure, view)
        return figure
    _series(figure, uploads, slow_s, view)
    _thresholds(figure, slow_s, unworkable_s, view)
    _phases(figure, uploads, view)
    return figure


def _frame(figure: go.Figure, view: View) -> None:
    theme = view.theme
    figure.update_layout(
        template="none", autosize=True, showlegend=False, barmode="stack", uirevision="district", separators=".,",
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", margin={"l": 76, "r": 12, "t": 8, "b": 8, "pad": 0},
        font={"family": FACE, "size": 14, "color": theme.ink}, bargap=0.25,
        yaxis={"domain": [0.5, 1]}, yaxis2={"domain": [0, 0.36]},
        xaxis={"range": [view.at(view.start_ms), view.at(view.end_ms)], "type": "date", "tickformat": "%H:%M"},
    )  # fmt: skip
    figure.update_xaxes(
        row=1, col=1, gridcolor=theme.line, showline=False, zeroline=False, tickfont={"color": theme.ink2}, nticks=5
    )
    figure.update_yaxes(
        row=1, col=1, type="log", gridcolor=theme.line, zeroline=False, showline=False, fixedrange=True, tickvals=list(TICKS_S),
        ticktext=[f"{tick:g} s" for tick in TICKS_S], tickfont={"color": theme.ink2}, ticklabelstandoff=8,
    )  # fmt: skip
    figure.update_xaxes(row=2, col=1, visible=False, fixedrange=True)
    figure.update_yaxes(
        row=2,
        col=1,
        autorange="reversed",
        type="category",
        fixedrange=True,
        showgrid=False,
        showline=False,
        zeroline=False,
        ticklabelstandoff=8,
    )


def _series(figure: go.Figure, uploads: pd.DataFrame, slow_s: float, view: View) -> None:
    good, bad = uploads[uploads["outcome"] == "ok"], uploads[uploads["outcome"] == "failed"]
    figure.add_scatter(
        row=1, col=1, x=view.stamps(good["started_ms"].tolist()), y=good["total_s"].to_numpy(), mode="markers", name="upload",
        marker={"size": 5, "color": view.theme.reported}, hovertemplate="%{y:.1f} s at %{x|%H:%M:%S}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        row=1, col=1, x=view.stamps(bad["started_ms"].tolist()), y=bad["total_s"].clip(lower=0.05).to_numpy(), mode="text",
        text=[CROSS] * len(bad), name="failed", textfont={"size": 15, "weight": 600, "color": view.theme.inks[DistrictState.DOWN]},
        hovertext=bad["reason"].tolist(), hovertemplate="failed: %{hovertext}, %{x|%H:%M:%S}<extra></extra>",
    )  # fmt: skip
    low = max(0.05, min(float(uploads["total_s"].min()), slow_s / 2))
    high = max(float(uploads["total_s"].max()), 90.0)
    figure.update_yaxes(row=1, col=1, range=[log10(low * 0.6), log10(high * 1.5)])


def _thresholds(figure: go.Figure, slow_s: float, unworkable_s: float, view: View) -> None:
    halo, colour = f"0 0 3px {view.theme.card}, 0 0 3px {view.theme.card}", view.theme.inks[DistrictState.SLOW]
    for value, words in ((slow_s, "slow above"), (unworkable_s, "unworkable above")):
        figure.add_shape(
            type="line", xref="x domain", yref="y", x0=0, x1=1, y0=value, y1=value,
            line={"color": colour, "width": 1, "dash": "dot"},
        )  # fmt: skip
        figure.add_annotation(
            xref="x domain", yref="y", x=0, y=log10(value), xanchor="left", yanchor="bottom", showarrow=False,
            text=f"{words} {value:g} s", font={"size": 13, "color": colour, "shadow": halo},
        )  # fmt: skip


def _phases(figure: go.Figure, uploads: pd.DataFrame, view: View) -> None:
    newest = uploads.tail(NEWEST).iloc[::-1]
    labels = [view.at(float(at))[11:19] for at in newest["started_ms"]]
    theme = view.theme
    colours = (theme.steps[1], theme.steps[3], theme.ink3, theme.steps[2])  # assets/40-panel.js names them
    for (part, columns), colour in zip(PARTS.items(), colours, strict=True):
        figure.add_bar(
            row=2, col=1, orientation="h", y=labels, x=newest[list(columns)].fillna(0).sum(axis=1).to_numpy(), name=part,
            marker={"color": colour, "line": {"width": 1, "color": theme.card}}, hovertemplate=f"{part}: %{{x:.2f}} s<extra></extra>",
        )  # fmt: skip
    longest = float(newest["total_s"].max()) or 1.0
    figure.update_xaxes(row=2, col=1, range=[0, longest * 1.25])
    for label, row in zip(labels, newest.itertuples(index=False), strict=True):
        words = upload_time(row.total_s) if row.outcome == "ok" else f"{CROSS} {str(row.reason).replace('_', ' ')}"
        figure.add_annotation(
            xref="x2", yref="y2", x=float(row.total_s), y=label, xanchor="left", xshift=6, showarrow=False, text=f"<b>{words}</b>",
            font={"color": theme.ink if row.outcome == "ok" else theme.inks[DistrictState.DOWN]},
        )  # fmt: skip


def _say(figure: go.Figure, view: View) -> None:
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(
        xref="paper", yref="paper", x=0, y=1, xanchor="left", yanchor="top", showarrow=False,
        text="No upload was measured in these hours.", font={"size": 14, "color": view.theme.ink2},
    )  # fmt: skip
