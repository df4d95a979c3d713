"""What the server answers to the doses page: which moments there are, and the day as known at the chosen one."""

from bisect import bisect_left
from datetime import date as Date
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, html, no_update
from dash.exceptions import PreventUpdate
from sqlalchemy import Engine

from dashboard.doses.places import Places
from dashboard.queries import figures_known
from dashboard.queries.frame import reading
from dashboard.settings import ControlRoomFile
from dashboard.web import wording
from dashboard.web.components.stepping import sorting, stepping
from dashboard.web.figures.theme import DARK, LIGHT
from dashboard.web.figures.told import told_figure
from dashboard.web.pages.doses import ids, pace_tables, tables
from dashboard.web.pages.doses.pace import PaceReader
from dashboard.web.pages.doses.reading import Known, read_day, sentence, with_words
from probes.clock import Clock


def register(app: Dash, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
    """Bind the page's callbacks to this app."""
    _choices(app, engine, settings, clock)
    stepping(app, ids.SLIDER, ids.BEFORE, ids.AFTER, ids.LATEST)
    sorting(app, ids.ORDER, ids.SORT)
    sorting(app, ids.ORDER_PACE, ids.SORT_PACE)
    _choosing(app)
    _showing(app)
    _drawing(app, engine, settings, clock)
    _pacing(app, engine, settings, clock)
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("tikawatch", "bindView"), Output(ids.VIEW, "data"), Input(ids.START, "id")
    )


