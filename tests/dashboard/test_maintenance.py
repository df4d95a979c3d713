"""In a maintenance window nothing opens or grows for its districts; they are measured and shown, and what is open may close."""

import pytest
from sqlalchemy import Engine, select

from dashboard.incidents.incident import StepKind
from dashboard.store import maintenance
from dashboard.store.maintenance import New
from dashboard.store.schema import flip
from tests.dashboard.test_watch import Room, slow_in
from tests.places import PUNE, THANE

NEVER = frozenset[int]()


@pytest.fixture
def room(engine: Engine) -> Room:
    made = Room(engine)
    made.learn()
    return made


def window(room: Room, *codes: int, after_s: float = 0, for_s: float = 3600) -> int:
    begins = int((room.clock.at + after_s) * 1000)
    new = New(begins, begins + int(for_s * 1000), codes, "new line", "Asha", f"m{codes}{after_s}")
    with room.engine.begin() as connection:
        return maintenance.append(connection, new, int(room.clock.at * 1000)).maintenance_id


def test_nothing_opens_there_and_the_state_is_shown_all_the_same(room: Room) -> None:
    window(room, THANE)
    room.run(120, slow_in(THANE, PUNE))
    assert room.told() == [(StepKind.OPENED, (PUNE,))]
    with room.engine.connect() as connection:
        states = select(flip.c.new).where(flip.c.district == THANE).order_by(flip.c.flip_id.desc())
        assert connection.execute(states).scalars().first() == "slow"


def test_nothing_grows_into_it_and_what_is_open_may_close(room: Room) -> None:
    room.run(90, slow_in(PUNE))
    window(room, THANE, PUNE)
    room.run(60, slow_in(PUNE, THANE))
    room.run(200)
    assert room.told() == [(StepKind.OPENED, (PUNE,)), (StepKind.RESOLVED, (PUNE,))]


def test_when_it_has_ended_early_what_lasts_is_told(room: Room) -> None:
    number = window(room, THANE)
    room.run(90, slow_in(THANE))
    with room.engine.begin() as connection:
        assert maintenance.end(connection, number, "Asha", int(room.clock.at * 1000))
        assert not maintenance.end(connection, number, "Asha", int(room.clock.at * 1000))
    room.run(60, slow_in(THANE))
    assert room.told() == [(StepKind.OPENED, (THANE,))]


def test_it_holds_from_its_beginning_to_its_end_and_not_when_it_was_called_off(room: Room) -> None:
    window(room, THANE, after_s=60, for_s=60)
    called_off = window(room, PUNE, after_s=60, for_s=60)
    now_ms = int(room.clock.at * 1000)
    with room.engine.begin() as connection:
        maintenance.end(connection, called_off, "Asha", now_ms)
        held = [maintenance.in_force(connection, now_ms + after * 1000) for after in (59, 60, 119, 120)]
    assert held == [NEVER, {THANE}, {THANE}, NEVER]


def test_a_window_whose_form_another_writer_stored_a_moment_before_is_that_one(room: Room) -> None:
    number = window(room, THANE)
    assert window(room, THANE) == number
    with room.engine.connect() as connection:
        (stored,) = maintenance.ending_after(connection, 0)
    assert (stored.maintenance_id, stored.districts, stored.who) == (number, (THANE,), "Asha")
