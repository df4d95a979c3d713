"""The page's skeleton: places, ids and the form, no data."""

from typing import Any

from dash import dcc, html

from dashboard.decisions.kinds import NAMES
from dashboard.settings import ControlRoomFile
from dashboard.web.components.frame import frame
from dashboard.web.components.who import MOST_WHO, who_field
from dashboard.web.pages.decisions import ids
from dashboard.web.pages.decisions.taking import MOST_WHY

HERE = "/decisions/"
REFRESH_MS = 10_000
NO_INCIDENT = "none"


def layout(settings: ControlRoomFile) -> html.Div:
    """The whole page."""
    return frame(settings, HERE, [
        _stores(),
        html.Div(html.P("Waiting for the first reading."), id=ids.BODY, className="head"),
        html.Div(
            [
                html.Button("Take a decision", id=ids.OPEN, type="button", className="quiet"),
                html.P(id=ids.ANSWER, className="answer", role="status"),
            ],
            className="controls",
        ),
        _form(settings),
        html.Div(className="two", children=[
            html.Section([html.H2("Decisions, newest first"), html.Div(id=ids.LIST)], className="card"),
            _confirmations(),
        ]),
    ])  # fmt: skip


def _stores() -> html.Div:
    return html.Div(
        [
            dcc.Interval(id=ids.TICK, interval=REFRESH_MS), dcc.Store(id=ids.START), dcc.Store(id=ids.SEEN),
            dcc.Store(id=ids.CHANGED, data=0), dcc.Store(id=ids.FORM_DATA), dcc.Store(id=ids.CHOSEN), dcc.Store(id=ids.FOCUS),
            *(dcc.Store(id=group, data=[]) for group in (ids.WHAT, ids.DISTRICTS, ids.INCIDENT)),
        ],
        hidden=True,
    )  # fmt: skip


def _form(settings: ControlRoomFile) -> html.Section:
    ordered = sorted(settings.districts, key=lambda district: district.name)
    districts = [pick(ids.DISTRICTS, str(district.code), district.name, many=True) for district in ordered]
    whole = [
        html.Button("Whole state", id=ids.ALL, type="button", className="quiet"),
        html.Button("None", id=ids.NONE, type="button", className="quiet"),
    ]
    return html.Section(id=ids.FORM, className="card decide", hidden=True, children=[
        html.H2("Take a decision"),
        _group("What", html.Div([pick(ids.WHAT, str(kind), name) for kind, name in NAMES.items()], className="picks")),
        html.P(id=ids.MEANS, className="second"),
        _group("Districts", html.Div(whole, className="buttons"), html.Div(districts, className="picks names")),
        _group("Evidence: incident", html.Div(id=ids.INCIDENTS, className="picks lines")),
        html.P("The districts' states and figures of this moment are kept with it by the server.", className="second"),
        who_field(ids.WHO, "Who decides"),
        _labelled("Why", dcc.Textarea(id=ids.WHY, maxLength=MOST_WHY, rows=3)),
        html.Div(className="buttons", children=[
            html.Button("Confirm this decision", id=ids.TAKE, type="button", className="action"),
            html.Button("Close without", id=ids.CLOSE, type="button", className="quiet"),
        ]),
    ])  # fmt: skip


def pick(group: str, value: str, words: str, *, many: bool = False) -> html.Button:
    """A choice of a group, see assets/70-picks.js; the Store `group` holds the values of those that are pressed."""
    data = {"data-group": group, "data-value": value, "data-many": "yes" if many else "no", "aria-pressed": "false"}
    return html.Button(words, type="button", className="pick", **data)  # type: ignore[arg-type]


def _confirmations() -> html.Section:
    return html.Section(id=ids.CONFIRM_BOX, className="card decide", hidden=True, children=[
        html.H2("Officers who have confirmed"),
        _labelled("Officer (name, office)", dcc.Input(id=ids.CONFIRM_WHO, type="text", maxLength=MOST_WHO, autoComplete="off")),
        html.P(id=ids.CONFIRM_ANSWER, className="answer", role="status"),
        html.Div(id=ids.CONFIRMATIONS),
    ])  # fmt: skip


def _group(legend: str, *children: Any) -> html.Fieldset:
    return html.Fieldset([html.Legend(legend), *children])


def _labelled(text: str, control: Any) -> html.Div:
    return html.Div([html.Label(text, htmlFor=control.id), control], className="field")
