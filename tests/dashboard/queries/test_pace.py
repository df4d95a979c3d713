"""Pace out of a real store: which days count as quiet, what is known when, and what it costs to read."""

import random
from datetime import date, datetime

import pytest
from sqlalchemy import Engine

from dashboard.decisions.kinds import DecisionKind
from dashboard.doses.pace import STRAIGHT, PaceNow, Usual
from dashboard.doses.places import Places
from dashboard.queries.figures_known import Moment, day_view
from dashboard.queries.pace import Courses, paces
from dashboard.queries.quiet_days import SessionTimes, not_quiet
from dashboard.settings import STATE_PLACE, Calendar, ControlRoomFile
from dashboard.settings.calendar import WEEKDAYS
from dashboard.store import decisions
from dashboard.store.engine import reading
from tests.dashboard.queries.weeks import TODAY, a_day, fill, incident, session_days, store, told
from tests.places import IST, RAIGAD, THANE, a_few, at, example

ROOM = a_few()
R, T = str(RAIGAD), str(THANE)


def times(room: ControlRoomFile) -> SessionTimes:
    return SessionTimes(room, Places(room))


def courses_on(engine: Engine, day: date = TODAY) -> dict[str, Usual]:
    with reading(engine) as connection:
        return dict(Courses(ROOM, Places(ROOM)).of(connection, day))


def paces_at(engine: Engine, hour: str, day: date = TODAY) -> dict[str, PaceNow]:
    places, now_ms = Places(ROOM), int(at(hour, day.isoformat()) * 1000)
    with reading(engine) as connection:
        view = day_view(connection, places, day.isoformat(), Moment(now_ms), rehearsed=False)
        return paces(connection, view, times(ROOM), Courses(ROOM, places).of(connection, day), now_ms)


def test_a_district_is_set_beside_its_own_quiet_days(engine: Engine) -> None:
    fill(engine, ROOM, [R, T], lambda place, n: 300 + n if place == R else 200)
    store(engine, a_day(R, TODAY, 300, upto="12:00"))
    found = paces_at(engine, "13:00")
    assert set(found) == {R}  # Thane has no target today: nothing where no target is known
    now = found[R]
    assert now.course.label == f"its own {len(session_days(ROOM))} quiet days"
    assert now.told is not None
    assert now.told.reported == 129  # of 12:00
    assert 129 <= now.told.expected.mid <= 132
    assert 170 <= now.by_now.mid <= 180  # 13:00: 58 % of about 305
    assert now.told.close.low <= now.told.close.mid <= now.told.close.high
    assert 298 <= now.told.close.mid <= 306


def test_without_quiet_days_it_is_a_straight_line_and_says_so(engine: Engine) -> None:
    store(engine, a_day(R, TODAY, 300, upto="12:00"))
    now = paces_at(engine, "13:00")[R]
    assert (now.course.label, now.by_now.low, now.by_now.mid) == (STRAIGHT, 0, 200)


@pytest.mark.parametrize(
    ("kind", "since", "until", "quiet"),
    [
        ("outage", "10:00", "10:05", False),
        ("outage", "18:00", "19:00", True),  # after the session
        ("backlog_stalled", "10:00", "16:00", True),  # says nothing of how many came
        ("outage", "16:00", None, False),  # open ever since
    ],
)
def test_a_day_that_an_incident_touched_is_not_quiet(
    engine: Engine, kind: str, since: str, until: str | None, quiet: bool
) -> None:
    days = session_days(ROOM)
    hour = days[2].isoformat()
    incident(engine, [RAIGAD], at(since, hour), at(until, hour) if until else None, kind)
    with reading(engine) as connection:
        found = not_quiet(connection, times(ROOM), days)
    assert ((R, days[2]) not in found, (T, days[2]) in found) == (quiet, False)
    assert ((R, days[3]) in found) == (until is None)


def test_the_state_is_touched_by_what_is_wide_and_a_joint_area_by_one_of_its_districts(engine: Engine) -> None:
    room, days = example(), session_days(example())
    mumbai = room.joint_areas[0]
    incident(engine, [mumbai.districts[0]], at("10:00", days[0].isoformat()), at("11:00", days[0].isoformat()))
    incident(engine, [RAIGAD], at("10:00", days[1].isoformat()), at("11:00", days[1].isoformat()), scope="division")
    with reading(engine) as connection:
        found = not_quiet(connection, times(room), days)
    assert found == {(str(mumbai.districts[0]), days[0]), (mumbai.key, days[0]), (R, days[1]), ("STATE", days[1])}


def test_a_suspended_day_is_not_quiet_until_sessions_are_resumed(engine: Engine) -> None:
    days = session_days(ROOM)
    with engine.begin() as connection:
        for n, (what, day) in enumerate([(DecisionKind.SUSPEND, days[1]), (DecisionKind.RESUME, days[2])]):
            taken_ms = int(at("12:00", day.isoformat()) * 1000)
            decisions.append(connection, decisions.New(what, taken_ms, "x", "y", None, (RAIGAD,), str(n), {}))
    with reading(engine) as connection:
        assert not_quiet(connection, times(ROOM), days) == {(R, days[1]), (R, days[2])}


