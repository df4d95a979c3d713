"""What stands on the doses page: a day as known, in; components out. Pure."""

from collections.abc import Sequence
from typing import Any, Final, Protocol, TypeVar
from zoneinfo import ZoneInfo

from dash import html

from dashboard.doses.versions import Revision
from dashboard.settings import STATE_PLACE
from dashboard.web import wording
from dashboard.web.components.source import source_link
from dashboard.web.pages.doses import ids
from dashboard.web.pages.doses.reading import Known, Row


class Named(Protocol):
    """A row that has a name, for the order of equals."""

    @property
    def name(self) -> str: ...


R = TypeVar("R", bound=Named)
NOT_REPORTED: Final = "not reported"
COLUMNS: Final = (
    ("name", "District"), ("target", "Target"), ("reported", "Reported"), ("recorded", "Recorded"), ("paper", "On paper"),
    ("backlog", "Backlog"), ("in_registry", "In registry"),
)  # fmt: skip
KINDS: Final = ("target", "reported", "recorded", "paper")
WORDS: Final = (
    (("Reported"), "is the districts' word, by file, form or phone."),
    (("Recorded"), "is what the registry itself counts for the day."),
    (("Backlog"), "is reported minus recorded: mostly paper, and read within a day's work, as the two are counted at other hours."),
    (("A count that falls"), "is a revision, never doses taken back. Nothing is overwritten."),
)  # fmt: skip


def district_table(known: Known, order: dict[str, Any]) -> Any:
    """All districts, sorted by a column; those without the value stand last."""
    head = html.Tr(
        [sort_head(ids.SORT, column, word, order) for column, word in COLUMNS] + [html.Th("Revised", scope="col")]
    )
    rows = [_row(row) for row in in_order(known.rows, order)]
    inner = html.Table([html.Thead(head), html.Tbody(rows)], className="rows plain doses")
    return html.Div(inner, className="scrolls", tabIndex=0, role="region", **{"aria-label": "Districts"})  # type: ignore[arg-type]


def in_order(rows: Sequence[R], order: dict[str, Any]) -> list[R]:
    """Rows by `order` {"column", "down"}; equal ones by name."""
    column, down = order["column"], bool(order["down"])
    with_value = [row for row in rows if getattr(row, column) is not None]
    without = [row for row in rows if getattr(row, column) is None]
    by_name = sorted(with_value, key=lambda row: row.name)
    return sorted(by_name, key=lambda row: getattr(row, column), reverse=down) + sorted(
        without, key=lambda row: row.name
    )


def numbers(known: Known) -> Any:
    """The state's four numbers, each a button that shows its tellings."""
    state = known.state
    backlog = "not known" if state.backlog is None else wording.grouped(state.backlog)
    share = (
        ""
        if not (state.target and state.reported is not None)
        else f"{wording.share(state.reported, state.target, 1)} of target"
    )
    rows = [
        ("Target", _value(state, "target"), ""), ("Reported", _value(state, "reported"), share),
        ("Recorded", _value(state, "recorded"), _share_of(state)), ("Backlog", backlog, "reported minus recorded"),
    ]  # fmt: skip
    cells = [
        html.Tr([html.Th(name, scope="row"), html.Td(value, className=f"right big {name.lower()}"), html.Td(said)])
        for name, value, said in rows
    ]
    return html.Table(html.Tbody(cells), className="rows plain four")


def versions(known: Known, place: str, kind: str, zone: ZoneInfo) -> Any:
    """Every telling of one figure, the newest first; those after the moment are marked so."""
    history = known.versions(place, kind)
    if not history:
        return html.P("Nothing told of this figure yet.", className="calm")
    chosen = known.view.chosen.get((place, kind))
    rows = [
        _version(revision, known, zone, chosen is not None and revision.version == chosen.version)
        for revision in reversed(history)
    ]
    head = html.Tr(
        [
            html.Th(word, scope="col", className=side)
            for word, side in (
                ("Value", "right"),
                ("Change", "right"),
                ("True at", ""),
                ("Heard here", ""),
                ("Who and where", ""),
            )
        ]
    )
    parts: list[Any] = [
        html.Div(
            html.Table([html.Thead(head), html.Tbody(rows)], className="rows plain"), className="scrolls", tabIndex=0
        )
    ]
    if chosen:
        parts.append(html.P(f"Shown: {chosen.sentence}.", className="calm"))
    return html.Div(parts)


