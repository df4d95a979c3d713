"""An incident that is over recovers until its paper is entered, or stays quiet where no counts tell; the technical end stays."""

import pytest
from sqlalchemy import Engine

from dashboard.doses.figure import Figure
from dashboard.incidents.incident import IncidentKind, Step, StepKind
from dashboard.store import figures
from dashboard.watch.recovery import RecoveryWatch
from tests.dashboard.incidents.hands import NOON, Hands
from tests.places import RAIGAD, at

HALF_AN_HOUR = 1800


class Room(Hands):
    """One outage of Raigad on 16 January, over at noon, and the look for what is done with."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.number = self.opened(IncidentKind.OUTAGE, RAIGAD)
        self.rule(StepKind.RESOLVED, IncidentKind.OUTAGE, [], self.number)
        self.watch = RecoveryWatch(self.settings)

    def look(self, now: float) -> list[Step]:
        self.clock.at = now
        with self.engine.begin() as connection:
            self.watch.look(connection, now)
            return self.watch.close(connection, now)

    def counted(self, day: str, reported: int, recorded: int) -> None:
        told = [
            Figure(str(RAIGAD), day, kind, value, int(at("20:00", day) * 1000), True, "State health department")
            for kind, value in (("reported", reported), ("recorded", recorded))
        ]
        with self.engine.begin() as connection:
            figures.store(connection, told, int(at("20:00", day) * 1000))


@pytest.fixture
def room(engine: Engine) -> Room:
    return Room(engine)


def test_without_counts_it_is_closed_after_a_quiet_half_hour_and_only_once(room: Room) -> None:
    assert room.look(NOON + HALF_AN_HOUR - 1) == []
    assert room.look(NOON + HALF_AN_HOUR + 30) == []  # looked a moment ago
    (step,) = room.look(NOON + HALF_AN_HOUR + 60)
    assert (
        step.sentence
        == "Closed: good for 30 minutes; no counts of the registry are known to tell what is left on paper"
    )
    assert (step.what, step.who, step.districts, step.tells) == (StepKind.CLOSED, "rule", (RAIGAD,), False)
    row = room.row(room.number)
    assert (row.closed_by, row.resolved_ms) == ("rule", NOON * 1000)
    assert row.closed_ms > row.resolved_ms
    assert room.look(NOON + 7200) == []


def test_with_counts_it_waits_until_the_paper_of_the_day_is_entered(room: Room) -> None:
    room.counted("2021-01-16", 100, 40)
    assert room.look(at("21:00")) == []
    assert room.look(at("21:00", "2021-01-18")) == []
    room.counted("2021-01-19", 100, 160)
    (step,) = room.look(at("21:00", "2021-01-19"))
    assert step.sentence == "Closed: no doses are left on paper"


def test_counts_that_come_every_evening_are_waited_for_and_those_that_stopped_are_not(room: Room) -> None:
    room.counted("2021-01-15", 100, 100)
    assert room.look(at("18:00")) == []
    assert room.look(at("18:00", "2021-01-22")) == []
    assert len(room.look(at("18:00", "2021-01-23"))) == 1


def test_one_that_came_back_meanwhile_is_not_closed(room: Room) -> None:
    with room.engine.begin() as connection:
        room.watch.look(connection, NOON + HALF_AN_HOUR)
    room.rule(StepKind.REOPENED, IncidentKind.OUTAGE, [RAIGAD], room.number)
    with room.engine.begin() as connection:
        assert room.watch.close(connection, NOON + HALF_AN_HOUR) == []


def test_kinds_that_leave_no_paper_are_closed_with_their_end(room: Room) -> None:
    number = room.opened(IncidentKind.AGENT_SILENT, RAIGAD)
    room.rule(StepKind.RESOLVED, IncidentKind.AGENT_SILENT, [], number)
    assert room.row(number).closed_ms == room.row(number).resolved_ms
