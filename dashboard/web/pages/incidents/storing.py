"""What the incidents page stores: a step of one, an incident told by telephone, maintenance windows. Each is checked again at the desk."""

import secrets
from collections.abc import Callable
from typing import Any, Final

from dash import ALL, Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate
from sqlalchemy.exc import OperationalError

from dashboard.decisions.kinds import Objection
from dashboard.web.json_bodies import checked
from dashboard.web.pages.decisions.callbacks import said
from dashboard.web.pages.incidents import ids
from dashboard.web.pages.incidents.actions import act, open_one
from dashboard.web.pages.incidents.asked import EndAsked
from dashboard.web.pages.incidents.desk import Desk, Done
from dashboard.web.pages.incidents.doing import ACTIONS, Typed, asked, asked_opening, asked_window
from dashboard.web.pages.incidents.windows import Made, end, make
from dashboard.web.pages.incidents.words import Naming, number_in

_WAITS: Final = "The store does not take writes now: nothing was stored. Press the button again."
Stored = Done | Made


def store_from_page(app: Dash, desk: Desk) -> None:
    """Bind what writes."""
    _acting(app, desk)
    _opening(app, desk)
    _planning(app, desk)
    _ending(app, desk)
    _toggling(app, ids.OPEN, ids.OPEN_CLOSE, ids.OPEN_BOX, ids.OPEN_KIND)
    _toggling(app, ids.WINDOW, ids.WINDOW_CLOSE, ids.WINDOW_BOX, ids.WINDOW_DISTRICTS)


def _tried(write: Callable[[], Stored | Objection], words: str) -> tuple[str, bool]:
    """The answer to who pressed, and whether it is stored."""
    try:
        done = write()
    except OperationalError:
        return _WAITS, False
    if isinstance(done, Objection):
        return said(done), False
    return f"Stored before: {words}" if done.again else words, True