def _choices(app: Dash, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
    @app.callback(
        Output(ids.DAY, "options"), Output(ids.DAY, "value"), Input(ids.TICK, "n_intervals"), State(ids.DAY, "value")
    )
    def days(_tick: int | None, chosen: str | None) -> tuple[Any, Any]:
        with reading(engine) as connection:
            known = figures_known.days_told(connection)
        options = [{"label": wording.day(Date.fromisoformat(day)), "value": day} for day in known]
        return options, chosen if chosen in known else next(iter(known), None)

    def by_today(known: list[int]) -> int:
        """What became true after today is a click away; a rehearsed past knows its future."""
        today = datetime.fromtimestamp(clock.now(), settings.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        passed = bisect_left(known, int((today + timedelta(days=1)).timestamp() * 1000))
        return len(known) if passed == len(known) else max(passed - 1, 0)

    @app.callback(
        Output(ids.MOMENTS, "data"), Output(ids.SLIDER, "max"), Output(ids.SLIDER, "value"),
        Input(ids.DAY, "value"), Input(ids.TICK, "n_intervals"), State(ids.MOMENTS, "data"), State(ids.SLIDER, "value"),
    )  # fmt: skip
    def moments(day: str | None, _tick: int | None, before: list[int] | None, at: int | None) -> tuple[Any, Any, Any]:
        if day is None:
            raise PreventUpdate
        with reading(engine) as connection:
            known = figures_known.moments_of(connection, day)
        if known == before and ctx.triggered_id == ids.TICK:
            raise PreventUpdate
        stays = ctx.triggered_id == ids.TICK and before and at is not None and at < len(before) and before[at] in known
        return known, len(known), known.index(before[at]) if stays and before and at is not None else by_today(known)


def _choosing(app: Dash) -> None:
    @app.callback(
        Output(ids.CHOSEN, "data"), Input({"type": ids.VALUE, "place": ALL, "kind": ALL}, "n_clicks"), prevent_initial_call=True
    )  # fmt: skip
    def choose(clicks: list[int | None]) -> dict[str, str]:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            raise PreventUpdate
        return {"place": str(ctx.triggered_id["place"]), "kind": str(ctx.triggered_id["kind"])}


def _showing(app: Dash) -> None:
    @app.callback(
        Output(ids.SHOWN, "data"), Input({"type": ids.SHOW, "what": ALL}, "n_clicks"), prevent_initial_call=True
    )
    def show(clicks: list[int | None]) -> str:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            raise PreventUpdate
        return str(ctx.triggered_id["what"])

    @app.callback(
        Output(ids.SWITCH, "children"),
        Output(ids.TABLE, "hidden"),
        Output(ids.PACE_BOX, "hidden"),
        Input(ids.SHOWN, "data"),
    )
    def switch(shown: str) -> tuple[Any, bool, bool]:
        return pace_tables.switch(shown), shown != "counts", shown != "pace"


def _drawing(app: Dash, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
    places, zone = Places(settings), settings.zone

    @app.callback(
        Output(ids.HEAD, "children"), Output(ids.MOMENT, "children"), Output(ids.TABLE, "children"), Output(ids.CARDS, "children"),
        Output("doses-chart-title", "children"), Output(ids.CHART, "figure"), Output(ids.EXPORT, "href"),
        Input(ids.SLIDER, "value"), Input(ids.MOMENTS, "data"), Input(ids.ORDER, "data"), Input(ids.CHOSEN, "data"),
        Input(ids.VIEW, "data"), State(ids.DAY, "value"),
    )  # fmt: skip
    def draw(
        at: int, moments: list[int] | None, order: dict[str, Any], chosen: dict[str, str], view: dict[str, str] | None, day: str | None
    ) -> tuple[Any, ...]:  # fmt: skip
        if day is None:
            return (_empty(), "–", None, None, "", no_update, "#")
        at_ms = moments[at] if moments and at < len(moments) else None
        known = read_day(engine, places, Date.fromisoformat(day), at_ms)
        known = with_words(engine, settings, places, known, clock.now())
        place, kind = chosen["place"], chosen["kind"]
        theme = LIGHT if (view or {}).get("theme") == "light" else DARK
        figure = told_figure(known.versions(place, kind), kind, at_ms, zone, theme)
        title = (
            f"{kind.title()} of {tables.place_name(known, place)}, {wording.day(known.day)}, by the hour it was true"
        )
        words = "all that is known here" if at_ms is None else moment_words(at_ms, known.day, zone)
        table = tables.district_table(known, order)
        return (
            _head(known, at_ms, words),
            words,
            table,
            _cards(known, place, kind, settings),
            title,
            figure,
            f"/doses/export.csv?{_asked(day, at_ms)}",
        )


def _pacing(app: Dash, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
    places, reader = Places(settings), PaceReader(engine, settings, clock)

    @app.callback(
        Output(ids.PACE, "children"), Output(ids.PACE_NOTES, "children"), Output(ids.COSTS, "children"), Output(ids.EXPORT_PACE, "href"),
        Input(ids.SLIDER, "value"), Input(ids.MOMENTS, "data"), Input(ids.ORDER_PACE, "data"), Input(ids.TICK, "n_intervals"),
        State(ids.DAY, "value"),
    )  # fmt: skip
    def draw(
        at: int, moments: list[int] | None, order: dict[str, Any], _tick: int | None, day: str | None
    ) -> tuple[Any, ...]:
        if day is None:
            return None, None, None, "#"
        at_ms = moments[at] if moments and at < len(moments) else None
        pace = reader.of(read_day(engine, places, Date.fromisoformat(day), at_ms), at_ms)
        table = pace_tables.pace_table(pace, order, settings)
        return (
            table,
            pace_tables.pace_notes(pace),
            pace_tables.costs(pace, settings),
            f"/doses/pace.csv?{_asked(day, at_ms)}",
        )


def _asked(day: str, at_ms: int | None) -> str:
    return f"day={day}" + (f"&as_known_ms={at_ms}" if at_ms is not None else "")


def moment_words(at_ms: int, day: Date, zone: ZoneInfo) -> str:
    """ "16:30", "18 Jan 19:00", and for what is only known by its day "the end of 16 Jan"."""
    at = wording.local(at_ms, zone)
    if (at.hour, at.minute, at.second) == (23, 59, 59):
        return f"the end of {wording.short_day(at.date())}"
    return wording.clock(at_ms, zone, day)


def _head(known: Known, at_ms: int | None, words: str) -> list[Any]:
    later = 0 if at_ms is None else sum(len(known.latest.history[key]) for key in known.latest.history) - sum(
        len(known.view.history[key]) for key in known.view.history
    )  # fmt: skip
    second = "Nothing is overwritten; move the slider to see what was known when."
    if later:
        second += f" {wording.counted(later, 'figure')} told since then."
    return [html.H1(sentence(known, "" if at_ms is None else words)), html.P(second, className="second")]


def _cards(known: Known, place: str, kind: str, settings: ControlRoomFile) -> list[Any]:
    name = f"{tables.place_name(known, place)}, {kind}"
    return [
        html.Section([html.H2(f"{known.state.name}: four figures, never one"), tables.numbers(known)], className="card"),
        html.Section(
            [html.H2(f"Every telling of one figure: {name}"), tables.versions(known, place, kind, settings.zone)], className="card"
        ),
        html.Section([html.H2("Sums beside totals"), tables.sums(known)], className="card"),
        html.Section([html.H2("Words"), tables.words()], className="card"),
    ]  # fmt: skip


def _empty() -> list[Any]:
    return [
        html.H1("No figure of any day is known yet."),
        html.P(
            "tikawatch doses import FILE reads them from a file; officers' forms and POST /api/v1/doses bring them in too.",
            className="second",
        ),
    ]
