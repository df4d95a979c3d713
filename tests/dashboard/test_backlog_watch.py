"""Paper that nobody enters, judged live on a real store: told once, resolved once, never of last month."""

from collections.abc import Iterable

import pytest
from sqlalchemy import Connection, Engine

from dashboard.decisions.kinds import DecisionKind
from dashboard.incidents.incident import IncidentKind, Step
from dashboard.notices import outbox
from dashboard.settings import ControlRoomFile
from dashboard.store.engine import reading
from dashboard.watch import Watch
from probes.clock import SetClock
from tests.dashboard.doses_desk import EVERYONE, MUMBAI, OPENED, RESOLVED, UPGRADED, Desk
from tests.places import RAIGAD, THANE, at, example


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


DAYS = ("2021-01-16", "2021-01-19", "2021-01-20", "2021-01-22", "2021-01-23")
NEXT = at("09:00", DAYS[4])  # the morning after the counts of the 22nd


def counts(desk: Desk, place: object, recorded: Iterable[int], reported: int = 100) -> None:
    """Counts since the start at the end of each session day; 100 more are reported each day."""
    for n, (day, value) in enumerate(zip(DAYS, recorded, strict=False), start=1):
        desk.tell(place, "reported_cum", reported * n, at("17:30", day))
        desk.tell(place, "recorded_cum", value, at("17:30", day), "registry")


def test_paper_that_nobody_enters_is_told_once_and_resolved_when_the_count_moves(desk: Desk) -> None:
    counts(desk, RAIGAD, (40, 40, 40, 40))
    counts(desk, THANE, (40, 90, 150, 250))
    assert desk.look(at("18:00", DAYS[3])) == []  # the session is over
    assert desk.look(at("10:00", "2021-01-21")) == []  # a Thursday, though its figures are older
    desk.restart()
    (step,) = desk.look(NEXT)
    assert (step.what, step.kind, step.scope, step.districts) == (OPENED, "backlog_stalled", "district", (RAIGAD,))
    assert step.sentence == (
        "Nothing entered in the registry for Raigad since 16 January: 360 doses on paper, the oldest 6 days old;"
        " in 1 of 1 others with both counts the backlog is not stalled; until they are entered, the registry does not count them"
    )
    desk.restart()
    assert desk.look(NEXT + 600) == []
    desk.tell(RAIGAD, "reported_cum", 400, at("12:00", DAYS[4]))
    desk.tell(RAIGAD, "recorded_cum", 45, at("12:00", DAYS[4]), "registry")
    (step,) = desk.look(at("12:10", DAYS[4]))
    assert (step.what, step.districts) == (RESOLVED, (RAIGAD,))
    assert step.sentence.endswith("is stalled no more: 355 doses are left on paper")


def test_figures_of_single_days_do_as_well_and_paper_of_the_first_day_entered_later_is_entering(desk: Desk) -> None:
    for day, recorded in zip(DAYS[:4], (40, 0, 0, 0), strict=True):
        desk.tell(RAIGAD, "reported", 100, at("17:20", day))
        desk.tell(RAIGAD, "recorded", recorded, at("17:30", day), "registry")
    assert [(step.what, step.districts) for step in desk.look(NEXT)] == [(OPENED, (RAIGAD,))]
    desk.tell(RAIGAD, "recorded", 95, at("09:05", DAYS[4]), "registry", of=DAYS[0])
    (step,) = desk.look(NEXT + 600)
    assert (step.what, step.sentence.rpartition(": ")[2]) == (RESOLVED, "305 doses are left on paper")


def test_a_backlog_of_a_joint_area_counts_once_and_names_both_districts(desk: Desk) -> None:
    counts(desk, "mumbai", (40, 40, 40, 40))
    counts(desk, MUMBAI[0], (40, 40, 40, 40))
    assert [(step.scope, step.districts) for step in desk.look(NEXT)] == [("district", MUMBAI)]


def test_many_that_stall_at_once_are_one_incident_and_the_last_quarter_does_not_hold_it(desk: Desk) -> None:
    eight = sorted(set(EVERYONE) - set(MUMBAI))[:8]
    for code in eight:
        counts(desk, code, (40, 40, 40, 40))
    assert [step.districts for step in desk.look(NEXT)] == [tuple(eight)]
    for code in eight[:6]:
        desk.tell(code, "reported_cum", 400, at("10:00", DAYS[4]))
        desk.tell(code, "recorded_cum", 400, at("10:00", DAYS[4]), "registry")
    assert [step.what for step in desk.look(at("10:10", DAYS[4]))] == [RESOLVED]
    assert desk.look(at("11:00", DAYS[4])) == []  # the two that are left: not before tomorrow
    assert [step.districts for step in desk.look(at("10:00", "2021-01-26"))] == [(code,) for code in eight[6:]]


