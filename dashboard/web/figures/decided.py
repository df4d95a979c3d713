"""Times of paper and of suspension as thin strips under the zero line of the pace, with their words in or beside them."""

import pandas as pd

from dashboard.web.figures.marks import Marks, Place
from dashboard.web.figures.view import MINUTE_MS, View

DECIDED = {"what": "str", "words": "str", "start_ms": "int64", "end_ms": "int64"}
STRIP = 0.105  # of the pane's height
_KINDS = ("paper", "suspend")


def no_decisions() -> pd.DataFrame:
    """The frame of a day on which nothing was decided."""
    return pd.DataFrame(columns=list(DECIDED)).astype(DECIDED)


def room_below(decided: pd.DataFrame, top: float) -> float:
    """Lower end of the dose axis (at or below 0) that leaves room for the strips, when `top` is its upper end."""
    rows = len(_rows(decided))
    share = rows * STRIP + 0.02
    return -top * (share / (1 - share) if rows else 0.02)


def add_decided(marks: Marks, decided: pd.DataFrame) -> None:
    """A strip a span, columns DECIDED; paper and suspension each in a row of its own when there are both."""
    view = marks.view
    rows = _rows(decided)
    for span in decided.itertuples(index=False):
        start, end = max(int(span.start_ms), view.start_ms), min(int(span.end_ms), view.end_ms)
        if end > start and span.what in rows:
            _strip(marks, str(span.words), (start, max(end, start + MINUTE_MS)), rows.index(span.what))


def _rows(decided: pd.DataFrame) -> list[str]:
    return [what for what in _KINDS if (decided["what"] == what).any()]


def _strip(marks: Marks, words: str, span: tuple[int, int], row: int) -> None:
    view, theme = marks.view, marks.view.theme
    low, high = row * STRIP, (row + 0.9) * STRIP
    x0, x1 = view.at(span[0]), view.at(span[1])
    marks.band(theme.ink3, 0.35, xref="x2", yref="y2 domain", x0=x0, x1=x1, y0=low, y1=high)
    for edge in (x0, x1):
        marks.line(theme.ink, 2, xref="x2", yref="y2 domain", x0=edge, x1=edge, y0=low, y1=high)
    at, anchor = _beside(words, span, view)
    place: Place = {
        "xref": "x2",
        "yref": "y2 domain",
        "x": view.at(at),
        "xanchor": anchor,
        "y": (low + high) / 2,
        "yanchor": "middle",
    }
    marks.words(words, view.font(theme.ink, 600, -1), halo=True, xshift=5 if anchor == "left" else -5, **place)


def _beside(words: str, span: tuple[int, int], view: View) -> tuple[int, str]:
    """In the strip from its start, where there is room; else after it, else before it."""
    needs = (len(words) * view.scale.text * 0.56 + 12) * view.ms_per_px
    if span[1] - span[0] >= needs:
        return span[0], "left"
    return (span[1], "left") if span[1] + needs < view.end_ms else (span[0], "right")
