"""Every table beside the checkout, in its own shape: which are figures, what is stored of them, and what the others are told."""

from datetime import datetime

from sqlalchemy import Engine

from dashboard.doses.cowin import REGISTRY
from dashboard.doses.figure import Figure, Reading
from dashboard.doses.places import Places
from dashboard.doses.rows import Context
from dashboard.doses.table import read_file
from dashboard.queries.figures_known import Moment, day_view
from dashboard.store import figures
from tests.dashboard.doses.published import AT_HAND, FOLDER
from tests.dashboard.doses.reading import NOW, context, places, said
from tests.places import IST, example

LATER = NOW.replace(year=2022)
NOT_FIGURES = (
    'f line 1: this is not the header line: "{}" …. Begin with district,day,kind,value,as_of,source,status,note'
)
TAKEN = {  # rows, figures, not reported, notices
    "cowin_districtwise_wide_sample.csv": (8, 41, 9, 0),
    "mh_cowin_district_cumulative.csv": (3_570, 3_570, 0, 0),
    "mh_day1_provenance.csv": (80, 46, 0, 6),
    "mh_reported_20_25jan.csv": (36, 210, 6, 0),
    "mh_state_daily_reported.csv": (11, 23, 3, 1),
    "mh_wb_doses_district_daily_v4.csv": (16_356, 16_352, 4, 0),
    "mumbai_centres_day1.csv": (10, 2, 0, 0),
    "state_recorded_vs_reported.csv": (312, 618, 6, 0),
    "states_day1.csv": (37, 20, 5, 1),
    "states_doses_daily_v4.csv": (1_410, 1_410, 0, 0),
    "wb_cowin_district_cumulative.csv": (2_856, 2_345, 1, 0),
}
LEFT = {
    "incidents.csv": "id", "mh_district_aliases.csv": "code", "mh_districts.csv": "code", "ui_terms.csv": "en", "wb_districts.csv": "code",
}  # fmt: skip


def read(name: str, moment: datetime = LATER) -> Reading:
    return read_file((FOLDER / name).read_bytes(), context(moment))


def only(found: Reading, place: str, kind: str, day: str) -> Figure:
    (figure,) = (f for f in found.figures if (f.place, f.kind, f.day) == (place, kind, day))
    return figure


def clock(figure: Figure) -> str:
    return f"{datetime.fromtimestamp(figure.as_of_ms / 1000, IST):%d %H:%M}" + ("" if figure.hour_known else "?")


TABLE = "date,centres,target_100_per_centre,reported_day,reported_pct,reported_cum,source,note\n"


def table(*rows: str, of: Context | None = None) -> Reading:
    return read_file((TABLE + "\n".join(rows)).encode(), of or context())


def test_a_table_of_another_state_is_left_out_and_said() -> None:
    settings = example()
    bengal = settings.model_copy(update={"state": settings.state.model_copy(update={"code": "WB"})})
    found = table("2021-01-20,267,26700,18166,68,51660,x,", of=Context(Places(bengal), IST, NOW))
    assert {f.place for f in found.figures} == {"MH"}


def test_a_table_with_mistakes_names_each_with_its_line_and_column() -> None:
    found = table(
        "2021-01-20,267,26700,\"1,2,3\",68,51660,x,", "2021-01-20,267,26700,1,68,51660,x,", "20 Jan,1,2,3,4,5,x,", "2021-01-22,1",
        "2021-01-23,290,,24282,83,,x,provisional at 29:00",
    )  # fmt: skip
    assert said(found) == [
        'f.csv line 2, column reported_day: "1,2,3" has commas where no number has them. If 123 is meant, write 123',
        "f.csv line 3: the same row stands in line 2. Download the file anew, whole",
        'f.csv line 4, column date: "20 Jan" is not a day. Write it as YYYY-MM-DD, for example 2021-01-16',
        "f.csv line 5: 2 cells, expected 8. Download the file anew, whole",
        'f.csv line 6, column as_of: "29:00" is not an hour of the day. Write for example 18:00',
    ]


def test_a_day_that_has_not_come_yet_is_refused() -> None:
    found = read_file((TABLE + "2021-03-01,610,,27115,,1228211,x,").encode(), context())
    assert said(found) == [
        'f.csv line 2, column date: "2021-03-01" is refused: it is in the future, today is 2021-01-30. '
        "Write the day the doses were given"
    ]


