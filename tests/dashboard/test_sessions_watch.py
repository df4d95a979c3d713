"""Incidents of doses under the session calendar: nothing opens without a session; what is silenced is closed once and says why."""

import pytest
from sqlalchemy import Engine

from dashboard.decisions.kinds import DecisionKind
from dashboard.incidents import by_hand
from dashboard.incidents.by_hand import By, Opening
from dashboard.incidents.incident import IncidentKind
from dashboard.settings import Calendar, ControlRoomFile
from tests.dashboard.doses_desk import DAY, OPENED, RESOLVED, Desk, stops
from tests.dashboard.test_backlog_watch import DAYS, NEXT, counts
from tests.places import PUNE, RAIGAD, THANE, at, example

FEW = [PUNE, THANE, RAIGAD]


def with_calendar(**changes: object) -> ControlRoomFile:
    """config.yaml with other keys in its calendar."""
    room = example()
    calendar = Calendar.model_validate({**room.calendar.model_dump(by_alias=True), **changes})
    return room.model_copy(update={"calendar": calendar})


def downtime(begins: str, ends: str, *codes: int) -> dict[str, object]:
    return {"from": f"{DAY}T{begins}+05:30", "until": f"{DAY}T{ends}+05:30", "note": "new line", "districts": codes}


def test_suspending_sessions_closes_their_open_stall_and_says_so(engine: Engine) -> None:
    desk = Desk(engine)
    desk.a_day(stops([PUNE], "11:00"), until="13:00", codes=FEW)
    assert [what for what, *_ in desk.told()] == [OPENED]
    desk.decide(DecisionKind.SUSPEND, [PUNE], at("13:05", DAY))
    (step,) = desk.look(at("13:05", DAY) + 20)
    assert (step.what, step.districts, step.sentence) == (
        RESOLVED, (PUNE,), "Closed: sessions in Pune were suspended at 13:05",
    )  # fmt: skip
    assert [desk.look(at("13:10", DAY) + 300 * n) for n in range(12)] == [[]] * 12


def test_a_stall_of_several_districts_waits_until_all_are_silent_and_names_each_reason(engine: Engine) -> None:
    desk = Desk(engine, with_calendar(downtime=[downtime("14:00", "15:00", PUNE)]))
    konkan = [district.code for district in example().districts if district.division == "Konkan"]
    desk.a_day(stops([*konkan, PUNE], "11:00"), until="13:00")
    assert sorted(step.scope for step in desk.steps) == ["district", "division"]
    desk.decide(DecisionKind.SUSPEND, konkan[1:], at("13:05", DAY))
    assert desk.look(at("13:06", DAY)) == []
    desk.decide(DecisionKind.SUSPEND, konkan[:1], at("13:10", DAY))
    (step,) = desk.look(at("13:11", DAY))
    assert step.sentence.startswith("Closed: sessions in ")
    assert " were suspended at 13:05; sessions in " in step.sentence
    (step,) = desk.look(at("14:00", DAY))
    assert step.sentence == "Closed: planned downtime in Pune began at 14:00 (new line)"


def test_no_stall_reaches_into_planned_downtime(engine: Engine) -> None:
    desk = Desk(engine, with_calendar(downtime=[downtime("11:00", "13:00", PUNE)]))
    desk.a_day(stops([PUNE], "11:00", "13:15"), until="14:30", codes=FEW)
    assert desk.told() == []


def test_going_to_paper_closes_an_open_incident_of_the_backlog(engine: Engine) -> None:
    desk = Desk(engine)
    counts(desk, RAIGAD, (40, 40, 40, 40))
    assert [step.what for step in desk.look(NEXT)] == [OPENED]
    desk.decide(DecisionKind.PAPER, [RAIGAD], NEXT + 60)
    (step,) = desk.look(NEXT + 80)
    assert (step.what, step.sentence) == (RESOLVED, "Closed: Raigad went to paper at 09:01")
    assert desk.look(NEXT + 600) == []


def test_suspending_sessions_leaves_the_backlogs_incident_open(engine: Engine) -> None:
    desk = Desk(engine)
    counts(desk, RAIGAD, (40, 40, 40, 40))
    desk.look(NEXT)
    desk.decide(DecisionKind.SUSPEND, [RAIGAD], NEXT + 60)
    assert desk.look(NEXT + 80) == []


