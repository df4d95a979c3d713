"""Doses that stop, judged live on a real store: as the replay judges them, once, and never where nobody tells by the hour."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from dashboard.decisions.kinds import DecisionKind
from dashboard.demo.morning import _course
from dashboard.doses.figure import Figure
from dashboard.incidents import ledger
from dashboard.incidents import stalls as stalls_of
from dashboard.incidents.incident import IncidentKind, Step
from dashboard.incidents.transitions import Change
from dashboard.replay.book import Book
from dashboard.replay.days import Days
from dashboard.replay.files import DoseReport
from dashboard.settings import ControlRoomFile
from dashboard.store import figures
from dashboard.store.engine import reading
from probes.settings import Rehearsal
from tests.dashboard.doses_desk import DAY, EVERYONE, OPENED, RESOLVED, TICK, Desk, stops
from tests.places import IST, PUNE, RAIGAD, THANE, at, example


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


def test_a_district_whose_doses_stop_is_told_once_and_resolved_once(desk: Desk) -> None:
    desk.a_day(stops([PUNE], "11:00", "13:00"))
    assert desk.told() == [
        (OPENED, "dose_stall", "district", (PUNE,)),
        (RESOLVED, "dose_stall", "district", (PUNE,)),
    ]
    assert desk.steps[0].sentence.startswith("No doses from Pune since 10:45 while the checks are good: 0 doses in")
    assert desk.steps[1].sentence.startswith("Doses are reported again in Pune after")


@pytest.mark.parametrize(
    "stopped",
    [stops([PUNE], "11:00", "13:00"), stops(EVERYONE, "11:00"), stops([PUNE, RAIGAD], "10:00", "12:30"), stops([], "09:00")],
    ids=["one", "all", "two", "none"],
)  # fmt: skip
def test_live_and_replay_come_to_the_same_incidents(desk: Desk, stopped: Callable[[int, float], bool]) -> None:
    desk.a_day(stopped)
    assert [(s.what, s.at, s.since, s.scope, s.districts, s.sentence) for s in desk.steps] == _replayed(stopped)


def _replayed(stopped: Callable[[int, float], bool]) -> list[tuple[Any, ...]]:
    """The same day through the replay's own days and book."""
    settings, given, reports, now = example(), dict.fromkeys(EVERYONE, 0), [], at("09:15", DAY)
    names = {district.name: district.code for district in settings.districts}
    while now <= at("14:00", DAY):
        for name, code in names.items():
            given[code] += 0 if stopped(code, now) else 15
            reports.append(DoseReport(now, name, DAY, given[code], 600))
        now += 900
    days, book = Days(settings, reports, names), Book({code: name for name, code in names.items()})
    now, steps = at("09:15", DAY), []
    while now <= at("14:00", DAY):
        stalls = days.upto(now)
        assert stalls is not None
        for change in stalls_of.advance(settings, stalls, now, EVERYONE, book.standing(now - 600)):
            book.record(change, now)
            concerned = change.members or change.incident.ever  # type: ignore[union-attr]
            steps.append((change.what, now, change.since, change.scope, tuple(sorted(concerned)), change.sentence))
        now += TICK
    return steps


def test_a_kill_in_the_middle_neither_doubles_nor_forgets(desk: Desk) -> None:
    kept = desk.look

    def killed(now: float) -> list[Step]:
        desk.restart()
        return kept(now)

    desk.look = killed  # type: ignore[method-assign]
    desk.a_day(stops([PUNE], "11:00", "13:00"))
    assert [what for what, *_ in desk.told()] == [OPENED, RESOLVED]


def test_after_an_incident_of_the_registry_nothing_opens_for_a_while_also_over_a_restart(desk: Desk) -> None:
    desk.opened_by_hand(IncidentKind.OUTAGE, frozenset({PUNE}), at("11:00", DAY))
    desk.a_day(stops([PUNE], "11:00"), until="12:30")
    with desk.engine.begin() as connection:
        (outage,) = ledger.standing(connection, 0, frozenset(EVERYONE))
        over = Change(outage, RESOLVED, outage.kind, outage.scope, outage.since, frozenset(), frozenset(), "Works.")
        ledger.record(connection, over, at("12:30", DAY))
    desk.restart()
    for minute in (35, 45, 55):
        desk.tell(PUNE, "reported", 105, at(f"12:{minute - 5}", DAY))
        assert desk.look(at(f"12:{minute}", DAY)) == []


@pytest.mark.parametrize(("what", "opens"), [(DecisionKind.SUSPEND, False), (DecisionKind.PAPER, True)])
def test_a_suspended_district_is_silent_and_one_on_paper_is_not(desk: Desk, what: DecisionKind, opens: bool) -> None:
    desk.decide(what, [PUNE], at("10:55", DAY))
    desk.a_day(stops([PUNE], "11:00"))
    assert bool(desk.told()) is opens


def test_outside_the_calendar_there_is_silence_and_an_open_stall_ends_with_the_session(desk: Desk) -> None:
    desk.a_day(stops([PUNE], "15:00"), until="17:30", codes=[PUNE, THANE, RAIGAD])
    assert [what for what, *_ in desk.told()] == [OPENED, RESOLVED]
    assert desk.steps[1].sentence.startswith("The session ended with no more doses reported in Pune")


