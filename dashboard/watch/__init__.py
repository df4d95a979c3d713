"""The watch: one step takes what is new, judges, and stores what follows from it in one transaction. Figures: doses.py.

Killed at any point, the next start reads on from the last committed step and comes to the same verdicts.
"""

import logging
from collections.abc import Callable, Iterable

from sqlalchemy import Connection, Engine

from dashboard.crash_points import crash_point
from dashboard.detection.judge import LOOK_BACK_S, Judge, Judgement
from dashboard.detection.states import DistrictState
from dashboard.incidents import ledger
from dashboard.incidents.incident import Step
from dashboard.incidents.sentences import clock as clock_text
from dashboard.incidents.transitions import Change, Transitions
from dashboard.settings import ControlRoomFile
from dashboard.store import flips, jobs, maintenance, samples
from dashboard.store.engine import reading
from dashboard.store.flips import WHOLE_STATE, Flip
from dashboard.watch.doses import DosesWatch
from dashboard.watch.recovery import RecoveryWatch
from probes.clock import Clock

log = logging.getLogger(__name__)
NO_SESSION_WORDS = "no session at this hour"

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
        self._accepted_ms: int = memory.get("accepted_ms", int(now * 1000))
        self._doses = DosesWatch(self._settings, memory.get("doses", {}))
        self._recoveries = RecoveryWatch(self._settings)
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
            self._recoveries.look(connection, now)
            accepted = ledger.accepted_after(connection, self._accepted_ms)
        self._judge.observe(new)
        judgement = self._judge.judge(now)
        for at_ms, codes in accepted:
            self._judge.accept(codes)
            self._accepted_ms = at_ms
        reached = new[-1].sample_id if new else self._reached
        crash_point("judged")
        with self._engine.begin() as connection:
            samples.refresh_cells(connection, new)
            changed = self._flip(connection, judgement)
            steps = self._take_steps(connection, judgement)
            steps += self._record(
                connection, self._doses.changes(connection, now, self._may_open(connection, now)), now
            )
            steps += self._tell(connection, ledger.wake(connection, now) + self._recoveries.close(connection, now), now)
            memory = {
                "judge": self._judge.memory(),
                "transitions": self._transitions.memory(),
                "doses": self._doses.memory(),
                "accepted_ms": self._accepted_ms,
            }
            jobs.advance(connection, jobs.WATCH, reached, int(now * 1000), memory)
        if steps:
            crash_point("committed")
        self._reached = reached
        self._states |= {item.district: item for item in changed}
        for step in steps:
            log.info("incident %s step %s %s: %s", step.incident_id, step.number, step.what, step.sentence)
        return bool(new or changed or steps)

    def _flip(self, connection: Connection, judgement: Judgement) -> list[Flip]:
        in_session = self._settings.codes_in_session(judgement.at)
        changed = []
        for code, finding in judgement.findings.items():
            state = finding.state if code in in_session else DistrictState.NO_SESSION
            since, words = judgement.at, finding.evidence
            if state is DistrictState.NO_SESSION:
                words = self._no_session(code, judgement.at)
            elif state is not DistrictState.OK:
                since, words = finding.since, f"{words}, since {clock_text(self._settings, finding.since)}"
            changed += self._changed(code, state, judgement.at, since, words)
        blind = judgement.blind_since
        whole, words = (
            (DistrictState.OK, "measurements arrive") if blind is None else (DistrictState.BLIND, "nothing is heard")
        )
        changed += self._changed(WHOLE_STATE, whole, judgement.at, judgement.at if blind is None else blind, words)
        flips.append(connection, changed)
        return changed

    def _no_session(self, code: int, at: float) -> str:
        planned = self._settings.calendar.downtime_at(at, code)
        return planned.sentence if planned else NO_SESSION_WORDS

    def _changed(self, code: int, state: DistrictState, at: float, since: float, sentence: str) -> list[Flip]:
        known = self._states.get(code)
        old = known.new if known else DistrictState.NO_DATA
        # planned downtime may begin or end where there is no session anyway
        same = state is not DistrictState.NO_SESSION or (known is not None and sentence == known.sentence)
        if known and state is old and same:
            return []
        return [Flip(code, int(at * 1000), int(since * 1000), old, state, sentence)]

    def _take_steps(self, connection: Connection, judgement: Judgement) -> list[Step]:
        rules = self._settings.dashboard.rules
        standing = ledger.standing(connection, judgement.at - rules.flap.reopen_s, frozenset(self._codes))
        changes = self._transitions.advance(judgement, self._may_open(connection, judgement.at), standing)
        return self._record(connection, changes, judgement.at)

    def _record(self, connection: Connection, changes: Iterable[Change], at: float) -> list[Step]:
        steps = [step for change in changes if (step := ledger.record(connection, change, at)) is not None]
        return self._tell(connection, steps, at)

    def _tell(self, connection: Connection, steps: list[Step], at: float) -> list[Step]:
        """Write the mails that the steps owe."""
        for step in steps:
            crash_point("step_stored")
            self._enqueue(connection, self._settings, step, at)
            crash_point("mails_stored")
        return steps

    def _may_open(self, connection: Connection, now: float) -> list[int]:
        """Districts in which something may open or grow at this moment: in session, and in no maintenance."""
        spared = maintenance.in_force(connection, int(now * 1000))
        return [code for code in self._in_session(now) if code not in spared]

    def _in_session(self, now: float) -> frozenset[int]:
        """Districts (LGD codes) in which an incident may open or grow at this moment."""
        return self._settings.codes_in_session(now)