def test_where_sessions_are_suspended_nothing_is_expected_until_they_are_resumed(engine: Engine) -> None:
    store(engine, [*a_day(R, TODAY, 300, upto="12:00"), *a_day(T, TODAY, 300, upto="12:00")])
    with engine.begin() as connection:
        for what, hour in ((DecisionKind.SUSPEND, "11:00"), (DecisionKind.RESUME, "13:00")):
            taken_ms = int(at(hour, TODAY.isoformat()) * 1000)
            decisions.append(connection, decisions.New(what, taken_ms, "x", "y", None, (RAIGAD,), hour, {}))
    assert [set(paces_at(engine, hour)) for hour in ("10:30", "12:30", "13:30")] == [{R, T}, {T}, {R, T}]


def test_a_day_without_an_evening_figure_is_no_quiet_day(engine: Engine) -> None:
    for day in session_days(ROOM):
        store(engine, a_day(R, day, 300, upto="13:00"))
    assert courses_on(engine)[R].label == STRAIGHT


def test_a_later_figure_of_an_earlier_day_changes_the_course_from_the_next_day_on(engine: Engine) -> None:
    fill(engine, ROOM, [R], lambda place, n: 300)
    store(engine, a_day(R, TODAY, 300, upto="12:00"))
    before = paces_at(engine, "12:30")
    late = int(at("14:00", TODAY.isoformat()) * 1000)
    rows = [told(R, day, "reported", 390, "17:00") for day in session_days(ROOM)]
    store(engine, [row.__class__(*(row.place, row.day, row.kind, row.value, late, True, row.source)) for row in rows])
    store(engine, [told(R, TODAY, "reported", 350, "16:00")])
    assert paces_at(engine, "12:30") == before
    after = courses_on(engine, date(2021, 2, 10))[R]
    assert after.turnout.high == 390 / 400


def test_the_courses_are_read_again_when_an_earlier_day_gets_a_figure_or_was_not_quiet_after_all(
    engine: Engine,
) -> None:
    fill(engine, ROOM, [R], lambda place, n: 300 + n)
    kept, days = Courses(ROOM, Places(ROOM)), session_days(ROOM)
    with reading(engine) as connection:
        first = kept.of(connection, TODAY)
    store(engine, [told(R, TODAY, "reported", 3, "10:00")])
    with reading(engine) as connection:
        assert kept.of(connection, TODAY) is first
    store(engine, [told(T, days[1], "reported", 3, "10:00")])
    with reading(engine) as connection:
        second = kept.of(connection, TODAY)
        assert second is not first
        assert second == first
    incident(engine, [RAIGAD], at("10:00", days[0].isoformat()), at("11:00", days[0].isoformat()))
    with reading(engine) as connection:
        assert (first[R].days, kept.of(connection, TODAY)[R].days) == (len(days), len(days) - 1)


def with_downtime(since: str, until: str, day: date = TODAY, codes: tuple[int, ...] = ()) -> ControlRoomFile:
    entry = {"from": f"{day}T{since}+05:30", "until": f"{day}T{until}+05:30", "districts": codes}
    calendar = {**ROOM.calendar.model_dump(by_alias=True), "downtime": [entry]}
    return ROOM.model_copy(update={"calendar": Calendar.model_validate(calendar)})


@pytest.mark.parametrize(("until", "touched"), [("09:00", set()), ("09:01", {R}), ("12:00", {R})])
def test_a_day_with_planned_downtime_in_its_session_is_not_quiet(engine: Engine, until: str, touched: set[str]) -> None:
    room = with_downtime("00:00", until, codes=(RAIGAD,))
    with reading(engine) as connection:
        assert {place for place, _ in not_quiet(connection, times(room), [TODAY])} == touched


def test_planned_downtime_of_all_touches_the_state_too(engine: Engine) -> None:
    with reading(engine) as connection:
        found = {place for place, _ in not_quiet(connection, times(with_downtime("12:00", "13:00")), [TODAY])}
    assert found == {STATE_PLACE, *(str(district.code) for district in ROOM.districts)}


def test_in_planned_downtime_nothing_more_is_expected(engine: Engine) -> None:
    fill(engine, ROOM, [R, T], lambda place, n: 300)
    room = with_downtime("11:00", "13:00", codes=(RAIGAD,))
    with reading(engine) as connection:
        found = Courses(room, Places(room)).of(connection, TODAY)
    mine, other = found[R], found[T]
    assert mine.share_by(0.5).mid == pytest.approx(mine.share_by(0.25).mid)
    assert mine.share_by(1).mid == pytest.approx(1 - 0.32, abs=0.005)  # 26 % by 11:00, 58 % by 13:00
    assert (other.share_by(1).mid, other.label) == (1, "its own 12 quiet days")