def sums(known: Known) -> Any:
    """The state's own total beside the sum of its districts, by kind."""
    lines = [
        html.Li([html.Strong(kind.title()), f": {known.view.beside[kind].sentence}."])
        for kind in KINDS
        if kind in known.view.beside
    ]
    return html.Ul(lines, className="sums")


def words() -> Any:
    return html.Ul([html.Li([html.Strong(name), f" {text}"]) for name, text in WORDS], className="sums")


def sort_head(sorts: str, column: str, word: str, order: dict[str, Any]) -> html.Th:
    """The head of a column that sorts; `sorts` is the table's type of sort buttons in ids.py."""
    here = order["column"] == column
    sign = (" \N{DOWNWARDS ARROW}" if order["down"] else " \N{UPWARDS ARROW}") if here else ""
    aria = {"aria-sort": ("descending" if order["down"] else "ascending") if here else "none"}
    button = html.Button(word + sign, id={"type": sorts, "column": column}, type="button", className="sort")
    return html.Th(button, scope="col", className="" if column == "name" else "right", **aria)  # type: ignore[arg-type]


def _row(row: Row) -> html.Tr:
    share = row.in_registry
    cells = [
        html.Th(row.name, scope="row"),
        *(html.Td(_value(row, kind), className="right") for kind in KINDS),
        html.Td(
            [_bar(row), html.Strong("–" if row.backlog is None else wording.grouped(row.backlog))],
            className="right barred",
        ),
        html.Td("–" if share is None else f"{share:.0%}", className="right"),
        html.Td(row.mark),
    ]
    return html.Tr(cells)


def _bar(row: Row) -> Any:
    """Recorded and backlog as shares of the target, or of reported where that is more."""
    whole = max(row.target or 0, row.reported or 0, row.recorded or 0)
    if not whole or row.recorded is None or row.reported is None:
        return None
    inside = 100 * row.recorded / whole
    paper = 100 * max(row.reported - row.recorded, 0) / whole
    parts = [
        html.I(style={"width": f"{inside:.1f}%"}, className="in"),
        html.I(style={"left": f"{inside:.1f}%", "width": f"{paper:.1f}%"}, className="owed"),
    ]
    return html.Span(parts, className="share-bar", **{"aria-hidden": "true"})  # type: ignore[arg-type]


def _value(row: Row, kind: str) -> Any:
    value = getattr(row, kind)
    if value is None:
        return html.Span(row.why or NOT_REPORTED if kind == "reported" else "–", className="dim")
    label = {"aria-label": f"{row.name}, {kind}: {wording.grouped(value)}. Show every telling"}
    identity = {"type": ids.VALUE, "place": row.place, "kind": kind}
    button = html.Button(wording.grouped(value), id=identity, type="button", className="value-button", **label)  # type: ignore[arg-type]
    if value or kind != "reported" or not row.why:
        return button
    return html.Span([button, html.Span(f" {row.why}", className="dim")])  # a zero never stands bare


def _share_of(state: Row) -> str:
    return "" if state.in_registry is None else f"{state.in_registry:.0%} of reported"


def _version(revision: Revision, known: Known, zone: ZoneInfo, shown: bool) -> html.Tr:
    version = revision.version
    later = version.as_of_ms > known.at_ms
    change = "first" if revision.before is None else f"{revision.change:+,d}".replace("-", wording.MINUS)
    true_at = wording.clock(version.as_of_ms, zone, None) if version.hour_known else "hour not known"
    day = wording.short_day(wording.local(version.as_of_ms, zone).date())
    said = " · ".join(part for part in (version.who, version.said, version.note, version.status) if part)
    source = source_link(version.source)
    value: Any = html.Strong(wording.grouped(version.value)) if shown else wording.grouped(version.value)
    cells = [
        html.Td(value, className="right"), html.Td(change, className="right"), html.Td(f"{day} {true_at}"),
        html.Td(wording.clock(version.received_ms, zone, known.day)),
        html.Td([said, html.Br(), source, html.Strong(" (after the moment shown)") if later else None]),
    ]  # fmt: skip
    return html.Tr(cells, className="later" if later else "")


def place_name(known: Known, place: str) -> str:
    """The name of a row's place."""
    return (
        known.state.name
        if place == STATE_PLACE
        else next((row.name for row in known.rows if row.place == place), place)
    )
