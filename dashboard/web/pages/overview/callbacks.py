"""What the server answers, and which function of the assets draws it. Bodies of about ten lines; no SQL, no pandas."""

from collections.abc import Callable
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate
from sqlalchemy import Engine

from dashboard.decisions.kinds import Objection
from dashboard.settings import ControlRoomFile
from dashboard.web.figures.day import day_figure
from dashboard.web.json_bodies import checked
from dashboard.web.pages.incidents.asked import AcknowledgeAsked
from dashboard.web.pages.overview import ids
from dashboard.web.pages.overview.day import chart_version, day_frames, view_of
from dashboard.web.pages.overview.doses_now import DosesReader
from dashboard.web.pages.overview.panel import panel
from dashboard.web.pages.overview.reading import Reading, read_overview
from dashboard.web.pages.overview.shared import Shared
from dashboard.web.pages.overview.snapshot import heard, snapshot
from probes.clock import Clock

Acknowledge = Callable[[int, int, str], bool]


def register(app: Dash, engine: Engine, settings: ControlRoomFile, clock: Clock, acknowledge: Acknowledge) -> None:
    """Bind the overview's callbacks to this app."""
    _overview(app, engine, settings, clock)
    _panel(app, engine, settings, clock)
    _acknowledge(app, acknowledge)
    _drawing(app)


def _overview(app: Dash, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
    doses = DosesReader(settings)

    def read_and_word(now: float) -> tuple[Reading, dict[str, Any]]:
        read = read_overview(engine, settings, now, doses)
        return read, snapshot(read, settings)

    shared = Shared(read_and_word, clock, fresh_s=settings.dashboard.web.refresh_s / 2)

    @app.callback(
        Output(ids.HEARD, "data"), Output(ids.SNAPSHOT, "data"), Output(ids.DAY, "data"),
        Input(ids.TICK, "n_intervals"), Input(ids.VIEW, "data"), Input(ids.ANSWER, "data"), State(ids.HEARD, "data"),
    )  # fmt: skip
    def overview(
        _tick: int | None, view: dict[str, str] | None, _answer: Any, seen: dict[str, Any] | None
    ) -> tuple[Any, Any, Any]:
        if view is None:
            raise PreventUpdate
        known = seen or {}
        read, words = shared.get(anew=ids.ANSWER in ctx.triggered_prop_ids.values())  # a tick may come with it
        frames = day_frames(read, settings, short=view.get("size") == "phone")
        drawn = view_of(read.day, view.get("theme", ""), view.get("size", ""))
        versions = {"words": words["version"], "chart": chart_version(frames, drawn)}
        same_chart = versions["chart"] == known.get("chart")
        return (
            {**heard(read), **versions},
            no_update if versions["words"] == known.get("words") else words,
            no_update if same_chart else {"figure": day_figure(frames, drawn).to_plotly_json()},
        )


def _panel(app: Dash, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
    codes, doses = {district.code for district in settings.districts}, DosesReader(settings)

    @app.callback(Output(ids.PANEL, "data"), Input(ids.SELECTED, "data"), State(ids.VIEW, "data"))
    def district_panel(selected: dict[str, Any] | None, view: dict[str, str] | None) -> dict[str, Any]:
        code = (selected or {}).get("code")
        if code not in codes:
            raise PreventUpdate
        return panel(engine, settings, doses, clock.now(), code, (view or {}).get("theme", "dark"))


def _acknowledge(app: Dash, acknowledge: Acknowledge) -> None:
    @app.callback(Output(ids.ANSWER, "data"), Input(ids.ASK, "data"))
    def answer(asked: dict[str, Any] | None) -> dict[str, Any]:
        match asked:
            case {"incident": int(incident), "step": int(step), "who": str(who)}:
                sent = checked(AcknowledgeAsked, {"who": who, "step": step})
                taken = not isinstance(sent, Objection) and acknowledge(incident, step, sent.who)
                return {"incident": incident, "taken": taken, "answers": asked}
        raise PreventUpdate


def _drawing(app: Dash) -> None:
    def clientside(name: str, *parts: Any) -> None:
        app.clientside_callback(  # type: ignore[no-untyped-call]
            ClientsideFunction("tikawatch", name), *parts
        )

    clientside("start", Output(ids.VIEW, "data"), Input(ids.STATIC, "data"))
    clientside("heard", Input(ids.HEARD, "data"))
    clientside("words", Input(ids.SNAPSHOT, "data"))
    clientside("answered", Input(ids.ANSWER, "data"))
    clientside("day", Output(ids.DAY_CHART, "figure"), Input(ids.DAY, "data"), State(ids.DAY_CHART, "figure"))
    clientside("panel", Output(ids.PANEL_CHART, "figure"), Input(ids.PANEL, "data"), State(ids.PANEL_CHART, "figure"))
