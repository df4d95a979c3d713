"""Checks against their limits, from the cells of a real store; and which day is looked at."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from dashboard.queries import slo
from dashboard.queries.frame import reading
from dashboard.settings.calendar import Downtime
from dashboard.store import histogram, maintenance
from dashboard.store.maintenance import New
from probes.clock import SetClock
from tests.builders import Scene, example_settings
from tests.dashboard.web.pictures import launch_day
from tests.places import at


def test_a_limit_is_met_within_half_a_bucket() -> None:
    chance = np.random.default_rng(7)
    times = chance.lognormal(0.5, 1.0, 4000) * 1e6
    cells = [histogram.encode(times), b"", histogram.encode([999_000, 1_030_000])]
    for limit_s in (0.3, 1.0, 3.0, 15.0):
        below, at_most = ((times <= limit_s * 1e6 * factor).sum() for factor in (1 / 1.0219, 1.0219))
        under = histogram.counted_under(cells, [limit_s] * 3)
        assert below <= under[0] <= at_most
        assert under[1] == 0
    assert histogram.counted_under(cells, [1.0] * 3)[2] == 1


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return launch_day(tmp_path_factory.mktemp("slo") / "t.db", example_settings())


def found(scene: Scene) -> dict[int, tuple[int, int]]:
    with reading(scene.engine) as connection:
        known = slo.known(connection, scene.settings, scene.now_ms)
    assert known is not None
    return {code: (one.counted, one.bad) for code, one in known.budgets.items()}


def test_slow_and_failed_uploads_are_bad_within_the_session_alone(scene: Scene) -> None:
    by_place = found(scene)
    counted, bad = by_place[scene.code("Dhule")]
    assert counted == 62 * 20
    assert 60 * 20 <= bad < counted
    assert by_place[0][0] == sum(counted for code, (counted, _) in by_place.items() if code)


def test_who_asks_again_within_half_a_minute_gets_the_same_answer(scene: Scene) -> None:
    clock = SetClock(scene.now_ms / 1000)
    lately = slo.Lately(scene.engine, scene.settings, clock)
    first = lately.known()
    clock.at += 29
    assert first is not None
    assert lately.known() is first
    for seconds in (1, -7200):  # half a minute later; and when the clock was set back
        clock.at += seconds
        anew = lately.known()
        assert anew is not None
        assert anew.at_ms == int(clock.at * 1000)
    assert first.at_ms == scene.now_ms


def test_at_midnight_of_a_session_day_nothing_is_known_yet(scene: Scene) -> None:
    with reading(scene.engine) as connection:
        known = slo.known(connection, scene.settings, scene.ms("00:00"))
    assert known is not None
    assert (known.day, set(known.budgets), known.budgets[0].left) == (date(2021, 1, 16), {0}, None)


def test_planned_downtime_is_in_no_plan() -> None:
    settings = example_settings()
    downtime = Downtime.model_validate(
        {"from": "2021-01-16T12:30:00+05:30", "until": "2021-01-16T13:30:00+05:30", "districts": [491]}
    )
    calendar = settings.calendar.model_copy(update={"downtime": (downtime,)})
    found = slo.session_day(settings.model_copy(update={"calendar": calendar}), int(at("12:00") * 1000))
    assert found is not None
    held = found[1].sits.sum(axis=1)
    assert [found[1].codes[row] for row in np.flatnonzero(held == 60)] == [491]
    assert sorted(set(held.tolist())) == [60, 72]


def test_a_maintenance_window_is_in_no_plan_as_planned_downtime_is_not() -> None:
    saturday = slo.session_day(example_settings(), int(at("12:00") * 1000))
    assert saturday is not None
    session = saturday[1]
    begins, ends = (int(at(hour) * 1000) for hour in ("12:30", "13:30"))
    spared = session.without([491, 999], begins, ends)
    held = spared.sits.sum(axis=1)
    assert [spared.codes[row] for row in np.flatnonzero(held == 60)] == [491]
    assert sorted(set(held.tolist())) == [60, 72]
    assert [spared.is_open(491, at_ms) for at_ms in (begins - 1, begins, ends - 1, ends)] == [True, False, False, True]
    assert session.sits.all()
    within = session.without([491], begins + 60_000, begins + 120_000)
    assert within.sits.sum() == session.sits.sum() - 1


def test_what_is_measured_in_a_maintenance_window_costs_no_budget(tmp_path: Path) -> None:
    scene = launch_day(tmp_path / "t.db", example_settings())
    before, dhule = found(scene), scene.code("Dhule")
    with scene.engine.begin() as connection:
        window = New(scene.ms("12:00"), scene.ms("17:00"), [dhule], "new line", "Asha", "w1")
        number = maintenance.append(connection, window, scene.ms("11:50")).maintenance_id
    after = found(scene)
    assert after[dhule][0] < before[dhule][0]
    with reading(scene.engine) as connection:
        known = slo.known(connection, scene.settings, scene.now_ms)
    assert known is not None
    assert known.left_out_min == 300
    assert {code: one for code, one in after.items() if code not in (0, dhule)} == {
        code: one for code, one in before.items() if code not in (0, dhule)
    }
    with scene.engine.begin() as connection:
        maintenance.end(connection, number, "Asha", scene.ms("11:55"))
    assert found(scene) == before


def test_an_empty_store_has_no_checks(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "t.db", example_settings())
    assert found(scene) == {0: (0, 0)}


def test_the_day_is_today_or_the_last_that_had_a_session() -> None:
    saturday = slo.session_day(example_settings(), int(at("12:00", "2021-01-16") * 1000))
    assert saturday is not None
    assert saturday[0] == date(2021, 1, 16)
    session = saturday[1]
    assert (session.opens_ms, session.closes_ms) == (int(at("11:30") * 1000), int(at("17:30") * 1000))
    assert (session.sits.shape, session.sits.all()) == ((36, 72), True)
    sunday = slo.session_day(example_settings(), int(at("12:00", "2021-01-17") * 1000))
    assert sunday is not None
    assert sunday[0] == saturday[0]
    assert slo.session_day(example_settings(), int(at("12:00", "2021-01-15") * 1000)) is None
