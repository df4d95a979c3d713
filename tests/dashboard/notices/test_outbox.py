"""Notices are rows of the step's own transaction, written once."""

import re
from collections.abc import Sequence

import pytest
from sqlalchemy import Engine, Row, select

from dashboard.incidents.incident import IncidentKind, StepKind
from dashboard.notices.message import message_id
from dashboard.notices.outbox import enqueue
from dashboard.settings import ControlRoomFile
from dashboard.store.schema import notice

from .conftest import PUNE, RAIGAD, T1312, THANE, make_step, with_officers, write_step

NOW = T1312 + 121
ROOM = "control-room@example.org"


def rows(engine: Engine, step: int) -> Sequence[Row[tuple[object, ...]]]:
    with engine.begin() as connection:
        return connection.execute(select(notice).where(notice.c.step == step).order_by(notice.c.notice_id)).all()


def told(engine: Engine, step: int) -> list[str]:
    return [row.address for row in rows(engine, step)]


def take(
    engine: Engine, settings: ControlRoomFile, number: int = 1, what: StepKind = StepKind.OPENED, **changes: object
) -> int:
    step = make_step(number, what, **changes)
    write_step(engine, step)
    with engine.begin() as connection:
        return enqueue(connection, settings, step, NOW)


def test_it_writes_one_row_a_recipient_with_the_finished_mail(engine: Engine, example: ControlRoomFile) -> None:
    assert take(engine, example) == 3
    first, second, _ = rows(engine, 1)
    assert (first.address, first.district, first.recipient) == (ROOM, None, example.state.control_room.name)
    assert (second.address, second.district) == ("dio.thane@example.org", THANE)
    assert (second.state, second.attempts, second.due_ms, second.created_ms) == ("due", 0, NOW * 1000, NOW * 1000)
    assert second.subject == "Registry slow in 2 districts since 13:12: Thane, Pune"
    assert second.text.startswith("▲ ")
    assert second.html.startswith("<!DOCTYPE html>")


def test_it_adds_nothing_when_called_twice(engine: Engine, example: ControlRoomFile) -> None:
    take(engine, example)
    with engine.begin() as connection:
        assert enqueue(connection, example, make_step(), NOW + 5) == 0
    assert len(rows(engine, 1)) == 3


def test_it_leaves_nothing_when_the_caller_s_transaction_is_rolled_back(
    engine: Engine, example: ControlRoomFile
) -> None:
    write_step(engine, make_step())
    with engine.connect() as connection:
        enqueue(connection, example, make_step(), NOW)
        connection.rollback()
    assert rows(engine, 1) == []


def test_it_refuses_a_step_of_an_incident_that_is_not_stored(engine: Engine, example: ControlRoomFile) -> None:
    with engine.begin() as connection, pytest.raises(LookupError, match="there is no incident 3"):
        enqueue(connection, example, make_step(), NOW)


def test_it_follows_an_incident_from_opening_over_widening_to_its_end_and_back(
    engine: Engine, example: ControlRoomFile
) -> None:
    take(engine, example)
    assert take(engine, example, 2, StepKind.ACKNOWLEDGED, joined=()) == 0
    take(engine, example, 3, StepKind.UPGRADED, districts=(THANE, PUNE, RAIGAD), joined=(RAIGAD,))
    take(engine, example, 4, StepKind.RESOLVED, districts=(THANE, PUNE, RAIGAD), joined=())
    take(engine, example, 5, StepKind.REOPENED, districts=(RAIGAD,), joined=(RAIGAD,))
    take(engine, example, 6, StepKind.RESOLVED, districts=(THANE, PUNE, RAIGAD), joined=())
    assert told(engine, 3) == [ROOM, "dio.raigad@example.org"]
    assert sorted(told(engine, 4)) == [ROOM, "dio.pune@example.org", "dio.raigad@example.org", "dio.thane@example.org"]
    assert told(engine, 5) == [ROOM, "dio.raigad@example.org"]
    assert told(engine, 6) == [ROOM, "dio.raigad@example.org"]


