"""The job that takes evidence. It looks for steps without any, so a kill loses nothing and a second look doubles nothing."""

import logging

from sqlalchemy import Engine

from dashboard.evidence import seal
from dashboard.evidence.gathering import AFTER_MS, TAKEN_OF, body_of
from dashboard.settings import ControlRoomFile
from dashboard.store import evidence
from dashboard.store.engine import reading
from dashboard.store.evidence import Due, Kept
from probes.clock import Clock

log = logging.getLogger(__name__)
_A_LOOK = 5  # so many steps at most: what a long stop has left is taken up bit by bit, and a stop waits for one look


class EvidenceTaking:
    """Takes the evidence of steps once two minutes have passed since."""

    def __init__(self, engine: Engine, settings: ControlRoomFile, clock: Clock) -> None:
        self._engine, self._settings, self._clock = engine, settings, clock

    def step(self) -> bool:
        """Take what is due; True when something was."""
        now_ms = int(self._clock.now() * 1000)
        with reading(self._engine) as connection:
            found = evidence.due(connection, TAKEN_OF, now_ms - AFTER_MS, _A_LOOK)
        for due in found:
            self._take(due, now_ms)
        return bool(found)

    def _take(self, due: Due, now_ms: int) -> None:
        with reading(self._engine) as connection:
            body = body_of(connection, self._settings, due, now_ms)
        plain = seal.canonical(body)
        row = Kept(due.step, now_ms, body["samples"]["kept"], seal.digest(plain), seal.pack(plain))
        with self._engine.begin() as connection:
            is_new = evidence.append(connection, due.incident_id, row)
        if is_new:  # the log is a second place that knows the hash: whoever changes the store has to change that too
            log.info("incident %s step %s: evidence with SHA-256 %s", due.incident_id, due.step, row.sha256)