def test_on_a_day_without_sessions_nothing_is_judged(engine: Engine) -> None:
    settings = example()
    shut = settings.calendar.model_copy(update={"weekly": ()})
    desk = Desk(engine, settings.model_copy(update={"calendar": shut}))
    desk.a_day(stops(EVERYONE, "10:00"), until="13:00")
    assert desk.told() == []


def test_a_stall_that_nobody_saw_end_is_over_on_the_next_day(desk: Desk) -> None:
    desk.a_day(stops([PUNE], "11:00"), until="13:00", codes=[PUNE, THANE, RAIGAD])
    desk.restart()
    assert [step.what for step in desk.look(at("09:30", "2021-01-20"))] == [RESOLVED]


@pytest.mark.parametrize("hours", [["16:00"], ["11:00", "13:00"], ["10:00", "16:10"]])
def test_who_tells_a_figure_or_two_a_day_is_not_judged(desk: Desk, hours: list[str]) -> None:
    desk.a_day(until="16:30", codes=[THANE])
    desk.tell(PUNE, "target", 3100, at("08:00", DAY))
    for hour in hours:
        desk.tell(PUNE, "reported", 10, at(hour, DAY))
    desk.restart()
    assert [step for quarter in range(32) for step in desk.look(at("09:00", DAY) + 900 * quarter)] == []


@pytest.mark.parametrize("rehearsed", [False, True])
def test_the_published_figures_of_the_first_day_alert_nobody(engine: Engine, rehearsed: bool) -> None:
    title = Rehearsal(title="Rehearsal of 16 January 2021") if rehearsed else None
    desk = Desk(engine, example().model_copy(update={"rehearsal": title}))
    with engine.begin() as connection:
        figures.append(connection, list(desk.settings.figures), IST, int(at("08:00") * 1000))
        if rehearsed:
            figures.append(connection, list(_course(desk.settings)), IST, int(at("10:00") * 1000), rehearsed=True)
    for step in range(4 * 24 * 3):  # until the end of the third day after
        desk.look(at("08:00") + 900 * step)
    assert desk.told() == []


def test_what_a_rehearsal_makes_up_counts_in_a_rehearsal_alone(engine: Engine) -> None:
    def made_up(settings: ControlRoomFile) -> list[Step]:
        desk = Desk(engine, settings)
        return [step for quarter in range(12) for step in desk.look(at("11:00", DAY) + 900 * quarter)]

    Desk(engine).a_day(stops([PUNE], "11:00"), until="14:00", codes=[PUNE, THANE, RAIGAD], begin="13:59")
    rows = [
        Figure(str(code), DAY, "reported", 15 * min(n, 8 if code == PUNE else 99), int((at("09:00", DAY) + 900 * n) * 1000), True, "x")
        for n in range(1, 21)
        for code in (PUNE, THANE, RAIGAD)
    ]  # fmt: skip
    with engine.begin() as connection:
        figures.store(connection, rows, 1)
        connection.exec_driver_sql("UPDATE figure SET rehearsed = 1 WHERE kind = 'reported' AND source = 'x'")
    assert made_up(example()) == []
    rehearsal = example().model_copy(update={"rehearsal": Rehearsal(title="Rehearsal")})
    assert [step.districts for step in made_up(rehearsal) if step.what is OPENED] == [(PUNE,)]


def test_figures_that_come_late_and_all_at_once_fill_the_gap_and_open_nothing(desk: Desk) -> None:
    desk.a_day(until="10:30", codes=[PUNE])
    for hour, value in (("11:00", 120), ("12:00", 180), ("11:30", 150)):  # told at noon, not in order
        desk.tell(PUNE, "reported", value, at(hour, DAY))
    assert desk.look(at("12:00", DAY)) == []


def test_a_figure_of_another_source_in_between_opens_nothing(desk: Desk) -> None:
    desk.a_day(until="12:00", codes=[PUNE])
    desk.tell(PUNE, "reported", 40, at("12:05", DAY), "newspaper")
    desk.tell(PUNE, "reported", 40, at("12:55", DAY), "newspaper")
    assert desk.look(at("13:00", DAY)) == []


def test_a_count_revised_downward_is_not_counted_as_a_stall_by_itself(desk: Desk) -> None:
    desk.a_day(until="12:00", codes=[PUNE])
    for minute, value in ((15, 100), (30, 115), (45, 130)):
        desk.tell(PUNE, "reported", value, at(f"12:{minute}", DAY))
        assert desk.look(at(f"12:{minute}", DAY)) == []


def test_while_the_monitor_is_blind_no_stall_opens(desk: Desk) -> None:
    desk.opened_by_hand(IncidentKind.MONITOR_OFFLINE, frozenset(EVERYONE), at("09:00", DAY))
    desk.a_day(stops([PUNE], "11:00"))
    assert desk.told() == []


def test_a_look_that_finds_nothing_new_reads_no_figure(desk: Desk) -> None:
    desk.a_day(until="12:00")
    asked: list[str] = []

    @event.listens_for(desk.engine, "before_cursor_execute")
    def _heard(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    assert desk.look(at("12:01", DAY)) == []
    from_figures = [text for text in asked if "FROM figure" in text]
    assert len(from_figures) == 1
    assert "max(figure.figure_id)" in from_figures[0]


def test_between_two_looks_nothing_is_asked_at_all(desk: Desk) -> None:
    desk.look(at("12:00", DAY))
    now = at("12:00", DAY) + timedelta(seconds=5).total_seconds()
    with reading(desk.engine) as connection:
        desk.watch.look(connection, now)
        assert desk.watch.changes(connection, now, EVERYONE) == []
