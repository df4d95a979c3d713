"""The sign of each state, as one SVG path in a 16 x 16 box, for the page (through a Store) and for the figures.

`cut` is painted in the colour under the glyph, so that the degraded diamond keeps its "!" on any ground.
"""

from typing import TypedDict
from urllib.parse import quote

from dashboard.detection.states import DistrictState


class Glyph(TypedDict, total=False):
    """`fill` is a filled path, `line` a stroked one, `cut` a filled one in the ground's colour, `cut_line` a stroked one."""

    fill: str
    line: str
    cut_line: str
    width: float


GLYPHS: dict[str, Glyph] = {
    DistrictState.OK: {"line": "M3 8.5 L6.5 12 L13 4.5", "width": 2},
    DistrictState.SLOW: {"fill": "M8 2 L15 14 L1 14 Z"},
    DistrictState.DEGRADED: {"fill": "M8 0.5 L15.5 8 L8 15.5 L0.5 8 Z", "cut_line": "M8 4.2 L8 8.8 M8 10.9 L8 12.1", "width": 1.9},
    DistrictState.DOWN: {"line": "M3 3 L13 13 M13 3 L3 13", "width": 3.4},
    DistrictState.OWN_LINE: {"line": "M0 8 L4 8 M12 8 L16 8 M4.6 4.4 L4.6 11.6 M11.4 4.4 L11.4 11.6 M9.3 3.4 L6.7 12.6", "width": 1.7},
    DistrictState.NO_DATA: {"line": "M4.6 5.4 C4.6 1.4 11.4 1.4 11.4 5.3 C11.4 8 8 7.9 8 10.6 M8 12.6 L8 14.6", "width": 2.1},
    DistrictState.NO_SESSION: {"line": "M3.5 8 L12.5 8", "width": 2},
    DistrictState.BLIND: {
        "line": "M1 8.4 C4 3.4 12 3.4 15 8.4 C12 13 4 13 1 8.4 M8 10.4 A2 2 0 1 0 8 6.4 A2 2 0 1 0 8 10.4 M3.4 14.2 L12.6 1.8",
        "width": 1.6,
    },
}  # fmt: skip


def svg(state: str, ink: str, ground: str) -> str:
    """The glyph as a data address for a Plotly image, in two CSS colours."""
    glyph = GLYPHS[state]
    width = glyph.get("width", 2)
    stroke = f'fill="none" stroke-width="{width}"'
    parts = [
        f'<path d="{glyph["fill"]}" fill="{ink}"/>' if "fill" in glyph else "",
        f'<path d="{glyph["line"]}" {stroke} stroke="{ink}"/>' if "line" in glyph else "",
        f'<path d="{glyph["cut_line"]}" {stroke} stroke="{ground}"/>' if "cut_line" in glyph else "",
    ]
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="64" height="64">{"".join(parts)}</svg>'
    return "data:image/svg+xml," + quote(drawn)
