"""The day as one figure on one time axis: incident lanes, pace of doses, district x time, and one line for now."""

from dataclasses import dataclass, field

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.web.figures import decided, heat, lanes, pace
from dashboard.web.figures.marks import Marks, Place
from dashboard.web.figures.theme import FACE
from dashboard.web.figures.view import View
from dashboard.web.wording import grouped

GAP_PX, AXIS_PX, MARGIN_TOP, MARGIN_BOTTOM = 8, 26, 4, 6
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class DayFrames:
    """Frames with the columns lanes.LANES, pace.PACE, heat.ROWS, heat.CELLS, heat.RUNS and decided.DECIDED; `bands` are spans in ms."""

    incidents: pd.DataFrame
    pace: pd.DataFrame
    target: int | None
    rows: pd.DataFrame
    cells: pd.DataFrame
    runs: pd.DataFrame
    bands: tuple[tuple[int, int], ...] = ()
    no_doses: str = "no doses reported yet"  # said when `pace` is empty
    decided: pd.DataFrame = field(default_factory=decided.no_decisions)
    usual: pace.Usual | None = None


def blank(height: int) -> go.Figure:
    """The figure that stands in the layout until the first update: three empty panes, no axes."""
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True)
    figure.update_layout(height=height, paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", template="none")
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure


def day_figure(frames: DayFrames, view: View) -> go.Figure:
    """All three charts over the view's window. Never changes its frames."""
    bars, left_out = lanes.packed(frames.incidents, view)
    number = 1 + max((bar.number for bar in bars), default=0)
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True)
    _panes(figure, number, len(frames.rows), view)
    marks = Marks(view)
    lanes.add_lanes(figure, marks, bars)
    pace.add_pace(figure, marks, frames.pace, frames.target, frames.no_doses, frames.usual)
    heat.add_heat(figure, marks, frames.rows, frames.cells, frames.runs)
    _lane_axis(figure, marks, number, bool(bars), left_out)
    _dose_axis(figure, marks, frames)
    _district_axis(figure, frames.rows, view)
    decided.add_decided(marks, frames.decided)
    _marks(marks, frames)
    marks.put_on(figure)
    return figure


def _panes(figure: go.Figure, lane_count: int, row_count: int, view: View) -> None:
    scale, theme = view.scale, view.theme
    inner = scale.height - MARGIN_TOP - MARGIN_BOTTOM
    heat_px, lanes_px = max(2, row_count) * scale.row, lane_count * scale.lane
    heat_top = heat_px / inner
    pace_bottom = (heat_px + AXIS_PX) / inner
    lanes_bottom = 1 - lanes_px / inner
    figure.update_layout(
        template="none", autosize=True, showlegend=False, barmode="overlay", dragmode="zoom", uirevision="day",
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", separators=".,",
        margin={"l": scale.left, "r": scale.right, "t": MARGIN_TOP, "b": MARGIN_BOTTOM, "pad": 0},
        font={"family": FACE, "size": scale.text, "color": theme.ink}, hoverlabel={"font": {"family": FACE, "size": scale.text}},
        yaxis={"domain": [lanes_bottom, 1]}, yaxis2={"domain": [pace_bottom, lanes_bottom - GAP_PX / inner]},
        yaxis3={"domain": [0, heat_top]},
    )  # fmt: skip
    figure.update_xaxes(
        range=[view.at(view.start_ms), view.at(view.end_ms)], type="date", showgrid=False, zeroline=False, showline=False,
        showticklabels=False, tickformat="%H:%M", hoverformat="%H:%M", ticks="",
    )  # fmt: skip
    wide = view.end_ms - view.start_ms > 12 * HOUR_MS or scale.size == "phone"
    figure.update_xaxes(
        row=2, col=1, showgrid=True, gridcolor=theme.line, gridwidth=1, showticklabels=True, tickfont=view.font(theme.ink, 500),
        dtick=2 * HOUR_MS if wide else HOUR_MS, tick0=view.at(view.start_ms), ticklabelstandoff=2,
    )  # fmt: skip
    figure.update_yaxes(fixedrange=True, showgrid=False, zeroline=False, showline=False, ticks="")


