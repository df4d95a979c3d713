"""The ten ready cases, from the published figures. The first nine are defined only where those are at hand, beside the checkout."""

from datetime import date
from pathlib import Path

from sqlalchemy import Engine

from dashboard.doses.figure import Reading
from dashboard.doses.silence import Silence, silence
from dashboard.doses.table import read_file
from dashboard.doses.versions import days_of
from dashboard.queries.figures_known import DayView, Moment, day_view, since_start
from dashboard.settings import SessionDay
from dashboard.store import figures
from dashboard.store.engine import open_store, reading
from probes.clock import SetClock
from probes.kinds import check_of
from probes.sample import Outcome, Reason
from tests.dashboard.doses.published import AT_HAND, FOLDER, rows
from tests.dashboard.doses.reading import NOW, context, places, read_rows, row
from tests.places import at, example
from tests.probes.conversation import Conversation

DAY = "2021-01-16"
LATER = NOW.replace(year=2022)
CODES = {d.name: str(d.code) for d in example().districts} | {"State": "STATE", "Mumbai (both districts)": "mumbai"}
ALL_TIME = Moment(int(LATER.timestamp() * 1000))


def read_public(name: str) -> Reading:
    return read_file((FOLDER / name).read_bytes(), context(LATER))


def counted(read: Reading, place: str, kind: str = "recorded_cum") -> dict[str, int]:
    return {f.day: f.value for f in read.figures if (f.place, f.kind) == (place, kind)}


def stored(engine: Engine, *read: Reading) -> None:
    for item in read:
        with engine.begin() as connection:
            assert figures.take(connection, item, int(LATER.timestamp() * 1000)) is not None


def published_day_one() -> Reading:
    """Every published value of day one that is not a recollection, as a person would type it in."""
    kinds = {"target": "target", "achieved": "reported", "recorded_in_registry": "recorded"}
    typed = []
    for r in rows("mh_day1_provenance.csv"):
        if r["metric"] not in kinds or r["quality"] == "recalled" or "MoHFW cumulative" in r["as_of"]:
            continue
        hour = {"2021-01-16 17:30": "17:30", "2021-01-16 13:30": "13:30"}.get(r["as_of"], DAY)
        hour = "20:00" if "first release" in r["as_of"] else "23:30" if "late night" in r["as_of"] else hour
        source = f"{r['source']} ({r['as_of']})" if r["area"] in ("State", "Mumbai (both districts)") else r["source"]
        cells = {"value": r["value"], "as_of": hour, "source": source[:500], "kind": kinds[r["metric"]]}
        typed.append(row(district=CODES[r["area"]], day=DAY, **cells))
    return read_rows(*typed)


def day_one(engine: Engine, moment: Moment = ALL_TIME) -> DayView:
    with reading(engine) as connection:
        return day_view(connection, places(), DAY, moment)


def test_10_an_upload_that_is_answered_200_and_never_seen_again_counts_as_failed() -> None:
    upload = check_of({
        "name": "upload", "kind": "upload", "url": "http://127.0.0.1:1/{district}/records", "deadline_s": 30,
        "expect_status": [200], "read_back": {"url": "http://127.0.0.1:1/{district}/records/{record}", "every_s": 1},
    })  # fmt: skip
    talk = Conversation(SetClock(NOW.timestamp()), {"status": 200}, {"status": 200, "found": False})
    measured = talk.of(upload)
    assert (measured.outcome, measured.reason, measured.status) == (Outcome.FAILED, Reason.NOT_VISIBLE, 200)
    assert measured.phases.visible is None


