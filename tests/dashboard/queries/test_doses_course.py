"""The course of the two counts and the backlog, out of a real store."""

from datetime import date, timedelta

from sqlalchemy import Engine, update

from dashboard.doses.figure import Figure
from dashboard.doses.table import read_file
from dashboard.queries.doses_course import backlogs, courses, days_counted
from dashboard.queries.figures_known import Moment
from dashboard.settings import Calendar
from dashboard.store import figures, schema
from dashboard.store.engine import reading
from tests.dashboard.doses.published import AT_HAND, FOLDER
from tests.dashboard.doses.reading import NOW, context, places
from tests.places import IST, at, example

QUIET = [date(2021, 1, 19), date(2021, 1, 20), date(2021, 1, 22)]

ROOM = (places(), example().calendar, IST)


def by(hour: str, day: date) -> Moment:
    return Moment(int(at(hour, day.isoformat()) * 1000))


def told(day: date, kind: str, value: int, hour: str, source: str = "district") -> Figure:
    return Figure("491", day.isoformat(), kind, value, int(at(hour, day.isoformat()) * 1000), True, source)


def stored(engine: Engine, *items: Figure) -> None:
    with engine.begin() as connection:
        figures.store(connection, items, 1)


def test_days_with_both_numbers_are_added_up_to_a_backlog(engine: Engine) -> None:
    first, second, third = QUIET
    stored(
        engine, told(first, "reported", 100, "17:30"), told(first, "recorded", 40, "17:30"), told(second, "reported", 50, "17:30"),
        told(third, "reported", 100, "17:30"), told(third, "recorded", 70, "17:30"),
    )  # fmt: skip
    with reading(engine) as connection:
        evening = backlogs(connection, by("18:00", third), *ROOM)
        before = backlogs(connection, by("17:00", first), *ROOM)
    assert (evening["491"].point.backlog, evening["491"].oldest, before) == (90, first, {})


def test_entering_the_paper_of_the_first_day_later_shrinks_the_backlog(engine: Engine) -> None:
    first, _, third = QUIET
    stored(engine, told(first, "reported", 100, "17:30"), told(first, "recorded", 40, "17:30"))
    late = Figure(
        "491", first.isoformat(), "recorded", 95, int(at("12:00", third.isoformat()) * 1000), True, "district"
    )
    stored(engine, late)
    with reading(engine) as connection:
        sizes = [backlogs(connection, by("18:00", day), *ROOM)["491"].point.backlog for day in (first, third)]
    assert sizes == [60, 5]


def test_counts_since_the_start_are_read_for_sixty_days_and_what_may_be_older_says_so(engine: Engine) -> None:
    first = date(2021, 1, 16)
    for day in (first + timedelta(days=n) for n in range(0, 100, 10)):
        stored(engine, told(day, "reported_cum", 500, "17:30"), told(day, "recorded_cum", 100, "17:30", "registry"))
    with reading(engine) as connection:
        found = courses(connection, by("18:00", date(2021, 6, 1)), *ROOM)["491"]
        standing = backlogs(connection, by("18:00", date(2021, 6, 1)), *ROOM)["491"]
    assert [point.day for point in found.points] == [first + timedelta(days=n) for n in range(30, 100, 10)]
    assert (standing.age, standing.stalled) == ("at least 60 days", True)


def test_what_a_rehearsal_made_up_is_in_no_backlog_and_what_was_heard_later_neither(engine: Engine) -> None:
    stored(engine, told(QUIET[0], "reported", 100, "17:30"), told(QUIET[0], "recorded", 40, "17:30"))
    with engine.begin() as connection:
        figures.store(connection, [told(QUIET[1], "recorded", 7, "17:30")], 5)
        connection.execute(update(schema.figure).where(schema.figure.c.received_ms == 5).values(rehearsed=1))
    with reading(engine) as connection:
        assert days_counted(connection, IST) == ["2021-01-19"]
        late = by("18:00", QUIET[0])
        assert set(backlogs(connection, late, *ROOM)) == {"491"}
        assert backlogs(connection, Moment(late.at_ms, heard_by_ms=0), *ROOM) == {}


def test_a_district_owes_no_report_for_days_that_are_no_sessions_of_its_own(engine: Engine) -> None:
    first, second, third = QUIET
    for code, holds_second in (("491", False), ("497", True)):
        items = [
            Figure(code, day.isoformat(), kind, value, int(at("17:30", day.isoformat()) * 1000), True, "x")
            for day, kind, value in (
                (date(2021, 1, 16), "reported", 10), (first, "reported", 100), (third, "reported", 100), (third, "recorded_cum", 50),
                *([(second, "reported", 60)] if holds_second else []),
            )
        ]  # fmt: skip
        stored(engine, *items)
    own = {"districts": [491], "closed": [{"date": second.isoformat()}]}
    calendar = Calendar.model_validate({**example().calendar.model_dump(by_alias=True), "own": [own]})
    with reading(engine) as connection:
        usual = backlogs(connection, by("18:00", third), *ROOM)
        apart = backlogs(connection, by("18:00", third), places(), calendar, IST)
    assert (set(usual), set(apart)) == ({"497"}, {"491", "497"})
    assert [apart[code].point.backlog for code in ("491", "497")] == [160, 220]


if AT_HAND:

    def test_the_published_series_of_a_state_gives_its_backlog(engine: Engine) -> None:
        later = NOW.replace(year=2022)
        read = read_file((FOLDER / "state_recorded_vs_reported.csv").read_bytes(), context(later))
        with engine.begin() as connection:
            figures.take(connection, read, 1)
        with reading(engine) as connection:
            found = backlogs(connection, by("23:59:59", date(2021, 1, 25)), *ROOM)
        assert (found["STATE"].point.backlog, found["MP"].point.day) == (29_828, date(2021, 1, 25))
