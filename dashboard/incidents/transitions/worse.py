"""A slowdown that has come to be failures though no district joined: upgraded once, with the sentence that says so.

What is called failing stands in sentences.py. It must be so for the window in which errors are counted: at the end of a slowdown, errors
that fell into it outlast the slowness there for some minutes.
"""

from collections.abc import Collection

from dashboard.detection.judge import Judgement
from dashboard.detection.states import DistrictState
from dashboard.incidents import sentences
from dashboard.incidents.course import Manner, is_failing, manner_of
from dashboard.incidents.incident import IncidentKind, StepKind
from dashboard.incidents.transitions.memory import Memory
from dashboard.incidents.transitions.records import HALF, NOBODY, Change, Standing
from dashboard.settings import ControlRoomFile

_KIND = IncidentKind.SLOWDOWN


class Worse:
    """Waits until an open slowdown has failed in part for a while."""

    def __init__(self, settings: ControlRoomFile, memory: Memory) -> None:
        self._settings, self._memory = settings, memory

    def changes(self, judgement: Judgement, in_session: frozenset[int], standing: Collection[Standing]) -> list[Change]:
        """The steps that are due."""
        slow = (item for item in standing if _is_only_slow(item))
        worse = [item for item in slow if _fails(item, item.members & in_session, judgement)]
        since = self._memory.failing_since
        for number in since.keys() - {item.incident_id for item in worse}:
            del since[number]
        wait = self._settings.dashboard.rules.degraded.err_window_s
        due = (item for item in worse if judgement.at - since.setdefault(item.incident_id, judgement.at) >= wait)
        return [change for item in due if (change := self._change(item, judgement)) is not None]

    def _change(self, item: Standing, judgement: Judgement) -> Change | None:
        def say(since: float) -> str:
            return sentences.opened(self._settings, _KIND, item.members, since, judgement, _claimed(item, judgement))

        words = sentences.grown(self._settings, _KIND, item.spells, judgement.at, say)
        if manner_of(_KIND, words) is not Manner.FAILING:
            return None
        return Change(item, StepKind.UPGRADED, _KIND, item.scope, item.since, item.members, NOBODY, words)


def _is_only_slow(item: Standing) -> bool:
    """Open, and never told as anything else: one that goes to and fro is not told at each turn."""
    slow = item.kind is _KIND and IncidentKind.OUTAGE not in item.merged
    return item.resolved is None and slow and {spell.manner for spell in item.spells} == {Manner.SLOW}


def _claimed(item: Standing, judgement: Judgement) -> str:
    """The evidence of a claim over most of its districts."""
    firm = (claim for claim in judgement.wide if claim.firm and claim.kind == _KIND)
    wide = (claim for claim in firm if len(claim.districts & item.members) > HALF * len(item.members))
    return next((claim.evidence for claim in wide), "")


def _fails(item: Standing, codes: frozenset[int], judgement: Judgement) -> bool:
    """Most of what is wrong in its districts in session is failures; one that hops between failing in part and down goes on failing."""
    claim = _claimed(item, judgement)
    if claim:
        return bool(codes) and is_failing(claim)
    slow, part, down = (
        codes.intersection(judgement.in_state(state))
        for state in (DistrictState.SLOW, DistrictState.DEGRADED, DistrictState.DOWN)
    )
    failing = sum(is_failing(judgement.findings[code].evidence) for code in part) + len(down)
    return failing > HALF * (len(slow) + len(part) + len(down))
