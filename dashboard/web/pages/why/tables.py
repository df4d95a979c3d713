"""What stands on the page Why: an answer, reasons and pairs of incidents in, components out. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from dash import html

from dashboard.queries.history import Told
from dashboard.reasons import Reason
from dashboard.replay import what_if
from dashboard.replay.what_if import Pair, WhatIf
from dashboard.settings import ControlRoomFile
from dashboard.web import wording
from dashboard.web.components.table import STACKED, Column, table
from dashboard.web.pages.why.answer import Answer

_RULES = ("Rule", "Measured", "Wanted", "Missing")
_PAIRS = (
    Column("Against then", title="beside what was told at the time"), Column("Incident"), Column("Districts"), Column("Told then"),
    Column("Would be told"),
)  # fmt: skip


def head(settings: ControlRoomFile, found: Answer) -> list[Any]:
    """The answer in one sentence, and whether it is told."""
    when = f"{datetime.fromtimestamp(found.at, settings.zone):%H:%M on %-d %B %Y}"
    first, *rest = found.lines
    said = [html.P([html.Strong(f"At {when}. "), first]), *(html.P(line) for line in rest)]
    return [html.Div([html.H1(f"{found.sentence}."), *said], className=f"verdict of-{found.state.replace(' ', '-')}")]


def unknown(words: str) -> list[Any]:
    """The head when a moment cannot be explained."""
    return [html.H1("Why, and why not"), html.P(f"{words[:1].upper()}{words[1:]}.")]


def body(answer: Answer, found: Sequence[Reason], learnt: str) -> list[Any]:
    """Under the head: what held, what keeps it quiet, what came nearest; and folded away every rule with its thresholds."""
    held = _list(answer.held) if answer.held else html.P("No rule holds.", className="calm")
    parts = [
        _card("What holds", held),
        *([_card("What keeps it quiet", _list(answer.quieted))] if answer.quieted else []),
        _card("What comes nearest, and does not hold", *_nearest(answer)),
    ]
    return [html.Div(parts, className="answers"), _everything(found, learnt)]


def _list(found: Iterable[Reason]) -> html.Ul:
    return html.Ul([html.Li([html.Strong(one.rule), f": {one.measured}."]) for one in found], className="sums")


def _nearest(answer: Answer) -> list[Any]:
    one = answer.nearest
    if one is None:
        return [html.P("Nothing: no other rule has begun to hold.", className="calm")]
    way = html.P([html.Strong(one.rule), f": {one.way:.0%} of the way."])
    if one.weakest:  # all its shares stand in the fold
        return [way, html.P(["Its weakest part: ", html.Strong(one.weakest), "."])]
    return [way, html.P(f"Measured: {one.measured}."), html.P(["Missing: ", html.Strong(one.missing), "."])]


def _everything(found: Sequence[Reason], learnt: str) -> html.Details:
    """All rules with what they want, in the order in which they are looked at, and all that could keep them quiet."""
    rules, quiets = [one for one in found if not one.quiets], [one for one in found if one.quiets]
    return html.Details(className="card fold", children=[
        html.Summary(f"All {len(rules)} rules, with their thresholds"),
        html.P(f"In the order in which they are looked at. Here {learnt}.", className="second"),
        _table(rules, "Rules"),
        html.H2("What can keep it quiet"),
        _table(quiets, "What can keep it quiet"),
    ])  # fmt: skip


def _table(found: Iterable[Reason], name: str) -> html.Div:
    """One row a rule."""
    head = html.Thead(html.Tr([html.Th(name, scope="col") for name in _RULES]))
    rows = html.Tbody([_row(one) for one in found])
    inner = html.Table([head, rows], className=f"rows plain {STACKED} why")
    return html.Div(inner, className="scrolls", tabIndex=0, role="region", **{"aria-label": name})  # type: ignore[arg-type]


def _row(one: Reason) -> html.Tr:
    key = [html.Code(one.key, className="fine")] if one.key else []
    cells = zip(_RULES[1:], (one.measured, [one.threshold, *key], one.missing), strict=True)
    said = [html.Td(cell or html.Strong("holds"), **{"data-what": what if cell else None}) for what, cell in cells]  # type: ignore[arg-type]
    return html.Tr([html.Th(one.rule, scope="row"), *said], className="holds" if one.holds else "")


# -- what would have been told -----------------------------------------------------------------------------------------


def under_way(share: float) -> list[Any]:
    """How far a trial has come."""
    words = f"{share:.0%} of the day gone through"
    return [html.P(words), html.Progress(value=f"{share:.3f}", max="1", **{"aria-label": "Progress"})]  # type: ignore[arg-type]


def refused(lines: Sequence[str]) -> html.Ul:
    """Why a trial cannot be made."""
    return html.Ul([html.Li(line) for line in lines], className="sums wrong")


def tried(settings: ControlRoomFile, found: WhatIf) -> list[Any]:
    """The answer of a trial."""
    changed = [f"{key} {old} → {new}" for key, (old, new) in found.changed.items()]
    clock = _Clock(settings)
    words = (
        f"{wording.day(found.day)}, {clock(found.start)} to {clock(found.end)}, {wording.grouped(found.samples)} samples. "
        f"Changed: {', '.join(changed) or 'nothing'}."
    )
    cut = (
        []
        if found.cut is None
        else [html.P(f"Only up to {clock(found.cut)}: there are more samples than can be gone through.")]
    )
    rows = [_pair(settings, clock, pair) for pair in found.pairs]
    empty = "Nothing was told then, and nothing would have been told."
    return [
        html.P(html.Strong(what_if.summary(found))), html.P(words, className="second"), *cut,
        table(_PAIRS, rows, empty, "What was told, and what would have been"),
    ]  # fmt: skip


class _Clock:
    """Moments by the state's clock, `13:20`."""

    def __init__(self, settings: ControlRoomFile) -> None:
        self._zone = settings.zone

    def __call__(self, at: float) -> str:
        return f"{datetime.fromtimestamp(at, self._zone):%H:%M}"


def _pair(settings: ControlRoomFile, clock: _Clock, pair: Pair) -> list[Any]:
    one, mark = pair.either, what_if.mark(pair)
    names = sorted(district.name for district in settings.districts if district.code in one.districts)
    only_one = pair.then is None or pair.now is None
    kind = [f"{one.kind.replace('_', ' ')}, {one.scope}", html.Span(one.sentence, className="fine")]
    return [
        html.Strong(mark) if only_one else mark, kind, wording.listed(names), _told(clock, pair.then), _told(clock, pair.now),
    ]  # fmt: skip


def _told(clock: _Clock, told: Told | None) -> Any:
    """When it was told; what is in the ledger leads to its page."""
    if told is None:
        return "not told"
    words = f"{clock(told.opened)} to {clock(told.resolved)}" if told.resolved else f"{clock(told.opened)}, open"
    return words if told.incident_id is None else html.A(words, href=f"/incidents/?id={told.incident_id}")


def _card(title: str, *content: Any) -> html.Section:
    return html.Section([html.H2(title), *content], className="card")
