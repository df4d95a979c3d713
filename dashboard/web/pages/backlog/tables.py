"""The table of places with a backlog: rows in, components out. Pure."""

from collections.abc import Collection, Sequence
from datetime import date as Date
from typing import Any, Final

from dash import html

from dashboard.doses.backlog import WINDOW_DAYS
from dashboard.web import wording
from dashboard.web.pages.backlog import ids, words
from dashboard.web.pages.backlog.reading import Known, Row

COLUMNS: Final = (
    ("name", "Place"), ("backlog", "Backlog"), ("age", "Oldest not entered"), ("drain", "Drain a day"), ("cleared", "Cleared in"),
    ("day", "Counted on"),
)  # fmt: skip
RIGHT: Final = ("backlog", "drain")
EMPTY: Final = (
    "No place has both its numbers yet. Reported doses come by officers' forms, by file (tikawatch doses import FILE) or by POST "
    "/api/v1/doses; recorded doses are the registry's own counts and come in the same ways."
)


def place_table(known: Known, order: dict[str, Any], drawn: Collection[str]) -> Any:
    """The state, then all places sorted by a column. `drawn` are the places whose curves are shown."""
    if known.state is None and not known.rows:
        return html.P(EMPTY, className="calm")
    head = html.Tr([_sort_head(column, word, order) for column, word in COLUMNS])
    worst = max((row.backlog for row in known.rows), default=0)
    rows = [_row(row, drawn, worst, known.newest) for row in in_order(known.rows, order)]
    state = [_row(known.state, None, 0, known.newest)] if known.state else []
    inner = html.Table([html.Thead(head), html.Tbody(state + rows)], className="rows plain doses backlog")
    return html.Div(inner, className="scrolls", tabIndex=0, role="region", **{"aria-label": "Places"})  # type: ignore[arg-type]


def in_order(rows: Sequence[Row], order: dict[str, Any]) -> list[Row]:
    """Rows by `order` {"column", "down"}; equal ones by name, those without the value last."""
    column, down = order["column"], bool(order["down"])
    by_name = sorted(rows, key=lambda row: row.name)
    having = [row for row in by_name if getattr(row, column) is not None]
    rest = [row for row in by_name if getattr(row, column) is None]
    return sorted(having, key=lambda row: getattr(row, column), reverse=down) + rest


def notes(known: Known) -> Any:
    """What stands beside the table in words."""
    lines = [line for line in (words.sums(known), words.lacking(known), *words.bases(known)) if line]
    return html.Ul([html.Li(line) for line in lines], className="sums") if lines else None


def computed() -> html.Details:
    """How is this computed?"""
    lines = [html.Li([html.Strong(name), f" {text}"]) for name, text in words.COMPUTED]
    return html.Details(
        [html.Summary("How is this computed?"), html.Ul(lines, className="sums")], className="card computed"
    )


def _sort_head(column: str, word: str, order: dict[str, Any]) -> html.Th:
    here = order["column"] == column
    sign = (" \N{DOWNWARDS ARROW}" if order["down"] else " \N{UPWARDS ARROW}") if here else ""
    aria = {"aria-sort": ("descending" if order["down"] else "ascending") if here else "none"}
    button = html.Button(word + sign, id={"type": ids.SORT, "column": column}, type="button", className="sort")
    return html.Th(button, scope="col", className="right" if column in RIGHT else "", **aria)  # type: ignore[arg-type]


def _row(row: Row, drawn: Collection[str] | None, worst: int, newest: Date) -> html.Tr:
    cells = [
        html.Th(row.name if drawn is None else _button(row, row.place in drawn), scope="row"),
        html.Td(_size(row, worst), className="right barred"),
        html.Td(words.age(row.now)),
        html.Td(_stalled() if row.now.stalled else words.drain(row), className="right"),
        html.Td(words.cleared(row.now, newest)),
        html.Td(words.counted_on(row, newest)),
    ]
    return html.Tr(cells, className="of-state" if drawn is None else "")


def _button(row: Row, drawn: bool) -> html.Button:
    return html.Button(
        row.name, id={"type": ids.PLACE, "place": row.place}, type="button", className="value-button",
        **{"aria-pressed": "true" if drawn else "false", "aria-label": f"{row.name}: draw its course"},  # type: ignore[arg-type]
    )  # fmt: skip


def _size(row: Row, worst: int) -> list[Any]:
    if row.backlog < 0:
        return [html.Span(f"0, registry ahead by {wording.grouped(-row.backlog)}")]
    bar = html.I(style={"width": f"{100 * row.backlog / worst:.1f}%", "left": "0"}, className="owed") if worst else None
    box = [html.Span(bar, className="share-bar", **{"aria-hidden": "true"})] if worst else []  # type: ignore[arg-type]
    return [*box, html.Strong(wording.grouped(row.backlog))]


def _stalled() -> html.Strong:
    return html.Strong(
        "stalled", className="stalled", title=f"Nothing was entered in the last {WINDOW_DAYS} session days"
    )