def _lane_axis(figure: go.Figure, marks: Marks, number: int, any_bars: bool, left_out: int) -> None:
    view, theme = marks.view, marks.view.theme
    figure.update_yaxes(row=1, col=1, range=[number - 0.5, -0.5], showticklabels=False)
    for lane in range(1, number + 1):
        marks.line(theme.line, xref="x domain", yref="y", x0=0, x1=1, y0=lane - 0.5, y1=lane - 0.5, layer="below")
    title = "Incidents" if view.scale.size != "phone" else "Incid."
    beside: Place = {"xref": "x domain", "yref": "y", "x": 0, "xanchor": "right", "xshift": -10}
    marks.words(f"<b>{title}</b>", view.font(theme.ink, 600), y=0, **beside)
    if left_out:
        marks.words(f"{left_out} more", view.font(theme.ink2), y=1, **beside)
    if not any_bars:
        place: Place = {"xref": "x domain", "yref": "y", "x": 0.01, "y": 0, "xanchor": "left"}
        marks.words("no incident in these hours", view.font(theme.ink2), **place)


def _dose_axis(figure: go.Figure, marks: Marks, frames: DayFrames) -> None:
    view = marks.view
    if frames.pace.empty and frames.target is None:
        figure.update_yaxes(
            row=2,
            col=1,
            range=[decided.room_below(frames.decided, 1.0), 1.04],
            tickvals=[0],
            ticktext=["0"],
            tickfont=view.font(view.theme.ink2),
        )
        return
    top = pace.top_of(frames.pace, frames.target)
    step = next(
        s for s in (10, 50, 100, 500, 1000, 5000, 10_000, 50_000, 100_000, 500_000, 10**7, 10**9) if top / s <= 4
    )
    ticks = [value for value in range(0, int(top), step) if value < 0.88 * top]
    words = [grouped(value) for value in ticks]
    if frames.target is not None:
        ticks, words = [*ticks, frames.target], [*words, f"<b>{grouped(frames.target)}</b>"]
        place: Place = {
            "xref": "x2 domain",
            "yref": "y2",
            "x": 0,
            "y": frames.target,
            "xanchor": "left",
            "yanchor": "top",
            "xshift": 6,
        }
        marks.words("target", view.font(view.theme.ink), **place)
    figure.update_yaxes(
        row=2, col=1, range=[decided.room_below(frames.decided, top), top * 1.04], tickvals=ticks, ticktext=words,
        showgrid=True, gridcolor=view.theme.line, tickfont=view.font(view.theme.ink2), ticklabelstandoff=8,
    )  # fmt: skip


def _district_axis(figure: go.Figure, rows: pd.DataFrame, view: View) -> None:
    last = max(2, len(rows))
    figure.update_yaxes(
        row=3, col=1, range=[last - 0.5, -0.5], tickvals=rows["row"].tolist(), ticktext=rows["name"].tolist(),
        tickfont=view.font(view.theme.ink, 500), ticklabelstandoff=24,
    )  # fmt: skip


def _marks(marks: Marks, frames: DayFrames) -> None:
    """Bands of incidents behind the pace, the closing hour, and the one line for now through all three."""
    view, theme = marks.view, marks.view.theme
    now, room_px = view.at(view.now_ms), (view.end_ms - view.now_ms) / view.ms_per_px
    for begins, ends in frames.bands:
        span: Place = {"x0": view.at(begins), "x1": view.at(ends), "y0": 0, "y1": 1}
        marks.band(theme.paint["slow"].fill, theme.band, xref="x2", yref="y2 domain", **span)
    marks.line(theme.ink, 2, xref="x", yref="paper", x0=now, x1=now, y0=0, y1=1)
    late = room_px < 95
    marks.words(
        f"<b>now {view.clock(view.now_ms)}</b>", view.font(theme.ink, 600), halo=True, xref="x", yref="paper", x=now, y=0,
        xanchor="right" if late else "left", yanchor="bottom", xshift=-6 if late else 6,
    )  # fmt: skip
    if view.session is not None and room_px > 105 and view.now_ms < view.session[1]:
        place: Place = {"xref": "x3 domain", "yref": "y3 domain", "x": 1, "y": 1, "xanchor": "right", "yanchor": "top"}
        marks.words(f"closes {view.clock(view.session[1])}", view.font(theme.ink2), **place)
