"""The overview's skeleton: places and ids, no data. The browser (assets/) writes into it and never replaces it."""

from typing import Any

from dash import dcc, html

from dashboard.settings import ControlRoomFile
from dashboard.web.components.frame import rehearsal, ways
from dashboard.web.components.glyphs import GLYPHS
from dashboard.web.components.graph import graph
from dashboard.web.components.who import who_field
from dashboard.web.figures.day import blank
from dashboard.web.pages.overview import ids
from dashboard.web.pages.overview.corners import empty_corners
from dashboard.web.pages.overview.tiles import tile_name

NO_LOGIN = "Open on this machine only: there is no login yet."
TOOK_LESS = "19 of 20 took less"  # the 95th percentile, as a person says it
COLUMNS = 10
STEPS = ("< 2", "2–5", "5–15", "15–60", "60–180", "> 180 s")


def layout(settings: ControlRoomFile) -> html.Div:
    """The whole page."""
    return html.Div(
        className="page" + (" rehearsed" if settings.rehearsal else ""),
        children=[
            _stores(settings),
            _header(settings),
            *rehearsal(settings),
            html.Div(id="trouble", className="trouble", role="status"),
            html.Main(
                className="main", id="main",
                children=[_headline(), _equation(), _districts(settings), _incidents(), _day(), _footer()],
            ),
            _panel(),
            _ask(),
            _tabs(),
        ],
    )  # fmt: skip


def static(settings: ControlRoomFile) -> dict[str, Any]:
    """What the assets need once: glyphs, the tiles' places and names, refresh and zone."""
    return {
        "glyphs": GLYPHS,
        "zone": settings.state.timezone,
        "refresh_s": settings.dashboard.web.refresh_s,
        "tiles": [
            {"code": d.code, "name": tile_name(d.name), "short": d.short, "row": d.row + 1, "col": d.col + 1}
            for d in sorted(settings.districts, key=lambda d: (d.row, d.col))
        ],
    }


def _stores(settings: ControlRoomFile) -> html.Div:
    every_ms = int(settings.dashboard.web.refresh_s * 1000)
    names = (ids.HEARD, ids.SNAPSHOT, ids.DAY, ids.VIEW, ids.SELECTED, ids.PANEL, ids.ASK, ids.ANSWER)
    return html.Div(
        hidden=True,
        children=[
            dcc.Interval(id=ids.TICK, interval=every_ms),
            dcc.Store(id=ids.STATIC, data=static(settings)),
            *(dcc.Store(id=name) for name in names),
        ],
    )


def _header(settings: ControlRoomFile) -> html.Header:
    return html.Header(
        className="top",
        children=[
            html.Div([html.Strong("Tikawatch"), html.Span(settings.state.name)], className="who"),
            ways("/"),
            html.Div(id="date", className="date"),
            html.Div([html.Span("newest sample unknown", id="age", className="age"), html.Strong("", id="clock"),
                      html.Button("Light", id="theme", className="quiet", type="button")], className="when"),
        ],
    )  # fmt: skip


def _headline() -> html.Section:
    return html.Section(
        className="headline", id="state",
        children=[
            html.Div(id="headline-sign", className="sign"),
            html.Div([html.H1("Waiting for the first reading.", id="sentence"), html.P(id="second")]),
        ],
    )  # fmt: skip


def _equation() -> html.Section:
    kinds = ("target", "reported", "recorded", "backlog")
    parts: list[Any] = []
    for kind, sign in zip(kinds, ("", "−", "=", ""), strict=True):
        parts.append(_card(kind))
        if sign:
            parts.append(html.Span(sign, className="operator", **_aria("hidden", "true")))
    return html.Section(className="equation", children=[*parts, html.P(id="equation-line", className="brief")])


def _card(kind: str) -> html.Div:
    return html.Div(
        className=f"number {kind}", id=f"number-{kind}",
        children=[
            html.Div([html.Span(kind.title(), className="label"), html.Span(className="corner")], className="heading"),
            html.Div([html.Span(className="value"), html.Span(className="sub")], className="figure"),
            html.Div(html.Div(className="fill"), className="bar"),
        ],
    )  # fmt: skip