def state_at(engine: Engine, hour: str, room: ControlRoomFile = ROOM) -> PaceNow:
    """The state's pace, whose target is 2800, of which Raigad's is 700, and of the six others 350 each."""
    places, now_ms = Places(room), int(at(hour, TODAY.isoformat()) * 1000)
    with reading(engine) as connection:
        view = day_view(connection, places, TODAY.isoformat(), Moment(now_ms), rehearsed=False)
        courses = Courses(room, places).of(connection, TODAY)
        return paces(connection, view, times(room), courses, now_ms)[STATE_PLACE]


@pytest.fixture
def state_and_raigad(engine: Engine) -> Engine:
    fill(engine, ROOM, [STATE_PLACE], lambda place, n: 2800, target=2800)
    day = a_day(STATE_PLACE, TODAY, 2800, upto="10:00", target=2800)
    store(engine, [*day, *a_day(R, TODAY, 700, upto="10:00", target=700)])
    return engine


def test_the_state_expects_less_while_some_districts_have_planned_downtime(state_and_raigad: Engine) -> None:
    room = with_downtime("11:00", "13:00", codes=(RAIGAD,))  # 26 % of the doses by 11:00, 58 % by 13:00
    found = state_at(state_and_raigad, "13:00", room)
    assert found.by_now.mid == pytest.approx(2800 * 0.58 - 700 * 0.32, rel=0.01)
    assert found.told is not None
    assert found.told.close.mid == pytest.approx(2800 - 700 * 0.32, rel=0.01)
    assert found.course.label.endswith("; less the planned downtime and suspensions of its districts, by target")


def test_a_district_whose_whole_session_is_planned_away_is_missed_in_the_state(state_and_raigad: Engine) -> None:
    found = state_at(state_and_raigad, "17:00", with_downtime("00:00", "23:00", codes=(THANE,)))
    assert found.by_now.mid == pytest.approx(2800 - 350, rel=0.01)


def test_the_state_expects_less_from_a_suspension_on_until_sessions_are_resumed(state_and_raigad: Engine) -> None:
    with state_and_raigad.begin() as connection:
        for what, hour in ((DecisionKind.SUSPEND, "11:00"), (DecisionKind.RESUME, "13:00")):
            taken_ms = int(at(hour, TODAY.isoformat()) * 1000)
            decisions.append(connection, decisions.New(what, taken_ms, "x", "y", None, (RAIGAD,), hour, {}))
    before, meanwhile, after = (state_at(state_and_raigad, hour) for hour in ("10:30", "12:00", "17:00"))
    assert before.course.label == "its own 12 quiet days"
    assert before.told is not None
    assert meanwhile.told is not None
    assert before.told.close.mid - meanwhile.told.close.mid == pytest.approx(700 * (1 - 0.26), rel=0.01)
    assert after.by_now.mid == pytest.approx(2800 - 700 * 0.32, rel=0.01)
    assert paces_at(state_and_raigad, "17:00")[R].by_now.high == pytest.approx(700 * 0.75)  # two of its eight hours


def test_districts_with_hours_of_their_own_bend_the_states_straight_line(engine: Engine) -> None:
    store(engine, a_day(STATE_PLACE, TODAY, 2800, upto="10:00", target=2800))
    own = {"own": [{"districts": [RAIGAD], "hours": "13:00-17:00"}]}
    calendar = Calendar.model_validate({**ROOM.calendar.model_dump(by_alias=True), **own})
    found = state_at(engine, "13:00", ROOM.model_copy(update={"calendar": calendar}))
    assert found.by_now.mid == pytest.approx(2800 * 6 / 7 / 2)


def test_what_is_planned_and_who_sits_agree_at_any_minute() -> None:
    chance, codes = random.Random(5), [district.code for district in ROOM.districts]

    def hours() -> str:
        return "{:02}:00-{:02}:00".format(*sorted(chance.sample(range(25), 2)))

    def downtime() -> dict[str, object]:
        begins = at("00:00", "2021-02-01") + 60 * chance.randrange(5000)
        moments = (datetime.fromtimestamp(second, IST) for second in (begins, begins + 60 * chance.randrange(1, 3000)))
        return dict(zip(("from", "until"), moments, strict=True)) | {
            "districts": chance.sample(codes, chance.randrange(3))
        }

    for _ in range(20):
        own = {"districts": chance.sample(codes, 2), "hours": hours(), "weekly": chance.sample(WEEKDAYS, 4)}
        entries = {"own": [own], "downtime": [downtime() for _ in range(chance.randrange(4))]}
        calendar = Calendar.model_validate({"hours": hours(), "weekly": chance.sample(WEEKDAYS, 4), **entries})
        room = ROOM.model_copy(update={"calendar": calendar})
        for minute in chance.sample(range(4 * 1440), 25):
            now = at("00:00", "2021-02-01") + 60 * minute
            sitting, day = room.codes_in_session(now), date(2021, 2, 1 + minute // 1440)
            for code in codes:
                session, planned = times(room).on(str(code), day), times(room).planned(str(code), day)
                inside = session is not None and session[0] <= now * 1000 < session[1]
                assert (code in sitting) == (inside and not any(a <= now * 1000 < b for a, b in planned))
