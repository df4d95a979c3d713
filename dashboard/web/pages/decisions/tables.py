"""What stands on the decisions page: what was read in, components out. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dash import html

from dashboard.decisions.kinds import NAMES, Decision, DecisionKind
from dashboard.decisions.standing import in_force
from dashboard.decisions.suggestions import Suggestion
from dashboard.queries.decisions import Decided
from dashboard.settings import STATE_PLACE, ControlRoomFile
from dashboard.web import wording
from dashboard.web.components.table import Column, table
from dashboard.web.pages.decisions import ids

SHOWN: Final = 60
NOTHING: Final = "–"
_FIGURES: Final = (
    Column("Place"), Column("Day"), Column("Figure"), Column("Doses", True), Column("True at"), Column("Source"),
)  # fmt: skip
_STATES: Final = (Column("District"), Column("State"), Column("Since"), Column("Judged"))


@dataclass(frozen=True)
class Known:
    """What was read: what is decided, the evidence of the decisions shown, by id, and how to name things."""

    settings: ControlRoomFile
    decided: Decided
    evidence: Mapping[int, dict[str, Any]]

    def clock(self, at_ms: int | None) -> str:
        today = wording.local(self.decided.now_ms, self.settings.zone).date()
        return NOTHING if at_ms is None else wording.clock(at_ms, self.settings.zone, today)

    def where(self, codes: Sequence[int], most: int = 3) -> str:
        """ "the whole state", "Dhule and Akola", "9 districts"."""
        if len(codes) == len(self.settings.districts):
            return "the whole state"
        return wording.listed([self.name(code) for code in codes], most)

    def name(self, code: int) -> str:
        return next((d.name for d in self.settings.districts if d.code == code), str(code))

    def place(self, place: str) -> str:
        names = {area.key: area.name for area in self.settings.joint_areas} | {STATE_PLACE: self.settings.state.name}
        return names.get(place) or (self.name(int(place)) if place.isdecimal() else place)


def body(known: Known) -> list[Any]:
    """Heading and suggestions."""
    suggested = [_suggestion(known, one) for one in known.decided.suggestions]
    return [html.H1(sentence(known)), html.P(_owed(known), className="second"), *suggested]


def sentence(known: Known) -> str:
    """What stands now, in one sentence."""
    stands, parts = known.decided.standing, []
    for what, words in ((DecisionKind.PAPER, "On paper"), (DecisionKind.SUSPEND, "Suspended")):
        codes = sorted(in_force(stands, what))
        if codes:
            since = min(stands[code].since_ms for code in codes)
            parts.append(f"{words}: {known.where(codes)}, since {known.clock(since)}.")
    return " ".join(parts) or "No decision stands: no district is on paper or suspended."


def articles(known: Known) -> Any:
    """Every decision, newest first."""
    newest = list(reversed(known.decided.decisions))[:SHOWN]
    if not newest:
        return html.P("None was taken yet.", className="calm")
    return [_article(known, one) for one in newest]


def confirmations(known: Known, decision: Decision) -> list[Any]:
    """One row a district of a decision: confirmed by whom, or the button."""
    rows: list[Any] = []
    for code in sorted(decision.districts, key=known.name):
        word = decision.confirmed.get(code)
        button = html.Button(
            "Has confirmed", id={"type": ids.CONFIRM, "district": code}, type="button", className="quiet",
            **{"aria-label": f"{known.name(code)} has confirmed"},  # type: ignore[arg-type]
        )  # fmt: skip
        rows.append(
            html.Li(
                [
                    html.Strong(known.name(code)),
                    " ",
                    button if word is None else f"{known.clock(word.at_ms)} {word.who}",
                ]
            )
        )
    return [
        html.H3(f"{NAMES[decision.what]}, {known.clock(decision.taken_ms)}: {_confirmed(decision)}"),
        html.P("Write who has confirmed, then press the button of the district.", className="second"),
        html.Ul(rows, className="officers"),
    ]  # fmt: skip


def taken_words(known: Known, decision: Decision, again: bool) -> str:
    """The answer to who took it."""
    done = "was taken already" if again else "is taken"
    what, where = NAMES[decision.what].lower(), known.where(decision.districts)
    return f"Decision {decision.decision_id} {done}: {what}, {where}, {known.clock(decision.taken_ms)}."


def _owed(known: Known) -> str:
    codes = sorted(in_force(known.decided.standing, DecisionKind.BACK_ENTRY_DONE))
    return (
        f"Doses on paper still have to be entered: {known.where(codes)}."
        if codes
        else "No decision waits for its back-entry. Doses that the registry does not count yet: page Backlog."
    )


def _suggestion(known: Known, one: Suggestion) -> html.Section:
    name = NAMES[one.what].lower()
    button = html.Button(
        "Decide…", id={"type": ids.SUGGESTED, "what": str(one.what)}, type="button", className="action",
        **{"aria-label": f"Decide: {name}, {known.where(one.districts)}"},  # type: ignore[arg-type]
    )  # fmt: skip
    since = f", since {known.clock(one.since_ms)}" if one.what is not DecisionKind.BACK_ENTRY_DONE else ""
    words = [
        html.H2(f"Suggested: {name}, {known.where(one.districts)}"),
        html.P(f"{one.why}{since}."),
        html.P(one.silence, className="second"),
    ]
    return html.Section([html.Div(words), button], className="card suggested")


def _article(known: Known, one: Decision) -> html.Article:
    head = f"{NAMES[one.what]}: {known.where(one.districts)}"
    choose = html.Button(
        _confirmed(one), id={"type": ids.CHOOSE, "decision": one.decision_id}, type="button", className="quiet",
        **{"aria-label": f"{_confirmed(one)}: officers of decision {one.decision_id}"},  # type: ignore[arg-type]
    )  # fmt: skip
    evidence = known.evidence.get(one.decision_id, {})
    names = html.P(", ".join(known.name(code) for code in one.districts)) if len(one.districts) > 3 else None
    details = html.Details(
        [html.Summary(f"Evidence, as known at {known.clock(one.taken_ms)}"), names, *_evidence(known, evidence)]
    )
    return html.Article(
        [
            html.Div([html.H3(head), choose], className="line"),
            html.P([html.Strong(known.clock(one.taken_ms)), f" · {one.who} · {one.why}"]),
            details,
        ],
        className="decision",
    )


def _confirmed(one: Decision) -> str:
    return f"{len(one.confirmed)} of {len(one.districts)} confirmed"


def _evidence(known: Known, evidence: Mapping[str, Any]) -> list[Any]:
    incident, suggestion = evidence.get("incident"), evidence.get("suggestion")
    lines = [
        f"Suggested: {suggestion}." if suggestion else "It was not suggested.",
        f"Incident {incident['incident_id']}: {incident['sentence']}" if incident else "No incident was named.",
    ]
    states = [
        [known.name(one["district"]), one["state"], known.clock(one["since_ms"]), one["sentence"]]
        for one in evidence.get("states", ())
    ]
    figures = [
        [
            known.place(one["place"]), one["day"], f"{one['kind']}{', made up for a rehearsal' if one['rehearsed'] else ''}",
            wording.grouped(one["value"]), known.clock(one["as_of_ms"]) if one["hour_known"] else "hour not known",
            html.Span(one["who"] or one["said"] or "see source", title=one["source"]),
        ]
        for one in evidence.get("figures", ())
    ]  # fmt: skip
    return [
        *(html.P(line) for line in lines),
        table(_STATES, states, "No district state was known.", "States as known then"),
        table(_FIGURES, figures, "No figure of the day was known here at that moment.", "Figures as known then"),
    ]
