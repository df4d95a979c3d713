"""The answer that stands first on the page Why: how a place is, whether it is told, what comes nearest. Pure; words for officers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dashboard.detection import explain as of_checks
from dashboard.detection.explain.near import Near
from dashboard.detection.states import WORST_FIRST, DistrictState
from dashboard.incidents.incident import IncidentKind, Scope
from dashboard.incidents.sentences import clock, names
from dashboard.incidents.transitions import Standing
from dashboard.reasons import Reason
from dashboard.replay.stored import Situation
from dashboard.settings import ControlRoomFile
from dashboard.web.pages.incidents.words import KIND

_IS: Final = {
    DistrictState.OK: "{name} is ok", DistrictState.SLOW: "{name} is slow", DistrictState.DEGRADED: "{name} is degraded",
    DistrictState.DOWN: "The registry is down for {name}", DistrictState.OWN_LINE: "{name} has lost its own line",
    DistrictState.NO_DATA: "Nothing is heard from {name}", DistrictState.NO_SESSION: "{name} holds no session",
    DistrictState.BLIND: "Nothing can be said of {name}",
}  # fmt: skip
_CALM: Final = (DistrictState.OK, DistrictState.NO_SESSION)


@dataclass(frozen=True)
class Answer:
    """`state` is whose colours it wears, `lines` say whether it is told. `quieted` keep from being told what `held` found.

    `nearest`: of the rules that do not hold.
    """

    sentence: str
    lines: tuple[str, ...]
    state: DistrictState
    at: float
    held: tuple[Reason, ...]
    quieted: tuple[Reason, ...]
    nearest: Near | None


def answer(settings: ControlRoomFile, situation: Situation, code: int | None, found: Sequence[Reason]) -> Answer:
    """Of a district (LGD code), or with None of the whole state; `found` are its reasons."""
    sentence, state = _state(settings, situation) if code is None else _district(settings, situation, code)
    alone = [*_elsewhere(settings, situation), *_alone(settings, situation)] if code is None else []
    mine = [item for item in situation.standing if item.resolved is None and _concerns(item, code)]
    held = tuple(one for one in found if one.holds and not one.quiets)
    quieted = () if mine else _quieted(found, held)
    told = _told(settings, mine) if mine else _untold(situation, code, held, quieted)
    near = of_checks.nearest(situation.judge, code)
    return Answer(sentence, (told, *alone), state, situation.at, held, quieted, near)


# -- how it is ---------------------------------------------------------------------------------------------------------


def _district(settings: ControlRoomFile, situation: Situation, code: int) -> tuple[str, DistrictState]:
    finding, name = situation.judgement.findings[code], settings.district(code).name
    return f"{_IS[finding.state].format(name=name)}: {finding.evidence}", finding.state


def _state(settings: ControlRoomFile, situation: Situation) -> tuple[str, DistrictState]:
    """What the rules over many districts say."""
    if situation.judgement.blind_since is not None:
        return "The monitor itself is cut off: nothing can be said of the registry", DistrictState.BLIND
    claims = [claim for claim in situation.judgement.wide if claim.firm]
    if not claims:
        return f"No trouble of the whole state in {settings.state.name}", DistrictState.OK
    said = (
        f"{KIND[IncidentKind(claim.kind)]} in {claim.division or settings.state.name}: {claim.evidence}"
        for claim in claims
    )
    is_down = any(claim.kind == IncidentKind.OUTAGE for claim in claims)
    return "; ".join(said), DistrictState.DOWN if is_down else DistrictState.SLOW


def _alone(settings: ControlRoomFile, situation: Situation) -> list[str]:
    """The districts in trouble, each state with its districts."""
    found = {state: situation.judgement.in_state(state) for state in WORST_FIRST if state not in _CALM}
    said = [f"{names(settings, codes)} ({state})" for state, codes in found.items() if codes]
    return [f"District by district: {', '.join(said)}."] if said else []


# -- whether it is told ------------------------------------------------------------------------------------------------


def _told(settings: ControlRoomFile, mine: Sequence[Standing], whose: str = "") -> str:
    said = (f"{KIND[item.kind]}, since {clock(settings, item.since)}" for item in mine)
    return f"{f'An incident{whose} is' if len(mine) == 1 else f'Incidents{whose} are'} open: {'; '.join(said)}."


def _elsewhere(settings: ControlRoomFile, situation: Situation) -> list[str]:
    """What is told of some districts, where the whole state is asked for."""
    some = [item for item in situation.standing if item.resolved is None and not _concerns(item, None)]
    return [_told(settings, some, " of some districts")] if some else []


def _untold(situation: Situation, code: int | None, held: Sequence[Reason], quieted: Sequence[Reason]) -> str:
    if not held:
        return "No rule holds: there is nothing to tell." if code is not None else "No rule of the whole state holds."
    if quieted:
        return "Nobody is told, or not yet."
    if code is not None and not situation.judgement.findings[code].pages:
        return "The map shows it; nobody is told of that alone."
    return "It is about to be told."


def _quieted(found: Sequence[Reason], held: Sequence[Reason]) -> tuple[Reason, ...]:
    """What keeps quiet what holds; what speaks of doses only where a rule of doses holds."""
    kinds = {_is_of_doses(one) for one in held}
    return tuple(
        one for one in found if one.quiets and one.holds and (True in kinds if _is_of_doses(one) else bool(kinds))
    )


def _is_of_doses(one: Reason) -> bool:
    return one.key.startswith("doses.")


def _concerns(item: Standing, code: int | None) -> bool:
    return item.scope is Scope.STATE if code is None else code in item.members
