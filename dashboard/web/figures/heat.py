"""District x time: upload p95 in the six steps of the latency scale; fails, lost lines and silence over it."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.detection.states import DistrictState
from dashboard.web.figures.bars import Bar, add_bars
from dashboard.web.figures.marks import Marks, Place
from dashboard.web.figures.theme import CROSS, Theme
from dashboard.web.figures.view import MINUTE_MS, View

STEP_MS = 10 * MINUTE_MS
ROWS = {"row": "int64", "name": "str", "state": "str"}
CELLS = {"row": "int64", "start_ms": "int64", "step": "int64", "mark": "str", "p95_s": "float64"}
RUNS = {"row": "int64", "state": "str", "start_ms": "int64", "end_ms": "int64", "words": "str"}
SOME_FAILED = "some failed"


def add_heat(figure: go.Figure, marks: Marks, rows: pd.DataFrame, cells: pd.DataFrame, runs: pd.DataFrame) -> None:
    """Row 3: `rows` top to bottom, `cells` with a step 0 to 5, `runs` of a state that has no upload time."""
    _steps(figure, rows, cells, marks.view)
    _crosses(figure, cells, marks.view)
    _runs(figure, runs, marks)
    _signs(rows, marks)
    if rows.empty:
        place: Place = {"xref": "x3 domain", "yref": "y3 domain", "x": 0.02, "y": 0.5, "xanchor": "left"}
        marks.words(
            "nothing measured yet: rows come with the first samples", marks.view.font(marks.view.theme.ink2), **place
        )


def _steps(figure: go.Figure, rows: pd.DataFrame, cells: pd.DataFrame, view: View) -> None:
    columns = max(1, -(-(view.now_ms - view.start_ms) // STEP_MS))
    matrix = np.full((max(1, len(rows)), columns), np.nan, dtype=np.float32)
    seconds = np.full(matrix.shape, np.nan, dtype=np.float32)
    index = ((cells["start_ms"] - view.start_ms) // STEP_MS).to_numpy()
    inside = (index >= 0) & (index < columns)
    line = cells["row"].to_numpy()
    matrix[line[inside], index[inside]] = cells["step"].to_numpy()[inside]
    seconds[line[inside], index[inside]] = cells["p95_s"].to_numpy()[inside]
    middles = [view.start_ms + STEP_MS * n + STEP_MS // 2 for n in range(columns)]
    figure.add_heatmap(
        row=3, col=1, x=view.stamps([float(m) for m in middles]), y=list(range(matrix.shape[0])), z=matrix, customdata=seconds,
        zmin=-0.5, zmax=5.5, colorscale=_stepped(view.theme), showscale=False, ygap=2, xgap=0, hoverongaps=False, name="p95",
        hovertemplate="%{x|%H:%M}: %{customdata:.1f} s, 19 of 20 took less<extra></extra>",
    )  # fmt: skip


def _stepped(theme: Theme) -> list[tuple[float, str]]:
    number = len(theme.steps)
    return [(edge / number, colour) for n, colour in enumerate(theme.steps) for edge in (n, n + 1)]


def _crosses(figure: go.Figure, cells: pd.DataFrame, view: View) -> None:
    failed = cells[cells["mark"] == SOME_FAILED]
    size = max(7, min(view.scale.text, int(1.15 * STEP_MS / view.ms_per_px)))
    figure.add_scatter(
        row=3, col=1, x=view.stamps((failed["start_ms"] + STEP_MS // 2).tolist()), y=failed["row"].to_numpy(), mode="text",
        text=[CROSS] * len(failed), name=SOME_FAILED, hoverinfo="skip",
        textfont={"size": size, "weight": 600, "color": [view.theme.cross[step] for step in failed["step"]]},
    )  # fmt: skip


def _runs(figure: go.Figure, runs: pd.DataFrame, marks: Marks) -> None:
    bars = [
        Bar(str(r.state), int(r.start_ms), int(r.end_ms), int(r.row), str(r.words))
        for r in runs.itertuples(index=False)
    ]
    add_bars(figure, 3, bars, 0.88, marks.view)
    for bar in bars:
        needs = (len(bar.words) * marks.view.scale.text * 0.56 + 26) * marks.view.ms_per_px
        if bar.state != DistrictState.NO_DATA and bar.end_ms - bar.start_ms > needs:
            _run_words(bar, marks)


def _run_words(bar: Bar, marks: Marks) -> None:
    view, paint = marks.view, marks.view.theme.paint[bar.state]
    glyph_ms = 14 * view.ms_per_px
    marks.sign(
        bar.state, paint.ink, paint.fill, xref="x3", yref="y3", x=view.at(bar.start_ms + glyph_ms / 2), y=bar.y,
        sizex=glyph_ms, sizey=0.6, xanchor="left",
    )  # fmt: skip
    marks.words(
        bar.words, view.font(paint.ink, 600), xref="x3", yref="y3", x=view.at(bar.start_ms + glyph_ms * 1.9), y=bar.y,
        xanchor="left", yanchor="middle",
    )  # fmt: skip


def _signs(rows: pd.DataFrame, marks: Marks) -> None:
    """The glyph of each row between its name and its cells."""
    theme, width = marks.view.theme, marks.view.scale.plot_width
    for row in rows.itertuples(index=False):
        state = str(row.state)
        marks.sign(
            state, theme.inks[state], theme.card, xref="x3 domain", yref="y3", x=-6 / width, y=row.row, sizex=14 / width, sizey=0.72,
            xanchor="right",
        )  # fmt: skip
