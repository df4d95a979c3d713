"""What an incident cost, out of a real store: delayed, deferred, or nothing that can be told."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Engine, insert

from dashboard.doses.estimates import span
from dashboard.doses.figure import Figure
from dashboard.queries.incident_doses import DosesOfIncidents, IncidentDoses, hits_on
from dashboard.settings import Calendar, ControlRoomFile
from dashboard.store import schema
from dashboard.store.engine import reading
from tests.dashboard.queries.weeks import HOURS, SHARES, TODAY, a_day, fill, incident, session_days, store, told
from tests.places import PUNE, RAIGAD, THANE, a_few, at, example

ROOM = a_few()
CODES = [district.code for district in ROOM.districts]
PLACES = [str(code) for code in CODES]
HIT = [RAIGAD, THANE, PUNE]


def today(hour: str) -> float:
    return at(hour, TODAY.isoformat())


def doses(engine: Engine, number: int, hour: str) -> IncidentDoses | None:
    with reading(engine) as connection:
        return DosesOfIncidents(ROOM).now(connection, [number], int(today(hour) * 1000)).get(number)


def stopped(place: str, since: str, evening: int | None = None, upto: str = "17:00") -> list[Figure]:
    """A day on which no dose more is told from an hour on; `evening` is told at the close."""
    rows = a_day(place, TODAY, 300, upto=since)
    still = rows[-1].value
    rows += [told(place, TODAY, "reported", still, hour) for hour in HOURS if since < hour <= min(upto, "16:00")]
    return rows + ([told(place, TODAY, "reported", evening, "17:00")] if evening is not None else [])


def a_bad_day(engine: Engine, evening: int | None = None, upto: str = "17:00") -> int:
    """Quiet weeks; then three districts give nothing from 11:00 on, the others go on as usual."""
    fill(engine, ROOM, PLACES, lambda place, n: 290 + 4 * (n % 6))
    for code in CODES:
        store(engine, stopped(str(code), "11:00", evening, upto) if code in HIT else a_day(str(code), TODAY, 300, upto))
    return incident(engine, HIT, today("11:00"), None)


def test_while_it_lasts_doses_are_delayed_with_an_interval_and_until_when_it_was_told(engine: Engine) -> None:
    number = a_bad_day(engine, upto="14:00")
    found = doses(engine, number, "14:20")
    assert found is not None
    assert (found.what, found.day) == ("delayed", TODAY)
    assert 0 < found.low < 3 * 300 * (SHARES[4] - SHARES[1]) < found.high
    assert found.sentence == (
        f"{found.brief} in 3 districts during the incident so far, as told until 14:00; they may still be given today"
    )


def test_what_was_not_told_yet_is_not_behind(engine: Engine) -> None:
    number = a_bad_day(engine, upto="14:00")
    assert doses(engine, number, "14:20") == doses(engine, number, "16:50")


def test_once_it_is_over_nothing_grows_any_more(engine: Engine) -> None:
    fill(engine, ROOM, PLACES, lambda place, n: 300)
    for code in CODES:
        store(
            engine, stopped(str(code), "11:00", upto="16:00") if code in HIT else a_day(str(code), TODAY, 300, "16:00")
        )
    short = incident(engine, HIT, today("11:00"), today("12:00"))
    long = incident(engine, HIT, today("11:00"), today("15:00"))
    a, b = doses(engine, short, "16:30"), doses(engine, long, "16:30")
    assert b is not None
    assert "so far" not in b.sentence
    assert a is None or a.high < b.high


def test_in_the_evening_the_same_is_deferred_beside_the_districts_that_were_spared(engine: Engine) -> None:
    number = a_bad_day(engine, evening=120)
    found = doses(engine, number, "18:00")
    assert found is not None
    assert found.what == "deferred"
    assert 0 < found.low <= 3 * (300 - 120) <= found.high
    assert found.sentence.endswith(
        "deferred in 3 districts during the incident; the 4 unaffected districts reached 75 % of target"
    )


def test_what_was_made_up_for_by_the_evening_is_not_deferred(engine: Engine) -> None:
    assert doses(engine, a_bad_day(engine, evening=300), "18:00") is None


def test_until_the_evening_has_told_nothing_is_called_deferred(engine: Engine) -> None:
    number = a_bad_day(engine, upto="14:00")
    found = doses(engine, number, "18:00")
    assert found is not None
    assert found.what == "delayed"
    assert found.sentence.endswith("as told until 14:00; how many were given later is not known")


def test_no_more_is_deferred_than_was_to_be_expected_while_it_lasted(engine: Engine) -> None:
    fill(engine, ROOM, PLACES, lambda place, n: 300)
    for code in CODES:
        store(engine, a_day(str(code), TODAY, 100 if code == RAIGAD else 300))
    found = doses(engine, incident(engine, [RAIGAD], today("12:00"), today("13:00")), "18:00")
    assert found is not None
    assert (found.low, found.high) == (45, 46)  # 15 % of 300


@pytest.mark.parametrize("kind", ["backlog_stalled", "monitor_offline"])
def test_paper_that_waits_and_a_time_in_which_nothing_was_seen_cost_nothing_here(engine: Engine, kind: str) -> None:
    a_bad_day(engine, evening=120)
    number = incident(engine, HIT, today("11:00"), None, kind)
    assert doses(engine, number, "18:00") is None


def test_nothing_is_told_without_a_target_without_figures_and_outside_the_session(engine: Engine) -> None:
    store(engine, [told(str(RAIGAD), TODAY, "reported", 10, hour) for hour in HOURS])
    number, night = (
        incident(engine, [RAIGAD], today("11:00"), None),
        incident(engine, HIT, today("19:00"), today("20:00")),
    )
    assert [doses(engine, one, "18:00") for one in (number, night, 999)] == [None, None, None]


def test_what_is_told_later_leaves_an_earlier_view_as_it_was(engine: Engine) -> None:
    number = a_bad_day(engine, upto="14:00")
    before = doses(engine, number, "14:20")
    store(engine, [told(str(code), TODAY, "reported", 300, "16:00") for code in CODES])
    assert doses(engine, number, "14:20") == before
    assert doses(engine, number, "16:20") is None


def bad_days(engine: Engine, days: Sequence[date], first_upto: str = "17:00") -> int:
    """Quiet weeks; on these days three districts give nothing from 11:00 on, in one incident; the first is told up to an hour."""
    for day in (*session_days(ROOM), TODAY):
        hour = first_upto if day == days[0] else "17:00"
        for place in PLACES:
            rows = a_day(place, day, 300, hour)
            if day in days and int(place) in HIT:
                rows = [row if row.kind == "target" else replace(row, value=min(row.value, 78)) for row in rows]
            store(engine, rows)
    return incident(engine, HIT, at("11:00", days[0].isoformat()), None)


def doses_by(engine: Engine, number: int, days: Iterable[date]) -> list[IncidentDoses]:
    reader = DosesOfIncidents(ROOM)
    with reading(engine) as connection:
        return [reader.now(connection, [number], int(at("23:00", day.isoformat()) * 1000))[number] for day in days]


def test_an_incident_of_several_days_is_told_by_each_that_it_touched(engine: Engine) -> None:
    fifth, sixth = session_days(ROOM)[-2:]
    number = bad_days(engine, [fifth, TODAY], first_upto="14:00")
    first, unhurt, both = doses_by(engine, number, (fifth, sixth, TODAY))
    assert first == unhurt  # on the sixth nothing was missing
    assert (first.day, first.what) == (fifth, "delayed")
    assert (both.day, both.what) == (TODAY, "delayed")
    assert both.low > first.low
    assert both.high > first.high
    assert both.sentence.startswith(
        f"{both.brief} on 2 days during the incident: {span(first.low, first.high)} delayed on {fifth.day} {fifth:%B}; "
        f"on 9 February {span(both.low - first.low, both.high - first.high)} doses deferred in 3 districts during the incident; "
    )


def test_of_many_days_the_last_seven_are_told(engine: Engine) -> None:
    days = session_days(ROOM)[-9:]
    number = bad_days(engine, days)
    (found,) = doses_by(engine, number, [days[-1]])
    assert (found.what, found.day) == ("deferred", days[-1])
    assert f"{found.brief} on 7 days during the incident: " in found.sentence
    assert [f" on {day.day} {day:%B}" in found.sentence for day in days] == [False] * 2 + [True] * 7
    with reading(engine) as connection:
        assert DosesOfIncidents(ROOM).now(connection, [number], int(at("18:00", "2021-06-01") * 1000)) == {}


def test_a_late_figure_of_a_day_that_is_over_is_taken_in_and_one_of_today_changes_nothing_there(engine: Engine) -> None:
    fifth = session_days(ROOM)[-2]
    number = bad_days(engine, [fifth])
    reader, evening = DosesOfIncidents(ROOM), int(at("23:00", fifth.isoformat()) * 1000)

    def read() -> IncidentDoses | None:
        with reading(engine) as connection:
            return reader.now(connection, [number], evening + 86_400_000).get(number)

    before = read()
    assert before is not None
    store(engine, [told(str(PUNE), TODAY, "reported", 1, "17:30")])
    assert read() is before
    store(engine, [told(str(code), fifth, "reported", 300, "17:30") for code in HIT])
    assert read() is None


def test_the_days_of_an_incident_that_is_over_stay_what_they_were(engine: Engine) -> None:
    a_bad_day(engine, evening=120)
    number = incident(engine, HIT, at("10:00", "2021-02-05"), today("18:00"))
    with reading(engine) as connection:
        reader = DosesOfIncidents(ROOM)
        evening, next_day = (
            reader.now(connection, [number], int(at(*when) * 1000))[number]
            for when in (("18:00", TODAY.isoformat()), ("08:00", "2021-02-10"))
        )
    assert evening == next_day
    assert evening.day == TODAY


def test_a_joint_area_counts_once_and_only_when_all_its_districts_are_hit(engine: Engine) -> None:
    room = example()
    area = room.joint_areas[0]
    fill(engine, room, [area.key, str(RAIGAD)], lambda place, n: 300)
    store(engine, [*stopped(area.key, "11:00", 120), *a_day(str(RAIGAD), TODAY, 300)])
    both = incident(engine, list(area.districts), today("11:00"), None)
    one = incident(engine, [area.districts[0]], today("11:00"), None)
    with reading(engine) as connection:
        found = DosesOfIncidents(room).now(connection, [both, one], int(today("18:00") * 1000))
    assert set(found) == {both}
    assert "in 2 districts" in found[both].sentence


def test_whatever_is_told_the_bounds_are_ordered_and_name_no_cause(engine: Engine) -> None:
    chance = random.Random(7)
    fill(engine, ROOM, PLACES, lambda place, n: chance.randrange(100, 380))
    for code in CODES:
        store(engine, a_day(str(code), TODAY, chance.randrange(30, 380)))
    numbers = [incident(engine, chance.sample(CODES, 3), today(hour), None) for hour in HOURS[:4]]
    reader = DosesOfIncidents(ROOM)
    for hour in ("10:30", "12:30", "15:00", "17:30", "20:00"):
        with reading(engine) as connection:
            for found in reader.now(connection, numbers, int(today(hour) * 1000)).values():
                assert 0 < found.low <= found.high
                assert "during the incident" in found.sentence
                assert "because" not in found.sentence


def test_over_midnight_only_the_districts_hit_on_a_day_are_counted_on_it(engine: Engine) -> None:
    """Raigad from the fifth on; Thane joined on the ninth: the fifth says nothing of Thane."""
    number = incident(engine, [RAIGAD], at("10:00", "2021-02-05"), None)
    joined = {"incident_id": number, "district": THANE, "joined_ms": int(today("10:00") * 1000), "left_ms": None}
    with engine.begin() as connection:
        connection.execute(insert(schema.incident_district), [joined])
    reader, ends = DosesOfIncidents(ROOM), int(at("23:59", "2021-02-05") * 1000)
    with reading(engine) as connection:
        first = hits_on(connection, reader.times, date(2021, 2, 5), ends)
        before, after = (
            hits_on(connection, reader.times, TODAY, int(today(hour) * 1000)) for hour in ("09:59", "10:01")
        )
    assert [set(hit.spans) for hit in (*first, *before, *after)] == [{RAIGAD}, {RAIGAD}, {RAIGAD, THANE}]


def test_an_incident_that_began_before_the_session_is_counted_from_its_opening(engine: Engine) -> None:
    a_bad_day(engine, upto="14:00")
    early, at_nine = (incident(engine, HIT, today(hour), None) for hour in ("06:30", "09:00"))
    a, b = doses(engine, early, "14:20"), doses(engine, at_nine, "14:20")
    assert a == b


def test_a_slip_of_the_pen_that_was_corrected_costs_no_doses(engine: Engine) -> None:
    number = a_bad_day(engine, upto="14:00")
    plain = doses(engine, number, "14:20")
    store(engine, [told(str(RAIGAD), TODAY, "reported", 390, "10:30")])  # 78 by 11:00
    assert plain is not None
    assert doses(engine, number, "14:20") == plain


def test_planned_downtime_within_an_incident_is_no_delay(engine: Engine) -> None:
    """Nothing from 11:00 on, told until 14:00: an hour of downtime makes it less, three hours nothing."""
    number = a_bad_day(engine, upto="14:00")
    plain = doses(engine, number, "14:20")
    with reading(engine) as connection:
        short, long = (
            DosesOfIncidents(with_downtime(*hours)).now(connection, [number], int(today("14:20") * 1000))
            for hours in (("11:00", "12:00"), ("11:00", "14:00"))
        )
    assert plain is not None
    assert 0 < short[number].low < plain.low
    assert short[number].high < plain.high
    assert long == {}


def test_in_the_evening_planned_downtime_is_not_deferred(engine: Engine) -> None:
    number = a_bad_day(engine, evening=204)  # 32 % of 300 fall between 11:00 and 13:00
    plain = doses(engine, number, "18:00")
    with reading(engine) as connection:
        room = with_downtime("11:00", "13:00")
        assert DosesOfIncidents(room).now(connection, [number], int(today("18:00") * 1000)) == {}
    assert plain is not None
    assert plain.what == "deferred"


def with_downtime(since: str, until: str) -> ControlRoomFile:
    entry = {"from": f"{TODAY}T{since}+05:30", "until": f"{TODAY}T{until}+05:30", "districts": HIT}
    calendar = {**ROOM.calendar.model_dump(by_alias=True), "downtime": [entry]}
    return ROOM.model_copy(update={"calendar": Calendar.model_validate(calendar)})