def test_days_that_are_no_sessions_of_the_district_make_no_stalled_backlog(engine: Engine) -> None:
    desk = Desk(engine, with_calendar(own=[{"districts": [RAIGAD], "closed": [{"date": DAYS[3]}]}]))
    counts(desk, RAIGAD, (40, 40, 40, 40))
    counts(desk, THANE, (40, 40, 40, 40))
    assert [step.districts for step in desk.look(NEXT)] == [(THANE,)]


@pytest.mark.parametrize("own", [{"closed": [{"date": DAY}]}, {"hours": "09:00-11:15"}])
def test_a_district_without_a_session_is_not_judged(engine: Engine, own: dict[str, object]) -> None:
    desk = Desk(engine, with_calendar(own=[{"districts": [PUNE], **own}]))
    desk.a_day(stops([PUNE], "11:00"), codes=FEW)
    assert desk.told() == []


def test_an_open_stall_ends_with_the_districts_own_session(engine: Engine) -> None:
    desk = Desk(engine, with_calendar(own=[{"districts": [PUNE], "hours": "09:00-13:00"}]))
    desk.a_day(stops([PUNE], "10:30"), until="13:30", codes=FEW)
    assert [(what, codes) for what, _, _, codes in desk.told()] == [(OPENED, (PUNE,)), (RESOLVED, (PUNE,))]
    assert desk.steps[1].sentence.startswith("The session ended with no more doses reported in Pune")
    assert desk.steps[1].at == at("13:00", DAY)


def test_a_district_that_sits_while_the_others_do_not_is_judged(engine: Engine) -> None:
    closed = with_calendar(weekly=[], own=[{"districts": FEW, "days": [{"date": DAY}]}])
    desk = Desk(engine, closed)
    desk.a_day(stops([PUNE], "11:00", "13:00"), codes=FEW)
    assert [codes for *_, codes in desk.told()] == [(PUNE,), (PUNE,)]


def test_a_calendar_that_takes_the_session_away_ends_the_stall(engine: Engine) -> None:
    desk = Desk(engine)
    desk.a_day(stops([PUNE], "11:00"), until="13:00", codes=FEW)
    desk = Desk(engine, with_calendar(own=[{"districts": [PUNE], "closed": [{"date": DAY}]}]))
    assert [(step.what, step.districts) for step in desk.look(at("13:10", DAY))] == [(RESOLVED, (PUNE,))]


def test_no_rule_closes_a_stall_that_a_person_opened(engine: Engine) -> None:
    desk = Desk(engine)
    opening = Opening(IncidentKind.DOSE_STALL, frozenset({PUNE}), at("10:00", DAY), "told by phone")
    with engine.begin() as connection:
        by_hand.open_incident(connection, desk.settings, opening, By("Asha", at("10:05", DAY)))
    desk.decide(DecisionKind.SUSPEND, [PUNE], at("10:10", DAY))
    desk.a_day(until="11:00", codes=FEW)
    assert desk.told() == []


def test_a_stall_that_a_person_closed_is_not_told_again_while_it_lasts(engine: Engine) -> None:
    desk = Desk(engine)
    desk.a_day(stops([PUNE], "11:00"), until="13:00", codes=FEW)
    with engine.begin() as connection:
        by_hand.close(connection, 1, By("Asha", at("13:00", DAY)), "the vaccine is used up")
    for quarter in range(1, 5):
        desk.tell(PUNE, "reported", 105, at("13:00", DAY) + 900 * quarter)
        assert desk.look(at("13:01", DAY) + 900 * quarter) == []


def test_downtime_planned_afterwards_for_the_whole_day_ends_the_stall_as_well(engine: Engine) -> None:
    desk = Desk(engine)
    desk.a_day(stops([PUNE], "11:00"), until="13:00", codes=FEW)
    desk = Desk(engine, with_calendar(downtime=[downtime("08:00", "18:00")]))
    (step,) = desk.look(at("13:10", DAY))
    assert step.sentence == "Closed: planned downtime in Pune began at 08:00 (new line)"
