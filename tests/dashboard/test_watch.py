"""The watch on a real store: from stored samples to flips, incidents and owed mails; and the same again after a restart."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import OperationalError

from dashboard.detection.columns import UPLOAD
from dashboard.detection.judge import LOOK_BACK_S
from dashboard.incidents import ledger
from dashboard.incidents.incident import Step, StepKind
from dashboard.incidents.transitions import Change
from dashboard.settings import ControlRoomFile
from dashboard.store import agents, samples
from dashboard.store.engine import reading
from dashboard.store.schema import cell, flip, incident, incident_district, incident_step, job
from dashboard.watch import Watch
from dashboard.web.pages.incidents.actions import act
from dashboard.web.pages.incidents.asked import AcceptAsked, SnoozeAsked
from dashboard.web.pages.incidents.desk import Desk
from probes.clock import SetClock
from probes.sample import CheckKind, Outcome, Reason, Sample
from tests.places import PUNE, RAIGAD, THANE, a_few, at, example
from tests.samples import a_batch, a_sample

START = at("12:00")
EVERYONE = [district.code for district in a_few().districts]


class Room:
    """A control room without web and mail: a store, a watch, and rounds of samples that arrive as they end."""

    def __init__(self, engine: Engine, settings: ControlRoomFile | None = None, start: float = START) -> None:
        self.engine, self.settings = engine, settings or a_few(slow={"districts": 1})
        self.clock = SetClock(start)
        self.steps: list[Step] = []
        self.seq = 0
        with engine.begin() as connection:
            agent = agents.by_token(connection, agents.add(connection, "control-room", 0))
        assert agent is not None
        self.agent_id = agent.agent_id
        self.restart()

    def restart(self) -> None:
        self.watch = Watch(self.engine, self.settings, self.clock, self._enqueue)

    def _enqueue(self, _connection: Connection, _settings: ControlRoomFile, step: Step, _now: float) -> int:
        self.steps.append(step)
        return 1

    def learn(self) -> None:
        """Five minutes in which all is well, judged with each round only: what is usual is known then."""
        self.run(300, judged_s=15)

    def run(
        self,
        seconds: float,
        upload: Callable[[int], float] = lambda _code: 2.0,
        districts: Iterable[int] = EVERYONE,
        judged_s: int = 5,
    ) -> None:
        """Rounds each 15 s."""
        end = self.clock.at + seconds
        while self.clock.at < end:
            if (self.clock.at - START) % 15 == 0:
                self.receive(s for code in districts for s in self._round(code, upload(code)))
            self.clock.at += judged_s
            self.watch.step()

    def receive(self, taken: Iterable[Sample]) -> None:
        with self.engine.begin() as connection:
            samples.accept(connection, self.agent_id, a_batch(taken, sent=self.clock.at), int(self.clock.at * 1000))

    def _round(self, code: int, upload: float) -> Iterable[Sample]:
        for kind, total in ((CheckKind.HTTP, 0.2), (CheckKind.UPLOAD, upload), (CheckKind.ANCHOR, 0.1)):
            self.seq += 1
            yield a_sample(self.seq, code, self.clock.at - total, total, kind=kind)

    def told(self) -> list[tuple[StepKind, tuple[int, ...]]]:
        return [(step.what, step.districts) for step in self.steps]


def good_uploads(room: Room, code: int) -> int:
    """Good uploads of a district that the judgement took in."""
    judge = room.watch._judge
    return int(judge._series.good[UPLOAD, judge.places[code]])


@pytest.fixture
def room(engine: Engine) -> Room:
    return Room(engine)


def slow_in(*codes: int) -> Callable[[int], float]:
    return lambda code: 9.0 if code in codes else 2.0


def test_a_slowdown_goes_from_samples_to_flips_incident_and_steps_and_closes(room: Room) -> None:
    room.learn()
    assert room.told() == []
    room.run(90, slow_in(THANE, PUNE))
    assert room.told() == [(StepKind.OPENED, (PUNE, THANE))]
    room.run(200)
    assert room.told()[1:] == [(StepKind.RESOLVED, (PUNE, THANE))]
    with reading(room.engine) as connection:
        row = connection.execute(select(incident)).one()
        states = (
            connection.execute(select(flip.c.new).where(flip.c.district == THANE).order_by(flip.c.flip_id))
            .scalars()
            .all()
        )
        kinds = connection.execute(select(incident_step.c.what).order_by(incident_step.c.step)).scalars().all()
        left = connection.execute(select(func.count()).where(incident_district.c.left_ms.is_not(None))).scalar()
    assert (row.kind, row.scope, row.status, row.steps) == ("slowdown", "district", "resolved", 2)
    assert states == ["ok", "slow", "ok"]
    assert (kinds, left) == (["opened", "resolved"], 2)


def test_cells_hold_every_judged_sample(room: Room) -> None:
    room.run(120)
    with reading(room.engine) as connection:
        counted = connection.execute(select(func.sum(cell.c.ok)).where(cell.c.kind == "upload")).scalar()
    assert counted == 7 * 8


def test_a_restart_in_the_middle_of_a_fault_neither_doubles_nor_forgets(room: Room) -> None:
    room.learn()
    for _ in range(12):
        room.run(15, slow_in(THANE))
        room.restart()
    room.run(15, slow_in(THANE))
    assert [step.what for step in room.steps] == [StepKind.OPENED]
    room.restart()
    room.run(240)
    assert [step.what for step in room.steps] == [StepKind.OPENED, StepKind.RESOLVED]


@pytest.mark.parametrize("killed", [False, True])
def test_what_a_person_takes_for_the_new_normal_is_told_no_more_and_a_worse_one_is(
    engine: Engine, killed: bool
) -> None:
    room = Room(engine, a_few(slow={"districts": 1}, flap={"reopen_s": 60}))
    room.learn()
    room.run(120, slow_in(THANE, PUNE))
    desk = Desk(room.engine, room.settings, room.clock, room._enqueue)
    act(desk, 1, AcceptAsked(who="Asha", why="a new proxy, slower for good"))
    if killed:
        room.restart()
    room.run(15, slow_in(THANE, PUNE))
    room.restart()
    room.run(240, slow_in(THANE, PUNE))
    told = [StepKind.OPENED, StepKind.ACCEPTED, StepKind.RESOLVED]
    assert [step.what for step in room.steps] == told
    room.run(120, lambda code: 40.0 if code == THANE else 9.0 if code == PUNE else 2.0)
    assert room.told()[3:] == [(StepKind.OPENED, (THANE,))]


def test_a_step_that_cannot_be_committed_is_taken_again_in_full(room: Room) -> None:
    room.learn()
    room.run(30, slow_in(THANE))
    keep = room.watch._enqueue

    def broken(*_args: object) -> int:
        raise OperationalError("INSERT", {}, Exception("disk is full"))

    room.watch._enqueue = broken
    with pytest.raises(OperationalError):
        room.run(90, slow_in(THANE))
    with reading(room.engine) as connection:
        assert connection.execute(select(func.count()).select_from(incident)).scalar() == 0
    room.watch._enqueue = keep
    room.run(60, slow_in(THANE))
    assert room.told() == [(StepKind.OPENED, (THANE,))]


def test_outside_sessions_the_states_say_so_and_nobody_is_told(engine: Engine) -> None:
    room = Room(engine, start=at("19:00") // 15 * 15)
    room.run(120, lambda _code: 20.0)
    with reading(engine) as connection:
        assert set(connection.execute(select(flip.c.new).where(flip.c.district != 0)).scalars()) == {"no session"}
    assert room.told() == []


def test_when_nothing_arrives_any_more_one_incident_says_that_the_monitor_is_cut_off(room: Room) -> None:
    room.run(200)
    room.run(200, districts=())
    assert [(step.kind, len(step.districts)) for step in room.steps] == [("monitor_offline", 7)]
    with reading(room.engine) as connection:
        whole = (
            connection.execute(select(flip.c.new).where(flip.c.district == 0).order_by(flip.c.flip_id.desc()))
            .scalars()
            .first()
        )
    assert whole == "blind"


def test_an_incident_is_acknowledged_once_and_only_at_the_step_that_was_seen(room: Room) -> None:
    room.learn()
    room.run(90, slow_in(RAIGAD))
    desk = Desk(room.engine, room.settings, room.clock)
    assert not desk.acknowledge(1, 99, "Asha")
    assert not desk.acknowledge(77, 1, "Asha")
    assert desk.acknowledge(1, 1, "Asha")
    assert not desk.acknowledge(1, 2, "Bela")
    with reading(room.engine) as connection:
        row = connection.execute(select(incident)).one()
    assert (row.acknowledged_by, row.steps) == ("Asha", 2)
    room.run(200)
    assert [step.what for step in room.steps] == [StepKind.OPENED, StepKind.RESOLVED]


def test_of_two_that_take_the_same_step_the_second_changes_nothing(room: Room) -> None:
    room.learn()
    room.run(90, slow_in(RAIGAD))
    with room.engine.begin() as connection:
        standing = ledger.standing(connection, 0, frozenset(EVERYONE))
        (item,) = standing
        change = Change(item, StepKind.RESOLVED, item.kind, item.scope, item.since, frozenset(), frozenset(), "Over")
        assert ledger.record(connection, change, room.clock.at) is not None
        assert ledger.record(connection, change, room.clock.at) is None


def test_failed_checks_reach_the_judgement_with_their_reason(room: Room) -> None:
    room.learn()
    for _ in range(8):
        room.run(15, districts=[code for code in EVERYONE if code != RAIGAD])
        cut = {"outcome": Outcome.FAILED, "reason": Reason.RESET, "status": None}
        kinds = (CheckKind.HTTP, CheckKind.UPLOAD, CheckKind.ANCHOR)
        room.receive(
            a_sample(room.seq + n, RAIGAD, room.clock.at - 1, 0.01, kind=kind, **cut) for n, kind in enumerate(kinds, 1)
        )
        room.seq += 3
    assert [(step.kind, step.districts) for step in room.steps] == [("local", (RAIGAD,))]
    assert "connection broken off" in room.steps[0].sentence


def test_the_watch_says_when_it_last_ran(room: Room) -> None:
    room.run(5)
    with reading(room.engine) as connection:
        assert connection.execute(select(job.c.ran_ms)).scalar() == int((START + 5) * 1000)


def test_whatever_breaks_a_step_its_samples_are_not_taken_in_twice(room: Room) -> None:
    room.learn()
    keep = room.watch._enqueue

    def broken(*_args: object) -> int:
        raise KeyError("a phrase is missing")

    room.watch._enqueue = broken
    with pytest.raises(KeyError):
        room.run(90, slow_in(THANE))
    room.watch._enqueue = keep
    room.run(60, slow_in(THANE))
    with reading(room.engine) as connection:
        stored = select(func.sum(cell.c.ok)).where(cell.c.kind == "upload", cell.c.district == THANE)
        assert good_uploads(room, THANE) == connection.execute(stored).scalar()
    assert room.told() == [(StepKind.OPENED, (THANE,))]


def test_a_store_that_cannot_be_read_for_a_while_leaves_no_half_memory_behind(room: Room) -> None:
    room.learn()
    with room.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE sample RENAME TO away")
    for _ in range(3):
        room.clock.at += 5
        with pytest.raises(OperationalError):
            room.watch.step()
    with room.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO sample")
    room.run(60)
    assert room.told() == []


def test_a_district_taken_out_of_the_config_in_the_middle_of_its_incident_stops_nothing(room: Room) -> None:
    room.learn()
    room.run(90, slow_in(THANE, RAIGAD))
    room.settings = room.settings.model_copy(
        update={"districts": tuple(d for d in room.settings.districts if d.code != RAIGAD)}
    )
    room.restart()
    left = [code for code in EVERYONE if code != RAIGAD]
    room.run(60, slow_in(THANE, PUNE), districts=left)
    room.run(250, districts=left)
    assert [step.what for step in room.steps][-1] is StepKind.RESOLVED


def test_an_agent_whose_clock_is_hours_wrong_fills_cells_and_memory_all_the_same(room: Room) -> None:
    room.run(300, districts=[code for code in EVERYONE if code != THANE])
    behind = 5.5 * 3600
    for n in range(20):
        sample = a_sample(room.seq + n + 1, THANE, room.clock.at - 300 + 15 * n - behind, 2.0)
        with room.engine.begin() as connection:
            batch = a_batch([sample], boot="d" * 32, sent=room.clock.at - behind)
            samples.accept(connection, room.agent_id, batch, int(room.clock.at * 1000))
    room.watch.step()
    with reading(room.engine) as connection:
        counted = connection.execute(
            select(func.sum(cell.c.ok)).where(cell.c.kind == "upload", cell.c.district == THANE)
        ).scalar()
    assert counted == 20
    room.restart()
    room.watch.step()
    assert good_uploads(room, THANE) == 20


@pytest.mark.process  # hours of rounds
def test_a_restart_after_hours_of_slowness_neither_calls_it_usual_nor_closes_the_incident(room: Room) -> None:
    room.learn()
    room.run(LOOK_BACK_S + 300, slow_in(THANE))
    for _ in range(2):
        room.restart()
        room.run(300, slow_in(THANE))
    assert room.told() == [(StepKind.OPENED, (THANE,))]
    room.run(300)
    assert [step.what for step in room.steps] == [StepKind.OPENED, StepKind.RESOLVED]


def test_what_is_kept_for_a_restart_is_small(room: Room) -> None:
    room.settings = example()
    room.restart()
    room.run(300, districts=[district.code for district in room.settings.districts])
    with reading(room.engine) as connection:
        assert len(connection.execute(select(job.c.state)).scalar_one()) < 4000


def test_the_end_of_a_snooze_is_told_by_the_watch_and_a_recovery_is_closed_by_it(engine: Engine) -> None:
    room = Room(engine, a_few(slow={"districts": 1}, recovery={"quiet_min": 1}))
    room.learn()
    room.run(90, slow_in(THANE))
    until = datetime.fromtimestamp(room.clock.at + 60, UTC)
    act(Desk(engine, room.settings, room.clock), 1, SnoozeAsked(who="Asha", until=until))
    room.run(90, slow_in(THANE))
    room.run(360)
    assert [step.what for step in room.steps] == [
        StepKind.OPENED, StepKind.WOKEN, StepKind.RESOLVED, StepKind.CLOSED,
    ]  # fmt: skip
    with reading(engine) as connection:
        row = connection.execute(select(incident)).one()
    assert (row.status, row.closed_by, row.steps) == ("resolved", "rule", 5)