if AT_HAND:

    def test_1_the_wide_file_is_read_with_all_its_quirks() -> None:
        read = read_public("cowin_districtwise_wide_sample.csv")
        assert (read.findings, read.rows) == ([], 8)
        assert counted(read, "467") == {
            "2021-01-16": 13, "2021-01-17": 24, "2021-01-18": 67, "2021-03-31": 49_665 + 8_493,
            "2021-04-01": 71_533 + 8_769, "2021-04-27": 158_303 + 31_780,
        }  # fmt: skip  # ten metrics, `302.0`, the renamed metric, eight metrics; the ISO days are blank, so not reported
        assert counted(read, "mumbai")[DAY] == 1_355
        assert counted(read, "303")[DAY] == 13 + 60  # a health district of its own row, added to its district
        assert DAY not in counted(read, "311")  # a blank cell is not zero
        assert counted(read, "311")["2021-01-17"] == 0

    def test_2_day_one_adds_up_and_the_citys_own_target_is_shown(engine: Engine) -> None:
        districts = rows("mh_districts.csv")
        targets = [
            row(district=r["code"], kind="target", value=r["target_day1"], as_of=DAY, source="State")
            for r in districts
            if r["target_day1"]
        ]
        mumbai = [row(district="mumbai", kind="target", value="4000", as_of=DAY, source="State")]
        total = row(district="Total", kind="target", value="28,500", as_of=DAY, source="State")
        read = read_rows(*targets, *mumbai, total)
        assert [check.difference for check in read.sums] == [0]
        city = read_rows(row(district="mumbai", kind="target", value="4,100", as_of="08:00", source="BMC"))
        state = read_rows(
            row(district="STATE", kind="target", value="28500", as_of=DAY, source="State"),
            row(district="STATE", value="18338", as_of=DAY, source="State"),
        )
        stored(engine, read, city, state)
        view = day_one(engine)
        assert sum(int(r["sessions_day1"]) for r in districts if r["sessions_day1"]) + 40 == 285
        assert round(100 * view.value("STATE", "reported") / view.value("STATE", "target"), 2) == 64.34  # type: ignore[operator]
        assert view.beside["target"].difference == 0
        chosen = view.chosen["mumbai", "target"]
        assert (chosen.value, [v.value for v in chosen.others]) == (4_000, [4_100])

    def test_3_the_later_release_of_thane_is_shown_and_both_are_kept(engine: Engine) -> None:
        stored(engine, published_day_one())
        assert day_one(engine).value("497", "reported") == 1_829
        evening = Moment(int(at("21:00") * 1000))
        assert day_one(engine, evening).value("497", "reported") == 1_740
        assert [r.version.value for r in day_one(engine).history["497", "reported"]] == [1_740, 1_829]
        assert [v.value for v in day_one(engine).chosen["497", "reported"].others] == [1_740]

    def test_4_a_registry_count_that_falls_is_marked_and_never_a_negative_day(engine: Engine) -> None:
        read = read_public("mh_cowin_district_cumulative.csv")
        stored(engine, read)
        with reading(engine) as connection:
            series = since_start(connection, "recorded", ALL_TIME, DAY, "2021-01-18")
        monday = {place: days_of(counts)[-1] for place, counts in series.items()}
        fell = {place: count for place, count in monday.items() if count.mark}
        assert len(fell) == 24
        assert all(count.value is None for count in fell.values())
        assert monday["466"].mark == "revised downward by 88"
        assert all(count.value is None or count.value >= 0 for count in monday.values())
        assert sum("2021-01-18" in notice.wrong for notice in read.notices) >= 24

    def test_5_the_table_of_20_january_does_not_add_up_until_palghar_is_corrected() -> None:
        def table(palghar: str) -> Reading:
            lines = [
                row(
                    district=r["code"], day="2021-01-20", value=palghar if r["district"] == "Palghar" else r["reported_day_20jan"],
                    as_of="2021-01-20T19:00", source="State",
                )
                for r in rows("mh_reported_20_25jan.csv")
            ]  # fmt: skip
            target = row(
                district="665", day="2021-01-20", kind="target", value="400", as_of="2021-01-20", source="State"
            )
            return read_rows(
                *lines, target, row(district="एकूण", day="2021-01-20", value="18,166", as_of="2021-01-20T19:00")
            )

        printed = table("558")
        (check,) = printed.sums
        assert (check.difference, check.rows) == (200, 36)
        assert "sum to 18,366; the total row says 18,166: 200 more. Nothing was changed" in check.sentence
        assert len(printed.figures) == 37
        assert table("358").sums[0].difference == 0

    def test_6_a_silent_registry_is_planned_on_27_february_and_a_stall_on_1_march() -> None:
        counts = {c.day: c.value for c in days_of(counted(read_public("mh_cowin_district_cumulative.csv"), "497"))}
        calendar = example().calendar
        with_march = calendar.model_copy(
            update={"days": (*calendar.days, SessionDay(date=date(2021, 3, 1), note="version 2 begins"))}
        )
        said = {day: silence(date.fromisoformat(day), counts[day], with_march) for day in ("2021-02-27", "2021-03-01")}
        assert (counts["2021-02-27"], counts["2021-03-01"]) == (0, 0)
        assert said == {"2021-02-27": Silence.PLANNED, "2021-03-01": Silence.STALL}
        assert [s.alerts for s in said.values()] == [False, True]

    def test_7_a_zero_on_a_day_without_sessions_is_nothing() -> None:
        for day in (date(2021, 1, 17), date(2021, 1, 18)):
            assert silence(day, 0, example().calendar) is Silence.NO_SESSION
            assert not example().in_session(at("12:00", day.isoformat()))
        assert [r["reported_day"] for r in rows("mh_state_daily_reported.csv")[1:3]] == ["0", "0"]

    def test_8_the_ministrys_state_total_stands_beside_the_registrys_sum_of_districts(engine: Engine) -> None:
        stored(engine, read_public("states_doses_daily_v4.csv"), read_public("mh_wb_doses_district_daily_v4.csv"))
        with reading(engine) as connection:
            ministry = since_start(connection, "reported", ALL_TIME, DAY, DAY)
            registry = since_start(connection, "recorded", ALL_TIME, DAY, DAY)
        own = {place for place in registry if place in places().names}
        assert (ministry["STATE"][DAY], sum(registry[place][DAY] for place in own)) == (18_328, 5_726)
        assert (ministry["WB"][DAY], ministry["MP"][DAY], ministry["RJ"][DAY], ministry["UT"][DAY]) == (
            9_730,
            9_219,
            9_279,
            2_276,
        )

    def test_9_mumbais_one_row_covers_two_districts_and_is_summed_once(engine: Engine) -> None:
        stored(engine, published_day_one())
        view = day_one(engine)
        assert (view.value("482", "reported"), view.value("483", "reported")) == (660, 1_266)
        sums = view.beside["reported"]
        assert "mumbai" in sums.counted
        assert sums.left_out == ("482", "483")
        assert not {"482", "483"} & set(sums.missing)

    def test_day_one_has_its_four_numbers(engine: Engine) -> None:
        with engine.begin() as connection:
            figures.append(connection, list(example().figures), example().zone, 0)
        view = day_one(engine)
        assert [view.value("STATE", kind) for kind in ("target", "reported", "recorded")] == [28_500, 18_338, 5_726]
        assert view.backlog("STATE") == 12_612

    def test_the_long_file_of_both_states_is_stored_whole(tmp_path: Path) -> None:
        read = read_public("mh_wb_doses_district_daily_v4.csv")
        assert (read.rows, len(read.figures), read.blanks, read.findings) == (16_356, 16_352, 4, [])
        engine = open_store(tmp_path / "whole.db")
        stored(engine, read)
        with reading(engine) as connection:
            assert figures.count(connection) == 16_352
        engine.dispose()

    def test_the_wide_file_and_the_long_one_tell_the_same() -> None:
        wide, long = (
            read_public(n) for n in ("cowin_districtwise_wide_sample.csv", "mh_cowin_district_cumulative.csv")
        )
        for place in ("467", "491", "497", "mumbai"):
            from_long = counted(long, place)
            assert all(from_long[day] == value for day, value in counted(wide, place).items())

    def test_five_states_stand_beside_each_other_on_day_one(engine: Engine) -> None:
        read = read_public("states_day1.csv")
        stored(engine, read)
        assert [n.wrong for n in read.notices] == [
            "32 rows of places that are not watched here were left out: other states"
        ]
        view = day_one(engine)
        shown = {
            state: [view.value(state, kind) for kind in ("target", "reported", "recorded")]
            for state in ("STATE", "WB", "MP", "RJ", "UT")
        }
        assert {state: numbers[2] for state, numbers in shown.items()} == {
            "STATE": 5_726,
            "WB": 1_917,
            "MP": 9_435,
            "RJ": 3_285,
            "UT": 511,
        }
        bengal = {v.value for v in (view.chosen["WB", "reported"].version, *view.chosen["WB", "reported"].others)}
        assert bengal == {9_730, 15_707}  # the ministry's list and the state's own release: both are shown
        assert shown["UT"][0] is None  # 34 sessions of 100 is a derivation, not a published target
        assert view.backlog("MP") in (9_219 - 9_435, 9_543 - 9_435)
        assert len(rows("states_day1.csv")) == 37
        assert sum(int(r["mohfw_vaccinated"]) for r in rows("states_day1.csv")) == 191_181