def _districts(settings: ControlRoomFile) -> html.Section:
    places = [(d.row, d.col) for d in settings.districts]
    rows = max(row for row, _ in places) + 1
    corners = empty_corners(places, rows, COLUMNS)
    areas = [corner.css for corner in corners] + [f"{rows + n} / 1 / span 1 / span {COLUMNS}" for n in (1, 2, 3)]
    time = f" upload time, last 15 min ({TOOK_LESS})"
    children = [
        html.Div(id="counts-on-map", className="counts on-map", style={"gridArea": areas[0]}),
        html.Div(id="box", className="box", style={"gridArea": areas[1]}),
        html.Div(id="worst", className="worst", style={"gridArea": areas[0]}),
        html.Div(["Tile: ", html.Strong("district"), time, html.Br(), "bar: reported of target"],
                 className="key", style={"gridArea": areas[2]}),
    ]  # fmt: skip
    style = {"--rows": str(rows)}
    return html.Section(
        className="card districts",
        children=[
            html.Div([html.H2("Districts"), html.Div(id="counts", className="counts")], className="heading"),
            html.Div(className="map", style=style, children=[html.Div(id="tiles", className="tiles"), *children]),
        ],
    )


def _incidents() -> html.Section:
    return html.Section(className="card incidents", id="incidents-card", children=html.Div(id="incidents"))


def _day() -> html.Section:
    scale = html.Div([html.Span(step, className=f"step-{n}") for n, step in enumerate(STEPS)], className="scale")
    heading = [html.H2("The day"), html.Span("upload time per 10 min", className="sub", title=TOOK_LESS),
               html.Button("whole day", id="whole-day", className="quiet", type="button", hidden=True), scale]  # fmt: skip
    return html.Section(
        className="card day", id="day-card",
        children=[html.Div(heading, className="heading"), graph(ids.DAY_CHART, blank(600), "day-chart")],
    )  # fmt: skip


def _footer() -> html.Footer:
    parts = [html.Div(id="monitor", className="items"), html.P(NO_LOGIN), ways("/", "on-phone")]
    return html.Footer(className="card monitor", children=parts)


def _panel() -> html.Dialog:
    chart = graph(ids.PANEL_CHART, blank(380), "panel-chart")
    return html.Dialog(
        id="panel-dialog", className="panel", **_aria("labelledby", "panel-name"),
        children=[
            html.Div([html.Div(id="panel-sign", className="sign"), html.H2("District", id="panel-name"),
                      html.Button("Close", id="panel-close", className="quiet", type="button")], className="heading"),
            html.P(id="panel-trouble", role="status"),
            html.P(id="panel-sentence"),
            html.H3("Upload time, last 3 h; below: where the time of the newest went"),
            chart,
            html.Div(id="panel-words"),
        ],
    )  # fmt: skip


def _ask() -> html.Dialog:
    """By whom an incident is acknowledged; assets/41-ask.js opens it."""
    return html.Dialog(
        id="ask-dialog", className="ask", **_aria("labelledby", "ask-title"),
        children=html.Div(className="decide", children=[
            html.H2("Acknowledge", id="ask-title"),
            html.P(id="ask-what"),
            who_field(ids.ASK_WHO, "Who has it"),
            html.P(id="ask-trouble", role="alert"),
            html.Div(className="buttons", children=[
                html.Button("Acknowledge", id="ask-do", className="action", type="button"),
                html.Button("Close without", id="ask-close", className="quiet", type="button"),
            ]),
        ]),
    )  # fmt: skip


def _tabs() -> html.Nav:
    tabs = (("State", "#state"), ("Waiting", "#box"), ("Incidents", "#incidents-card"), ("The day", "#day-card"))
    return html.Nav(
        [html.A(word, href=place) for word, place in tabs], className="tabs", **_aria("label", "Parts of the page")
    )


def _aria(name: str, value: str) -> dict[str, Any]:
    """An attribute whose name is no Python name."""
    return {f"aria-{name}": value}
