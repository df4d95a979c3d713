"""What the server answers to the agents page."""

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output
from sqlalchemy import Engine

from dashboard.queries import agents
from dashboard.queries.frame import reading
from dashboard.settings import ControlRoomFile
from dashboard.web.pages.agents import ids
from dashboard.web.pages.agents.tables import LATELY_MS, Known, body
from probes.clock import Clock


def register(app: Dash, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
    """Bind the page's callbacks to this app."""

    @app.callback(Output(ids.BODY, "children"), Input(ids.TICK, "n_intervals"))
    def read(_tick: int | None) -> list[Any]:
        now_ms = int(clock.now() * 1000)
        since_ms = now_ms - LATELY_MS
        with reading(engine) as connection:
            known = Known(
                now_ms, settings.zone, agents.agents(connection), agents.checks(connection, since_ms),
                agents.failures(connection, since_ms), agents.bundles(connection, since_ms),
            )  # fmt: skip
        return body(known)

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("tikawatch", "bindTheme"), Output(ids.START, "data"), Input(ids.START, "id")
    )
