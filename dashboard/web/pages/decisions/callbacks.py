"""What the server answers to the decisions page: read, open the form, take, confirm. Every write is checked again in taking.py."""

import secrets
from hashlib import sha256
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, no_update
from dash import ClientsideFunction as InAssets
from dash.exceptions import PreventUpdate
from plotly.io.json import to_json_plotly
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from dashboard.decisions.kinds import MEANS, DecisionKind, Objection
from dashboard.decisions.silence import WORDS
from dashboard.queries.decisions import decided, open_incidents
from dashboard.queries.frame import reading
from dashboard.settings import ControlRoomFile
from dashboard.store import decisions
from dashboard.web.pages.decisions import ids, tables
from dashboard.web.pages.decisions.layout import NO_INCIDENT, pick
from dashboard.web.pages.decisions.tables import SHOWN, Known
from dashboard.web.pages.decisions.taking import Asked, confirm, take
from probes.clock import Clock

MOST_INCIDENTS = 8
_WAITS = "The store does not take writes now: nothing was stored. Press the button again."


def read_known(engine: Engine, settings: ControlRoomFile, now: float) -> Known:
    """Everything the page shows, of one moment (seconds since 1970 UTC)."""
    with reading(engine) as connection:
        found = decided(connection, settings, int(now * 1000))
        shown = [one.decision_id for one in found.decisions[-SHOWN:]]
        return Known(settings, found, decisions.evidence(connection, shown))


