"""Which counts an incident's recovery is read from: its districts', a joint area's, or the state's own; and the pace of the last hours."""

import pytest
from sqlalchemy import Engine

from dashboard.doses.figure import Figure
from dashboard.doses.places import Places
from dashboard.doses.recovery import Recovery
from dashboard.queries.recovery import Ended, recoveries
from dashboard.settings import ControlRoomFile
from dashboard.settings.calendar import OwnSessions
from dashboard.store import figures
from tests.places import RAIGAD, THANE, at, example

MUMBAI = (482, 483)
DAY, BEFORE = "2021-01-19", "2021-01-16"


def tell(engine: Engine, place: object, kind: str, value: int, hour: str = "16:00", day: str = DAY) -> None:
    moment = int(at(hour, day) * 1000)
    with engine.begin() as connection:
        figures.store(
            connection, [Figure(str(place), day, kind, value, moment, True, "State health department")], moment
        )


def read(
    engine: Engine, *codes: int, is_state: bool = False, now: str = "18:00", settings: ControlRoomFile | None = None
) -> Recovery:
    room = settings or example()
    one = Ended(frozenset(codes), is_state, int(at("11:00", DAY) * 1000), int(at("12:00", DAY) * 1000))
    with engine.connect() as connection:
        return recoveries(connection, room, Places(room), {1: one}, int(at(now, DAY) * 1000))[1]


def both(engine: Engine, place: object, reported: int, recorded: int) -> None:
    tell(engine, place, "reported", reported)
    tell(engine, place, "recorded", recorded)


def test_the_districts_of_the_incident_count_and_no_others(engine: Engine) -> None:
    both(engine, RAIGAD, 100, 40)
    both(engine, THANE, 500, 100)
    assert (read(engine, RAIGAD).left, read(engine, RAIGAD, THANE).left) == (60, 460)


def test_a_joint_area_counts_when_all_its_districts_are_in_it(engine: Engine) -> None:
    both(engine, "mumbai", 300, 250)
    assert (read(engine, *MUMBAI).left, read(engine, MUMBAI[0]).left) == (50, None)


@pytest.mark.parametrize(("is_state", "left"), [(True, 12_612), (False, None)])
def test_the_state_s_own_counts_stand_in_where_it_was_the_state_s(
    engine: Engine, is_state: bool, left: int | None
) -> None:
    both(engine, "STATE", 18_338, 5_726)
    assert read(engine, RAIGAD, is_state=is_state).left == left


def test_what_was_recorded_lately_stands_beside_a_usual_hour(engine: Engine) -> None:
    for day, value in ((BEFORE, 80), (DAY, 160)):
        tell(engine, RAIGAD, "reported", value, "17:30", day)
    tell(engine, RAIGAD, "recorded", 80, "17:30", BEFORE)
    tell(engine, RAIGAD, "recorded", 20, "16:00")
    tell(engine, RAIGAD, "recorded", 120, "17:00")
    found = read(engine, RAIGAD)
    assert found.pace.lately == 100
    assert found.left == 40
    assert read(engine, RAIGAD, now="20:30").pace.lately is None


def test_a_usual_hour_is_one_of_the_district_s_own_session(engine: Engine) -> None:
    room = example()
    own = OwnSessions(districts=(RAIGAD,), hours="14:00-16:00")
    short = room.model_copy(update={"calendar": room.calendar.model_copy(update={"own": (own,)})})
    both(engine, RAIGAD, 100, 40)
    assert read(engine, RAIGAD, settings=short).pace.hours == 2
    assert read(engine, THANE, settings=short).pace.hours == 8


def test_nothing_is_read_when_nothing_recovers(engine: Engine) -> None:
    with engine.connect() as connection:
        assert recoveries(connection, example(), Places(example()), {}, 0) == {}
