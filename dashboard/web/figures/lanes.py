"""Incidents as bars on the day's time axis, their words in them or beside them."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard.web.figures.bars import Bar, add_bars
from dashboard.web.figures.marks import Marks
from dashboard.web.figures.view import MINUTE_MS, View

LANES = {"state": "str", "words": "str", "start_ms": "int64", "end_ms": "int64", "open": "bool"}
MOST = 5
GLYPH_PX, GAP_PX = 24, 10


@dataclass(frozen=True)
class Lane:
    """One bar with its place: `words_at` is "inside", "right" or "left" of it."""

    number: int
    state: str
    words: str
    start_ms: int
    end_ms: int
    words_at: str


def packed(incidents: pd.DataFrame, view: View) -> tuple[list[Lane], int]:
    """Bars in at most MOST lanes, the oldest on top; and how many found no room: open ones and the newest go first."""
    rows = list(incidents.itertuples(index=False))
    urgent = sorted(rows, key=lambda row: (not row.open, row.start_ms if row.open else -row.start_ms))
    lanes, kept = _pack(urgent, view)
    in_order, all_kept = _pack(sorted(kept, key=lambda row: int(row.start_ms)), view)
    return (in_order if len(all_kept) == len(kept) else lanes), len(rows) - len(kept)


def _pack(rows: list[Any], view: View) -> tuple[list[Lane], list[Any]]:
    """Each row into the first lane with room for its bar and words; the rows that found one."""
    free: list[list[tuple[float, float]]] = [[] for _ in range(MOST)]
    lanes: list[Lane] = []
    kept: list[Any] = []
    for row in rows:
        start, end = max(int(row.start_ms), view.start_ms), max(int(row.end_ms), int(row.start_ms) + MINUTE_MS)
        where, span = _room(start, end, str(row.words), view)
        number = next((n for n, taken in enumerate(free) if all(span[1] < a or span[0] > b for a, b in taken)), None)
        if number is not None:
            free[number].append(span)
            lanes.append(Lane(number, str(row.state), str(row.words), start, end, where))
            kept.append(row)
    return lanes, kept


def _room(start: int, end: int, words: str, view: View) -> tuple[str, tuple[float, float]]:
    """Where the words go, and the span that bar and words take, in ms."""
    needs = (len(words) * view.scale.text * 0.56 + GLYPH_PX) * view.ms_per_px
    gap = GAP_PX * view.ms_per_px
    if end - start >= needs + gap:
        return "inside", (start, end + gap)
    if end + needs < view.end_ms or start - needs < view.start_ms:
        return "right", (start, end + needs + gap)
    return "left", (start - needs, end + gap)


def add_lanes(figure: go.Figure, marks: Marks, lanes: list[Lane]) -> None:
    """The bars (pane 1), and their words and signs."""
    bars = [Bar(lane.state, lane.start_ms, lane.end_ms, lane.number, lane.words) for lane in lanes]
    add_bars(figure, 1, bars, 0.8, marks.view)
    for lane in lanes:
        _label(marks, lane)


def _label(marks: Marks, lane: Lane) -> None:
    view, theme = marks.view, marks.view.theme
    glyph_ms, side = 15 * view.ms_per_px, 6 * view.ms_per_px
    paint, inside = theme.paint[lane.state], lane.words_at == "inside"
    words_ms = len(lane.words) * view.scale.text * 0.53 * view.ms_per_px
    begins = {
        "inside": lane.start_ms + side, "right": lane.end_ms + side, "left": lane.start_ms - side - glyph_ms - words_ms - side,
    }[lane.words_at]  # fmt: skip
    marks.sign(
        lane.state, paint.ink if inside else theme.inks[lane.state], paint.fill if inside else theme.card,
        xref="x", yref="y", x=view.at(begins), y=lane.number, sizex=glyph_ms, sizey=0.62, xanchor="left",
    )  # fmt: skip
    marks.words(
        lane.words, view.font(paint.ink if inside else theme.ink, 600), xref="x", yref="y",
        x=view.at(begins + glyph_ms + side), y=lane.number, xanchor="left", yanchor="middle", halo=not inside,
    )  # fmt: skip
