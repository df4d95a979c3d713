"""Which decision stands for a district at a moment: a pure function of the sequence of decisions.

Of `paper` and `suspend` the later one stands; `resume` ends both. A `paper` leaves back-entry to be done, until `back_entry_done`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from dashboard.decisions.kinds import Decision, DecisionKind, Objection

PAPER, SUSPEND, RESUME, DONE = DecisionKind


@dataclass(frozen=True)
class BackEntry:
    """Doses on paper that nobody has said to be entered: `since_ms` the first paper decision, `until_ms` its end, None: goes on."""

    since_ms: int
    until_ms: int | None = None


@dataclass(frozen=True)
class Standing:
    """What stands in one district: `what` is paper, suspend or None (work as usual), by which decision, since when."""

    what: DecisionKind | None = None
    since_ms: int = 0
    decision_id: int = 0
    back_entry: BackEntry | None = None


AS_USUAL = Standing()


def after(before: Standing, decision: Decision) -> Standing:
    """What stands in a district after one more decision about it."""
    at_ms = decision.taken_ms
    if decision.what is DONE:
        still = BackEntry(at_ms) if before.what is PAPER else None
        return replace(before, back_entry=still)
    left = before.back_entry
    if decision.what is PAPER:
        return Standing(PAPER, at_ms, decision.decision_id, BackEntry(left.since_ms if left else at_ms))
    if left is not None and left.until_ms is None:
        left = replace(left, until_ms=at_ms)
    if decision.what is SUSPEND:
        return Standing(SUSPEND, at_ms, decision.decision_id, left)
    return Standing(back_entry=left)


def standing(decisions: Iterable[Decision], at_ms: int) -> dict[int, Standing]:
    """What stood at a moment (ms since 1970 UTC) in each district that any decision up to then concerns, by LGD code."""
    found: dict[int, Standing] = {}
    for decision in in_order(decisions):
        if decision.taken_ms <= at_ms:
            for code in decision.districts:
                found[code] = after(found.get(code, AS_USUAL), decision)
    return found


def in_order(decisions: Iterable[Decision]) -> list[Decision]:
    """The oldest first; of two of one moment the one stored first."""
    return sorted(decisions, key=lambda decision: (decision.taken_ms, decision.decision_id))


@dataclass(frozen=True)
class Span:
    """A time in which a decision stood somewhere: at most in `districts` at once. `open`: it still stands."""

    what: DecisionKind
    start_ms: int
    end_ms: int
    districts: tuple[int, ...]
    open: bool


def spans(decisions: Collection[Decision], start_ms: int, end_ms: int) -> list[Span]:
    """The times of paper and of suspension between two moments, each kind by itself, oldest first."""
    stands = standing(decisions, start_ms)
    open_now: dict[DecisionKind, Span] = {}
    found: list[Span] = []
    _go_on(open_now, found, stands, start_ms)
    for decision in in_order(decisions):
        if start_ms < decision.taken_ms < end_ms:
            for code in decision.districts:
                stands[code] = after(stands.get(code, AS_USUAL), decision)
            _go_on(open_now, found, stands, decision.taken_ms)
    found += [replace(span, end_ms=end_ms, open=True) for span in open_now.values()]
    return sorted((span for span in found if span.end_ms > span.start_ms), key=lambda span: span.start_ms)


def _go_on(open_now: dict[DecisionKind, Span], found: list[Span], stands: Mapping[int, Standing], at_ms: int) -> None:
    """Begin, widen or end the span of each kind at a moment."""
    for what in (PAPER, SUSPEND):
        codes, span = tuple(sorted(in_force(stands, what))), open_now.get(what)
        if not codes and span is not None:
            found.append(replace(open_now.pop(what), end_ms=at_ms))
        elif codes:
            most = max(span.districts, codes, key=len) if span else codes
            open_now[what] = Span(what, span.start_ms if span else at_ms, at_ms, most, False)


def in_force(stands: Mapping[int, Standing], what: DecisionKind) -> frozenset[int]:
    """Districts in which this decision stands; for BACK_ENTRY_DONE those that still owe it."""
    if what is DONE:
        return frozenset(code for code, one in stands.items() if one.back_entry is not None)
    return frozenset(code for code, one in stands.items() if one.what is what)


def fits(what: DecisionKind, now: Standing) -> bool:
    """True when a decision would change what stands in a district."""
    if what is DONE:
        return now.back_entry is not None and now.what is not PAPER
    return now.what is not None if what is RESUME else now.what is not what


def misfit(
    what: DecisionKind, codes: Iterable[int], stands: Mapping[int, Standing], names: Mapping[int, str]
) -> Objection | None:
    """Why a decision cannot be taken for these districts; None when it can."""
    wrong = [code for code in codes if not fits(what, stands.get(code, AS_USUAL))]
    if not wrong:
        return None
    shown = ", ".join(names[code] for code in wrong[:6]) + (f" and {len(wrong) - 6} more" if len(wrong) > 6 else "")
    on_paper = what is DONE and any(stands.get(code, AS_USUAL).what is PAPER for code in wrong)
    reason = {
        PAPER: "already on paper",
        SUSPEND: "already suspended",
        RESUME: "neither on paper nor suspended",
        DONE: "still on paper: resume first" if on_paper else "no doses on paper wait to be entered",
    }[what]
    return Objection("districts", f"{shown}: {reason}", "Take these districts out; nothing was stored", conflict=True)