def register(app: Dash, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
    """Bind the page's callbacks to this app."""
    _reading(app, engine, settings, clock)
    _opening(app, engine, settings, clock)
    _filling(app, settings)
    _taking(app, engine, settings, clock)
    _confirming(app, engine, settings, clock)
    _drawing(app)


def _drawing(app: Dash) -> None:
    def clientside(name: str, *parts: Any) -> None:
        app.clientside_callback(InAssets("tikawatch", name), *parts)  # type: ignore[no-untyped-call]

    clientside("bindTheme", Output(ids.START, "data"), Input(ids.START, "id"))
    clientside("focus", Input(ids.FOCUS, "data"))
    for group in (ids.WHAT, ids.DISTRICTS, ids.INCIDENT):
        clientside("press", Input(group, "data"), Input(group, "id"))


def _reading(app: Dash, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
    @app.callback(
        Output(ids.BODY, "children"), Output(ids.LIST, "children"), Output(ids.SEEN, "data"),
        Input(ids.TICK, "n_intervals"), Input(ids.CHANGED, "data"), State(ids.SEEN, "data"),
    )  # fmt: skip
    def read(_tick: int | None, _changed: int, seen: list[str] | None) -> tuple[Any, Any, Any]:
        known = read_known(engine, settings, clock.now())
        body, articles = tables.body(known), tables.articles(known)
        version = [version_of(body), version_of(articles)]
        before = seen or ["", ""]
        return (
            no_update if version[0] == before[0] else body,
            no_update if version[1] == before[1] else articles,
            no_update if version == before else version,
        )


def _opening(app: Dash, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
    @app.callback(
        Output(ids.FORM, "hidden"), Output(ids.FORM_DATA, "data"), Output(ids.WHAT, "data"), Output(ids.DISTRICTS, "data"),
        Output(ids.INCIDENTS, "children"), Output(ids.INCIDENT, "data"), Output(ids.ANSWER, "children"), Output(ids.FOCUS, "data"),
        Input(ids.OPEN, "n_clicks"), Input(ids.CLOSE, "n_clicks"), Input({"type": ids.SUGGESTED, "what": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )  # fmt: skip
    def open_form(opened: int | None, _closed: int | None, suggested: list[int | None]) -> tuple[Any, ...]:
        cause = ctx.triggered_id
        if cause == ids.CLOSE:
            return True, None, [], [], [], [NO_INCIDENT], "", _focus(f"#{ids.OPEN}")
        if not (any(suggested) if isinstance(cause, dict) else opened):
            raise PreventUpdate
        with reading(engine) as connection:
            current = decided(connection, settings, int(clock.now() * 1000)).suggestions
            known = open_incidents(connection)[:MOST_INCIDENTS]
        what = str(cause["what"]) if isinstance(cause, dict) else ""
        suggestion = next((one for one in current if str(one.what) == what), None)
        codes = list(suggestion.districts) if suggestion else []
        pressed = '[aria-pressed="true"]' if suggestion else ""
        gone = "This suggestion no longer holds; the form is empty." if what and suggestion is None else ""
        picks = [
            pick(ids.INCIDENT, NO_INCIDENT, "none"),
            *(pick(ids.INCIDENT, str(n), f"{n}: {words}") for n, words in known),
        ]
        named = str(known[0][0]) if known and suggestion and what == DecisionKind.PAPER else NO_INCIDENT
        return (
            False, {"form": secrets.token_hex(12), "suggested": codes}, [what] if suggestion else [], [str(code) for code in codes],
            picks, [named], gone, _focus(f'button[data-group="{ids.WHAT}"]{pressed}'),
        )  # fmt: skip


def _filling(app: Dash, settings: ControlRoomFile) -> None:
    every = [str(district.code) for district in settings.districts]

    @app.callback(
        Output(ids.DISTRICTS, "data", allow_duplicate=True), Input(ids.ALL, "n_clicks"), Input(ids.NONE, "n_clicks"),
        prevent_initial_call=True,
    )  # fmt: skip
    def fill(_all: int | None, _none: int | None) -> list[str]:
        return every if ctx.triggered_id == ids.ALL else []

    @app.callback(Output(ids.MEANS, "children"), Input(ids.WHAT, "data"))
    def say(chosen: list[str] | None) -> str:
        kind = next((kind for kind in DecisionKind if str(kind) in (chosen or [])), None)
        return f"{MEANS[kind]} {WORDS[kind]}" if kind else ""


def _taking(app: Dash, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
    @app.callback(
        Output(ids.ANSWER, "children", allow_duplicate=True), Output(ids.FORM, "hidden", allow_duplicate=True),
        Output(ids.WHY, "value"), Output(ids.CHANGED, "data"), Input(ids.TAKE, "n_clicks"),
        State(ids.FORM_DATA, "data"), State(ids.WHAT, "data"), State(ids.DISTRICTS, "data"), State(ids.INCIDENT, "data"),
        State(ids.WHO, "value"), State(ids.WHY, "value"), State(ids.CHANGED, "data"), prevent_initial_call=True,
    )  # fmt: skip
    def decide(clicks: int | None, form: Any, what: Any, codes: Any, incident: Any, *typed: Any) -> tuple[Any, ...]:
        if not clicks or not isinstance(form, dict):
            raise PreventUpdate
        who, why, changed = typed
        asked = Asked(
            next(iter(what or []), ""), _numbers(codes), who, why, next(iter(_numbers(incident)), None), form.get("form"),
            tuple(_numbers(form.get("suggested"))),
        )  # fmt: skip
        try:
            answer = take(engine, settings, asked, clock.now())
        except OperationalError:
            return _WAITS, no_update, no_update, no_update
        if isinstance(answer, Objection):
            return said(answer), no_update, no_update, no_update
        known = read_known(engine, settings, clock.now())
        return tables.taken_words(known, answer.decision, answer.again), True, "", (changed or 0) + 1


def _confirming(app: Dash, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
    @app.callback(
        Output(ids.CONFIRMATIONS, "children"), Output(ids.CONFIRM_BOX, "hidden"), Output(ids.CHOSEN, "data"),
        Output(ids.CONFIRM_ANSWER, "children"), Output(ids.FOCUS, "data", allow_duplicate=True),
        Input({"type": ids.CHOOSE, "decision": ALL}, "n_clicks"), prevent_initial_call=True,
    )  # fmt: skip
    def choose(clicks: list[int | None]) -> tuple[Any, ...]:
        cause = ctx.triggered_id
        if not any(clicks) or not isinstance(cause, dict):
            raise PreventUpdate
        return *_rows(engine, settings, clock, cause["decision"]), cause["decision"], "", _focus(f"#{ids.CONFIRM_WHO}")

    @app.callback(
        Output(ids.CONFIRMATIONS, "children", allow_duplicate=True), Output(ids.CONFIRM_ANSWER, "children", allow_duplicate=True),
        Output(ids.CHANGED, "data", allow_duplicate=True), Output(ids.CONFIRM_WHO, "value"),
        Input({"type": ids.CONFIRM, "district": ALL}, "n_clicks"),
        State(ids.CHOSEN, "data"), State(ids.CONFIRM_WHO, "value"), State(ids.CHANGED, "data"), prevent_initial_call=True,
    )  # fmt: skip
    def note(clicks: list[int | None], chosen: int | None, who: str | None, changed: int | None) -> tuple[Any, ...]:
        cause = ctx.triggered_id
        if not any(clicks) or not isinstance(cause, dict) or not isinstance(chosen, int):
            raise PreventUpdate
        try:
            answer = confirm(engine, settings, (chosen, cause["district"], who), clock.now())
        except OperationalError:
            return no_update, _WAITS, no_update, no_update
        if isinstance(answer, Objection):
            return no_update, said(answer), no_update, no_update
        rows, _ = _rows(engine, settings, clock, chosen)
        return rows, f"Noted: {settings.district(cause['district']).name}.", (changed or 0) + 1, ""


def _rows(engine: Engine, settings: ControlRoomFile, clock: Clock, number: int) -> tuple[Any, bool]:
    known = read_known(engine, settings, clock.now())
    found = next((one for one in known.decided.decisions if one.decision_id == number), None)
    return (None, True) if found is None else (tables.confirmations(known, found), False)


def _numbers(sent: Any) -> list[int]:
    """Whole numbers of what a browser sent as pressed; the rest is left out, taking.py says what is missing."""
    return (
        [int(str(one)) for one in sent if str(one).isdecimal() and len(str(one)) < 10] if isinstance(sent, list) else []
    )


def _focus(target: str) -> dict[str, str]:
    """Where the focus goes; a new text each time, or the same place twice would be no change."""
    return {"target": target, "turn": secrets.token_hex(4)}


def version_of(components: Any) -> str:
    """A short name of what is shown: an open <details> survives as long as nothing else changes."""
    return sha256(to_json_plotly(components).encode()).hexdigest()[:16]


def said(objection: Objection) -> str:
    """An objection as one line of the page."""
    return f"Not stored: {objection.error}. {objection.hint}."
