"""The watch: one step takes what is new, judges, and stores what follows from it in one transaction.

Killed at any point, the next start reads on from the last committed step and comes to the same verdicts.
"""

import logging
from collections.abc import Callable

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from dashboard.detection.judge import Judge, Judgement
from dashboard.detection.states import DistrictState
from dashboard.incidents import ledger
from dashboard.incidents.incident import Step
from dashboard.incidents.sentences import clock as clock_text
from dashboard.incidents.transitions import Transitions
from dashboard.settings import ControlRoomFile
from dashboard.store import flips, jobs, samples
from dashboard.store.engine import reading
from dashboard.store.flips import WHOLE_STATE, Flip
from probes.clock import Clock

log = logging.getLogger(__name__)

# what the judgement wants back after a restart: enough for its longest window and the usual upload time
_LOOK_BACK_S = 3600

Enqueue = Callable[[Connection, ControlRoomFile, Step, float], int]


class Watch:
    """Holds the judgement's memory between steps; everything that must survive a kill is in the store."""

    def __init__(self, engine: Engine, settings: ControlRoomFile, clock: Clock, enqueue: Enqueue) -> None:
        self._engine, self._settings, self._clock, self._enqueue = engine, settings, clock, enqueue
        self._codes = [district.code for district in settings.districts]
        self._listening_since = clock.now()
        self._remember()

    def _remember(self) -> None:
        """Build the memory anew from the store: at the start, and when a step could not be committed."""
        now_ms = int(self._clock.now() * 1000)
        divisions = {district.code: district.division for district in self._settings.districts}
        self._judge = Judge(self._settings.dashboard.rules, self._codes, self._listening_since, divisions)
        self._transitions = Transitions(self._settings)
        with reading(self._engine) as connection:
            self._reached = jobs.watermark(connection, jobs.WATCH)
            self._states = flips.newest(connection)
            since_ms = now_ms - _LOOK_BACK_S * 1000
            self._judge.observe(samples.started_between(connection, since_ms, now_ms, self._reached))

    def step(self) -> bool:
        """Judge what has arrived since the last step; True when samples, flips or incident steps were found."""
        try:
            return self._step()
        except SQLAlchemyError:
            self._remember()
            raise

    def _step(self) -> bool:
        now = self._clock.now()
        with reading(self._engine) as connection:
            new = samples.arrived_after(connection, self._reached)
        self._judge.observe(new)
        judgement = self._judge.judge(now)
        reached = new[-1].sample_id if new else self._reached
        with self._engine.begin() as connection:
            samples.refresh_cells(connection, new)
            changed = self._flip(connection, judgement)
            steps = self._take_steps(connection, judgement)
            jobs.advance(connection, jobs.WATCH, reached, int(now * 1000))
        self._reached = reached
        self._states |= {item.district: item for item in changed}
        for step in steps:
            log.info("incident %s step %s %s: %s", step.incident_id, step.number, step.what, step.sentence)
        return bool(new or changed or steps)

    def _flip(self, connection: Connection, judgement: Judgement) -> list[Flip]:
        in_session = self._in_session(judgement.at)
        changed = []
        for code, finding in judgement.findings.items():
            state = finding.state if code in in_session else DistrictState.NO_SESSION
            changed += self._changed(
                code, state, judgement.at, f"{finding.evidence}, since {clock_text(self._settings, finding.since)}"
            )
        blind = judgement.blind_since is not None
        whole = DistrictState.BLIND if blind else DistrictState.OK
        changed += self._changed(
            WHOLE_STATE, whole, judgement.at, "nothing is heard" if blind else "measurements arrive"
        )
        flips.append(connection, changed)
        return changed

    def _changed(self, code: int, state: DistrictState, at: float, sentence: str) -> list[Flip]:
        old = self._states[code].new if code in self._states else DistrictState.NO_DATA
        if state is old and code in self._states:
            return []
        return [Flip(code, int(at * 1000), old, state, sentence)]

    def _take_steps(self, connection: Connection, judgement: Judgement) -> list[Step]:
        rules = self._settings.dashboard.rules
        standing = ledger.standing(connection, judgement.at - rules.flap.reopen_s)
        changes = self._transitions.advance(judgement, self._in_session(judgement.at), standing)
        steps = [step for change in changes if (step := ledger.record(connection, change, judgement.at)) is not None]
        for step in steps:
            self._enqueue(connection, self._settings, step, judgement.at)
        return steps

    def _in_session(self, now: float) -> list[int]:
        """Districts with a session at this moment; the calendar holds for all of them alike."""
        return self._codes if self._settings.in_session(now) else []
