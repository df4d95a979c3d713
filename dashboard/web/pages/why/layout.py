"""The page's skeleton: places and ids, no data."""

from dash import dcc, html

from dashboard.settings import STATE_PLACE, ControlRoomFile
from dashboard.web.components.frame import frame
from dashboard.web.pages.why import ids

HERE = "/why/"
NOW = "now"
POLL_MS = 1000
MOST_TEXT = 20_000
EXAMPLE = "rules:\n  degraded:\n    ratio: 2.0\n  outage:\n    districts: 0.5\n"


def layout(settings: ControlRoomFile) -> html.Div:
    """The whole page."""
    hidden = html.Div(
        [dcc.Store(id=ids.START), dcc.Location(id=ids.ADDRESS, refresh=False), dcc.Interval(id=ids.TRY_TICK, interval=POLL_MS)],
        hidden=True,
    )  # fmt: skip
    waiting = [html.H1("Why, and why not"), html.P("Reading the newest samples.", className="second")]
    return frame(settings, HERE, [
        hidden, html.Div(waiting, id=ids.HEAD, className="head", role="status"), _place(settings), _past(), html.Div(id=ids.BODY), _trial(),
    ])  # fmt: skip


def _place(settings: ControlRoomFile) -> html.Div:
    ordered = sorted(settings.districts, key=lambda district: district.name)
    places = [{"label": f"{settings.state.name}, the whole state", "value": STATE_PLACE}]
    places += [{"label": district.name, "value": str(district.code)} for district in ordered]
    return html.Div(
        className="controls",
        children=[
            html.Label(["Place ", dcc.Dropdown(places, STATE_PLACE, id=ids.DISTRICT, clearable=False, className="days")]),
            html.Label([
                "Moment ",
                dcc.Dropdown([{"label": "Now", "value": NOW}], NOW, id=ids.DAY, clearable=False, searchable=False, className="days"),
            ]),
            html.Button("Look again", id=ids.AGAIN, type="button", className="quiet"),
        ],
    )  # fmt: skip


def _past() -> html.Section:
    steps = (
        ("‹ 5 min", ids.BACK_5),
        ("‹ 1 min", ids.BACK),
        (None, ids.HOUR),
        ("1 min ›", ids.ON),
        ("5 min ›", ids.ON_5),
    )
    buttons = [
        html.Button(words, id=identity, type="button", className="quiet") if words else html.Strong(id=identity)
        for words, identity in steps
    ]
    slider = dcc.Slider(
        id=ids.SLIDER, min=0, max=1439, value=0, step=1, marks=None, included=False, allow_direct_input=False
    )
    along = html.Div(slider, className="along", role="group", **{"aria-label": "Hour of the day"})  # type: ignore[arg-type]
    return html.Section([along, html.Div(buttons, className="moment")], id=ids.PAST, className="card", hidden=True)


def _trial() -> html.Details:
    return html.Details(className="card fold trial", children=[
        html.Summary("What would other thresholds have told?"),
        html.P("A stored day once more, with other thresholds. Nothing is stored, nobody is mailed.", className="second"),
        html.Div(className="trying", children=[
            html.Div(className="field", children=[
                html.Label("Thresholds that are changed, as in config.yaml", htmlFor=ids.TRY_RULES),
                dcc.Textarea(id=ids.TRY_RULES, value=EXAMPLE, maxLength=MOST_TEXT, spellCheck=False),
            ]),
            html.Div(className="field", children=[
                html.Label(["Day ", dcc.Dropdown(id=ids.TRY_DAY, clearable=False, searchable=False, className="days")]),
                html.Button("Try them", id=ids.TRY, type="button", className="quiet"),
            ]),
        ]),
        html.Div(id=ids.TRIED, role="status"),
    ])  # fmt: skip
