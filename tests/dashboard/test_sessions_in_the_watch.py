"""The watch under the session calendar: planned downtime, and districts with hours of their own."""

from typing import Any

from sqlalchemy import Engine, select

from dashboard.incidents.incident import StepKind
from dashboard.settings import Calendar, ControlRoomFile
from dashboard.store import flips
from dashboard.store.engine import reading
from dashboard.store.schema import flip
from tests.dashboard.test_watch import Room, slow_in
from tests.places import PUNE, RAIGAD, THANE, a_few, at


def planned(begins: str, ends: str, *codes: int) -> dict[str, Any]:
    day = "2021-01-16"
    return {"from": f"{day}T{begins}+05:30", "until": f"{day}T{ends}+05:30", "note": "new line", "districts": codes}


def with_calendar(**changes: Any) -> ControlRoomFile:
    room = a_few(slow={"districts": 1})
    calendar = Calendar.model_validate({**room.calendar.model_dump(by_alias=True), **changes})
    return room.model_copy(update={"calendar": calendar})


def test_in_planned_downtime_nothing_opens_and_what_is_open_may_still_close(engine: Engine) -> None:
    room = Room(engine, with_calendar(downtime=[planned("12:04", "12:30", PUNE), planned("12:10", "12:30", THANE)]))
    room.learn()
    room.run(290, slow_in(THANE, PUNE))
    assert room.told() == [(StepKind.OPENED, (THANE,))]
    room.run(300)
    assert room.told()[1:] == [(StepKind.RESOLVED, (THANE,))]


def test_a_state_says_until_when_downtime_is_planned_and_where_no_session_is(engine: Engine) -> None:
    evening = {"districts": [PUNE], "days": [{"date": "2021-01-16", "hours": "18:00-20:00"}]}
    room = Room(engine, with_calendar(own=[evening], downtime=[planned("11:55", "12:30", THANE)]))
    room.run(30)
    with reading(engine) as connection:
        newest = flips.newest(connection)
    assert (newest[THANE].new, newest[THANE].sentence) == ("no session", "planned downtime until 12:30: new line")
    assert (newest[PUNE].new, newest[PUNE].sentence) == ("no session", "no session at this hour")
    assert newest[RAIGAD].new not in ("no session", "no data")


def test_downtime_that_begins_where_there_is_no_session_is_told_once(engine: Engine) -> None:
    room = Room(engine, with_calendar(downtime=[planned("19:00:30", "20:00")]), start=at("19:00") // 15 * 15)
    room.run(60)
    with reading(engine) as connection:
        said = connection.execute(select(flip.c.sentence).where(flip.c.district == RAIGAD).order_by(flip.c.flip_id))
        assert list(said.scalars()) == ["no session at this hour", "planned downtime until 20:00: new line"]
