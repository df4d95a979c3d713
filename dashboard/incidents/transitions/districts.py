"""Single districts and lines: those that turn together are told together, once they have settled."""

from collections import Counter
from collections.abc import Collection

from dashboard.detection.judge import Judgement
from dashboard.detection.states import DistrictState
from dashboard.incidents import sentences
from dashboard.incidents.incident import IncidentKind, Scope, StepKind
from dashboard.incidents.transitions.memory import Key, Memory
from dashboard.incidents.transitions.records import (
    HALF,
    LINES,
    REGISTRY,
    TROUBLED,
    Change,
    Standing,
    held_back,
    inhibited,
    members_of,
    recent,
)  # fmt: skip
from dashboard.settings import ControlRoomFile

_REGISTRY_KEY = "registry"
_JOIN_S = 180.0  # lines of one division that go within this time of each other are one matter
_LINE_SETTLE_S = 5.0  # a district alone must be found twice


class Districts:
    """Opens, widens or reopens for the findings of districts, by what they have in common."""

    def __init__(self, settings: ControlRoomFile, memory: Memory) -> None:
        self._settings, self._memory = settings, memory
        self._shared: Counter[str] = Counter()  # districts by the place they are measured from, at this step
        self._turned: Standing | None = None  # the slowdown that has become an outage, at this step

    def changes(self, judgement: Judgement, in_session: frozenset[int], standing: list[Standing]) -> list[Change]:
        """The steps that are due."""
        self._shared = Counter(judgement.vantages.values())
        self._turned = _turned_down(judgement, in_session, standing)
        found = self._groups(judgement, standing)
        groups = {key: frozenset(codes) & in_session for key, codes in found.items() if codes & in_session}
        waits, waiting = {_wait(key) for key in groups}, self._memory.waiting
        for key in waiting.keys() - waits:
            del waiting[key]
        settled = {key for key in waits if self._has_settled(key, judgement.at)}
        changes = [
            self._grow(key, codes, judgement, standing) for key, codes in groups.items() if _wait(key) in settled
        ]
        for key in settled:
            del waiting[key]
        return changes

    def _has_settled(self, wait: Key, now: float) -> bool:
        settle = self._settings.dashboard.rules.settle_s if wait[0] == _REGISTRY_KEY else _LINE_SETTLE_S
        return now - self._memory.waiting.setdefault(wait, now) >= settle

    # -- who is told together --------------------------------------------------------------------------------------------

    def _groups(self, judgement: Judgement, standing: list[Standing]) -> dict[Key, set[int]]:
        """Districts in trouble that are in no incident of that family yet, by what they would be told of together."""
        groups: dict[Key, set[int]] = {}
        kinds = (*REGISTRY, *LINES)
        silent = {kind: inhibited(judgement, standing, kind) for kind in kinds}
        spared = {kind: self._spared(kind, standing, judgement.at) for kind in kinds}
        for code in judgement.in_state(*TROUBLED, DistrictState.OWN_LINE, DistrictState.NO_DATA):
            key = self._key(code, judgement) if judgement.findings[code].pages else None
            if key is not None and code not in spared[kind := IncidentKind(key[0])] and not silent[kind]:
                groups.setdefault(key, set()).add(code)
        groups = {key: codes for key, codes in groups.items() if self._enough(key, codes, judgement, standing)}
        if self._turned is not None and not silent[IncidentKind.OUTAGE]:
            slow = groups.pop((IncidentKind.SLOWDOWN,), set())
            groups.setdefault((IncidentKind.OUTAGE,), set()).update(slow, self._turned.members)
        return groups

    def _spared(self, kind: IncidentKind, standing: list[Standing], now: float) -> frozenset[int]:
        """Districts that are told already, or whose incident a person closed a moment ago."""
        family = REGISTRY if kind in REGISTRY else LINES
        return members_of(standing, family) | held_back(self._settings, kind, standing, now)

    def _key(self, code: int, judgement: Judgement) -> Key | None:
        finding = judgement.findings[code]
        if finding.state is DistrictState.DOWN:
            return (IncidentKind.OUTAGE,)
        if finding.state in TROUBLED:
            return (IncidentKind.SLOWDOWN,)
        if finding.state is DistrictState.OWN_LINE:
            return (IncidentKind.LOCAL, self._settings.district(code).division)
        silent_long = judgement.at - finding.since > self._settings.dashboard.rules.local.nodata_s
        return (IncidentKind.AGENT_SILENT, self._agent(code, judgement)) if silent_long else None

    def _agent(self, code: int, judgement: Judgement) -> str:
        """What silent districts have in common: the place they are measured from, or else the division."""
        vantage = judgement.vantages[code]
        return vantage if self._shared[vantage] > 1 else f"division {self._settings.district(code).division}"

    def _enough(self, key: Key, codes: set[int], judgement: Judgement, standing: list[Standing]) -> bool:
        """A few slow districts are told at once, one or two only when it lasts."""
        rule = self._settings.dashboard.rules.slow
        if key[0] != IncidentKind.SLOWDOWN or len(codes) >= rule.districts:
            return bool(codes)
        joins = any(item.kind is IncidentKind.SLOWDOWN for item in _growing(standing))
        return joins or any(judgement.at - judgement.findings[code].since >= rule.alone_s for code in codes)

    # -- the step --------------------------------------------------------------------------------------------------------

    def _grow(self, key: Key, codes: frozenset[int], judgement: Judgement, standing: list[Standing]) -> Change:
        """Open, widen or reopen."""
        kind = IncidentKind(key[0])
        target = self._target(kind, key, standing, judgement)
        if target is not None:
            return self._upgraded(target, kind, codes, judgement)
        since = min(judgement.findings[code].since for code in codes)
        again = recent(self._settings, (kind,), codes, standing, judgement.at)
        words = sentences.opened(self._settings, kind, codes, since, judgement)
        what = StepKind.REOPENED if again else StepKind.OPENED
        return Change(
            again, what, kind, scope_of(self._settings, codes), again.since if again else since, codes, codes, words
        )

    def _target(self, kind: IncidentKind, key: Key, standing: list[Standing], judgement: Judgement) -> Standing | None:
        """The open incident that these districts belong to."""
        opened = [item for item in _growing(standing) if item.kind is kind]
        if kind in REGISTRY:
            return next(iter(opened), self._turned if kind is IncidentKind.OUTAGE else None)
        return next((item for item in opened if self._joins(item, key, judgement)), None)

    def _joins(self, item: Standing, key: Key, judgement: Judgement) -> bool:
        """Lines of a division are one matter when they go together; a later one is another."""
        code = min(item.ever)
        if item.kind is IncidentKind.AGENT_SILENT:
            return self._agent(code, judgement) == key[1]
        together = judgement.at - self._memory.opened.get(item.incident_id, judgement.at) <= _JOIN_S
        return self._settings.district(code).division == key[1] and (together or item.scope is Scope.DIVISION)

    def _upgraded(self, item: Standing, kind: IncidentKind, codes: frozenset[int], judgement: Judgement) -> Change:
        members = item.members | codes
        scope = Scope.STATE if item.scope is Scope.STATE else scope_of(self._settings, members)

        def say(since: float) -> str:
            return sentences.opened(self._settings, kind, members, since, judgement)

        lasts = item.spells
        words = sentences.grown(self._settings, kind, lasts, judgement.at, say) if lasts else say(item.since)
        return Change(item, StepKind.UPGRADED, kind, scope, item.since, members, codes - item.members, words)


