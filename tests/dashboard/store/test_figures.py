"""Figures in the store: appended, corrected by further versions, and asked as known at a moment."""

from datetime import date

import pytest
from sqlalchemy import Engine, select

from dashboard.doses.figure import Figure, Reading
from dashboard.doses.versions import Rule, choose
from dashboard.queries.figures_known import Moment, day_view, since_start
from dashboard.settings import FigureRow
from dashboard.store import figures
from dashboard.store.engine import reading
from dashboard.store.figures import Stored
from dashboard.store.schema import figure
from tests.dashboard.doses.reading import places, read_rows, row
from tests.places import IST, at

DAY = "2021-01-16"


def a_figure(value: int, hour: str = "18:00", **fields: object) -> Figure:
    told = {"place": "497", "day": DAY, "kind": "reported", "hour_known": True, "source": "Thane", "as_of_ms": ms(hour)}
    return Figure(**(told | {"value": value} | fields))  # type: ignore[arg-type]


def ms(hour: str, day: str = DAY) -> int:
    return int(at(hour, day) * 1000)


def stored(engine: Engine, *items: Figure, now: str = "23:00") -> Stored:
    with engine.begin() as connection:
        return figures.store(connection, items, ms(now))


def test_a_figure_told_twice_is_stored_once_and_a_correction_is_a_further_version(engine: Engine) -> None:
    assert stored(engine, a_figure(1740)) == Stored(1, 0, 0)
    assert stored(engine, a_figure(1740)) == Stored(0, 0, 1)
    assert stored(engine, a_figure(1829)) == Stored(1, 1, 0)
    assert stored(engine, a_figure(1740)) == Stored(1, 1, 0)  # back again: that is told too
    with reading(engine) as connection:
        rows = connection.execute(select(figure.c.value, figure.c.version).order_by(figure.c.version)).all()
        assert [tuple(r) for r in rows] == [(1740, 1), (1829, 2), (1740, 3)]
        chosen = choose(figures.history(connection, "497", DAY, "reported"))
    assert chosen is not None
    assert chosen.value == 1740


def test_the_same_moment_and_source_made_final_is_a_further_version(engine: Engine) -> None:
    stored(engine, a_figure(1829))
    assert stored(engine, a_figure(1829, status="final")) == Stored(1, 1, 0)


def test_a_config_file_with_another_value_is_stored_beside_the_first(engine: Engine) -> None:
    def row_of(value: int) -> FigureRow:
        return FigureRow(
            place=497, day=date(2021, 1, 16), kind="reported", value=value, as_of=date(2021, 1, 16), source="x"
        )

    with engine.begin() as connection:
        counts = [figures.append(connection, [row_of(v)], IST, 1) for v in (1, 1, 2, 1)]
        assert figures.append(connection, [row_of(3), row_of(4)], IST, 1) == 2
    assert counts == [1, 0, 1, 0]


def test_the_view_of_six_in_the_evening_stays_what_it_was(engine: Engine) -> None:
    stored(engine, a_figure(1740, "17:55"), a_figure(1829, "23:30"), now="23:45")
    with reading(engine) as connection:
        six = figures.as_known(connection, ms("18:00"))
        night = figures.as_known(connection, ms("23:59"))
        heard = figures.as_known(connection, ms("23:59"), heard_by_ms=ms("23:40"))
    assert ([v.value for v in six], [v.value for v in night], heard) == ([1740], [1740, 1829], [])


def test_four_thousand_paper_doses_entered_on_day_three_raise_day_one_and_leave_its_evening_alone(
    engine: Engine,
) -> None:
    """Doses of the 16th on paper, typed into the registry on the 19th."""
    common = {"kind": "recorded", "place": "STATE", "source": "registry"}
    first = a_figure(5_726, "17:50", **common)
    third = a_figure(9_153, day="2021-01-19", as_of_ms=ms("17:50", "2021-01-19"), **common)
    late = a_figure(9_726, as_of_ms=ms("20:00", "2021-01-19"), **common)
    stored(engine, first)
    with reading(engine) as connection:
        before = day_view(connection, places(), DAY, Moment(ms("18:00")))
    stored(engine, third, late, now="23:00")
    with reading(engine) as connection:
        evening = day_view(connection, places(), DAY, Moment(ms("18:00")))
        after = day_view(connection, places(), DAY, Moment(ms("20:00", "2021-01-19")))
        day_three = day_view(connection, places(), "2021-01-19", Moment(ms("20:00", "2021-01-19")))
    assert evening == before
    assert after.value("STATE", "recorded") == 5_726 + 4_000
    assert after.mark("STATE", "recorded") == "revised upward by 4,000"
    assert day_three.value("STATE", "recorded") == 9_153


def test_a_lower_count_is_marked_and_never_a_negative_number_of_doses(engine: Engine) -> None:
    stored(engine, a_figure(18_425, "19:00", place="STATE"), a_figure(18_328, "22:00", place="STATE"))
    with reading(engine) as connection:
        view = day_view(connection, places(), DAY, Moment(ms("23:00")))
    assert view.value("STATE", "reported") == 18_328
    assert view.mark("STATE", "reported") == "revised downward by 97"