if AT_HAND:

    def test_every_table_is_either_taken_or_told_that_it_holds_no_figures() -> None:
        assert {path.name for path in FOLDER.glob("*.csv")} == TAKEN.keys() | LEFT.keys()
        for name, counts in TAKEN.items():
            found = read(name)
            assert said(found) == []
            assert (name, found.rows, len(found.figures), found.blanks, len(found.notices)) == (name, *counts)
        for name, cell in LEFT.items():
            assert (said(read(name), "f"), read(name).figures) == ([NOT_FIGURES.format(cell)], [])

    def test_a_table_saved_anew_by_a_spreadsheet_is_known_by_its_header() -> None:
        raw = (FOLDER / "mh_reported_20_25jan.csv").read_bytes()
        assert len(read_file(b"\xef\xbb\xbf" + raw.replace(b"\n", b"\r\n"), context(LATER)).figures) == 210

    def test_the_districts_of_20_and_25_january_have_their_hour_source_and_notes() -> None:
        found = read("mh_reported_20_25jan.csv")
        palghar = only(found, "665", "reported", "2021-01-20")
        assert (palghar.value, clock(palghar), palghar.status) == (558, "20 19:00", "provisional")
        assert palghar.note.startswith("printed 558; 358 makes the table sum to the printed 18,166")
        assert "webdunia" in palghar.source
        target = only(found, "665", "target", "2021-01-20")
        assert (target.value, clock(target), target.note.startswith("derived: ")) == (400, "20 23:59?", True)
        later = only(found, "497", "reported_cum", "2021-01-25")
        assert (later.value, clock(later), "devdiscourse" in later.source) == (13_109, "25 23:59?", True)
        assert sum(f.value for f in found.figures if f.kind == "reported_cum") == 136_061
        assert not [f for f in found.figures if f.place in ("482", "483") and f.kind == "recorded_cum"]

    def test_the_registrys_counts_in_it_are_those_of_the_registrys_own_file() -> None:
        own = {f.key: f.value for f in read("mh_cowin_district_cumulative.csv").figures}
        copied = [f for f in read("mh_reported_20_25jan.csv").figures if f.kind == "recorded_cum"]
        assert (len(copied), {f.source for f in copied}) == (34 * 3, {REGISTRY})
        assert all(own[f.key] == f.value for f in copied)

    def test_the_state_by_day_has_no_zeros_of_days_without_sessions_and_no_part_of_a_day() -> None:
        found = read("mh_state_daily_reported.csv")
        days = {
            kind: [f.day[5:] for f in found.figures if f.kind == kind]
            for kind in ("target", "reported", "reported_cum")
        }
        assert days["reported"] == ["01-16", "01-20", "01-22", "01-23", "01-25", "01-27", "03-01"]
        assert days["target"] == ["01-16", "01-19", "01-20", "01-22", "01-23", "01-25", "01-27"]
        assert days["reported_cum"][:5] == ["01-16", "01-17", "01-18", "01-19", "01-20"]
        assert clock(only(found, "STATE", "reported", "2021-01-20")) == "20 19:00"
        assert only(found, "STATE", "reported_cum", "2021-01-18").note == "no sessions; cumulative is the MoHFW figure"
        assert [n.text("f") for n in found.notices] == [
            "f line 12: left out, it counts a part of the doses: 18-44 group only, 26 of 36 districts, until 18:00"
        ]

    def test_what_was_only_remembered_or_is_doubtful_of_the_first_day_is_left_out_and_said() -> None:
        found = read("mh_day1_provenance.csv")
        assert [n.wrong for n in found.notices] == [
            "left out, 18562 of State is recalled", "left out, 410 of Amravati is recalled",
            "left out, 252 of Gadchiroli is derived, doubtful: 63% x 400 but the division total of 63.21% of 3400 implies 217",
            "left out, 1795 of Pune is recalled", "left out, 260 of Raigad is recalled", "29 rows that are no count of doses were left out",
        ]  # fmt: skip
        assert clock(only(found, "490", "reported", "2021-01-16")) == "16 17:30"
        assert only(found, "484", "reported", "2021-01-16").note == "derived: published 64.92% x target 1200"
        assert {f.value for f in found.figures if (f.place, f.kind) == ("497", "reported")} == {1_740, 1_829}

    def test_centres_are_added_up_by_district() -> None:
        found = read("mumbai_centres_day1.csv")
        assert [(f.place, f.value, f.note) for f in found.figures] == [
            ("483", 1_266, "derived: sum of 6 centres"),
            ("482", 660, "derived: sum of 4 centres"),
        ]

    def test_what_config_yaml_tells_already_is_known_and_nothing_is_told_against_it(engine: Engine) -> None:
        with engine.begin() as connection:
            figures.append(connection, list(example().figures), IST, 0)
            for name, known in (("mh_day1_provenance.csv", 44), ("mumbai_centres_day1.csv", 2)):
                stored = figures.take(connection, read(name), 1)
                assert stored is not None
                assert (name, stored.known, stored.corrected) == (name, known, 0)

    def test_tables_come_in_one_after_the_other_and_a_second_time_nothing_is_new(engine: Engine) -> None:
        small = [name for name, counts in TAKEN.items() if counts[1] < 1_000]
        with engine.begin() as connection:
            first = [figures.take(connection, read(name), 1) for name in small]
            again = [figures.take(connection, read(name), 2) for name in small]
        assert None not in first
        assert [stored and stored.new for stored in again] == [0] * len(small)

    def test_the_states_word_of_20_january_stands_beside_the_sum_of_its_districts_200_apart(engine: Engine) -> None:
        with engine.begin() as connection:
            for name in ("mh_state_daily_reported.csv", "mh_reported_20_25jan.csv"):
                figures.take(connection, read(name), 1)
            view = day_view(connection, places(), "2021-01-20", Moment(int(LATER.timestamp() * 1000)))
        assert view.beside["reported"].sentence == "state 18,166, sum of districts 18,366; difference \u2212200"
        assert view.beside["target"].sentence == "state 26,700, sum of districts 26,700; difference 0"
