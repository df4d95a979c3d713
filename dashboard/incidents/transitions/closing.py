"""When an incident is over: every district that can be seen was good for the recovery time."""

from dashboard.detection.judge import Judgement
from dashboard.detection.states import DistrictState
from dashboard.detection.wide import Wide
from dashboard.incidents import sentences
from dashboard.incidents.course import ended
from dashboard.incidents.incident import IncidentKind, StepKind
from dashboard.incidents.transitions.memory import Memory
from dashboard.incidents.transitions.records import HALF, NOBODY, REGISTRY, TROUBLED, Change, Standing, claims, family
from dashboard.settings import ControlRoomFile

_RELAPSE_S = 60.0  # a recovery of this length that breaks off is a relapse
_LINGERING = 0.25  # a wide incident is held open by this share of its districts, not by the last of them


class Closing:
    """Waits until open incidents have stayed good. What a person opened, a person closes."""

    def __init__(self, settings: ControlRoomFile, memory: Memory) -> None:
        self._settings, self._memory = settings, memory

    def changes(self, judgement: Judgement, standing: list[Standing]) -> list[Change]:
        """The closing steps that are due."""
        opened = (item for item in standing if item.resolved is None and not item.by_hand)
        return [self._resolved(item, judgement) for item in opened if self._is_over(item, judgement)]

    def _is_over(self, item: Standing, judgement: Judgement) -> bool:
        """A silent district neither closes nor holds open."""
        number, now = item.incident_id, judgement.at
        if not self._is_good_now(item, judgement):
            since = self._memory.good_since.pop(number, None)
            if since is not None and now - since >= _RELAPSE_S:
                self._memory.relapsed(number)
            return False
        return now - self._memory.good_since.setdefault(number, now) >= self._recovery_s(item)

    def _recovery_s(self, item: Standing) -> float:
        rules = self._settings.dashboard.rules
        usual = {
            IncidentKind.OUTAGE: rules.outage.recover_s,
            IncidentKind.SLOWDOWN: rules.degraded.recover_s,
            IncidentKind.MONITOR_OFFLINE: rules.monitor.recover_s,
        }.get(item.kind, rules.local.recover_s)
        flapping = self._memory.relapses.get(item.incident_id, 0) >= rules.flap.relapses
        return max(usual, rules.flap.hold_s) if flapping else usual

    def _is_good_now(self, item: Standing, judgement: Judgement) -> bool:
        if item.kind is IncidentKind.MONITOR_OFFLINE:
            return len(judgement.in_state(DistrictState.NO_DATA)) < len(judgement.findings)
        if any(_holds(claim, item) for claim in judgement.wide):
            return False
        bad = sum(any(_is_bad(kind, code, judgement) for kind in item.kinds) for code in item.members)
        good = sum(all(_is_good(kind, code, judgement) for kind in item.kinds) for code in item.members)
        many = len(item.members) > HALF * len(judgement.findings) and len(item.members) > 1 / _LINGERING
        return good > 0 and (bad < _LINGERING * len(item.members) if many else bad == 0)

    def _resolved(self, item: Standing, judgement: Judgement) -> Change:
        self._memory.good_since.pop(item.incident_id, None)
        spells = ended(item.spells, judgement.at)
        words = sentences.resolved(self._settings, item.kind, item.ever, item.since, judgement.at, spells)
        return Change(item, StepKind.RESOLVED, item.kind, item.scope, item.since, NOBODY, NOBODY, words)


def _holds(claim: Wide, item: Standing) -> bool:
    """A claim keeps open what is as wide as itself; an outage is not held by the last of a slowness."""
    kind, _ = claims(claim)
    if item.kinds.isdisjoint(family(kind)):
        return False
    if item.kind is IncidentKind.OUTAGE and kind is IncidentKind.SLOWDOWN and not claim.firm:
        return False
    return len(claim.districts & item.members) >= HALF * max(len(claim.districts), 1)


def _is_bad(kind: IncidentKind, code: int, judgement: Judgement) -> bool:
    state = _state(judgement, code)
    if kind is IncidentKind.LOCAL:
        return state is DistrictState.OWN_LINE
    if kind is IncidentKind.AGENT_SILENT:
        return state in (DistrictState.NO_DATA, DistrictState.OWN_LINE)
    if state is DistrictState.SLOW:
        return judgement.findings[code].pages
    return state in TROUBLED


def _is_good(kind: IncidentKind, code: int, judgement: Judgement) -> bool:
    state = _state(judgement, code)
    if kind in REGISTRY:
        return state is DistrictState.OK or (state is DistrictState.SLOW and not judgement.findings[code].pages)
    return not _is_bad(kind, code, judgement) and state is not DistrictState.NO_DATA


def _state(judgement: Judgement, code: int) -> DistrictState:
    return judgement.findings[code].state if code in judgement.findings else DistrictState.OK
