"""Words, lines and signs over a figure, collected and put on at once: one by one Plotly validates all of them again each time."""

from typing import Any

import plotly.graph_objects as go

from dashboard.web.components.glyphs import svg
from dashboard.web.figures.view import View

Place = dict[str, Any]  # where a mark stands, in Plotly's words


class Marks:
    """What stands over the traces of one figure. Positions are Plotly's: `xref`, `yref`, `x`, `y`."""

    def __init__(self, view: View) -> None:
        self.view = view
        self._annotations: list[dict[str, Any]] = []
        self._shapes: list[dict[str, Any]] = []
        self._images: list[dict[str, Any]] = []

    def words(self, text: str, font: dict[str, object], *, halo: bool = False, **place: Any) -> None:
        """A text without an arrow; a halo in the card's colour keeps it readable over lines and hatching."""
        if halo:
            card = self.view.theme.card
            font = {**font, "shadow": ", ".join([f"0 0 3px {card}"] * 4)}
        self._annotations.append({"text": text, "font": font, "showarrow": False, **place})

    def line(self, colour: str, width: int = 1, dash: str = "solid", **place: Any) -> None:
        """A straight line."""
        self._shapes.append({"type": "line", "line": {"color": colour, "width": width, "dash": dash}, **place})

    def band(self, colour: str, opacity: float, **place: Any) -> None:
        """A filled rectangle under the traces."""
        self._shapes.append(
            {"type": "rect", "layer": "below", "line": {"width": 0}, "fillcolor": colour, "opacity": opacity, **place}
        )

    def sign(self, state: str, ink: str, ground: str, **place: Any) -> None:
        """The glyph of a state."""
        fixed = {"yanchor": "middle", "sizing": "contain", "layer": "above"}
        self._images.append({"source": svg(state, ink, ground), **fixed, **place})

    def put_on(self, figure: go.Figure) -> None:
        figure.update_layout(annotations=self._annotations, shapes=self._shapes, images=self._images)
