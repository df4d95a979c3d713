"""The strip of the state and the table of districts: budgets in, components out. Pure."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from dash import html

from dashboard.queries.slo import Known
from dashboard.settings import ControlRoomFile
from dashboard.settings.thresholds import Slo
from dashboard.slo import FAST, SLOW, WHOLE_STATE, WINDOWS, Budget
from dashboard.web import wording
from dashboard.web.pages.budget import ids, words

COLUMNS: Final = (
    ("name", "District"), ("left", "Limit left"), ("bad", "Bad"), ("counted", "Of checks"),
    *((window, f"Rate {words.WINDOW_WORDS[window]}") for window in WINDOWS),
)  # fmt: skip
EMPTY: Final = "No check of this session is known yet."
_FULL: Final = 2  # a gauge is full at so many times its factor; the mark stands in the middle


class Row(NamedTuple):
    """A district and its budget."""

    code: int
    name: str
    budget: Budget

    def value(self, column: str) -> Any:
        """What a column is sorted by; None is last."""
        if column == "name":
            return self.name
        return self.budget.burn[column] if column in WINDOWS else getattr(self.budget, column)


def strip(known: Known, rules: Slo) -> list[Any]:
    """What is left of the limit, and the two gauges of how fast bad checks come."""
    whole = known.budgets[WHOLE_STATE]
    is_open = known.session.is_open(WHOLE_STATE, known.at_ms)
    return [
        _left(whole),
        _gauge("Fast", whole, FAST, rules.fast, is_open),
        _gauge("Steadily", whole, SLOW, rules.slow, is_open),
    ]


def district_table(known: Known, settings: ControlRoomFile, order: dict[str, Any], chosen: int | None) -> Any:
    """All districts that were measured in the session, sorted by a column."""
    rows = [Row(d.code, d.name, known.budgets[d.code]) for d in settings.districts if d.code in known.budgets]
    if not rows:
        return html.P(EMPTY, className="calm")
    head = html.Tr([_sort_head(column, word, order) for column, word in COLUMNS])
    body = [_row(row, settings.dashboard.rules.slo, row.code == chosen) for row in in_order(rows, order)]
    inner = html.Table([html.Thead(head), html.Tbody(body)], className="rows plain doses budget")
    return html.Div(inner, className="scrolls", tabIndex=0, role="region", **{"aria-label": "Districts"})  # type: ignore[arg-type]


def in_order(rows: Sequence[Row], order: dict[str, Any]) -> list[Row]:
    """Rows by `order` {"column", "down"}; equal ones by name, those without the value last."""
    column = order["column"]
    by_name = sorted(rows, key=lambda row: row.name)
    having = [row for row in by_name if row.value(column) is not None]
    rest = [row for row in by_name if row.value(column) is None]
    return sorted(having, key=lambda row: row.value(column), reverse=bool(order["down"])) + rest


def _left(whole: Budget) -> html.Section:
    numbers = f"{wording.grouped(whole.bad)} bad of {wording.counted(whole.counted, 'check')}"
    may = f" so far; {wording.grouped(whole.allowed)} may be bad in the whole session"
    fill = html.I(style={"width": f"{100 * max(0.0, whole.left or 0):.1f}%"})
    return html.Section(
        [
            html.H2("All districts"),
            html.P(words.left(whole), className="big"),
            html.Div(html.Span(fill, className="track"), className="gauge-line", **{"aria-hidden": "true"}),  # type: ignore[arg-type]
            html.P(numbers + (may if whole.left is not None else ""), className="calm"),
        ],
        className="card burns" if _is_spent(whole) else "card",
    )


def _is_spent(budget: Budget) -> bool:
    return budget.left is not None and budget.left < 0


def _gauge(title: str, whole: Budget, windows: tuple[str, str], factor: float, is_open: bool) -> html.Section:
    burns = whole.burns(windows, factor)
    lines = [_line(words.WINDOW_WORDS[window], whole.burn[window], factor) for window in windows]
    return html.Section(
        [
            html.H2(f"{title}: above {factor:g}× the even rate"),
            *lines,
            html.P(words.holds(whole, windows, factor, is_open=is_open), className="answer" if burns else "calm"),
        ],
        className="card" + (" burns" if burns else ""),
    )


def _line(window: str, rate: float | None, factor: float) -> html.Div:
    width = 0.0 if rate is None else min(rate / (_FULL * factor), 1)
    above = rate is not None and rate > factor
    fill = html.I(style={"width": f"{100 * width:.1f}%"}, className="above" if above else "")
    track = html.Span([fill, html.B()], className="track", **{"aria-hidden": "true"})  # type: ignore[arg-type]
    return html.Div([html.Span(window), track, html.Strong(words.rate(rate))], className="gauge-line")


def _sort_head(column: str, word: str, order: dict[str, Any]) -> html.Th:
    here = order["column"] == column
    sign = (" \N{DOWNWARDS ARROW}" if order["down"] else " \N{UPWARDS ARROW}") if here else ""
    aria = {"aria-sort": ("descending" if order["down"] else "ascending") if here else "none"}
    button = html.Button(word + sign, id={"type": ids.SORT, "column": column}, type="button", className="sort")
    return html.Th(button, scope="col", className="" if column == "name" else "right", **aria)  # type: ignore[arg-type]


def _row(row: Row, rules: Slo, drawn: bool) -> html.Tr:
    budget = row.budget
    hot = {
        window
        for windows, factor in ((FAST, rules.fast), (SLOW, rules.slow))
        if budget.burns(windows, factor)
        for window in windows
    }
    rates = [html.Td(_strong(words.rate(budget.burn[window]), window in hot), className="right") for window in WINDOWS]
    left = html.Td(_strong(words.left_briefly(budget), _is_spent(budget)), className="right")
    numbers = [html.Td(wording.grouped(number), className="right") for number in (budget.bad, budget.counted)]
    return html.Tr([html.Th(_button(row, drawn), scope="row"), left, *numbers, *rates])


def _strong(text: str, is_strong: bool) -> Any:
    return html.Strong(text, className="hot") if is_strong else text


def _button(row: Row, drawn: bool) -> html.Button:
    return html.Button(
        row.name, id={"type": ids.DISTRICT, "code": row.code}, type="button", className="value-button",
        **{"aria-pressed": "true" if drawn else "false", "aria-label": f"{row.name}: draw its line"},  # type: ignore[arg-type]
    )  # fmt: skip