def scope_of(settings: ControlRoomFile, codes: Collection[int]) -> Scope:
    """The state from the share of an outage on, a division when all are of one, else single districts."""
    if len(codes) >= max(2, settings.dashboard.rules.outage.districts * len(settings.districts)):
        return Scope.STATE
    divisions = {district.division for district in settings.districts if district.code in codes}
    return Scope.DIVISION if len(codes) > 1 and len(divisions) == 1 else Scope.DISTRICT


def _growing(standing: Collection[Standing]) -> list[Standing]:
    """Open incidents that may take in districts: what a person opened keeps its own."""
    return [item for item in standing if item.resolved is None and not item.by_hand]


def _turned_down(judgement: Judgement, in_session: frozenset[int], standing: Collection[Standing]) -> Standing | None:
    """An open slowdown that has become an outage: half of its districts in session are down, and no outage is open."""
    opened = _growing(standing)
    if any(item.kind is IncidentKind.OUTAGE for item in opened):
        return None
    down = {code for code in judgement.in_state(DistrictState.DOWN) if judgement.findings[code].pages}
    slow = (item for item in opened if item.kind is IncidentKind.SLOWDOWN and item.members & in_session)
    judged = ((item, item.members & in_session) for item in slow)
    return next((item for item, codes in judged if len(down & codes) >= HALF * len(codes)), None)


def _wait(key: Key) -> Key:
    """What a group waits as: a district that hops between slow and down waits once."""
    return (_REGISTRY_KEY,) if key[0] in REGISTRY else key
