"""What the server answers to the page Why: the rules of a place at a moment, and trials of other thresholds."""

import re
import tempfile
from datetime import date as Date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from dash import ClientsideFunction, Dash, Input, Output, State, ctx, no_update
from sqlalchemy import Engine

from dashboard.queries import history
from dashboard.queries.frame import reading
from dashboard.replay import what_if, why
from dashboard.replay.trials import Trials
from dashboard.settings import STATE_PLACE, ControlRoomFile, Rules
from dashboard.web import wording
from dashboard.web.pages.why import ids, tables
from dashboard.web.pages.why.answer import answer
from dashboard.web.pages.why.layout import MOST_TEXT, NOW
from dashboard.web.pages.why.looking import Looks
from probes.clock import Clock
from probes.config_file import ConfigError


def register(app: Dash, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
    """Bind the page's callbacks to this app."""
    _choices(app, engine, settings)
    _moments(app, engine, settings)
    _moving(app)
    _explaining(app, Looks(engine, settings, clock), settings)
    _trying(app, Trials(engine, settings), settings)
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("tikawatch", "bindTheme"), Output(ids.START, "data"), Input(ids.START, "id")
    )


def _choices(app: Dash, engine: Engine, settings: ControlRoomFile) -> None:
    codes = {str(district.code) for district in settings.districts}

    @app.callback(
        Output(ids.DAY, "options"), Output(ids.DAY, "value"), Output(ids.TRY_DAY, "options"), Output(ids.TRY_DAY, "value"),
        Output(ids.DISTRICT, "value"), Input(ids.ADDRESS, "search"),
    )  # fmt: skip
    def choices(search: str | None) -> tuple[Any, ...]:
        with reading(engine) as connection:
            days = history.days_measured(connection, settings.zone)
        options = [{"label": wording.day(day), "value": day.isoformat()} for day in days]
        held = [
            option for option, day in zip(options, days, strict=True) if settings.calendar.span_on(day, map(int, codes))
        ]
        place, day, _ = _linked(search)
        known = day if day in {option["value"] for option in options} else NOW
        newest = held[0]["value"] if held else None
        return [{"label": "Now", "value": NOW}, *options], known, held, newest, place if place in codes else STATE_PLACE


def _linked(search: str | None) -> tuple[str, str, int | None]:
    """Place, day and minute of a link `?district=491&at=2021-01-16T13:20`; empty and None where it says nothing."""
    said = parse_qs((search or "").removeprefix("?"))
    day, _, hour = said.get("at", [""])[0].partition("T")
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", hour)
    return said.get("district", [""])[0], day, int(match[1]) * 60 + int(match[2]) if match else None


def _moments(app: Dash, engine: Engine, settings: ControlRoomFile) -> None:
    @app.callback(
        Output(ids.PAST, "hidden"), Output(ids.SLIDER, "min"), Output(ids.SLIDER, "max"), Output(ids.SLIDER, "value"),
        Input(ids.DAY, "value"), State(ids.ADDRESS, "search"),
    )  # fmt: skip
    def moments(chosen: str | None, search: str | None) -> tuple[Any, ...]:
        day = _day(chosen)
        if day is None:
            return True, no_update, no_update, 0
        start, end = history.bounds(day, settings.zone)
        with reading(engine) as connection:
            measured = history.measured(connection, start, end) or (start, start)
        first, last = (int(at - start) // 60 for at in measured)
        _, linked_day, minute = _linked(search)
        wanted = minute if minute is not None and linked_day == chosen else last
        return False, first, last, min(max(wanted, first), last)


def _day(chosen: str | None) -> Date | None:
    """A chosen day; None: now."""
    return None if chosen in (None, NOW) else Date.fromisoformat(chosen)


def _moving(app: Dash) -> None:
    steps = {ids.BACK_5: -5, ids.BACK: -1, ids.ON: 1, ids.ON_5: 5}

    @app.callback(
        Output(ids.SLIDER, "value", allow_duplicate=True), *(Input(step, "n_clicks") for step in steps),
        State(ids.SLIDER, "value"), State(ids.SLIDER, "min"), State(ids.SLIDER, "max"), prevent_initial_call=True,
    )  # fmt: skip
    def move(*values: Any) -> int:
        at, first, last = values[-3:]
        return int(min(max(at + steps[str(ctx.triggered_id)], first), last))


def _explaining(app: Dash, looks: Looks, settings: ControlRoomFile) -> None:
    codes = {str(district.code): district.code for district in settings.districts}

    @app.callback(
        Output(ids.HEAD, "children"), Output(ids.BODY, "children"), Output(ids.HOUR, "children"),
        Input(ids.DISTRICT, "value"), Input(ids.SLIDER, "value"), Input(ids.AGAIN, "n_clicks"), State(ids.DAY, "value"),
        prevent_initial_call=True,
    )  # fmt: skip
    def explain(place: str, minute: int, _again: int | None, chosen: str | None) -> tuple[Any, Any, str]:
        code, day = codes.get(place), _day(chosen)
        hour = f"{minute // 60:02d}:{minute % 60:02d}"
        try:
            situation = looks.at(None if day is None else (day, minute))
        except ValueError as problem:
            return tables.unknown(str(problem)), [], hour
        found = why.reasons(settings, situation, code)
        said = answer(settings, situation, code, found)
        return tables.head(settings, said), tables.body(said, found, situation.learnt), hour


def _trying(app: Dash, trials: Trials, settings: ControlRoomFile) -> None:
    @app.callback(
        Output(ids.TRIED, "children"), Output(ids.TRY_TICK, "disabled"), Output(ids.TRY, "disabled"),
        Input(ids.TRY, "n_clicks"), Input(ids.TRY_TICK, "n_intervals"), State(ids.TRY_RULES, "value"), State(ids.TRY_DAY, "value"),
    )  # fmt: skip
    def try_(_clicks: int | None, _tick: int | None, text: str | None, day: str | None) -> tuple[Any, bool, bool]:
        if ctx.triggered_id == ids.TRY:
            wrong = _begun(trials, settings, text or "", day)
            if wrong:
                return tables.refused(wrong), True, False
        stand = trials.stand()
        if stand.share is not None:
            return tables.under_way(stand.share), False, True
        if stand.result is not None:
            return tables.tried(settings, stand.result), True, False
        if stand.failed:
            return tables.refused([stand.failed]), True, False
        return None, True, False


def _begun(trials: Trials, settings: ControlRoomFile, text: str, day: str | None) -> list[str]:
    """Begin a trial; what is wrong, when it cannot be begun."""
    if day is None:
        return ["No day with sessions and samples is stored yet. Come back after the first session"]
    try:
        rules = rules_in(text[:MOST_TEXT], settings)
    except ConfigError as problem:
        return str(problem).splitlines()
    if not trials.begin(rules, Date.fromisoformat(day)):
        return ["Another trial is under way. Wait for its end"]
    return []


def rules_in(text: str, settings: ControlRoomFile) -> Rules:
    """Thresholds out of a text; raises ConfigError as read_rules does."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "thresholds"
        file.write_text(text, encoding="utf-8")
        return what_if.read_rules(file, settings)
