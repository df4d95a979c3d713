"""The page's skeleton: places, ids and forms, no data. Without ?id= it lists all incidents, with it it shows one."""

from typing import Any

from dash import dcc, html

from dashboard.incidents.by_hand import BY_HAND
from dashboard.settings import ControlRoomFile
from dashboard.web.components.frame import frame
from dashboard.web.components.who import MOST_WHO, who_field
from dashboard.web.pages.decisions.layout import pick
from dashboard.web.pages.incidents import ids, words
from dashboard.web.pages.incidents.asked import MOST_NOTE, MOST_WHY
from dashboard.web.pages.incidents.doing import SNOOZES

HERE = "/incidents/"
REFRESH_MS = 10_000
_GROUPS = (
    ids.PHASES, ids.KINDS, ids.WHAT, ids.SEVERITY, ids.SNOOZE, ids.OTHERS, ids.PARTS, ids.OPEN_KIND, ids.OPEN_DISTRICTS,
    ids.WINDOW_DISTRICTS,
)  # fmt: skip


def layout(settings: ControlRoomFile) -> html.Div:
    """The whole page."""
    return frame(settings, HERE, [
        _stores(),
        html.Div(html.P("Waiting for the first reading."), id=ids.HEAD, className="head"),
        _act(),
        _filters(),
        html.Div(id=ids.LIST),
        _plan(settings),
    ])  # fmt: skip


def _stores() -> html.Div:
    return html.Div(
        [
            dcc.Interval(id=ids.TICK, interval=REFRESH_MS), dcc.Location(id=ids.ADDRESS, refresh=False), dcc.Store(id=ids.START),
            dcc.Store(id=ids.SEEN), dcc.Store(id=ids.CHANGED, data=0), dcc.Store(id=ids.STEP), dcc.Store(id=ids.FOCUS),
            dcc.Store(id=ids.FORM), *(dcc.Store(id=group, data=[]) for group in _GROUPS),
        ],
        hidden=True,
    )  # fmt: skip


def _filters() -> html.Details:
    phases = [pick(ids.PHASES, value, name, many=True) for value, name in words.PHASE.items()]
    kinds = [pick(ids.KINDS, str(kind), name, many=True) for kind, name in words.KIND.items()]
    return html.Details(id=ids.FILTERS, hidden=True, className="card filters", children=[
        html.Summary("Show only some"),
        html.Div(phases, className="picks", role="group", **{"aria-label": "Phase"}),  # type: ignore[arg-type]
        html.Div(kinds, className="picks", role="group", **{"aria-label": "Kind"}),  # type: ignore[arg-type]
    ])  # fmt: skip


# -- what is done with one ---------------------------------------------------------------------------------------------


def _act() -> html.Section:
    return html.Section(id=ids.ACT_BOX, className="card decide", hidden=True, children=[
        html.H2("Take a step"),
        html.Div(id=ids.WHAT_PICKS, className="picks", role="group", **{"aria-label": "Step"}),  # type: ignore[arg-type]
        html.P(id=ids.MEANS, className="second"),
        _boxed(ids.OWNER, _labelled("Owner (name, office)", _line(ids.OWNER))),
        _boxed(ids.SEVERITY, _group("Severity", [pick(ids.SEVERITY, str(value), name) for value, name in words.SEVERITY.items()])),
        _boxed(ids.SNOOZE, _group("No mails for", [pick(ids.SNOOZE, value, name) for value, name in SNOOZES.items()])),
        _boxed(ids.OTHERS, _group("These become part of it", [], ids.OTHERS_PICKS, "picks lines")),
        _boxed(ids.PARTS, _group("These become an incident of their own", [], ids.PARTS_PICKS, "picks names")),
        _boxed(ids.TEXT, _labelled("Words", dcc.Textarea(id=ids.TEXT, maxLength=MOST_NOTE, rows=3))),
        _boxed(ids.WHO, who_field(ids.WHO, "Who does it")),
        html.Div(html.Button("Confirm", id=ids.DO, type="button", className="action", hidden=True), className="buttons"),
        html.P(id=ids.ANSWER, className="answer", role="status"),
    ])  # fmt: skip


