"""The monitor itself: while nothing is heard, everything else is frozen."""

from collections.abc import Collection

from dashboard.detection.judge import Judgement
from dashboard.incidents import sentences
from dashboard.incidents.incident import IncidentKind, Scope, StepKind
from dashboard.incidents.transitions.memory import Memory
from dashboard.incidents.transitions.records import Change, Standing, held_back, recent
from dashboard.settings import ControlRoomFile

_KIND = IncidentKind.MONITOR_OFFLINE


def blind(
    settings: ControlRoomFile,
    memory: Memory,
    judgement: Judgement,
    in_session: Collection[int],
    standing: Collection[Standing],
) -> list[Change]:
    """The step that says so, once; nothing recovers and nothing settles meanwhile."""
    memory.good_since.clear()
    memory.waiting.clear()
    memory.failing_since.clear()
    known = any(item.kind is _KIND and item.resolved is None for item in standing)
    closed = held_back(settings, _KIND, standing, judgement.at)
    if known or closed or not in_session or judgement.blind_since is None:
        return []
    everyone = frozenset(judgement.findings)
    again = recent(settings, (_KIND,), everyone, standing, judgement.at)
    since = again.since if again else judgement.blind_since
    words = sentences.blind(settings, judgement.blind_since, judgement.at)
    what = StepKind.REOPENED if again else StepKind.OPENED
    return [Change(again, what, _KIND, Scope.STATE, since, everyone, everyone, words)]
