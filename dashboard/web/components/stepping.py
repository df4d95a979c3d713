"""Callbacks of pages that step along a slider of moments and sort a table by its heads."""

from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx
from dash.exceptions import PreventUpdate


def stepping(app: Dash, slider: str, before: str, after: str, latest: str) -> None:
    """Three buttons move a slider, by their ids: one step back, one on, to the end."""

    @app.callback(
        Output(slider, "value", allow_duplicate=True),
        Input(before, "n_clicks"), Input(after, "n_clicks"), Input(latest, "n_clicks"),
        State(slider, "value"), State(slider, "max"), prevent_initial_call=True,
    )  # fmt: skip
    def move(_before: Any, _after: Any, _latest: Any, at: int, last: int) -> int:
        return {before: max(at - 1, 0), after: min(at + 1, last), latest: last}[str(ctx.triggered_id)]


def sorting(app: Dash, order: str, sort: str) -> None:
    """Heads `{"type": sort, "column": …}` set the store `order`: a name begins at A, a number at the largest, a second click turns."""

    @app.callback(
        Output(order, "data"), Input({"type": sort, "column": ALL}, "n_clicks"), State(order, "data"), prevent_initial_call=True
    )  # fmt: skip
    def turn(clicks: list[int | None], now: dict[str, Any]) -> dict[str, Any]:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            raise PreventUpdate
        column = str(ctx.triggered_id["column"])
        return {"column": column, "down": not now["down"] if now["column"] == column else column != "name"}