def _boxed(field: str, child: Any) -> html.Div:
    return html.Div(child, id=ids.box(field), hidden=True)


# -- opening one, maintenance windows ----------------------------------------------------------------------------------


def _plan(settings: ControlRoomFile) -> html.Div:
    kinds = [pick(ids.OPEN_KIND, str(kind), words.KIND[kind]) for kind in BY_HAND]
    return html.Div(id=ids.PLAN_BOX, hidden=True, className="two", children=[
        html.Section(className="card decide", children=[
            html.H2("Maintenance windows"),
            html.P("In a window nothing opens or grows in its districts. They are measured and shown all the same.", className="second"),
            html.Div(id=ids.WINDOWS),
            _boxed(ids.END_WHO, who_field(ids.END_WHO, "Who ends a window")),
            html.Div(html.Button("Set a window", id=ids.WINDOW, type="button", className="quiet"), className="buttons"),
            html.P(id=ids.WINDOW_ANSWER, className="answer", role="status"),
            _window_form(settings),
        ]),
        html.Section(className="card decide", children=[
            html.H2("An incident that was told by telephone"),
            html.P("It is mailed like any other and stays open until a person closes it.", className="second"),
            html.Div(html.Button("Open an incident", id=ids.OPEN, type="button", className="quiet"), className="buttons"),
            html.P(id=ids.OPEN_ANSWER, className="answer", role="status"),
            html.Div(id=ids.OPEN_BOX, hidden=True, className="decide", children=[
                _group("What", kinds),
                _districts(settings, ids.OPEN_DISTRICTS),
                _labelled("Since (13:10, or 2021-01-16 13:10)", _line(ids.OPEN_SINCE)),
                _labelled("How it is known", dcc.Textarea(id=ids.OPEN_WHY, maxLength=MOST_WHY, rows=2)),
                who_field(ids.OPEN_WHO, "Who opens it"),
                _buttons("Open it and send the mails", ids.OPEN_DO, ids.OPEN_CLOSE),
            ]),
        ]),
    ])  # fmt: skip


def _window_form(settings: ControlRoomFile) -> html.Div:
    return html.Div(id=ids.WINDOW_BOX, hidden=True, className="decide", children=[
        _districts(settings, ids.WINDOW_DISTRICTS),
        _labelled("From (18:00, or 2021-01-17 09:00; empty: now)", _line(ids.WINDOW_BEGINS)),
        _labelled("Until (20:00, or 2021-01-17 11:00)", _line(ids.WINDOW_ENDS)),
        _labelled("Why", dcc.Textarea(id=ids.WINDOW_WHY, maxLength=MOST_WHY, rows=2)),
        who_field(ids.WINDOW_WHO, "Who sets it"),
        _buttons("Set this window", ids.WINDOW_DO, ids.WINDOW_CLOSE),
    ])  # fmt: skip


def _districts(settings: ControlRoomFile, group: str) -> html.Fieldset:
    ordered = sorted(settings.districts, key=lambda district: district.name)
    names = [pick(group, str(district.code), district.name, many=True) for district in ordered]
    return _group("Districts", [pick(group, "STATE", "Whole state", many=True), *names], style="picks names")


def _buttons(words_: str, do: str, close: str) -> html.Div:
    return html.Div(className="buttons", children=[
        html.Button(words_, id=do, type="button", className="action"),
        html.Button("Close without", id=close, type="button", className="quiet"),
    ])  # fmt: skip


def _group(legend: str, picks: list[Any], identity: str = "", style: str = "picks") -> html.Fieldset:
    inside = html.Div(picks, id=identity, className=style) if identity else html.Div(picks, className=style)
    return html.Fieldset([html.Legend(legend), inside])


def _line(identity: str) -> dcc.Input:
    return dcc.Input(id=identity, type="text", maxLength=MOST_WHO, autoComplete="off")


def _labelled(text: str, control: Any) -> html.Div:
    return html.Div([html.Label(text, htmlFor=control.id), control], className="field")