def _acting(app: Dash, desk: Desk) -> None:
    @app.callback(
        Output(ids.ANSWER, "children"), Output(ids.CHANGED, "data"), Output(ids.WHAT, "data"), Output(ids.TEXT, "value"),
        Input(ids.DO, "n_clicks"), State(ids.ADDRESS, "search"), State(ids.WHAT, "data"), State(ids.CHANGED, "data"),
        State(ids.WHO, "value"), State(ids.OWNER, "value"), State(ids.TEXT, "value"), State(ids.SEVERITY, "data"),
        State(ids.SNOOZE, "data"), State(ids.OTHERS, "data"), State(ids.PARTS, "data"), State(ids.FORM, "data"), State(ids.STEP, "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def do(clicks: Any, search: str | None, chosen: Any, changed: int | None, *typed: Any) -> tuple[Any, ...]:
        number, what = number_in(search), next(iter(chosen or []), "")
        if not clicks or number is None:
            raise PreventUpdate
        sent = asked(what, Typed(*typed), desk.clock.now())
        if isinstance(sent, Objection):
            return said(sent), no_update, no_update, no_update
        words, stored = _tried(lambda: act(desk, number, sent), f"Stored: {ACTIONS[what].name.lower()}.")
        return (words, (changed or 0) + 1, [], "") if stored else (words, no_update, no_update, no_update)


def _opening(app: Dash, desk: Desk) -> None:
    @app.callback(
        Output(ids.OPEN_ANSWER, "children"), Output(ids.CHANGED, "data", allow_duplicate=True),
        Output(ids.OPEN_BOX, "hidden", allow_duplicate=True), Output(ids.OPEN_WHY, "value"),
        Input(ids.OPEN_DO, "n_clicks"), State(ids.CHANGED, "data"), State(ids.FORM, "data"), State(ids.OPEN_KIND, "data"),
        State(ids.OPEN_DISTRICTS, "data"), State(ids.OPEN_SINCE, "value"), State(ids.OPEN_WHY, "value"), State(ids.OPEN_WHO, "value"),
        prevent_initial_call=True,
    )  # fmt: skip
    def open_it(
        clicks: Any, changed: int | None, form: str, kind: Any, codes: Any, since: Any, *typed: Any
    ) -> tuple[Any, ...]:
        if not clicks:
            raise PreventUpdate
        sent = {
            "kind": next(iter(kind or []), None),
            "districts": codes,
            "why": typed[0] or "",
            "who": typed[1] or "",
            "form": form,
        }
        found = asked_opening(_naming(desk), sent, since)
        if isinstance(found, Objection):
            return said(found), no_update, no_update, no_update
        words, stored = _tried(lambda: open_one(desk, *found), "Opened; the mails are on their way.")
        return (words, (changed or 0) + 1, True, "") if stored else (words, no_update, no_update, no_update)


def _planning(app: Dash, desk: Desk) -> None:
    @app.callback(
        Output(ids.WINDOW_ANSWER, "children"), Output(ids.CHANGED, "data", allow_duplicate=True),
        Output(ids.WINDOW_BOX, "hidden", allow_duplicate=True), Output(ids.WINDOW_WHY, "value"),
        Input(ids.WINDOW_DO, "n_clicks"), State(ids.CHANGED, "data"), State(ids.FORM, "data"), State(ids.WINDOW_DISTRICTS, "data"),
        State(ids.WINDOW_BEGINS, "value"), State(ids.WINDOW_ENDS, "value"), State(ids.WINDOW_WHY, "value"), State(ids.WINDOW_WHO, "value"),
        prevent_initial_call=True,
    )  # fmt: skip
    def plan(
        clicks: Any, changed: int | None, form: str, codes: Any, begins: Any, ends: Any, *typed: Any
    ) -> tuple[Any, ...]:
        if not clicks:
            raise PreventUpdate
        sent = {"districts": codes, "why": typed[0] or "", "who": typed[1] or "", "form": form}
        found = asked_window(_naming(desk), sent, begins, ends)
        if isinstance(found, Objection):
            return said(found), no_update, no_update, no_update
        words, stored = _tried(lambda: make(desk, *found), "The window is set.")
        return (words, (changed or 0) + 1, True, "") if stored else (words, no_update, no_update, no_update)


def _ending(app: Dash, desk: Desk) -> None:
    @app.callback(
        Output(ids.WINDOW_ANSWER, "children", allow_duplicate=True), Output(ids.CHANGED, "data", allow_duplicate=True),
        Output(ids.FOCUS, "data", allow_duplicate=True),
        Input({"type": ids.END_WINDOW, "window": ALL}, "n_clicks"), State(ids.END_WHO, "value"), State(ids.CHANGED, "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def end_it(clicks: list[int | None], who: Any, changed: int | None) -> tuple[Any, Any, Any]:
        cause = ctx.triggered_id
        if not any(clicks) or not isinstance(cause, dict):
            raise PreventUpdate
        named = checked(EndAsked, {"who": who or ""})
        if isinstance(named, Objection):
            return said(named), no_update, _focus(f"#{ids.END_WHO}")
        words, stored = _tried(lambda: end(desk, cause["window"], named.who), "The window is ended.")
        return words, (changed or 0) + 1 if stored else no_update, no_update


def _toggling(app: Dash, opens: str, closes: str, box: str, group: str) -> None:
    """A form that is opened by its button and closed by another; the focus goes along."""

    @app.callback(
        Output(box, "hidden"), Output(ids.FOCUS, "data", allow_duplicate=True), Input(opens, "n_clicks"), Input(closes, "n_clicks"),
        prevent_initial_call=True,
    )  # fmt: skip
    def toggle(_opened: int | None, _closed: int | None) -> tuple[bool, dict[str, str]]:
        shut = ctx.triggered_id == closes
        return shut, _focus(f"#{opens}" if shut else f'button[data-group="{group}"]')


def _naming(desk: Desk) -> Naming:
    return Naming(desk.settings, int(desk.clock.now() * 1000))


def _focus(target: str) -> dict[str, str]:
    """Where the focus goes; a new text each time, or the same place twice would be no change."""
    return {"target": target, "turn": secrets.token_hex(4)}
