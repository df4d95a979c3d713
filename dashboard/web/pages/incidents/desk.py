"""Where people take steps of incidents. Page, overview and API come here: one transaction a step, with the mails it owes."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import Final

import orjson
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from dashboard.crash_points import crash_point
from dashboard.decisions.kinds import Objection
from dashboard.incidents import by_hand
from dashboard.incidents.by_hand import By, MovedOnError, Taken
from dashboard.incidents.incident import Step
from dashboard.notices import outbox
from dashboard.settings import ControlRoomFile
from dashboard.store import deliveries
from dashboard.store.deliveries import Delivery
from probes.clock import Clock

log = logging.getLogger(__name__)
Tell = Callable[[Connection, ControlRoomFile, Step, float], int]
Action = Callable[[Connection, ControlRoomFile, By], Taken]
_SENDER: Final = "incidents"
_TRIES: Final = 2


@dataclass(frozen=True)
class Form:
    """What was sent, and the number of the form it came from: the same form again is answered the same, and nothing is stored."""

    number: str
    sent: object

    @property
    def hash(self) -> str:
        """Of what was sent."""
        return sha256(orjson.dumps(self.sent, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True)
class Done:
    """The incident and its newest step; `again`: it was stored before, from the same form."""

    incident_id: int
    step: int
    again: bool = False


@dataclass(frozen=True)
class Desk:
    """The store, the clock, and who writes the mails of a step."""

    engine: Engine
    settings: ControlRoomFile
    clock: Clock
    tell: Tell = outbox.enqueue

    def take(self, action: Action, who: str, seen: int | None = None, form: Form | None = None) -> Done | Objection:
        """One action by a person; tried once more where a rule's step came between, so that nothing is lost."""
        for _ in range(_TRIES):
            try:
                with self.engine.begin() as connection:
                    done = self._once(connection, action, By(who, self.clock.now(), seen), form)
            except MovedOnError:
                continue
            except IntegrityError as problem:  # another was quicker, perhaps with this very form
                log.warning("a step by %s met another one: %s", who, problem.orig)
                continue
            crash_point("committed")
            return done
        return Objection("step", "other steps came between", "Look at the incident and send it again", conflict=True)

    def acknowledge(self, incident_id: int, step_seen: int, who: str) -> bool:
        """The overview's button: whether it was taken, at the step that was seen."""
        action = partial(_acknowledge, incident_id)
        return not isinstance(self.take(action, who, step_seen), Objection)

    def _once(self, connection: Connection, action: Action, by: By, form: Form | None) -> Done | Objection:
        before = deliveries.find(connection, _SENDER, form.number) if form else None
        if before is not None and form is not None:
            return _as_before(before, form)
        steps = action(connection, self.settings, by)
        if isinstance(steps, Objection):
            return steps
        for step in steps:
            crash_point("step_stored")
            self.tell(connection, self.settings, step, by.now)
            crash_point("mails_stored")
        done = Done(steps[0].incident_id, steps[0].number)
        if form is not None:
            answer = orjson.dumps({"incident_id": done.incident_id, "step": done.step}).decode()
            deliveries.keep(connection, _SENDER, form.number, Delivery(form.hash, answer), int(by.now * 1000))
        return done


def _as_before(before: Delivery, form: Form) -> Done | Objection:
    if before.body_sha256 != form.hash:
        return Objection("form", "this form was sent before, with other words", "Send a new form", conflict=True)
    return replace(Done(**orjson.loads(before.answer)), again=True)


def _acknowledge(incident_id: int, connection: Connection, _settings: ControlRoomFile, by: By) -> Taken:
    return by_hand.acknowledge(connection, incident_id, by)
