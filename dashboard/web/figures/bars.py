"""Level bars of a state with its pattern, one trace a state: Plotly mixes up pattern colours that come as lists."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from dashboard.detection.states import DistrictState
from dashboard.web.figures.view import View

PATTERNS: dict[str, str] = {
    DistrictState.DEGRADED: "/", DistrictState.OWN_LINE: "|", DistrictState.BLIND: "-", DistrictState.NO_DATA: ".",
}  # fmt: skip


class Bar(NamedTuple):
    """From `start_ms` to `end_ms` on line `y`, counted from the top."""

    state: str
    start_ms: int
    end_ms: int
    y: int
    words: str


def add_bars(figure: go.Figure, row: int, bars: Sequence[Bar], width: float, view: View) -> None:
    """One trace for each state among the bars, in pane `row`."""
    for state in dict.fromkeys(bar.state for bar in bars):
        mine, paint = [bar for bar in bars if bar.state == state], view.theme.paint[state]
        hollow = state in (DistrictState.NO_DATA, DistrictState.NO_SESSION)
        figure.add_bar(
            row=row, col=1, orientation="h", name=state, base=view.stamps([bar.start_ms for bar in mine]),
            x=[bar.end_ms - bar.start_ms for bar in mine], y=[bar.y for bar in mine], width=width, textposition="none",
            hovertext=[bar.words for bar in mine], hovertemplate="%{hovertext}<extra></extra>",
            marker={
                "color": paint.fill, "line": {"width": 1 if hollow else 0, "color": paint.tone},
                "pattern": {
                    "shape": PATTERNS.get(state, ""), "size": 9 if hollow else 8, "solidity": 0.08 if hollow else 0.4,
                    "bgcolor": paint.fill, "fgcolor": paint.tone,
                },
            },
        )  # fmt: skip
