"""The frame of every page but the overview: its header with the ways to the other pages, and the band of a rehearsal."""

from typing import Any

from dash import html

from dashboard.settings import ControlRoomFile

PAGES = (
    ("/", "Overview"),
    ("/incidents/", "Incidents"),
    ("/decisions/", "Decisions"),
    ("/doses/", "Doses"),
    ("/backlog/", "Backlog"),
    ("/supply/", "Supply"),
    ("/budget/", "Bad checks"),
    ("/why/", "Why"),
    ("/agents/", "Agents"),
)
REHEARSAL_WORDS = "clock, stand-in registry and officers are made up; published doses are real, each with its source"


def frame(settings: ControlRoomFile, here: str, children: list[Any]) -> html.Div:
    """A page around its content; `here` is its own address."""
    return html.Div(
        className="page" + (" rehearsed" if settings.rehearsal else ""),
        children=[
            html.Header(
                className="top",
                children=[
                    html.Div([html.Strong("Tikawatch"), html.Span(settings.state.control_room.name, className="long")], className="who"),
                    ways(here),
                    html.Div(html.Button("Light", id="theme", className="quiet", type="button"), className="when"),
                ],
            ),
            *rehearsal(settings),
            html.Main(className="sheet", id="main", children=children),
        ],
    )  # fmt: skip


def ways(here: str, where: str = "in-header") -> html.Nav:
    """Links to the pages, the present one marked. A page may have two: one for desks, one for phones."""
    links = [
        html.A(name, href=address, className="here" if address == here else "", **_current(address == here))
        for address, name in PAGES
    ]
    return html.Nav(links, className=f"ways {where}", **{"aria-label": "Pages"})  # type: ignore[arg-type]


def rehearsal(settings: ControlRoomFile) -> list[html.Aside]:
    """The band of a rehearsal; outside one there is none."""
    if settings.rehearsal is None:
        return []
    words = [html.Strong(settings.rehearsal.title), html.Span(f": {REHEARSAL_WORDS}.")]
    mails = settings.rehearsal.mail_page
    link = [html.A("Mails", href=mails, target="_blank", rel="noopener noreferrer")] if mails else []
    return [html.Aside([html.Span(words), *link], className="rehearsal", **{"aria-label": "Rehearsal"})]  # type: ignore[arg-type]


def _current(here: bool) -> dict[str, Any]:
    return {"aria-current": "page"} if here else {}
