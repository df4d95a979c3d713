"""When a decision is suggested. A suggestion follows from what is stored, is kept nowhere and takes nothing by itself. Pure.

unworkable: a district's state is down or degraded (docs/rules.md: uploads over a minute, or a fifth of the checks fail).
works: its state is ok. A slow registry suggests neither; own line, no data and no session say nothing of the registry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from dashboard.decisions.kinds import DecisionKind
from dashboard.decisions.silence import WORDS
from dashboard.decisions.standing import AS_USUAL, Standing, fits
from dashboard.detection.states import DistrictState
from dashboard.settings.thresholds import Decisions

UNWORKABLE = frozenset({DistrictState.DOWN, DistrictState.DEGRADED})
WORKS = frozenset({DistrictState.OK})
_MINUTE_MS = 60_000


@dataclass(frozen=True)
class State:
    """One state of a district and since when it held (ms since 1970 UTC)."""

    since_ms: int
    state: DistrictState


@dataclass(frozen=True)
class Facts:
    """What suggestions are made of. `states`: per district (LGD code) its last states, oldest first, the last holds now.

    `left`: doses on paper not in the registry yet, of districts that owe back-entry; None: not known. `stands`: decisions.
    """

    now_ms: int
    districts: tuple[int, ...]
    states: Mapping[int, Sequence[State]]
    stands: Mapping[int, Standing]
    left: Mapping[int, int | None]


@dataclass(frozen=True)
class Suggestion:
    """A decision that a person may want to take, for which districts, and why."""

    what: DecisionKind
    districts: tuple[int, ...]
    since_ms: int
    why: str
    silence: str


def suggestions(facts: Facts, rules: Decisions) -> list[Suggestion]:
    """What may be decided now, the most urgent first."""
    found = (_paper(facts, rules), _resume(facts, rules), _back_entry(facts))
    return [suggestion for suggestion in found if suggestion is not None]


def _paper(facts: Facts, rules: Decisions) -> Suggestion | None:
    since = _lasting(facts, UNWORKABLE, rules.unworkable_min)
    needed = ceil(rules.districts * len(facts.districts))
    codes = _fitting(DecisionKind.PAPER, since, facts, only=None)
    if len(since) < needed or not codes:
        return None
    down = sum(facts.states[code][-1].state is DistrictState.DOWN for code in since)
    parts = [f"{down} down" if down else "", f"{len(since) - down} degraded" if len(since) > down else ""]
    why = (
        f"Registry unworkable for {rules.unworkable_min:g} minutes and more in {len(since)} of {len(facts.districts)} districts"
        f" ({', '.join(part for part in parts if part)})"
    )
    return _suggestion(DecisionKind.PAPER, codes, max(since.values()), why)


def _resume(facts: Facts, rules: Decisions) -> Suggestion | None:
    since = _lasting(facts, WORKS, rules.works_min)
    held_ms = rules.works_min * _MINUTE_MS
    old = {code for code, one in facts.stands.items() if facts.now_ms - one.since_ms >= held_ms}
    codes = _fitting(DecisionKind.RESUME, since, facts, only=old)
    if not codes:
        return None
    where = f"{len(codes)} {'district that is' if len(codes) == 1 else 'districts that are'} on paper or suspended"
    why = f"Registry works again for {rules.works_min:g} minutes and more in {where}"
    return _suggestion(DecisionKind.RESUME, codes, max(since[code] for code in codes), why)


def _back_entry(facts: Facts) -> Suggestion | None:
    done = {code: facts.now_ms for code, left in facts.left.items() if left is not None and left <= 0}
    codes = _fitting(DecisionKind.BACK_ENTRY_DONE, done, facts, only=None)
    if not codes:
        return None
    where = "1 district that was" if len(codes) == 1 else f"{len(codes)} districts that were"
    why = f"Backlog 0: the registry has counted all reported doses of {where} on paper"
    return _suggestion(DecisionKind.BACK_ENTRY_DONE, codes, facts.now_ms, why)


def _fitting(
    what: DecisionKind, since: Mapping[int, int], facts: Facts, only: set[int] | None
) -> tuple[int, ...]:  # fmt: skip
    """Of these districts those which the decision would change; of suspended ones none is sent to paper."""
    stands = {code: facts.stands.get(code, AS_USUAL) for code in since if only is None or code in only}
    return tuple(
        code
        for code in facts.districts
        if code in stands
        and fits(what, stands[code])
        and not (what is DecisionKind.PAPER and stands[code].what is DecisionKind.SUSPEND)
    )


def _lasting(facts: Facts, wanted: frozenset[DistrictState], minutes: float) -> dict[int, int]:
    """Districts that have been in one of the states for so long without a break, and since when (ms)."""
    found: dict[int, int] = {}
    for code in facts.districts:
        since = None
        for state in reversed(facts.states.get(code, ())):
            if state.state not in wanted:
                break
            since = state.since_ms if since is None else min(since, state.since_ms)
        if since is not None and facts.now_ms - since >= minutes * _MINUTE_MS:
            found[code] = since
    return found


def _suggestion(what: DecisionKind, codes: tuple[int, ...], since_ms: int, why: str) -> Suggestion:
    return Suggestion(what, codes, since_ms, why, WORDS[what])
