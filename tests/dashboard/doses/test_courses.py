"""The two counts of a place side by side, out of whatever was told."""

from datetime import UTC, date, datetime

from dashboard.doses.courses import Basis, Course, Telling, courses

DAY_MS = 86_400_000
START_MS = int(datetime(2021, 1, 16, 12, tzinfo=UTC).timestamp() * 1000)
FIRST = date(2021, 1, 16)


def told(  # noqa: PLR0917 - one call a figure
    place: str,
    day: int,
    kind: str,
    value: int,
    on: int | None = None,
    source: str = "district",
    status: str = "provisional",
) -> Telling:
    """A figure of a day of January, told at noon of that day or of another."""
    as_of = START_MS + ((on or day) - 16) * DAY_MS
    return Telling(place, f"2021-01-{day}", kind, value, source, as_of, as_of, value, "", status)


def made(
    *tellings: Telling, sessions: tuple[int, ...] = (16, 19, 20, 22), joint: dict[str, list[str]] | None = None
) -> dict[str, Course]:
    return courses(
        tellings,
        lambda ms: datetime.fromtimestamp(ms / 1000, UTC).date(),
        lambda day: day.day in sessions,
        FIRST,
        joint or {},
    )


def gaps(course: Course) -> dict[int, int]:
    return {point.day.day: point.backlog for point in course.points}


def test_counts_since_the_start_stand_beside_each_other_where_both_are_known() -> None:
    found = made(
        told("497", 16, "reported_cum", 100),
        told("497", 16, "recorded_cum", 5),
        told("497", 17, "recorded_cum", 9),
        told("466", 16, "recorded_cum", 3),
    )
    assert set(found) == {"497"}
    assert (found["497"].basis, gaps(found["497"])) == (Basis.SINCE_START, {16: 95})


def test_4000_paper_doses_entered_on_the_third_day_for_the_first_shrink_the_backlog_on_the_third() -> None:
    found = made(
        told("491", 16, "reported", 5_000),
        told("491", 16, "recorded", 1_000),
        told("491", 17, "reported", 100),
        told("491", 17, "recorded", 100),
        told("491", 18, "reported", 200),
        told("491", 18, "recorded", 150),
        told("491", 16, "recorded", 5_000, on=18),
    )["491"]
    assert (found.basis, gaps(found)) == (Basis.DAYS, {16: 4_000, 17: 4_000, 18: 50})
    assert found.unentered == {date(2021, 1, 16): 0, date(2021, 1, 17): 0, date(2021, 1, 18): 50}
    now = found.now(lambda _: True, FIRST)
    assert (now.oldest, now.drain) == (date(2021, 1, 18), 1_975)


def test_figures_may_come_in_any_order() -> None:
    tellings = [
        told("491", 16, kind, value, on)
        for kind, values in (("reported", (90, 100, 95)), ("recorded", (40, 60, 95)))
        for on, value in enumerate(values, start=16)
    ]
    courses_of = [made(*some)["491"] for some in (tellings, tellings[::-1], tellings[2:] + tellings[:2])]
    assert [gaps(course) for course in courses_of] == [{16: 50, 17: 40, 18: 0}] * 3


def test_a_day_with_one_number_only_is_left_out() -> None:
    found = made(told("491", 16, "reported", 50), told("491", 16, "recorded", 40), told("491", 19, "reported", 70))[
        "491"
    ]
    assert gaps(found)[19] == 10


def test_reported_days_are_added_up_beside_the_registry_until_a_session_day_lacks_its_report() -> None:
    counted = [
        told("491", day, "recorded_cum", value)
        for day, value in zip(range(16, 22), (10, 20, 60, 90, 130, 150), strict=True)
    ]
    found = made(*counted, told("491", 16, "reported", 100), told("491", 19, "reported", 80))["491"]
    assert (found.basis, gaps(found)) == (Basis.DAYS_AND_REGISTRY, {16: 90, 17: 80, 18: 40, 19: 90})


def test_a_joint_area_has_the_reports_of_all_its_districts_and_they_none_of_its_counts() -> None:
    joint = {"mumbai": ["482", "483"]}
    tellings = [
        told("482", 16, "reported", 660),
        told("483", 16, "reported", 1_266),
        told("mumbai", 16, "recorded_cum", 1_355),
    ]
    assert gaps(made(*tellings, joint=joint)["mumbai"]) == {16: 571}
    assert made(*tellings[1:], joint=joint) == {}
    assert gaps(made(*tellings, told("mumbai", 16, "reported", 1_900), joint=joint)["mumbai"]) == {16: 545}


def test_the_way_that_reaches_the_newest_day_is_taken() -> None:
    days = [told("491", 22, "reported", 30), told("491", 22, "recorded", 10)]
    old = [told("491", 16, "reported_cum", 100), told("491", 16, "recorded_cum", 50)]
    assert made(*days, *old)["491"].basis is Basis.DAYS
    assert made(*old, told("491", 22, "reported", 30))["491"].basis is Basis.SINCE_START


def test_among_sources_the_same_rule_chooses_as_everywhere() -> None:
    found = made(
        told("497", 16, "reported_cum", 1_740, source="release", status="final"),
        told("497", 16, "reported_cum", 1_829, on=17, source="late release"),
        told("497", 16, "recorded_cum", 38),
    )
    assert gaps(found["497"]) == {16: 1_702}


def test_a_day_told_again_by_another_source_moves_the_sums_by_the_chosen_count() -> None:
    found = made(
        told("497", 16, "reported", 1_740, source="release", status="final"),
        told("497", 16, "recorded", 38),
        told("497", 16, "reported", 1_829, on=17, source="paper"),
        told("497", 16, "recorded", 60, on=18),
        told("497", 16, "reported", 1_835, on=19, source="late release", status="final"),
    )["497"]
    assert gaps(found) == {16: 1_702, 17: 1_702, 18: 1_680, 19: 1_775}
    assert found.unentered == {date(2021, 1, 16): 1_775}
