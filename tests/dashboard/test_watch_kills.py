"""The watch dies hard at each named point between verdict, incident row and outbox row; another one takes over: nothing lost or doubled."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, func, select

from dashboard.crash_points import WATCH
from dashboard.incidents.incident import Step
from dashboard.notices import outbox
from dashboard.settings import ControlRoomFile
from dashboard.store.schema import agent, incident, incident_step, notice, sample
from probes.clock import SetClock
from tests.dashboard.test_watch import START, Room, slow_in
from tests.places import RAIGAD, THANE, a_few
from tests.stores import fresh_store

GOOD_UNTIL, SLOW_UNTIL, END = START + 300, START + 390, START + 600
STEPS = ("opened", "resolved")
Trace = tuple[list[tuple[int, str, int]], list[tuple[int, str]]]


class MailRoom(Room):
    """The room with the real outbox. One that goes on at `now` finds agent, samples and memory in the store."""

    def __init__(self, engine: Engine, now: float | None = None) -> None:
        if now is None:
            super().__init__(engine)
            return
        self.engine, self.settings, self.clock, self.steps = engine, a_few(slow={"districts": 1}), SetClock(now), []
        with engine.connect() as connection:
            self.agent_id = connection.execute(select(agent.c.agent_id)).scalar_one()
            self.seq = connection.execute(select(func.max(sample.c.seq))).scalar_one()
        self.restart()

    def _enqueue(self, connection: Connection, settings: ControlRoomFile, step: Step, now: float) -> int:
        return outbox.enqueue(connection, settings, step, now)

    def go_on(self, until: float) -> None:
        """Good, slow, good again."""
        for end, uploads in ((GOOD_UNTIL, slow_in()), (SLOW_UNTIL, slow_in(THANE, RAIGAD)), (END, slow_in())):
            if self.clock.at < min(end, until):
                self.run(min(end, until) - self.clock.at, uploads)


def trace(engine: Engine) -> Trace:
    """Every step with its moment, and every mail owed."""
    with engine.connect() as connection:
        steps = connection.execute(
            select(incident_step.c.incident_id, incident_step.c.what, incident_step.c.at_ms)
        ).all()
        mails = connection.execute(select(notice.c.step, notice.c.address).order_by(notice.c.notice_id)).all()
        assert connection.execute(select(func.count()).select_from(incident)).scalar() == 1
    return [tuple(row) for row in steps], [tuple(row) for row in mails]


def die(store: str, until: float, where: str) -> None:
    """Run until the step of a moment, and die in it at the named point; run by a process of its own."""
    room = MailRoom(fresh_store(Path(store)))
    room.go_on(until - 5)
    os.environ["TIKAWATCH_CRASH_AT"] = where
    room.go_on(until)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    engine = fresh_store(tmp_path_factory.mktemp("undisturbed") / "t.db")
    MailRoom(engine).go_on(END)
    found = trace(engine)
    engine.dispose()
    return found


@pytest.mark.process
@pytest.mark.parametrize("where", WATCH)
@pytest.mark.parametrize("what", STEPS)
def test_after_a_kill_at_any_point_neither_a_step_nor_a_mail_is_lost_or_doubled(
    undisturbed: Trace, tmp_path: Path, what: str, where: str
) -> None:
    steps, mails = undisturbed
    assert [step[1] for step in steps] == list(STEPS)
    assert len(mails) == 6
    moment = next(at_ms for _, each, at_ms in steps if each == what) / 1000
    store = tmp_path / "t.db"
    call = f"from tests.dashboard.test_watch_kills import die; die({str(store)!r}, {moment}, {where!r})"
    assert subprocess.run([sys.executable, "-c", call], timeout=300, check=False).returncode == 137
    engine = fresh_store(store)
    room = MailRoom(engine, moment)
    room.watch.step()
    room.go_on(END)
    assert trace(engine) == undisturbed
    engine.dispose()
