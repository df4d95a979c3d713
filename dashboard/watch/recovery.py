"""The watch over incidents that are over but not done with: closes them by rule. One part of the watch's step."""

from datetime import datetime

from sqlalchemy import Connection, select

from dashboard.doses.places import Places
from dashboard.incidents import ledger
from dashboard.incidents.incident import RECOVERING, RULE, Scope, Step, StepKind
from dashboard.incidents.recovering import closing_words
from dashboard.queries import doses_today
from dashboard.queries.recovery import Ended, recoveries
from dashboard.settings import ControlRoomFile
from dashboard.store.schema import incident

_LOOK_S = 60.0  # counts come by the hour: looking more often would only cost


class RecoveryWatch:
    """Looks once a minute which recovering incidents are done with; keeps nothing that a restart could lose."""

    def __init__(self, settings: ControlRoomFile) -> None:
        self._settings, self._places = settings, Places(settings)
        self._looked_at = 0.0
        self._seen: object = None  # the newest figure, the day, and which recover: the same again says nothing new
        self._words: dict[int, str] = {}

    def look(self, connection: Connection, now: float) -> None:
        """Read what is left of the recovering incidents that have been quiet long enough."""
        self._words = {}
        if 0 <= now - self._looked_at < _LOOK_S:
            return
        self._looked_at = now
        quiet_s = self._settings.dashboard.rules.recovery.quiet_min * 60
        query = select(incident).where(
            ledger.IS_RECOVERING, incident.c.kind.in_(RECOVERING), incident.c.resolved_ms <= (now - quiet_s) * 1000
        )
        ended = {
            row.incident_id: Ended(
                ledger.ever_of(connection, row.incident_id), row.scope == Scope.STATE, row.since_ms, row.resolved_ms
            )
            for row in connection.execute(query).all()
        }
        today = datetime.fromtimestamp(now, self._settings.zone).date()
        seen = (doses_today.newest_id(connection), today, {number: one.resolved_ms for number, one in ended.items()})
        if seen == self._seen:
            return
        self._seen = seen
        found = recoveries(connection, self._settings, self._places, ended, int(now * 1000))
        for number, one in found.items():
            self._words[number] = closing_words(self._settings, ended[number].resolved_ms / 1000, one, now)

    def close(self, connection: Connection, now: float) -> list[Step]:
        """The closing steps that the last look found due."""
        steps = []
        for number, words in self._words.items():
            row = connection.execute(
                select(incident).where(incident.c.incident_id == number, ledger.IS_RECOVERING)
            ).one_or_none()
            if not words or row is None:
                continue
            step = ledger.step_of(row, StepKind.CLOSED, ledger.ever_of(connection, number), words, RULE, now)
            if ledger.claim(
                connection, number, row.steps, {"closed_ms": int(now * 1000), "closed_by": RULE}, ledger.IS_RECOVERING
            ):
                ledger.append(connection, step)
                steps.append(step)
        return steps