def test_the_mail_of_the_end_says_what_it_was_over_its_life(engine: Engine, example: ControlRoomFile) -> None:
    take(engine, example)
    take(engine, example, 2, StepKind.UPGRADED, kind=IncidentKind.OUTAGE, at=T1312 + 1680, joined=())
    take(engine, example, 3, StepKind.RESOLVED, kind=IncidentKind.OUTAGE, at=T1312 + 7080, joined=())
    assert rows(engine, 2)[0].subject == "Update: Registry down in 2 districts since 13:40: Thane, Pune"
    assert "Course: slow 13:12 to 13:40\n" in rows(engine, 2)[0].text
    assert "Course: slow 13:12 to 13:40, then down until 15:10\n" in rows(engine, 3)[0].text
    assert rows(engine, 3)[0].subject == (
        "Registry works again in 2 districts, troubled 13:12 to 15:10, at worst down: Thane, Pune"
    )


def test_a_snoozed_incident_sends_nothing_but_its_end(engine: Engine, example: ControlRoomFile) -> None:
    take(engine, example)
    widened = {"districts": (THANE, PUNE, RAIGAD), "joined": (RAIGAD,)}
    assert take(engine, example, 2, StepKind.UPGRADED, snoozed=True, **widened) == 0
    assert take(engine, example, 3, StepKind.WOKEN, districts=(THANE, PUNE, RAIGAD), joined=()) == 2
    assert told(engine, 3) == [ROOM, "dio.raigad@example.org"]
    assert rows(engine, 3)[0].subject.startswith("Update: ")
    assert take(engine, example, 4, StepKind.RESOLVED, snoozed=True, joined=()) == 4
    assert take(engine, example, 5, StepKind.NOTED, joined=()) == 0


def test_it_remembers_both_districts_of_an_officer_who_got_one_mail_for_two(
    engine: Engine, example: ControlRoomFile
) -> None:
    settings = with_officers(example, Thane={"mail": "konkan@example.org"}, Pune={"mail": "KONKAN@example.org"})
    take(engine, settings)
    take(engine, settings, 2, StepKind.UPGRADED, joined=(PUNE,))
    take(engine, settings, 3, StepKind.RESOLVED, joined=())
    assert told(engine, 1) == [ROOM, "konkan@example.org"]
    assert told(engine, 2) == [ROOM]
    assert told(engine, 3) == [ROOM, "konkan@example.org"]
    assert rows(engine, 3)[1].recipient == "Thane, Pune: District Immunisation Officer"


def test_it_writes_to_an_officer_in_the_officer_s_language(engine: Engine, example: ControlRoomFile) -> None:
    settings = with_officers(example, Thane={"language": "mr"})
    take(engine, settings, districts=(THANE,), joined=(THANE,))
    room, thane = rows(engine, 1)
    assert (room.language, thane.language) == ("en", "mr")
    assert thane.subject == "ठाणे: 13:12 पासून नोंदणी सर्व्हर संथ"


def test_each_officers_row_holds_the_own_link_and_the_control_rooms_none(
    engine: Engine, example: ControlRoomFile
) -> None:
    write_step(engine, make_step())
    with engine.begin() as connection:
        enqueue(
            connection, example, make_step(), NOW, lambda district, day: f"https://r.example/report/{district}.{day}"
        )
    found = {row.address: re.findall(r"/report/([\w.-]+)", row.text + row.html) for row in rows(engine, 1)}
    assert found == {
        ROOM: [], "dio.thane@example.org": [f"{THANE}.2021-01-16"] * 2, "dio.pune@example.org": [f"{PUNE}.2021-01-16"] * 2,
    }  # fmt: skip


def test_the_message_id_depends_on_incident_step_recipient_and_store_alone() -> None:
    one = message_id(1610783040000, 3, 1, "dio.raigad@example.org", "tikawatch@Example.org")
    assert one == "<tw1.1610783040000.3.1.bd47593b4fe33502@example.org>"
    assert one == message_id(1610783040000, 3, 1, "DIO.Raigad@example.org", "other@example.org")
    others = {
        message_id(1610783040001, 3, 1, "dio.raigad@example.org", "t@example.org"),
        message_id(1610783040000, 4, 1, "dio.raigad@example.org", "t@example.org"),
        message_id(1610783040000, 3, 2, "dio.raigad@example.org", "t@example.org"),
        message_id(1610783040000, 3, 1, "dio.thane@example.org", "t@example.org"),
    }
    assert len(others | {one}) == 5