def test_the_states_own_counts_are_an_incident_of_the_state_and_take_in_what_was_told(desk: Desk) -> None:
    counts(desk, RAIGAD, (40, 40, 40, 40))
    assert [step.scope for step in desk.look(NEXT)] == ["district"]
    counts(desk, "STATE", (400, 400, 400, 400), reported=1000)
    (step,) = desk.look(NEXT + 600)
    assert (step.what, step.scope, step.districts) == (UPGRADED, "state", tuple(sorted(EVERYONE)))
    assert step.sentence.startswith(
        "Nothing entered in the registry for Maharashtra since 16 January: 3,600 doses on paper"
    )
    assert desk.look(NEXT + 1200) == []
    desk.tell("STATE", "reported_cum", 4000, at("12:00", DAYS[4]))
    desk.tell("STATE", "recorded_cum", 500, at("12:00", DAYS[4]), "registry")
    assert [step.what for step in desk.look(at("12:10", DAYS[4]))] == [RESOLVED]


@pytest.mark.parametrize("recorded", [(40, 40, 40, 30), (40, 30, 30, 30)])
def test_a_registry_count_that_is_revised_downward_is_nothing_entered(desk: Desk, recorded: tuple[int, ...]) -> None:
    counts(desk, RAIGAD, recorded)
    assert [step.what for step in desk.look(NEXT)] == [OPENED]


def test_entering_after_a_revision_downward_is_entering(desk: Desk) -> None:
    counts(desk, RAIGAD, (40, 10, 20, 35))
    assert desk.look(NEXT) == []


@pytest.mark.parametrize("left", [0, 9])
def test_few_doses_or_none_alert_nobody(desk: Desk, left: int) -> None:
    for day in DAYS[:4]:
        desk.tell(RAIGAD, "reported_cum", 40 + left, at("17:30", day))
        desk.tell(RAIGAD, "recorded_cum", 40, at("17:30", day), "registry")
    assert desk.look(NEXT) == []


def test_figures_imported_for_the_past_do_not_alert_about_last_month(desk: Desk) -> None:
    counts(desk, RAIGAD, (40, 40, 40, 40))
    assert desk.look(at("10:00", "2021-02-19")) == []


@pytest.mark.parametrize(("day", "opens"), [("2021-01-26", True), ("2021-01-27", False), ("2021-01-24", False)])
def test_counts_are_new_for_three_session_days_and_days_without_sessions_are_silent(
    desk: Desk, day: str, opens: bool
) -> None:
    counts(desk, RAIGAD, (40, 40, 40, 40))
    assert bool(desk.look(at("10:00", day))) is opens


def test_on_paper_it_is_silent_and_told_when_that_has_ended(desk: Desk) -> None:
    counts(desk, RAIGAD, (40, 40, 40, 40))
    desk.decide(DecisionKind.PAPER, [RAIGAD], at("10:00", DAYS[1]))
    assert desk.look(NEXT) == []
    desk.decide(DecisionKind.RESUME, [RAIGAD], NEXT + 60)
    assert [step.what for step in desk.look(NEXT + 120)] == [OPENED]


def test_back_entry_that_was_said_to_be_done_resolves_it_until_days_show_that_it_was_not(desk: Desk) -> None:
    counts(desk, RAIGAD, (40, 40, 40, 40, 40))
    assert [step.what for step in desk.look(NEXT)] == [OPENED]
    desk.decide(DecisionKind.BACK_ENTRY_DONE, [RAIGAD], NEXT + 60)
    (step,) = desk.look(NEXT + 120)
    assert step.what is RESOLVED
    assert "back-entry was said to be done; by the counts 360 doses are left" in step.sentence
    for n, day in enumerate(("2021-01-26", "2021-01-27", "2021-01-29"), start=6):
        desk.tell(RAIGAD, "reported_cum", 100 * n, at("17:30", day))
        desk.tell(RAIGAD, "recorded_cum", 40, at("17:30", day), "registry")
    assert desk.look(at("10:00", "2021-01-27")) == []
    assert [
        step.what for step in desk.look(at("10:00", "2021-01-30"))
    ] == []  # the window begins on the 23rd, before the word
    desk.tell(RAIGAD, "reported_cum", 900, at("17:30", "2021-01-30"))
    desk.tell(RAIGAD, "recorded_cum", 40, at("17:30", "2021-01-30"), "registry")
    assert [step.what for step in desk.look(at("10:00", "2021-02-02"))] == [OPENED]


def test_the_watch_mails_it_once_over_restarts(engine: Engine) -> None:
    desk, clock = Desk(engine), SetClock(NEXT)
    counts(desk, RAIGAD, (40, 40, 40, 40))
    steps: list[Step] = []

    def enqueue(connection: Connection, settings: ControlRoomFile, step: Step, now: float) -> int:
        steps.append(step)
        return outbox.enqueue(connection, settings, step, now)

    for _ in range(3):
        watch = Watch(engine, example(), clock, enqueue)
        for _ in range(3):
            clock.at += 10
            watch.step()
    mine = [step for step in steps if step.kind is IncidentKind.BACKLOG_STALLED]
    assert [step.districts for step in mine] == [(RAIGAD,)]
    with reading(engine) as connection:
        mails = connection.exec_driver_sql("SELECT subject FROM notice WHERE incident_id = ?", (mine[0].incident_id,))
        subjects = list(mails.scalars())
    assert len(subjects) == 2
    assert "Raigad: no doses on paper entered since 16 Jan 17:30" in subjects
