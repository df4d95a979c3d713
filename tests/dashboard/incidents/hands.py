"""Incidents on a real store for tests of what people do: a desk whose mails are listed, and rules that open by hand of the test."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Engine, select

from dashboard.decisions.kinds import Objection
from dashboard.incidents import ledger
from dashboard.incidents.incident import IncidentKind, Scope, Step, StepKind
from dashboard.incidents.transitions import Change, Standing
from dashboard.settings import ControlRoomFile
from dashboard.store.schema import incident, incident_step
from dashboard.web.pages.incidents.actions import AskedOfOne, act
from dashboard.web.pages.incidents.desk import Desk, Done
from probes.clock import SetClock
from tests.places import at, example

NOON = at("12:00")
EVERYONE = frozenset(district.code for district in example().districts)


class Hands:
    """A store, a desk and a clock; `told` lists the steps whose mails were owed."""

    def __init__(self, engine: Engine, now: float = NOON) -> None:
        self.engine, self.settings, self.clock = engine, example(), SetClock(now)
        self.told: list[Step] = []
        self.desk = Desk(engine, self.settings, self.clock, self._tell)

    def _tell(self, _connection: Connection, _settings: ControlRoomFile, step: Step, _now: float) -> int:
        self.told += [step] if step.tells else []
        return int(step.tells)

    def rule(
        self,
        what: StepKind,
        kind: IncidentKind,
        codes: Collection[int],
        number: int | None = None,
        scope: Scope = Scope.DISTRICT,
    ) -> Step | None:
        """A step of a rule, as the watch stores and tells it."""
        members = frozenset(codes)
        with self.engine.begin() as connection:
            old = (
                None
                if number is None
                else next((i for i in self._standing(connection) if i.incident_id == number), None)
            )
            assert number is None or old is not None
            change = Change(old, what, kind, scope, old.since if old else NOON - 60, members, members, f"{kind} {what}")
            step = ledger.record(connection, change, self.clock.now())
            if step is not None:
                self._tell(connection, self.settings, step, 0)
        return step

    def opened(self, kind: IncidentKind, *codes: int, scope: Scope = Scope.DISTRICT) -> int:
        step = self.rule(StepKind.OPENED, kind, codes, scope=scope)
        assert step is not None
        return step.incident_id

    def act(self, number: int, asked: AskedOfOne) -> Done | Objection:
        return act(self.desk, number, asked)

    def done(self, number: int, asked: AskedOfOne) -> Done:
        answer = self.act(number, asked)
        assert isinstance(answer, Done), answer
        return answer

    def standing(self) -> dict[int, Standing]:
        with self.engine.connect() as connection:
            return {item.incident_id: item for item in self._standing(connection)}

    def row(self, number: int) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(select(incident).where(incident.c.incident_id == number)).one()

    def timeline(self, number: int) -> list[tuple[str, str, str]]:
        with self.engine.connect() as connection:
            query = select(incident_step).where(incident_step.c.incident_id == number).order_by(incident_step.c.step)
            return [(row.what, row.who, row.sentence) for row in connection.execute(query)]

    def _standing(self, connection: Connection) -> list[Standing]:
        return ledger.standing(connection, self.clock.now() - 600, EVERYONE)
