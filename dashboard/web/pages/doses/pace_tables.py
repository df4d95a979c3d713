"""What stands on the doses page of pace and of the incidents' cost: a reading in, components out. Pure."""

from typing import Any, Final

from dash import html

from dashboard.doses.pace import Range
from dashboard.queries.incident_doses import Hit, IncidentDoses
from dashboard.settings import ControlRoomFile
from dashboard.web import wording
from dashboard.web.pace_words import range_words
from dashboard.web.pages.doses import ids, words
from dashboard.web.pages.doses.pace import PaceKnown, PaceRow
from dashboard.web.pages.doses.tables import NOT_REPORTED, in_order, sort_head
from dashboard.web.pages.overview.incident_rows import kind_words, where

COLUMNS: Final = (
    ("name", "District"), ("reported", "Reported"), ("expected", "Expected by now"), ("behind", "Behind"),
    ("close", "Forecast at close"), ("quiet_days", "Quiet days"),
)  # fmt: skip


def switch(shown: str) -> list[html.Button]:
    """The buttons for the two tables."""
    words = (("counts", "Counts"), ("pace", "Pace"))
    return [_switch(what, word, what == shown) for what, word in words]


def _switch(what: str, word: str, shown: bool) -> html.Button:
    pressed = {"aria-pressed": "true" if shown else "false"}
    return html.Button(word, id={"type": ids.SHOW, "what": what}, type="button", className="quiet", **pressed)  # type: ignore[arg-type]


def pace_table(known: PaceKnown, order: dict[str, Any], settings: ControlRoomFile) -> Any:
    """All places with a session and a target, sorted by a column; the state and the sum stand first."""
    if not known.rows and known.state is None:
        return html.P("No pace: no district has a session and a target on this day.", className="calm")
    head = html.Tr([sort_head(ids.SORT_PACE, column, word, order) for column, word in COLUMNS])
    of_state = [_row(row, known, settings, "of-state") for row in (known.state, known.total) if row]
    rows = [_row(row, known, settings) for row in in_order(known.rows, order)]
    inner = html.Table([html.Thead(head), html.Tbody([*of_state, *rows])], className="rows plain doses pace")
    return html.Div(inner, className="scrolls", tabIndex=0, role="region", **{"aria-label": "Pace of the districts"})  # type: ignore[arg-type]


def pace_notes(known: PaceKnown) -> list[Any]:
    """The state's forecast beside the sum of the districts', how many stand on a straight line, and by what the state's is made."""
    lines = []
    state, total = (row.close_range if row else None for row in (known.state, known.total))
    if state and total and known.total:
        apart = wording.grouped(abs(state.mid - total.mid))
        names = f"state {wording.grouped(state.mid)}, {known.total.name.lower()} {wording.grouped(total.mid)}"
        lines.append(f"Forecast at close: {names}; difference {apart}.")
    straight = sum(row.quiet_days == 0 for row in known.rows)
    if straight:
        places = wording.counted(straight, "district")
        lines.append(
            f"{places}: a straight line, from nobody comes to every place is filled, as too few quiet days are known."
        )
    if known.state:
        lines.append(f"Expected of the state: by {known.state.course}.")
    return [html.P(line, className="calm") for line in lines]


def costs(known: PaceKnown, settings: ControlRoomFile) -> html.Section | None:
    """What the incidents of the day cost, one line each; None without any."""
    if not known.costs:
        return None
    lines = [html.Li(_cost(hit, doses, known, settings)) for hit, doses in known.costs]
    return html.Section([html.H2("What the incidents cost"), html.Ul(lines, className="sums")], className="card")


def computed() -> html.Details:
    """How is this computed?"""
    lines = [html.Li([html.Strong(name), f" {text}"]) for name, text in words.COMPUTED]
    return html.Details(
        [html.Summary("How is this computed?"), html.Ul(lines, className="sums")], className="card computed"
    )


def _row(row: PaceRow, known: PaceKnown, settings: ControlRoomFile, mark: str = "") -> html.Tr:
    cells = [
        html.Th(row.name, scope="row"), html.Td(_told(row, known, settings), className="right"),
        html.Td(_range(row.by_now, row), className="right"), html.Td(_behind(row), className="right"),
        html.Td(_range(row.close_range, row), className="right"), html.Td(_days(row), className="right", title=row.course),
    ]  # fmt: skip
    return html.Tr(cells, className=mark)


def _told(row: PaceRow, known: PaceKnown, settings: ControlRoomFile) -> Any:
    if row.reported is None:
        return html.Span(NOT_REPORTED, className="dim")
    hour = "" if row.told_at_ms is None else wording.clock(row.told_at_ms, settings.zone, known.day)
    ended = hour in ("", "23:59")  # the end of the day stands for an hour that is not known
    return [wording.grouped(row.reported), None if ended else html.Span(f"at {hour}", className="fine")]


def _range(one: Range | None, row: PaceRow) -> Any:
    if one is None:
        return html.Span("–", className="dim")
    number, ends = range_words(one, row.quiet_days)
    return [number, html.Span(ends, className="fine") if ends else None]


def _behind(row: PaceRow) -> Any:
    one = row.behind_range
    if one is not None and round(one.mid if row.quiet_days else one.high) == 0:
        return html.Span("on pace", className="dim")
    return html.Strong(_range(row.behind_range, row))


def _days(row: PaceRow) -> str:
    return wording.grouped(row.quiet_days) if row.quiet_days else "straight line"


def _cost(hit: Hit, doses: IncidentDoses | None, known: PaceKnown, settings: ControlRoomFile) -> list[Any]:
    day_is_over = wording.local(known.now_ms + 1000, settings.zone).date() > known.day
    goes_on = "the next day" if day_is_over else "now"
    until = wording.clock(hit.until_ms, settings.zone, known.day) if hit.until_ms <= known.now_ms else goes_on
    when = f"{wording.clock(hit.since_ms, settings.zone, known.day)} to {until}"
    said = doses.sentence if doses else words.NOTHING_TOLD
    kind = html.A(html.Strong(kind_words(hit.kind)), href=f"/incidents/?id={hit.incident_id}")
    return [kind, f", {where(list(hit.spans), settings)}, {when}: {said}."]
