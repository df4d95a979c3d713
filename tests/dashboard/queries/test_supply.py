"""Sites, stock and states of a service day, out of a real store with the figures of config.yaml."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from dashboard.doses.figure import STOCK_KINDS, Figure
from dashboard.doses.places import Places
from dashboard.doses.versions import Chosen, Rule
from dashboard.queries import doses
from dashboard.queries.decisions import evidence_now
from dashboard.queries.figures_known import Moment, day_view, days_told, moments_of
from dashboard.queries.frame import reading
from dashboard.queries.sites import sites
from dashboard.queries.states import StateRow, states
from dashboard.queries.stock import PlaceStock, stock
from dashboard.settings import STATE_PLACE
from dashboard.store import figures
from dashboard.web.pages.overview.told_figures import newest_published
from dashboard.web.pages.supply.callbacks import newest
from dashboard.web.pages.supply.reading import Supply, days_of_supply, read_supply
from dashboard.web.pages.supply.tables import body
from tests.builders import Scene, example_settings
from tests.dashboard.web.pictures import empty_store
from tests.places import RAIGAD, at

DAY = "2021-01-16"
PLACES = Places(example_settings())
TODAY = Moment(int(at("23:59") * 1000) + 59_999)
ALWAYS = Moment(32_503_680_000_000)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = empty_store(tmp_path / "tikawatch.db", example_settings())
    made.published_figures()
    yield made
    made.engine.dispose()


def stock_in(scene: Scene, moment: Moment = TODAY) -> list[PlaceStock]:
    with reading(scene.engine) as connection:
        view = day_view(connection, PLACES, DAY, moment, stock=True)
        return stock(connection, view, PLACES, scene.settings, moment)


def state_rows(connection: Connection, moment: Moment = TODAY) -> dict[str, StateRow]:
    found = states(connection, DAY, PLACES, example_settings().dashboard.doses.beside, moment)
    return {row.place: row for row in found}


def test_raigads_four_sites_stand_beside_the_district(scene: Scene) -> None:
    with reading(scene.engine) as connection:
        view = day_view(connection, PLACES, DAY, TODAY)
    (raigad,) = sites(view, scene.settings)
    assert [(site.name, site.counts["target"], site.counts["reported"]) for site in raigad.sites] == [
        ("Alibag", 100, 10), ("Pen", 100, 0), ("Kamothe", 100, 0), ("Kharghar", 100, 0),
    ]  # fmt: skip
    assert [raigad.beside[kind].difference for kind in ("target", "reported", "recorded")] == [0, 0, None]
    assert view.beside["reported"].counted  # and no site among what is summed for the state
    assert not any("/" in place for kind in view.beside for place in view.beside[kind].counted)


def test_the_9500_doses_of_raigad_last_as_long_as_a_straight_line_says(scene: Scene) -> None:
    (raigad,) = stock_in(scene)
    assert (raigad.name, raigad.stock.received, raigad.stock.counted) == ("Raigad", 9_500, 9_500)
    assert raigad.chosen["stock_in"].version.source.startswith("founding document")
    assert raigad.lasting is not None
    assert raigad.lasting.sentence == "about 317 session days, a straight line from 10 doses by 13:30"


def test_days_before_give_a_range_and_days_after_are_not_looked_at(scene: Scene) -> None:
    for day, value in (("2021-01-12", 95), ("2021-01-13", 190), ("2021-01-14", 380), ("2021-01-20", 1)):
        scene.day = date.fromisoformat(day)
        scene.figure("491", "reported", value)
    (raigad,) = stock_in(scene, ALWAYS)
    assert raigad.lasting is not None
    assert raigad.lasting.sentence == "25 to 100 session days, at the pace of its last 3 days with doses"


def test_stock_is_in_no_number_of_the_day(scene: Scene) -> None:
    scene.day = date(2021, 1, 25)
    scene.figure("491", "stock_left", 1)
    with reading(scene.engine) as connection:
        view = day_view(connection, PLACES, DAY, ALWAYS)
        assert not {kind for _, kind in view.chosen} & set(STOCK_KINDS)
        assert "2021-01-25" not in days_told(connection)
        assert moments_of(connection, "2021-01-25") == []
        assert set(doses.figures_of(connection, DAY, scene.ms("23:59:59") + 1)["kind"]) == {
            "target",
            "reported",
            "recorded",
        }
        evidence = evidence_now(connection, scene.settings, [RAIGAD], None, TODAY.at_ms)
    assert {row["kind"] for row in evidence["figures"]} == {"target", "reported", "recorded"}


def test_the_ministrys_word_the_states_own_and_the_registrys_count_are_three_columns(scene: Scene) -> None:
    def value(chosen: Chosen | None) -> int | None:
        return chosen.value if chosen else None

    with reading(scene.engine) as connection:
        rows = state_rows(connection)
    shown = {place: tuple(map(value, (row.ministry, row.own, row.registry))) for place, row in rows.items()}
    assert shown == {
        STATE_PLACE: (18_328, 18_338, 5_726), "WB": (9_730, 15_707, 1_917), "319": (None, None, 398), "304": (None, None, 64),
        "MP": (9_219, 9_543, 9_435), "RJ": (9_279, None, 3_285), "UT": (2_276, None, 511),
    }  # fmt: skip
    assert [(row.name, row.within) for row in rows.values()][1:4] == [
        ("West Bengal", ""), ("Murshidabad", "WB"), ("South 24 Parganas", "WB"),
    ]  # fmt: skip
    told = [chosen for row in rows.values() for chosen in (row.ministry, row.own, row.registry) if chosen]
    assert all(chosen.version.source for chosen in told)


def test_the_ministrys_revision_of_the_18th_is_known_on_the_18th(scene: Scene) -> None:
    with reading(scene.engine) as connection:
        now, later = state_rows(connection)[STATE_PLACE], state_rows(connection, ALWAYS)[STATE_PLACE]
    assert now.ministry is not None
    assert later.ministry is not None
    assert (now.ministry.value, now.ministry.others, later.ministry.value) == (18_328, (), 18_582)
    assert [other.value for other in later.ministry.others] == [18_328]


def test_the_preferred_source_is_shown_everywhere_and_the_others_stand_beside_it(scene: Scene) -> None:
    prefer = scene.settings.dashboard.doses.prefer
    with reading(scene.engine) as connection:
        chosen = day_view(connection, PLACES, DAY, ALWAYS).chosen[STATE_PLACE, "reported"]
        frame = doses.figures_of(connection, DAY, ALWAYS.at_ms)
    assert (chosen.value, chosen.rule) == (18_338, Rule.PREFERRED)
    assert [other.value for other in chosen.others] == [18_582, 18_328, 18_425]
    assert newest_published(frame, prefer)[STATE_PLACE, "reported"].value == 18_338
    assert newest_published(frame)[STATE_PLACE, "reported"].value == 18_582


def test_the_overview_and_the_doses_page_show_the_same_figure_of_every_place(scene: Scene) -> None:
    with reading(scene.engine) as connection:
        view = day_view(connection, PLACES, DAY, TODAY)
        told = newest_published(doses.figures_of(connection, DAY, TODAY.at_ms + 1), PLACES.prefer)
    assert {key: figure.value for key, figure in told.items()} == {
        key: found.value for key, found in view.chosen.items()
    }


def test_the_page_reads_one_day_as_known_today(scene: Scene) -> None:
    supply = read_supply(scene.engine, scene.settings, PLACES, date(2021, 1, 16), scene.clock.now())
    assert (len(supply.sites), len(supply.stock), len(supply.states), supply.pulls) == (1, 1, 7, ())
    words = str(body(supply))
    assert "Scheduled pulls" in words
    assert "the preferred source; also told: 18,425 by State Immunisation Officer" in words


def test_a_day_with_stock_alone_can_be_chosen_and_is_shown(scene: Scene) -> None:
    settings = scene.settings
    monday = Figure(
        str(RAIGAD), "2021-01-18", "stock_left", 9_100, int(at("18:00", "2021-01-18") * 1000), True, "district store"
    )
    with scene.engine.begin() as connection:
        figures.store(connection, [monday], 1)
    with reading(scene.engine) as connection:
        assert days_of_supply(connection) == ["2021-01-18", DAY]
        assert days_told(connection) == [DAY]
    supply = read_supply(scene.engine, settings, PLACES, date(2021, 1, 18), at("19:00", "2021-01-18"))
    assert [(row.name, row.stock.left) for row in supply.stock] == [("Raigad", 9_100)]


def test_the_page_opens_on_a_day_that_has_come_though_targets_are_told_ahead() -> None:
    known = ["2021-01-19", DAY, "2021-01-15"]
    assert [newest(known, today) for today in ("2021-01-18", DAY, "2021-01-14")] == [DAY, DAY, "2021-01-19"]
    assert newest([], DAY) is None


def test_where_two_papers_print_two_targets_both_are_shown(scene: Scene) -> None:
    with reading(scene.engine) as connection:
        bengal = state_rows(connection)["WB"]
    assert bengal.target is not None
    assert (bengal.target.value, [other.value for other in bengal.target.others]) == (20_700, [21_000])
    assert bengal.own is not None
    assert (bengal.own.value, "indianexpress" in bengal.own.version.source, bengal.own.others) == (15_707, True, ())


def test_an_empty_page_says_what_to_do(engine: Engine) -> None:
    settings = example_settings().model_copy(update={"districts": ()})
    supply = read_supply(engine, settings, PLACES, date(2021, 1, 16), at("16:40"))
    assert "No district has session sites" in str(body(supply))
    nothing = Supply(supply.day, 0, supply.zone, (), (), (), ())
    assert "No other state is named" in str(body(nothing))
