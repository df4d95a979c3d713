"""What holds for the whole state or a division: claims of the judgement become one incident, or widen the one that is there."""

from dashboard.detection.judge import Judgement
from dashboard.detection.wide import Wide
from dashboard.incidents import sentences
from dashboard.incidents.incident import IncidentKind, Scope, StepKind
from dashboard.incidents.transitions.memory import Memory
from dashboard.incidents.transitions.records import (
    HALF,
    LINES,
    NOBODY,
    REGISTRY,
    Change,
    Standing,
    claims,
    family,
    held_back,
    inhibited,
    members_of,
    recent,
)  # fmt: skip
from dashboard.settings import ControlRoomFile


class WideClaims:
    """Opens, reopens or upgrades for a claim; nothing when an incident says so already."""

    def __init__(self, settings: ControlRoomFile, memory: Memory) -> None:
        self._settings, self._memory = settings, memory

    def changes(self, judgement: Judgement, in_session: frozenset[int], standing: list[Standing]) -> list[Change]:
        """The steps that are due, at most one a district and one an incident."""
        changes: list[Change] = []
        told = NOBODY
        for claim in judgement.wide:
            change = None if claim.districts & told else self._change(claim, judgement, in_session, standing)
            if change is not None:
                changes.append(change)
                told |= change.members
                standing = [item for item in standing if item is not change.incident]
        return changes

    def _change(
        self, claim: Wide, judgement: Judgement, in_session: frozenset[int], standing: list[Standing]
    ) -> Change | None:
        codes, (kind, scope) = claim.districts & in_session, claims(claim)
        if not claim.firm or not codes:
            return None
        if scope is not Scope.STATE and inhibited(judgement, standing, kind):
            return None
        opened = [i for i in standing if i.resolved is None and not i.kinds.isdisjoint((*REGISTRY, *LINES))]
        held = held_back(self._settings, kind, standing, judgement.at)
        if _is_most(held, codes) or _is_said(opened, codes, kind, scope):
            return None
        touching = [i for i in opened if i.kind in family(kind) and _grows(i, codes, kind, scope)]
        if touching:
            item = max(touching, key=lambda i: (i.kind is kind, len(i.members & codes)))
            others = members_of([other for other in standing if other is not item], family(kind))
            return self._upgraded(item, codes - others, judgement, claim)
        again = recent(self._settings, family(kind), codes, standing, judgement.at)
        codes -= members_of(standing, family(kind))
        if not codes:
            return None
        return self._step(StepKind.OPENED if again is None else StepKind.REOPENED, again, codes, judgement, claim)

    def _upgraded(self, item: Standing, codes: frozenset[int], judgement: Judgement, claim: Wide) -> Change | None:
        """What a person opened keeps its districts; a step that changes nothing is none."""
        members = item.members if item.by_hand else item.members | codes
        if (members, *claims(claim)) == (item.members, item.kind, item.scope):
            return None
        return self._step(StepKind.UPGRADED, item, members, judgement, claim)

    def _step(
        self, what: StepKind, item: Standing | None, members: frozenset[int], judgement: Judgement, claim: Wide
    ) -> Change:
        kind, scope = claims(claim)
        if item is not None and item.by_hand:
            scope = item.scope
        since = item.since if item is not None else claim.since
        joined = members - item.members if item is not None and what is StepKind.UPGRADED else members

        def say(at: float) -> str:
            return sentences.opened(self._settings, kind, members, at, judgement, claim.evidence)

        lasts = item.spells if item is not None and what is StepKind.UPGRADED else ()
        words = sentences.grown(self._settings, kind, lasts, judgement.at, say) if lasts else say(since)
        if item is not None and what is StepKind.REOPENED:
            self._memory.relapsed(item.incident_id)
        return Change(item, what, kind, scope, since, members, joined, words)


def _is_said(opened: list[Standing], codes: frozenset[int], kind: IncidentKind, scope: Scope) -> bool:
    """An open incident says so already, or the parts of one that a person split."""
    parts = frozenset[int]().union(*(i.members for i in opened if i.is_split and (i.kind is kind or _is_outage(i))))
    return _is_most(parts, codes) or any(_is_most(i.members, codes) and _says_it(i, kind, scope) for i in opened)


def _is_most(some: frozenset[int], codes: frozenset[int]) -> bool:
    return len(some & codes) > HALF * len(codes)


def _says_it(item: Standing, kind: IncidentKind, scope: Scope) -> bool:
    """Open as this kind or as a worse one of the same districts; a cut line is not the registry's on its way out."""
    if item.by_hand and kind in item.kinds:
        return True
    if scope is Scope.STATE and item.scope is not Scope.STATE:
        return False
    line = item.kind is IncidentKind.LOCAL and scope is Scope.DIVISION
    return kind in item.kinds or _is_outage(item) or line


def _grows(item: Standing, codes: frozenset[int], kind: IncidentKind, scope: Scope) -> bool:
    """An outage of one district is no slowdown of the state: it stays an incident of its own. So does what a person opened of a few."""
    if item.by_hand:
        return kind is IncidentKind.OUTAGE and not _is_outage(item) and _is_most(item.members, codes)
    state_is_slow = kind is IncidentKind.SLOWDOWN and scope is Scope.STATE
    return bool(item.members & codes) and not (_is_outage(item) and state_is_slow)


def _is_outage(item: Standing) -> bool:
    return item.kind is IncidentKind.OUTAGE
