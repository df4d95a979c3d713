"""What stands and what changes, and which incidents belong together. Plain records and questions about them; no rule decides here."""

from collections.abc import Collection
from dataclasses import dataclass

from dashboard.detection.judge import Judgement
from dashboard.detection.states import DistrictState
from dashboard.detection.wide import Wide
from dashboard.incidents.course import Spell
from dashboard.incidents.incident import IncidentKind, Scope, StepKind
from dashboard.settings import ControlRoomFile

TROUBLED = (DistrictState.DOWN, DistrictState.DEGRADED, DistrictState.SLOW)
REGISTRY = (IncidentKind.OUTAGE, IncidentKind.SLOWDOWN)
LINES = (IncidentKind.LOCAL, IncidentKind.AGENT_SILENT)
NOBODY: frozenset[int] = frozenset()
HALF = 0.5
_AFTER_STATE_S = (
    180.0  # after an incident of the whole state, districts' own need this long to be told apart from its end
)


@dataclass(frozen=True)
class Standing:
    """An incident as it stands in the store: open, or resolved not long ago. One that was merged into another stands there no more."""

    incident_id: int
    kind: IncidentKind
    scope: Scope
    since: float
    resolved: float | None
    steps: int
    members: frozenset[int]  # districts in it now
    ever: frozenset[int]  # and those that have left
    by_hand: bool = False  # a person opened it: a rule may only say that it got worse
    closed_by_hand: bool = False  # a person closed it: a rule does not bring it back
    ended_by_hand: bool = False  # and it was open until then: the same fault is not told again at once
    merged: frozenset[IncidentKind] = frozenset()  # kinds of those that were merged into it: it stands for them too
    is_split: bool = False  # a person split it: its parts stay apart
    spells: tuple[Spell, ...] = ()  # what it was up to now, if it is the registry's

    @property
    def kinds(self) -> frozenset[IncidentKind]:
        """All it stands for."""
        return self.merged | {self.kind}


@dataclass(frozen=True)
class Change:
    """One step to store. `incident` None opens a new one."""

    incident: Standing | None
    what: StepKind
    kind: IncidentKind
    scope: Scope
    since: float
    members: frozenset[int]
    joined: frozenset[int]
    sentence: str


def family(kind: IncidentKind) -> tuple[IncidentKind, ...]:
    """The kinds of which a district is in one incident at a time."""
    return next((kinds for kinds in (REGISTRY, LINES) if kind in kinds), (kind,))


def members_of(standing: Collection[Standing], kinds: Collection[IncidentKind]) -> frozenset[int]:
    """Districts that are in an open incident of these kinds."""
    opened = [item.members for item in standing if item.resolved is None and not item.kinds.isdisjoint(kinds)]
    return frozenset().union(*opened)


def recent(
    settings: ControlRoomFile,
    kinds: Collection[IncidentKind],
    codes: frozenset[int],
    standing: Collection[Standing],
    now: float,
) -> Standing | None:
    """An incident that ended a moment ago by itself and mostly was about the same districts."""
    window = settings.dashboard.rules.flap.reopen_s
    again = [
        i for i in standing
        if i.resolved is not None and now - i.resolved <= window and i.kind in kinds and not (i.by_hand or i.closed_by_hand)
        and len(i.ever & codes) >= HALF * max(len(i.ever), len(codes))
    ]  # fmt: skip
    return max(again, key=lambda item: item.resolved or 0, default=None)


def held_back(
    settings: ControlRoomFile, kind: IncidentKind, standing: Collection[Standing], now: float
) -> frozenset[int]:
    """Districts whose open incident a person closed a moment ago: the same fault is not told again, a worse kind is."""
    window = settings.dashboard.rules.flap.reopen_s
    closed = [
        i.ever for i in standing
        if i.ended_by_hand and i.resolved is not None and now - i.resolved <= window
        and kind in family(i.kind) and (i.kind is IncidentKind.OUTAGE or kind is not IncidentKind.OUTAGE)
    ]  # fmt: skip
    return frozenset().union(*closed)


def inhibited(judgement: Judgement, standing: Collection[Standing], kind: IncidentKind) -> bool:
    """True while, and shortly after, the registry is in trouble for the whole state.

    A line that is cut is told during a slowdown too: its neutral host says that it is another matter.
    """
    everyone = max(1, len(judgement.findings))
    if any(claim.firm and claim.scope == Scope.STATE and _covers(claim.kind, kind) for claim in judgement.wide):
        return True
    return any(
        item.kind in REGISTRY
        and len(item.ever) > HALF * everyone
        and (item.resolved is None or judgement.at - item.resolved <= _AFTER_STATE_S)
        and _covers(item.kind, kind)
        for item in standing
    )


def claims(wide: Wide) -> tuple[IncidentKind, Scope]:
    """Kind and scope of a claim."""
    return IncidentKind(wide.kind), Scope(wide.scope)


def _covers(wide: str, kind: IncidentKind) -> bool:
    return wide == IncidentKind.OUTAGE or kind is not IncidentKind.LOCAL
