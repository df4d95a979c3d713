"""What the server answers to the incidents page: read, and show what an action needs. What is stored stands in storing.py."""

import secrets
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update
from sqlalchemy import Engine

from dashboard.notices import outbox
from dashboard.settings import ControlRoomFile
from dashboard.web.pages.decisions.callbacks import version_of
from dashboard.web.pages.decisions.layout import pick
from dashboard.web.pages.incidents import ids, tables
from dashboard.web.pages.incidents.desk import Desk, Tell
from dashboard.web.pages.incidents.doing import ACTIONS
from dashboard.web.pages.incidents.storing import store_from_page
from dashboard.web.pages.incidents.telling import Telling, Told
from dashboard.web.pages.incidents.words import Naming, number_in
from probes.clock import Clock

_GONE = "There is no incident of this number."


def register(app: Dash, engine: Engine, settings: ControlRoomFile, clock: Clock, tell: Tell = outbox.enqueue) -> None:
    """Bind the page's callbacks to this app; `tell` writes the mails of what is stored here."""
    desk = Desk(engine, settings, clock, tell)
    telling = Telling(desk)
    _reading(app, desk, telling)
    _choosing(app, desk, telling)
    store_from_page(app, desk)
    _drawing(app)


def _drawing(app: Dash) -> None:
    def clientside(name: str, *parts: Any) -> None:
        app.clientside_callback(ClientsideFunction("tikawatch", name), *parts)  # type: ignore[no-untyped-call]

    clientside("bindTheme", Output(ids.START, "data"), Input(ids.START, "id"))
    clientside("focus", Input(ids.FOCUS, "data"))
    for group in (
        ids.WHAT,
        ids.SEVERITY,
        ids.SNOOZE,
        ids.OTHERS,
        ids.PARTS,
        ids.OPEN_KIND,
        ids.OPEN_DISTRICTS,
        ids.WINDOW_DISTRICTS,
    ):
        clientside("press", Input(group, "data"), Input(group, "id"))


def _reading(app: Dash, desk: Desk, telling: Telling) -> None:
    @app.callback(
        Output(ids.HEAD, "children"), Output(ids.LIST, "children"), Output(ids.WINDOWS, "children"),
        Output(ids.WHAT_PICKS, "children"), Output(ids.ACT_BOX, "hidden"), Output(ids.FILTERS, "hidden"),
        Output(ids.PLAN_BOX, "hidden"), Output(ids.box(ids.END_WHO), "hidden"), Output(ids.STEP, "data"), Output(ids.SEEN, "data"),
        Input(ids.TICK, "n_intervals"), Input(ids.CHANGED, "data"), Input(ids.ADDRESS, "search"), Input(ids.PHASES, "data"),
        Input(ids.KINDS, "data"), State(ids.SEEN, "data"),
    )  # fmt: skip
    def read(_tick: Any, _changed: Any, search: str | None, phases: Any, kinds: Any, seen: Any) -> tuple[Any, ...]:
        naming, number = Naming(desk.settings, int(desk.clock.now() * 1000)), number_in(search)
        shown = _all(naming, telling, phases or [], kinds or []) if number is None else _one(naming, telling, number)
        versions = [version_of(part) for part in shown]
        before = seen if isinstance(seen, list) and len(seen) == len(versions) else [""] * len(versions)
        fresh = [part if new != old else no_update for part, new, old in zip(shown, versions, before, strict=True)]
        return *fresh, no_update if versions == before else versions


def _all(naming: Naming, telling: Telling, phases: list[str], kinds: list[str]) -> list[Any]:
    listed, windows = telling.listed(kinds, phases), telling.windows()
    everything = telling.listed([], ["open", "recovering"]) if phases or kinds else listed
    head = tables.headline(naming, everything, windows)
    return [
        head, tables.listing(naming, listed), tables.window_list(naming, windows), [], True, False, False, not windows, None,
    ]  # fmt: skip


def _one(naming: Naming, telling: Telling, number: int) -> list[Any]:
    told = telling.one(number)
    if told is None:
        gone = [html.P(html.A("‹ All incidents", href="?", className="to-all")), html.H1(_GONE)]
        return [gone, [], [], [], True, True, True, True, None]
    offered = [
        pick(ids.WHAT, name, one.name)
        for name, one in ACTIONS.items()
        if one.suits(told.row["phase"], told.row["kind"])
    ]
    return [
        tables.head(naming, told), tables.course(naming, told), [], offered, False, True, True, True, int(told.row["steps"]),
    ]  # fmt: skip


def _choosing(app: Dash, desk: Desk, telling: Telling) -> None:
    boxes = [Output(ids.box(field), "hidden") for field in ids.FIELDS]

    @app.callback(
        Output(ids.MEANS, "children"), Output(ids.box(ids.WHO), "hidden"), Output(ids.DO, "hidden"), Output(ids.DO, "children"),
        Output(ids.OTHERS_PICKS, "children"), Output(ids.PARTS_PICKS, "children"), *boxes,
        Input(ids.WHAT, "data"), State(ids.ADDRESS, "search"), prevent_initial_call=True,
    )  # fmt: skip
    def choose(chosen: list[str] | None, search: str | None) -> tuple[Any, ...]:
        action = ACTIONS.get(next(iter(chosen or []), ""))
        hidden = [action is None or field not in action.fields for field in ids.FIELDS]
        if action is None:
            return "", True, True, "Confirm", [], [], *hidden
        number = number_in(search)
        told = telling.one(number) if number is not None else None
        others = _others(desk, telling, number) if ids.OTHERS in action.fields else []
        parts = _parts(desk, told) if told is not None and ids.PARTS in action.fields else []
        return action.means, False, False, f"Confirm: {action.name.lower()}", others, parts, *hidden

    @app.callback(Output(ids.FORM, "data"), Input(ids.CHANGED, "data"))
    def number_of_the_form(_changed: int | None) -> str:
        return secrets.token_hex(12)


def _others(desk: Desk, telling: Telling, number: int | None) -> list[Any]:
    naming = Naming(desk.settings, int(desk.clock.now() * 1000))
    found = [one for one in telling.listed([], ["open", "recovering"]) if one.row["incident_id"] != number]
    if not found:
        return [html.P("No other incident is open or recovers.", className="calm")]
    lines = {one.row["incident_id"]: f"{naming.where(one.districts)}: {one.row['sentence']}" for one in found}
    return [pick(ids.OTHERS, str(other), f"{other}, {words}", many=True) for other, words in lines.items()]


def _parts(desk: Desk, told: Told) -> list[Any]:
    names = {district.code: district.name for district in desk.settings.districts}
    codes = sorted(told.districts, key=lambda code: names.get(code, ""))
    return [pick(ids.PARTS, str(code), names.get(code, str(code)), many=True) for code in codes]
