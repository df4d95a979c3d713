"""What the server answers to the supply page: which days there are, and what stands on the chosen one."""

from datetime import date as Date
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State
from sqlalchemy import Engine

from dashboard.doses.places import Places
from dashboard.queries.frame import reading
from dashboard.settings import ControlRoomFile
from dashboard.web import wording
from dashboard.web.pages.supply import ids
from dashboard.web.pages.supply.reading import days_of_supply, read_supply
from dashboard.web.pages.supply.tables import NO_DAY, body
from probes.clock import Clock


def register(app: Dash, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
    """Bind the page's callbacks to this app."""
    places = Places(settings)

    @app.callback(
        Output(ids.DAY, "options"), Output(ids.DAY, "value"), Input(ids.TICK, "n_intervals"), State(ids.DAY, "value")
    )
    def days(_tick: int | None, chosen: str | None) -> tuple[Any, Any]:
        today = wording.local(int(clock.now() * 1000), settings.zone).date().isoformat()
        with reading(engine) as connection:
            known = days_of_supply(connection)
        options = [{"label": wording.day(Date.fromisoformat(day)), "value": day} for day in known]
        return options, chosen if chosen in known else newest(known, today)

    @app.callback(
        Output(ids.BODY, "children"), Output("supply-export", "href"), Input(ids.DAY, "value"), Input(ids.TICK, "n_intervals")
    )  # fmt: skip
    def draw(day: str | None, _tick: int | None) -> tuple[Any, Any]:
        if day is None:
            return NO_DAY, "#"
        supply = read_supply(engine, settings, places, Date.fromisoformat(day), clock.now())
        return body(supply), f"/doses/export.csv?day={day}"

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("tikawatch", "bindTheme"), Output(ids.START, "data"), Input(ids.START, "id")
    )


def newest(known: list[str], today: str) -> str | None:
    """The day to open on: the newest that is not to come, as targets are told ahead. `known` newest first; days in ISO."""
    return next((day for day in known if day <= today), next(iter(known), None))
