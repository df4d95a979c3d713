"""From judgements to steps of incidents. Pure: what stands open comes in, changes go out; ledger.py stores them.

Families, each with its own matter: the registry (outage, slowdown), lines (local, agent_silent), the monitor itself
(monitor_offline). A district is in one incident of a family at a time; a fault is upgraded, never doubled. What holds for the whole
state or a division comes from the judgement's wide claims; the rest from the districts' findings, once they have settled.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from dashboard.detection.judge import Judgement
from dashboard.detection.states import DistrictState
from dashboard.detection.wide import Wide
from dashboard.incidents import sentences
from dashboard.incidents.incident import OF_DOSES, IncidentKind, Scope, StepKind
from dashboard.settings import ControlRoomFile

TROUBLED = (DistrictState.DOWN, DistrictState.DEGRADED, DistrictState.SLOW)
_REGISTRY = (IncidentKind.OUTAGE, IncidentKind.SLOWDOWN)
_LINES = (IncidentKind.LOCAL, IncidentKind.AGENT_SILENT)
_NOBODY: frozenset[int] = frozenset()
_REGISTRY_KEY = "registry"
Key = tuple[str, ...]  # a kind, and the place that binds its districts together
_AFTER_STATE_S = (
    180.0  # after an incident of the whole state, districts' own need this long to be told apart from its end
)
_JOIN_S = 180.0  # lines of one division that go within this time of each other are one matter
_LINE_SETTLE_S = 5.0  # a district alone must be found twice
_RELAPSE_S = 60.0  # a recovery of this length that breaks off is a relapse
_HALF = 0.5
_LINGERING = 0.25  # a wide incident is held open by this share of its districts, not by the last of them


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
    """Keeps what must be waited for: groups that settle before they open, incidents that must stay good before they close."""

    settings: ControlRoomFile
    _waiting: dict[Key, float] = field(default_factory=dict)
    _good_since: dict[int, float] = field(default_factory=dict)
    _relapses: dict[int, int] = field(default_factory=dict)
    _opened: dict[int, float] = field(default_factory=dict)  # when an incident was first seen

    def advance(
        self, judgement: Judgement, in_session: Collection[int], standing: Collection[Standing]
    ) -> list[Change]:
        """The steps that are due now. Outside sessions nothing opens or grows; what is open may still close."""
        standing = [item for item in standing if item.kind not in OF_DOSES]
        self._forget(standing)
        for item in standing:
            self._opened.setdefault(item.incident_id, judgement.at)
        if judgement.blind_since is not None:
            return self._blind(judgement, in_session, standing)
        changes = [self._resolved(i, judgement) for i in standing if i.resolved is None and self._is_over(i, judgement)]
        closing = {change.incident.incident_id for change in changes if change.incident}
        left = [item for item in standing if item.incident_id not in closing]
        told = _NOBODY
        for claim in judgement.wide:
            change = None if claim.districts & told else self._wide(claim, judgement, frozenset(in_session), left)
            if change is not None:
                changes.append(change)
                told |= change.members
                left = [item for item in left if item is not change.incident]
        return changes + self._districts(judgement, frozenset(in_session) - told, left)

    # -- closing ---------------------------------------------------------------------------------------------------------

    def _is_over(self, item: Standing, judgement: Judgement) -> bool:
        """Every district that can be seen was good for the recovery time; a silent one neither closes nor holds open."""
        number, now = item.incident_id, judgement.at
        if not self._is_good_now(item, judgement):
            since = self._good_since.pop(number, None)
            if since is not None and now - since >= _RELAPSE_S:
                self._relapses[number] = self._relapses.get(number, 0) + 1
            return False
        return now - self._good_since.setdefault(number, now) >= self._recovery_s(item)

    def _recovery_s(self, item: Standing) -> float:
        rules = self.settings.dashboard.rules
        usual = {
            IncidentKind.OUTAGE: rules.outage.recover_s,
            IncidentKind.SLOWDOWN: rules.degraded.recover_s,
            IncidentKind.MONITOR_OFFLINE: rules.monitor.recover_s,
        }.get(item.kind, rules.local.recover_s)
        flapping = self._relapses.get(item.incident_id, 0) >= rules.flap.relapses
        return max(usual, rules.flap.hold_s) if flapping else usual

    def _is_good_now(self, item: Standing, judgement: Judgement) -> bool:
        if item.kind is IncidentKind.MONITOR_OFFLINE:
            return len(judgement.in_state(DistrictState.NO_DATA)) < len(judgement.findings)
        if any(self._holds(claim, item) for claim in judgement.wide):
            return False
        bad = sum(self._is_bad(item, code, judgement) for code in item.members)
        good = sum(self._is_good(item, code, judgement) for code in item.members)
        many = len(item.members) > _HALF * len(judgement.findings) and len(item.members) > 1 / _LINGERING
        return good > 0 and (bad < _LINGERING * len(item.members) if many else bad == 0)

    def _holds(self, claim: Wide, item: Standing) -> bool:
        """A claim keeps open what is as wide as itself; an outage is not held by the last of a slowness."""
        kind = IncidentKind(claim.kind)
        if _family(kind) is not _family(item.kind):
            return False
        if item.kind is IncidentKind.OUTAGE and kind is IncidentKind.SLOWDOWN and not claim.firm:
            return False
        return len(claim.districts & item.members) >= _HALF * max(len(claim.districts), 1)

    def _is_bad(self, item: Standing, code: int, judgement: Judgement) -> bool:
        state = _state(judgement, code)
        if item.kind is IncidentKind.LOCAL:
            return state is DistrictState.OWN_LINE
        if item.kind is IncidentKind.AGENT_SILENT:
            return state in (DistrictState.NO_DATA, DistrictState.OWN_LINE)
        if state is DistrictState.SLOW:
            return judgement.findings[code].pages
        return state in TROUBLED

    def _is_good(self, item: Standing, code: int, judgement: Judgement) -> bool:
        state = _state(judgement, code)
        if item.kind in _REGISTRY:
            return state is DistrictState.OK or (state is DistrictState.SLOW and not judgement.findings[code].pages)
        return not self._is_bad(item, code, judgement) and state is not DistrictState.NO_DATA

    def _resolved(self, item: Standing, judgement: Judgement) -> Change:
        self._good_since.pop(item.incident_id, None)
        words = sentences.resolved(self.settings, item.kind, item.ever, item.since, judgement.at)
        return Change(item, StepKind.RESOLVED, item.kind, item.scope, item.since, _NOBODY, _NOBODY, words)

    # -- the state and divisions -----------------------------------------------------------------------------------------

    def _wide(
        self, claim: Wide, judgement: Judgement, in_session: frozenset[int], standing: list[Standing]
    ) -> Change | None:
        """Open, reopen or upgrade for a claim over many districts; nothing when an incident says so already."""
        codes, kind, scope = claim.districts & in_session, IncidentKind(claim.kind), Scope(claim.scope)
        if not claim.firm or not codes:
            return None
        if scope is not Scope.STATE and self._inhibited(judgement, standing, kind):
            return None
        family = _family(kind)
        opened = [i for i in standing if i.resolved is None and i.kind in (*_REGISTRY, *_LINES)]
        if any(len(i.members & codes) > _HALF * len(codes) and self._says_it(i, kind, scope) for i in opened):
            return None
        touching = [i for i in opened if i.kind in family and i.members & codes and self._grows(i, kind, scope)]
        if touching:
            item = max(touching, key=lambda i: (i.kind is kind, len(i.members & codes)))
            others = _members([other for other in standing if other is not item], family)
            return self._step(StepKind.UPGRADED, item, item.members | (codes - others), judgement, claim)
        again = self._recent(family, codes, standing, judgement.at)
        codes -= _members(standing, family)
        if again is not None:
            return self._step(StepKind.REOPENED, again, codes, judgement, claim)
        return self._step(StepKind.OPENED, None, codes, judgement, claim)

    @staticmethod
    def _says_it(item: Standing, kind: IncidentKind, scope: Scope) -> bool:
        """Open already, as this kind or as a worse one of the same districts; a cut line is not the registry's on its way out."""
        if scope is Scope.STATE and item.scope is not Scope.STATE:
            return False
        line = item.kind is IncidentKind.LOCAL and scope is Scope.DIVISION
        return item.kind is kind or item.kind is IncidentKind.OUTAGE or line

    @staticmethod
    def _grows(item: Standing, kind: IncidentKind, scope: Scope) -> bool:
        """An outage of one district is no slowdown of the state: it stays an incident of its own."""
        return not (item.kind is IncidentKind.OUTAGE and kind is IncidentKind.SLOWDOWN and scope is Scope.STATE)

    def _step(
        self, what: StepKind, item: Standing | None, members: frozenset[int], judgement: Judgement, claim: Wide
    ) -> Change:
        kind, scope = IncidentKind(claim.kind), Scope(claim.scope)
        since = item.since if item is not None else claim.since
        joined = members - item.members if item is not None and what is StepKind.UPGRADED else members
        words = sentences.opened(self.settings, kind, members, since, judgement, claim.evidence)
        if item is not None and what is StepKind.REOPENED:
            self._relapses[item.incident_id] = self._relapses.get(item.incident_id, 0) + 1
        return Change(item, what, kind, scope, since, members, joined, words)

    def _inhibited(self, judgement: Judgement, standing: Collection[Standing], kind: IncidentKind) -> bool:
        """True while, and shortly after, the registry is in trouble for the whole state.

        A line that is cut is told during a slowdown too: its neutral host says that it is another matter.
        """
        everyone = max(1, len(judgement.findings))
        if any(
            claim.firm and claim.scope == Scope.STATE and self._covers(claim.kind, kind) for claim in judgement.wide
        ):
            return True
        return any(
            item.kind in _REGISTRY
            and len(item.ever) > _HALF * everyone
            and (item.resolved is None or judgement.at - item.resolved <= _AFTER_STATE_S)
            and self._covers(item.kind, kind)
            for item in standing
        )

    @staticmethod
    def _covers(wide: str, kind: IncidentKind) -> bool:
        return wide == IncidentKind.OUTAGE or kind is not IncidentKind.LOCAL

    # -- single districts ------------------------------------------------------------------------------------------------

    def _districts(self, judgement: Judgement, in_session: frozenset[int], standing: list[Standing]) -> list[Change]:
        found = self._groups(judgement, standing)
        groups = {key: frozenset(codes) & in_session for key, codes in found.items() if codes & in_session}
        waits = {_wait(key) for key in groups}
        self._waiting = {key: since for key, since in self._waiting.items() if key in waits}
        settled = {key for key in waits if self._has_settled(key, judgement.at)}
        changes = [
            self._grow(key, codes, judgement, standing) for key, codes in groups.items() if _wait(key) in settled
        ]
        for key in settled:
            del self._waiting[key]
        return changes

    def _has_settled(self, wait: Key, now: float) -> bool:
        settle = self.settings.dashboard.rules.settle_s if wait[0] == _REGISTRY_KEY else _LINE_SETTLE_S
        return now - self._waiting.setdefault(wait, now) >= settle

    def _groups(self, judgement: Judgement, standing: list[Standing]) -> dict[Key, set[int]]:
        """Districts in trouble that are in no incident of that family yet, by what they would be told of together."""
        groups: dict[Key, set[int]] = {}
        registry, lines = _members(standing, _REGISTRY), _members(standing, _LINES)
        troubled = judgement.in_state(*TROUBLED, DistrictState.OWN_LINE, DistrictState.NO_DATA)
        inhibited = {kind: self._inhibited(judgement, standing, kind) for kind in (*_REGISTRY, *_LINES)}
        for code in troubled:
            finding = judgement.findings[code]
            if not finding.pages or code in (registry if finding.state in TROUBLED else lines):
                continue
            key = self._key(code, judgement)
            if key is not None and not inhibited[IncidentKind(key[0])]:
                groups.setdefault(key, set()).add(code)
        groups = {key: codes for key, codes in groups.items() if self._enough(key, codes, judgement, standing)}
        worse = None if inhibited[IncidentKind.OUTAGE] else self._turned_down(judgement, standing)
        if worse is not None:
            slow = groups.pop((IncidentKind.SLOWDOWN,), set())
            groups.setdefault((IncidentKind.OUTAGE,), set()).update(slow, worse.members)
        return groups

    @staticmethod
    def _turned_down(judgement: Judgement, standing: Collection[Standing]) -> Standing | None:
        """An open slowdown that has become an outage: half of its districts are down, and no outage is open."""
        opened = [item for item in standing if item.resolved is None]
        if any(item.kind is IncidentKind.OUTAGE for item in opened):
            return None
        down = {code for code in judgement.in_state(DistrictState.DOWN) if judgement.findings[code].pages}
        slow = (item for item in opened if item.kind is IncidentKind.SLOWDOWN and item.members)
        return next((item for item in slow if len(down & item.members) >= _HALF * len(item.members)), None)

    def _key(self, code: int, judgement: Judgement) -> Key | None:
        finding = judgement.findings[code]
        if finding.state is DistrictState.DOWN:
            return (IncidentKind.OUTAGE,)
        if finding.state in TROUBLED:
            return (IncidentKind.SLOWDOWN,)
        if finding.state is DistrictState.OWN_LINE:
            return (IncidentKind.LOCAL, self.settings.district(code).division)
        silent_long = judgement.at - finding.since > self.settings.dashboard.rules.local.nodata_s
        return (IncidentKind.AGENT_SILENT, self._agent(code, judgement)) if silent_long else None

    def _agent(self, code: int, judgement: Judgement) -> str:
        """What silent districts have in common: the place they are measured from, or else the division."""
        vantage = judgement.vantages[code]
        shared = sum(place == vantage for place in judgement.vantages.values()) > 1
        return vantage if shared else f"division {self.settings.district(code).division}"

    def _enough(self, key: Key, codes: set[int], judgement: Judgement, standing: list[Standing]) -> bool:
        """A few slow districts are told at once, one or two only when it lasts."""
        rule = self.settings.dashboard.rules.slow
        if key[0] != IncidentKind.SLOWDOWN or len(codes) >= rule.districts:
            return bool(codes)
        joins = any(item.resolved is None and item.kind is IncidentKind.SLOWDOWN for item in standing)
        return joins or any(judgement.at - judgement.findings[code].since >= rule.alone_s for code in codes)

    def _grow(self, key: Key, codes: frozenset[int], judgement: Judgement, standing: list[Standing]) -> Change:
        """Open, widen or reopen."""
        kind = IncidentKind(key[0])
        target = self._target(kind, key, standing, judgement)
        if target is not None:
            return self._upgraded(target, kind, codes, judgement)
        since = min(judgement.findings[code].since for code in codes)
        again = self._recent((kind,), codes, standing, judgement.at)
        words = sentences.opened(self.settings, kind, codes, since, judgement)
        what = StepKind.REOPENED if again else StepKind.OPENED
        return Change(again, what, kind, self._scope(codes), again.since if again else since, codes, codes, words)

    def _target(self, kind: IncidentKind, key: Key, standing: list[Standing], judgement: Judgement) -> Standing | None:
        """The open incident that these districts belong to."""
        opened = [item for item in standing if item.resolved is None and item.kind is kind]
        if kind in _REGISTRY:
            worse = self._turned_down(judgement, standing) if kind is IncidentKind.OUTAGE else None
            return next(iter(opened), worse)
        return next((item for item in opened if self._joins(item, key, judgement)), None)

    def _joins(self, item: Standing, key: Key, judgement: Judgement) -> bool:
        """Lines of a division are one matter when they go together; a later one is another."""
        code = min(item.ever)
        if item.kind is IncidentKind.AGENT_SILENT:
            return self._agent(code, judgement) == key[1]
        together = judgement.at - self._opened.get(item.incident_id, judgement.at) <= _JOIN_S
        return self.settings.district(code).division == key[1] and (together or item.scope is Scope.DIVISION)

    def _upgraded(self, item: Standing, kind: IncidentKind, codes: frozenset[int], judgement: Judgement) -> Change:
        members = item.members | codes
        scope = Scope.STATE if item.scope is Scope.STATE else self._scope(members)
        words = sentences.opened(self.settings, kind, members, item.since, judgement)
        return Change(item, StepKind.UPGRADED, kind, scope, item.since, members, codes - item.members, words)

    def _recent(
        self, kinds: Collection[IncidentKind], codes: frozenset[int], standing: list[Standing], now: float
    ) -> Standing | None:
        """An incident that ended a moment ago and mostly was about the same districts."""
        window = self.settings.dashboard.rules.flap.reopen_s
        again = [
            i for i in standing
            if i.resolved is not None and now - i.resolved <= window and i.kind in kinds
            and len(i.ever & codes) >= _HALF * max(len(i.ever), len(codes))
        ]  # fmt: skip
        return max(again, key=lambda item: item.resolved or 0, default=None)

    def _scope(self, codes: frozenset[int]) -> Scope:
        """The state from the share of an outage on, a division when all are of one, else single districts."""
        if len(codes) >= max(2, self.settings.dashboard.rules.outage.districts * len(self.settings.districts)):
            return Scope.STATE
        divisions = {self.settings.district(code).division for code in codes}
        return Scope.DIVISION if len(codes) > 1 and len(divisions) == 1 else Scope.DISTRICT

    # -- the monitor itself ----------------------------------------------------------------------------------------------

    def _blind(self, judgement: Judgement, in_session: Collection[int], standing: Collection[Standing]) -> list[Change]:
        """While nothing is heard, everything else is frozen."""
        for item in standing:
            self._good_since.pop(item.incident_id, None)
        self._waiting.clear()
        known = any(item.kind is IncidentKind.MONITOR_OFFLINE and item.resolved is None for item in standing)
        if known or not in_session or judgement.blind_since is None:
            return []
        everyone = frozenset(judgement.findings)
        kind = IncidentKind.MONITOR_OFFLINE
        again = self._recent((kind,), everyone, list(standing), judgement.at)
        since = again.since if again else judgement.blind_since
        words = sentences.blind(self.settings, judgement.blind_since, judgement.at)
        what = StepKind.REOPENED if again else StepKind.OPENED
        return [Change(again, what, kind, Scope.STATE, since, everyone, everyone, words)]

    # -- over a restart --------------------------------------------------------------------------------------------------

    def memory(self) -> dict[str, Any]:
        """What a restart must not forget, as JSON."""
        return {
            "waiting": [[list(key), since] for key, since in self._waiting.items()],
            "good_since": list(self._good_since.items()),
            "relapses": list(self._relapses.items()),
            "opened": list(self._opened.items()),
        }

    def remember(self, memory: dict[str, Any]) -> None:
        """Take back what `memory` gave."""
        self._waiting = {tuple(key): since for key, since in memory.get("waiting", [])}
        self._good_since = dict(memory.get("good_since", []))
        self._relapses = dict(memory.get("relapses", []))
        self._opened = dict(memory.get("opened", []))

    def _forget(self, standing: Collection[Standing]) -> None:
        """Drop what was kept of incidents that cannot come back any more."""
        known = {item.incident_id for item in standing}
        for kept in (self._good_since, self._relapses, self._opened):
            for number in kept.keys() - known:
                del kept[number]


def _family(kind: IncidentKind) -> tuple[IncidentKind, ...]:
    return next((family for family in (_REGISTRY, _LINES) if kind in family), (kind,))


def _wait(key: Key) -> Key:
    """What a group waits as: a district that hops between slow and down waits once."""
    return (_REGISTRY_KEY,) if key[0] in _REGISTRY else key


def _state(judgement: Judgement, code: int) -> DistrictState:
    return judgement.findings[code].state if code in judgement.findings else DistrictState.OK


def _members(standing: Collection[Standing], kinds: Collection[IncidentKind]) -> frozenset[int]:
    opened = [item.members for item in standing if item.resolved is None and item.kind in kinds]
    return frozenset().union(*opened)