def test_the_rule_that_chose_is_said_and_the_other_word_is_kept_beside(engine: Engine) -> None:
    ministry = {"source": "ministry", "place": "STATE", "hour_known": False, "as_of_ms": ms("23:59:59")}
    state = {"source": "state", "place": "STATE", "as_of_ms": ms("19:00")}
    stored(engine, a_figure(18_328, **ministry), a_figure(18_425, **state))
    with reading(engine) as connection:
        found = day_view(connection, places(), DAY, Moment(ms("23:59:59"))).chosen["STATE", "reported"]
        assert (found.value, found.rule, [v.value for v in found.others]) == (18_328, Rule.NEWEST, [18_425])
        assert found.sentence == "18,328 (the newest); also told: 18,425 by state"
    stored(engine, a_figure(18_425, status="final", **state))
    with reading(engine) as connection:
        found = day_view(connection, places(), DAY, Moment(ms("23:59:59"))).chosen["STATE", "reported"]
    assert (found.value, found.rule) == (18_425, Rule.FINAL)


def test_the_same_moment_of_two_sources_goes_to_the_one_received_last(engine: Engine) -> None:
    stored(engine, a_figure(1, source="a"), now="19:00")
    stored(engine, a_figure(2, source="b"), now="20:00")
    with reading(engine) as connection:
        chosen = choose(figures.history(connection, "497", DAY, "reported"))
    assert chosen is not None
    assert (chosen.value, chosen.rule) == (2, Rule.LAST_RECEIVED)


def test_made_up_figures_can_be_left_out_of_a_view(engine: Engine) -> None:
    row_made_up = FigureRow(
        place=497, day=date(2021, 1, 16), kind="reported", value=5, as_of=date(2021, 1, 16), source="script"
    )
    with engine.begin() as connection:
        figures.append(connection, [row_made_up], IST, 1, rehearsed=True)
    with reading(engine) as connection:
        late = Moment(ms("23:59:59"))
        assert day_view(connection, places(), DAY, late).value("497", "reported") == 5
        assert day_view(connection, places(), DAY, late, rehearsed=False).value("497", "reported") is None


@pytest.mark.parametrize(
    ("cells", "wrong", "reason_helps"),
    [
        ({"value": "1700", "as_of": "23:00"}, "1,700 is below the 1,740 of the same source before it", True),
        ({"value": "29000", "as_of": "23:00"}, "29,000 is 1261 % of the target 2,300", False),
    ],
)
def test_what_needs_a_persons_word_waits_for_it(
    engine: Engine, cells: dict[str, str], wrong: str, reason_helps: bool
) -> None:
    target = a_figure(2_300, kind="target")
    stored(engine, target, a_figure(1740))

    def take(note: str = "", confirmed: bool = False) -> tuple[Reading, Stored | None]:
        found = read_rows(row(district="Thane", source="Thane", note=note, **cells))
        with engine.begin() as connection:
            taken = figures.take(connection, found, ms("23:30"), confirmed=confirmed)
            connection.rollback()
        return found, taken

    found, taken = take()
    assert taken is None
    assert [f.wrong for f in found.findings] == [wrong]
    assert "--confirmed" in found.findings[0].cure
    assert take(note="a centre was counted twice")[1] == (Stored(1, 0, 0) if reason_helps else None)
    assert take(confirmed=True)[1] == Stored(1, 0, 0)


def test_more_than_the_target_is_taken_and_marked(engine: Engine) -> None:
    found = read_rows(row(kind="target", value="100"), row(value="132"))
    with engine.begin() as connection:
        assert figures.take(connection, found, 1) == Stored(2, 0, 0)
    assert [n.text("f") for n in found.notices] == ["f line 3, column value: above target (132 % of 100)"]


def test_good_rows_are_stored_alone_only_when_asked_for(engine: Engine) -> None:
    for good_rows, expected in ((False, None), (True, Stored(1, 0, 0))):
        found = read_rows(row(), row(value="x"))
        with engine.begin() as connection:
            assert figures.take(connection, found, 1, good_rows=good_rows) == expected
            assert figures.count(connection) == (0 if expected is None else 1)


def test_counts_since_the_start_are_kept_apart_from_those_of_a_day(engine: Engine) -> None:
    stored(
        engine,
        a_figure(100, kind="recorded_cum", day="2021-01-16"),
        a_figure(90, kind="recorded_cum", day="2021-01-17"),
    )
    with reading(engine) as connection:
        assert since_start(connection, "recorded", Moment(ms("23:00"))) == {
            "497": {"2021-01-16": 100, "2021-01-17": 90}
        }
        assert day_view(connection, places(), DAY, Moment(ms("23:00"))).value("497", "recorded") is None


def test_a_file_whose_lower_count_was_confirmed_can_be_given_again_without_a_word(engine: Engine) -> None:
    def take(value: str, confirmed: bool = False) -> Stored | None:
        with engine.begin() as connection:
            return figures.take(connection, read_rows(row(value=value)), ms("23:30"), confirmed=confirmed)

    assert take("12") == Stored(1, 0, 0)
    assert take("10") is None
    assert take("10", confirmed=True) == Stored(1, 1, 0)
    assert take("10") == Stored(0, 0, 1)


def test_a_target_without_an_hour_is_known_all_day_and_a_count_without_one_only_at_its_end(engine: Engine) -> None:
    end = {"hour_known": False, "as_of_ms": ms("23:59:59")}
    stored(engine, a_figure(2_300, kind="target", **end), a_figure(1_829, **end))
    with reading(engine) as connection:
        noon = day_view(connection, places(), DAY, Moment(ms("12:00")))
        day_before = day_view(connection, places(), DAY, Moment(ms("23:00", "2021-01-15")))
    assert (noon.value("497", "target"), noon.value("497", "reported")) == (2_300, None)
    assert day_before.value("497", "target") is None
