"""From judgements to steps of incidents. Pure: what stands open comes in, changes go out; ledger.py stores them.

Four families, each with its own matter: the registry (outage, slowdown), a division's own lines (local), an agent (agent_silent),
and the monitor itself (monitor_offline). A district is in one registry incident at a time; a fault is upgraded, never doubled.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from dashboard.detection.judge import Judgement
from dashboard.detection.states import DistrictState
from dashboard.incidents import sentences
from dashboard.incidents.incident import IncidentKind, Scope, StepKind
from dashboard.settings import ControlRoomFile

TROUBLED = (DistrictState.DOWN, DistrictState.DEGRADED, DistrictState.SLOW)
_REGISTRY = (IncidentKind.OUTAGE, IncidentKind.SLOWDOWN)
_LINES = (IncidentKind.LOCAL,)
_SILENT = (IncidentKind.AGENT_SILENT,)
_REGISTRY_KEY = "registry"
Key = tuple[str, str]  # a family, and the place that binds its districts together


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
    _waiting: dict[Key, float] = field(default_factory=dict)
    _good_since: dict[tuple[int, int], float] = field(default_factory=dict)

    def advance(
        self, judgement: Judgement, in_session: Collection[int], standing: Collection[Standing]
    ) -> list[Change]:
        """The steps that are due now. Outside sessions nothing opens or grows; what is open may still close."""
        session, stands = frozenset(in_session), list(standing)
        if judgement.blind_since is not None:
            return self._blind(judgement, session, stands)
        closings = self._closings(judgement, _opened(stands))
        closing = {change.incident.incident_id for change in closings if change.incident}
        left = [item for item in stands if item.incident_id not in closing]
        return closings + self._growing(judgement, session, left)

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

    def _growing(self, judgement: Judgement, in_session: frozenset[int], standing: list[Standing]) -> list[Change]:
        """Groups that have waited `settle_s` for others: opened, joined to what is open, or reopened."""
        groups = {key: codes & in_session for key, codes in self._groups(judgement, standing).items()}
        groups = {key: codes for key, codes in groups.items() if codes}
        for key in [key for key in self._waiting if key not in groups]:
            del self._waiting[key]
        changes = []
        for key, codes in groups.items():
            if judgement.at - self._waiting.setdefault(key, judgement.at) >= self.settings.dashboard.rules.settle_s:
                del self._waiting[key]
                changes += self._told_together(key, codes, judgement, standing)
        return changes

    def _groups(self, judgement: Judgement, standing: list[Standing]) -> dict[Key, frozenset[int]]:
        """Districts in trouble that are in no incident of that family yet, by what they would be told of together."""
        groups: dict[Key, set[int]] = {}
        members = {family: _members(standing, family) for family in (_REGISTRY, _LINES, _SILENT)}
        for code, finding in judgement.findings.items():
            if finding.state in TROUBLED and code not in members[_REGISTRY]:
                groups.setdefault((_REGISTRY_KEY, ""), set()).add(code)
            elif finding.state is DistrictState.OWN_LINE and code not in members[_LINES]:
                groups.setdefault((IncidentKind.LOCAL, self.settings.district(code).division), set()).add(code)
            elif self._silent_long(judgement, code) and code not in members[_SILENT]:
                groups.setdefault((IncidentKind.AGENT_SILENT, judgement.vantages[code]), set()).add(code)
        worse = self._turned_down(judgement, standing)
        if worse is not None:
            groups.setdefault((_REGISTRY_KEY, ""), set()).update(worse.members)
        return {key: frozenset(codes) for key, codes in groups.items()}

    def _silent_long(self, judgement: Judgement, code: int) -> bool:
        finding = judgement.findings[code]
        return (
            finding.state is DistrictState.NO_DATA
            and judgement.at - finding.since > self.settings.dashboard.rules.silent_s
        )

    def _told_together(
        self, key: Key, codes: frozenset[int], judgement: Judgement, standing: list[Standing]
    ) -> list[Change]:
        if key[0] != _REGISTRY_KEY:
            kind = IncidentKind(key[0])
            same = [i for i in _opened(standing) if i.kind is kind and self._place(i, judgement) == key[1]]
            return [self._grown(kind, codes, next(iter(same), None), judgement, standing)]
        down = frozenset(code for code in codes if judgement.findings[code].state is DistrictState.DOWN)
        worse = self._turned_down(judgement, standing)
        if worse is not None:
            return [
                self._grown(
                    IncidentKind.OUTAGE, (down | codes) - _members(standing, _REGISTRY), worse, judgement, standing
                )
            ]
        if self._state_is_down(judgement):
            down = codes
        parts = ((IncidentKind.OUTAGE, down), (IncidentKind.SLOWDOWN, codes - down))
        return [
            self._grown(kind, part, next((i for i in _opened(standing) if i.kind is kind), None), judgement, standing)
            for kind, part in parts
            if part
        ]

    def _turned_down(self, judgement: Judgement, standing: list[Standing]) -> Standing | None:
        """An open slowdown that has become an outage: half of its districts are down, or the whole state is, and no outage is open."""
        if any(item.kind is IncidentKind.OUTAGE for item in _opened(standing)):
            return None
        down = frozenset(judgement.in_state(DistrictState.DOWN))
        for item in _opened(standing):
            if item.kind is IncidentKind.SLOWDOWN and (
                self._state_is_down(judgement) or 2 * len(down & item.members) >= len(item.members)
            ):
                return item
        return None

    def _grown(
        self,
        kind: IncidentKind,
        codes: frozenset[int],
        target: Standing | None,
        judgement: Judgement,
        standing: list[Standing],
    ) -> Change:
        again = target or self._recent(kind, codes, standing, judgement.at)
        joined = codes - again.members if again else codes
        members = codes | again.members if again else codes
        since = again.since if again else min(judgement.findings[code].since for code in codes)
        words = sentences.opened(self.settings, kind, members, since, judgement)
        what = StepKind.UPGRADED if target else StepKind.REOPENED if again else StepKind.OPENED
        return Change(again, what, kind, self._scope(members), since, members, joined, words)

    def _place(self, item: Standing, judgement: Judgement) -> str:
        """What binds a local or silent incident together: the division, or the vantage of the agent."""
        code = min(item.ever)
        return self.settings.district(code).division if item.kind is IncidentKind.LOCAL else judgement.vantages[code]

    def _recent(
        self, kind: IncidentKind, codes: frozenset[int], standing: list[Standing], now: float
    ) -> Standing | None:
        """The same fault, resolved not longer than `reopen_s` ago."""
        window = self.settings.dashboard.rules.reopen_s
        same = [item for item in standing if item.resolved is not None and item.kind is kind and item.ever & codes]
        return max(
            (i for i in same if now - (i.resolved or 0) <= window), key=lambda item: item.resolved or 0, default=None
        )

    def _scope(self, codes: frozenset[int]) -> Scope:
        """The state from `state_share` of its districts on, a division when all are of one, else single districts."""
        if len(codes) >= max(2, self.settings.dashboard.rules.state_share * len(self.settings.districts)):
            return Scope.STATE
        divisions = {self.settings.district(code).division for code in codes}
        return Scope.DIVISION if len(codes) > 1 and len(divisions) == 1 else Scope.DISTRICT

    def _state_is_down(self, judgement: Judgement) -> bool:
        heard = len(judgement.findings) - len(judgement.in_state(DistrictState.NO_DATA))
        down = len(judgement.in_state(DistrictState.DOWN))
        return heard > 0 and down >= max(2, self.settings.dashboard.rules.state_share * heard)

    # -- the monitor itself ----------------------------------------------------------------------------------------------

    def _blind(self, judgement: Judgement, in_session: frozenset[int], standing: list[Standing]) -> list[Change]:
        """While nothing is heard, everything else is frozen."""
        self._waiting.clear()
        self._good_since.clear()
        kind = IncidentKind.MONITOR_OFFLINE
        if not in_session or judgement.blind_since is None or any(item.kind is kind for item in _opened(standing)):
            return []
        everyone = frozenset(judgement.findings)
        again = self._recent(kind, everyone, standing, judgement.at)
        words = sentences.blind(self.settings, judgement.blind_since, judgement.at)
        what = StepKind.REOPENED if again else StepKind.OPENED
        since = again.since if again else judgement.blind_since
        return [Change(again, what, kind, Scope.STATE, since, everyone, everyone, words)]

    # -- over a restart --------------------------------------------------------------------------------------------------

    def memory(self) -> dict[str, Any]:
        """What a restart must not forget, as JSON."""
        return {
            "waiting": [[*key, since] for key, since in self._waiting.items()],
            "good_since": [[*key, since] for key, since in self._good_since.items()],
        }

    def remember(self, memory: dict[str, Any]) -> None:
        """Take back what `memory` gave."""
        self._waiting = {(kind, place): since for kind, place, since in memory.get("waiting", [])}
        self._good_since = {(number, code): since for number, code, since in memory.get("good_since", [])}


def _opened(standing: Collection[Standing]) -> list[Standing]:
    return [item for item in standing if item.resolved is None]


def _members(standing: Collection[Standing], kinds: Collection[IncidentKind]) -> frozenset[int]:
    return frozenset().union(*(item.members for item in _opened(standing) if item.kind in kinds))
