"""The watch: one step takes what is new, judges, and stores what follows from it in one transaction. Figures: doses_watch.py.

Killed at any point, the next start reads on from the last committed step and comes to the same verdicts.
"""

import logging
from collections.abc import Callable, Iterable

from sqlalchemy import Connection, Engine

from dashboard.detection.judge import LOOK_BACK_S, Judge, Judgement
from dashboard.detection.states import DistrictState
from dashboard.doses_watch import DosesWatch
from dashboard.incidents import ledger
from dashboard.incidents.incident import Step
from dashboard.incidents.sentences import clock as clock_text
from dashboard.incidents.transitions import Change, Transitions
from dashboard.settings import ControlRoomFile
from dashboard.store import flips, jobs, samples
from dashboard.store.engine import reading
from dashboard.store.flips import WHOLE_STATE, Flip
from probes.clock import Clock

log = logging.getLogger(__name__)

Enqueue = Callable[[Connection, ControlRoomFile, Step, float], int]


class Watch:
    """Holds the judgement's memory between steps; everything that must survive a kill is in the store."""

    def __init__(self, engine: Engine, settings: ControlRoomFile, clock: Clock, enqueue: Enqueue) -> None:
        self._engine, self._settings, self._clock, self._enqueue = engine, settings, clock, enqueue
        self._codes = [district.code for district in settings.districts]
        self._remember()

    def _remember(self) -> None:
        """Build the memory anew from the store: at the start, and when a step could not be committed."""
        self._stale = True
        now = self._clock.now()
        divisions = {district.code: district.division for district in self._settings.districts}
        judge = Judge(self._settings.dashboard.rules, self._codes, now, divisions)
        transitions = Transitions(self._settings)
        with reading(self._engine) as connection:
            reached, states = jobs.watermark(connection, jobs.WATCH), flips.newest(connection)
            memory = jobs.memory(connection, jobs.WATCH)
            judge.remember(memory.get("judge", {}))
            transitions.remember(memory.get("transitions", {}))
            judge.observe(samples.started_between(connection, now - LOOK_BACK_S, now, reached))
        self._doses = DosesWatch(self._settings, memory.get("doses", {}))
        self._judge, self._transitions, self._reached, self._states = judge, transitions, reached, states
        self._stale = False

    def step(self) -> bool:
        """Judge what has arrived since the last step; True when samples, flips or incident steps were found."""
        if self._stale:
            self._remember()
        self._stale = True  # until the step is committed: what it took in must not be taken in twice
        found = self._step()
        self._stale = False
        return found

    def _step(self) -> bool:
        now = self._clock.now()
        with reading(self._engine) as connection:
            new = samples.arrived_after(connection, self._reached)
            self._doses.look(connection, now)
        self._judge.observe(new)
        judgement = self._judge.judge(now)
        reached = new[-1].sample_id if new else self._reached
        with self._engine.begin() as connection:
            samples.refresh_cells(connection, new)
            changed = self._flip(connection, judgement)
            steps = self._take_steps(connection, judgement)
            steps += self._record(connection, self._doses.changes(connection, now, self._in_session(now)), now)
            memory = {
                "judge": self._judge.memory(),
                "transitions": self._transitions.memory(),
                "doses": self._doses.memory(),
            }
            jobs.advance(connection, jobs.WATCH, reached, int(now * 1000), memory)
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
            fine = state in (DistrictState.OK, DistrictState.NO_SESSION)
            since = judgement.at if fine else finding.since
            words = finding.evidence if fine else f"{finding.evidence}, since {clock_text(self._settings, since)}"
            changed += self._changed(code, state, judgement.at, since, words)
        blind = judgement.blind_since
        whole, words = (
            (DistrictState.OK, "measurements arrive") if blind is None else (DistrictState.BLIND, "nothing is heard")
        )
        changed += self._changed(WHOLE_STATE, whole, judgement.at, judgement.at if blind is None else blind, words)
        flips.append(connection, changed)
        return changed

    def _changed(self, code: int, state: DistrictState, at: float, since: float, sentence: str) -> list[Flip]:
        old = self._states[code].new if code in self._states else DistrictState.NO_DATA
        if state is old and code in self._states:
            return []
        return [Flip(code, int(at * 1000), int(since * 1000), old, state, sentence)]

    def _take_steps(self, connection: Connection, judgement: Judgement) -> list[Step]:
        rules = self._settings.dashboard.rules
        standing = ledger.standing(connection, judgement.at - rules.flap.reopen_s, frozenset(self._codes))
        changes = self._transitions.advance(judgement, self._in_session(judgement.at), standing)
        return self._record(connection, changes, judgement.at)

    def _record(self, connection: Connection, changes: Iterable[Change], at: float) -> list[Step]:
        steps = [step for change in changes if (step := ledger.record(connection, change, at)) is not None]
        for step in steps:
            self._enqueue(connection, self._settings, step, at)
        return steps

    def _in_session(self, now: float) -> list[int]:
        """Districts with a session at this moment; the calendar holds for all of them alike."""
        return self._codes if self._settings.in_session(now) else []
