"""One look: what closes, what the judgement claims of many districts, what it finds of single ones, what has got worse. In this order."""

from collections.abc import Collection
from typing import Any

from dashboard.detection.judge import Judgement
from dashboard.incidents.incident import OF_DOSES
from dashboard.incidents.transitions.closing import Closing
from dashboard.incidents.transitions.districts import Districts
from dashboard.incidents.transitions.memory import Memory
from dashboard.incidents.transitions.monitor import blind
from dashboard.incidents.transitions.records import NOBODY, Change, Standing
from dashboard.incidents.transitions.wide import WideClaims
from dashboard.incidents.transitions.worse import Worse
from dashboard.settings import ControlRoomFile


class Transitions:
    """Keeps what must be waited for between two looks."""

    def __init__(self, settings: ControlRoomFile) -> None:
        self.settings = settings
        self.remember({})

    def advance(
        self, judgement: Judgement, in_session: Collection[int], standing: Collection[Standing]
    ) -> list[Change]:
        """The steps that are due now. Outside sessions nothing opens or grows; what is open may still close."""
        left = [item for item in standing if item.kind not in OF_DOSES]
        self._memory.look_at(left, judgement.at)
        if judgement.blind_since is not None:
            return blind(self.settings, self._memory, judgement, in_session, left)
        closed = self._closing.changes(judgement, left)
        left = _without(left, closed)
        wide = self._wide.changes(judgement, frozenset(in_session), left)
        told, left = NOBODY.union(*(change.members for change in wide)), _without(left, wide)
        single = self._districts.changes(judgement, frozenset(in_session) - told, left)
        worse = self._worse.changes(judgement, frozenset(in_session), _without(left, single))
        return closed + wide + single + worse

    def memory(self) -> dict[str, Any]:
        """What a restart must not forget, as JSON."""
        return self._memory.as_json()

    def remember(self, memory: dict[str, Any]) -> None:
        """Take back what `memory` gave."""
        self._memory = Memory.of_json(memory)
        self._closing = Closing(self.settings, self._memory)
        self._wide = WideClaims(self.settings, self._memory)
        self._districts = Districts(self.settings, self._memory)
        self._worse = Worse(self.settings, self._memory)


def _without(standing: list[Standing], changes: list[Change]) -> list[Standing]:
    done = {change.incident.incident_id for change in changes if change.incident is not None}
    return [item for item in standing if item.incident_id not in done]
