"""From judgements to steps of incidents. Pure: what stands open comes in, changes go out; ledger.py stores them.

Four families, each with its own matter: the registry (outage, slowdown), a division's own lines (local), an agent (agent_silent),
and the monitor itself (monitor_offline). A district is in one registry incident at a time; a fault is upgraded, never doubled.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from dashboard.detection.judge import Judgement
from dashboard.detection.states import DistrictState
from dashboard.incidents import sentences
from dashboard.incidents.incident import IncidentKind, Scope, StepKind
from dashboard.settings import ControlRoomFile

TROUBLED = (DistrictState.DOWN, DistrictState.DEGRADED, DistrictState.SLOW)
_REGISTRY = (IncidentKind.OUTAGE, IncidentKind.SLOWDOWN)


@dataclass(frozen=True)
class Standing:
    """An incident as it stands in the store: open, or resolved not long ago."""

    incident_id: int
    kind: IncidentKind
    scope: Scope
    since: float
    resolved: float | None
    steps: int
    members: frozenset[int]  # districts in it now
    ever: frozenset[int]  # and those that have left


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


@dataclass
class Transitions:
    """Keeps what must be waited for: groups that settle before they open, districts that must stay good before they leave."""

    settings: ControlRoomFile
    _waiting: dict[tuple[object, ...], float] = field(default_factory=dict)
    _good_since: dict[tuple[int, int], float] = field(default_factory=dict)

    def advance(
        self, judgement: Judgement, in_session: Collection[int], standing: Collection[Standing]
    ) -> list[Change]:
        """The steps that are due now. Outside sessions nothing opens or grows; what is open may still close."""
        if judgement.blind_since is not None:
            return self._blind(judgement, in_session, standing)
        opened = [item for item in standing if item.resolved is None]
        changes = self._closings(judgement, opened)
        closing = {change.incident.incident_id for change in changes if change.incident}
        left_open = [item for item in standing if item.incident_id not in closing]
        groups = {key: codes for key, codes in self._groups(judgement, left_open).items() if codes}
        for key in list(self._waiting):
            if key not in groups:
                del self._waiting[key]
        for key, codes in groups.items():
            change = self._grow(key, frozenset(codes) & frozenset(in_session), judgement, left_open)
            if change is not None:
                changes.append(change)
        return changes

    # -- closing ---------------------------------------------------------------------------------------------------------

    def _closings(self, judgement: Judgement, opened: list[Standing]) -> list[Change]:
        return [self._resolved(item, judgement) for item in opened if self._is_over(item, judgement)]

    def _is_over(self, item: Standing, judgement: Judgement) -> bool:
        """Every district that can be seen is good, for `recover_s`; one that is silent neither closes nor holds open."""
        if item.kind is IncidentKind.MONITOR_OFFLINE:
            return self._good_for(item.incident_id, 0, True, judgement.at)
        good = [
            self._good_for(item.incident_id, code, self._is_good(item, code, judgement), judgement.at)
            for code in item.members
        ]
        bad = [code for code in item.members if self._is_bad(item, code, judgement)]
        recovering = [self._is_good(item, code, judgement) for code in item.members].count(True)
        return not bad and any(good) and good.count(True) == recovering

    def _good_for(self, incident_id: int, code: int, good: bool, now: float) -> bool:
        key = (incident_id, code)
        if not good:
            self._good_since.pop(key, None)
            return False
        return now - self._good_since.setdefault(key, now) >= self.settings.dashboard.rules.recover_s

    def _is_bad(self, item: Standing, code: int, judgement: Judgement) -> bool:
        state = judgement.findings[code].state if code in judgement.findings else DistrictState.OK
        if item.kind is IncidentKind.LOCAL:
            return state is DistrictState.OWN_LINE
        if item.kind is IncidentKind.AGENT_SILENT:
            return state is DistrictState.NO_DATA
        return state in TROUBLED

    def _is_good(self, item: Standing, code: int, judgement: Judgement) -> bool:
        state = judgement.findings[code].state if code in judgement.findings else DistrictState.OK
        if item.kind in _REGISTRY:
            return state is DistrictState.OK
        return not self._is_bad(item, code, judgement) and state is not DistrictState.NO_DATA

    def _resolved(self, item: Standing, judgement: Judgement) -> Change:
        for key in [key for key in self._good_since if key[0] == item.incident_id]:
            del self._good_since[key]
        words = sentences.resolved(self.settings, item.kind, item.ever, item.since, judgement.at)
        return Change(item, StepKind.RESOLVED, item.kind, item.scope, item.since, frozenset(), frozenset(), words)

    # -- opening and growing ---------------------------------------------------------------------------------------------

    def _groups(self, judgement: Judgement, standing: list[Standing]) -> dict[tuple[object, ...], set[int]]:
        """Districts in trouble that are in no incident of that family yet, by what they would be told of together."""
        groups: dict[tuple[object, ...], set[int]] = {}
        members = {
            family: _members(standing, family)
            for family in (_REGISTRY, (IncidentKind.LOCAL,), (IncidentKind.AGENT_SILENT,))
        }
        for code, finding in judgement.findings.items():
            key: tuple[object, ...] | None = None
            if finding.state in TROUBLED and code not in members[_REGISTRY]:
                key = (IncidentKind.OUTAGE if finding.state is DistrictState.DOWN else IncidentKind.SLOWDOWN,)
            elif finding.state is DistrictState.OWN_LINE and code not in members[(IncidentKind.LOCAL,)]:
                key = (IncidentKind.LOCAL, self.settings.district(code).division)
            elif finding.state is DistrictState.NO_DATA and code not in members[(IncidentKind.AGENT_SILENT,)]:
                silent_long = judgement.at - finding.since > self.settings.dashboard.rules.silent_s
                key = (IncidentKind.AGENT_SILENT, judgement.vantages[code]) if silent_long else None
            if key is not None:
                groups.setdefault(key, set()).add(code)
        if self._state_is_down(judgement) and not self._covered(judgement, standing):
            groups.setdefault((IncidentKind.OUTAGE,), set()).update(judgement.in_state(DistrictState.DOWN))
            groups.pop((IncidentKind.SLOWDOWN,), None)
        return groups

    def _grow(
        self, key: tuple[object, ...], codes: frozenset[int], judgement: Judgement, standing: list[Standing]
    ) -> Change | None:
        """Open, widen or reopen, once the group has waited `settle_s` for others."""
        if (
            not codes
            or judgement.at - self._waiting.setdefault(key, judgement.at) < self.settings.dashboard.rules.settle_s
        ):
            return None
        del self._waiting[key]
        kind = IncidentKind(str(key[0]))
        wide = kind is IncidentKind.OUTAGE and self._state_is_down(judgement)
        target = self._target(kind, wide, key, standing, judgement)
        if target is not None:
            return self._upgraded(target, wide, codes, judgement)
        since = min(judgement.findings[code].since for code in codes)
        again = self._recent(kind, codes, standing, judgement.at)
        scope = Scope.STATE if wide else self._scope(codes)
        words = sentences.opened(self.settings, kind, codes, since, judgement)
        what = StepKind.REOPENED if again else StepKind.OPENED
        return Change(again, what, kind, scope, again.since if again else since, codes, codes, words)

    def _target(
        self, kind: IncidentKind, wide: bool, key: tuple[object, ...], standing: list[Standing], judgement: Judgement
    ) -> Standing | None:
        """The open incident that these districts belong to."""
        opened = [item for item in standing if item.resolved is None]
        if kind in _REGISTRY:
            registry = [item for item in opened if item.kind in _REGISTRY]
            same = [item for item in registry if item.kind is kind]
            outage_everywhere = [
                item for item in registry if item.kind is IncidentKind.OUTAGE and item.scope is Scope.STATE
            ]
            return next(iter(same or (registry if wide else outage_everywhere)), None)
        return next((item for item in opened if item.kind is kind and self._place(item, judgement) == key[1]), None)

    def _place(self, item: Standing, judgement: Judgement) -> str:
        """What binds a local or silent incident together: the division, or the vantage of the agent."""
        code = min(item.ever)
        return self.settings.district(code).division if item.kind is IncidentKind.LOCAL else judgement.vantages[code]

    def _upgraded(self, item: Standing, wide: bool, codes: frozenset[int], judgement: Judgement) -> Change:
        members = item.members | codes
        scope = Scope.STATE if wide or item.scope is Scope.STATE else self._scope(members)
        grown = IncidentKind.OUTAGE if wide else item.kind
        words = sentences.opened(self.settings, grown, members, item.since, judgement)
        return Change(item, StepKind.UPGRADED, grown, scope, item.since, members, codes - item.members, words)

    def _recent(
        self, kind: IncidentKind, codes: frozenset[int], standing: list[Standing], now: float
    ) -> Standing | None:
        window = self.settings.dashboard.rules.reopen_s
        again = [
            i
            for i in standing
            if i.resolved is not None and now - i.resolved <= window and i.kind is kind and i.ever & codes
        ]
        return max(again, key=lambda item: item.resolved or 0, default=None)

    def _scope(self, codes: frozenset[int]) -> Scope:
        if len(codes) == 1:
            return Scope.DISTRICT
        divisions = {self.settings.district(code).division for code in codes}
        return Scope.DIVISION if len(divisions) == 1 else Scope.STATE

    def _state_is_down(self, judgement: Judgement) -> bool:
        heard = len(judgement.findings) - len(judgement.in_state(DistrictState.NO_DATA))
        down = len(judgement.in_state(DistrictState.DOWN))
        return heard > 0 and down >= max(2, self.settings.dashboard.rules.state_share * heard)

    @staticmethod
    def _covered(judgement: Judgement, standing: list[Standing]) -> bool:
        """True when an open state-wide outage already says so."""
        return any(i.resolved is None and i.kind is IncidentKind.OUTAGE and i.scope is Scope.STATE for i in standing)

    # -- the monitor itself ----------------------------------------------------------------------------------------------

    def _blind(self, judgement: Judgement, in_session: Collection[int], standing: Collection[Standing]) -> list[Change]:
        """While nothing is heard, everything else is frozen."""
        self._waiting.clear()
        self._good_since.clear()
        known = any(item.kind is IncidentKind.MONITOR_OFFLINE and item.resolved is None for item in standing)
        if known or not in_session or judgement.blind_since is None:
            return []
        everyone = frozenset(judgement.findings)
        words = sentences.blind(self.settings, judgement.blind_since, judgement.at)
        kind = IncidentKind.MONITOR_OFFLINE
        return [Change(None, StepKind.OPENED, kind, Scope.STATE, judgement.blind_since, everyone, everyone, words)]


def _members(standing: Collection[Standing], kinds: Collection[IncidentKind]) -> frozenset[int]:
    opened = [item.members for item in standing if item.resolved is None and item.kind in kinds]
    return frozenset().union(*opened)
