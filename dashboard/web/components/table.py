"""A plain table: a caption that says what stands in it, columns with a side, cells of text or of components."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from dash import html

STACKED: Final = "stacked"  # on a phone each row of such a table is a block, see assets/60-sheets.css


@dataclass(frozen=True)
class Column:
    """`right`: numbers stand on their last digit. `title` explains the column's word."""

    name: str
    right: bool = False
    title: str = ""


def table(columns: Sequence[Column], rows: Sequence[Sequence[Any]], empty: str, name: str = "") -> Any:
    """The table in a box that scrolls by itself, on a phone its rows as blocks; without rows the words of `empty`.

    `name` is for people who cannot see it.
    """
    if not rows:
        return html.P(empty, className="calm")
    head = html.Tr(
        [html.Th(c.name, title=c.title or None, scope="col", className="right" if c.right else "") for c in columns]
    )
    body = [html.Tr([_cell(column, cell) for column, cell in zip(columns, row, strict=True)]) for row in rows]
    inner = html.Table([html.Thead(head), html.Tbody(body)], className=f"rows plain {STACKED}")
    return html.Div(inner, className="scrolls", tabIndex=0, role="region", **{"aria-label": name})  # type: ignore[arg-type]


def _cell(column: Column, cell: Any) -> html.Td:
    """A cell says what it is: where rows are stacked the head is not seen."""
    return html.Td(cell, className="right" if column.right else "", **{"data-what": column.name})  # type: ignore[arg-type]
