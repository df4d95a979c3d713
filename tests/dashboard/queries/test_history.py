"""A span of the store as columns, and the incidents told in it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from dashboard.detection.columns import of_seen
from dashboard.incidents.incident import IncidentKind
from dashboard.queries import history
from dashboard.store import samples
from dashboard.store.engine import reading
from tests.builders import Scene, example_settings
from tests.dashboard.replay import a_day, a_store
from tests.dashboard.replay.a_day import Fault
from tests.dashboard.replay.a_store import moment, room

CODES = [district.code for district in room().districts]
START, END = moment("09:00"), moment("09:04")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    fault = Fault("09:01", "09:03", ("Pune",), error="timeout")
    made = a_store.stored(tmp_path_factory.mktemp("history") / "t.db", a_day.samples((fault,), end="09:05"))
    yield made
    made.dispose()


def test_the_columns_are_those_that_the_watch_reads(engine: Engine) -> None:
    with reading(engine) as connection:
        heard = history.heard(connection, CODES, START, END, 10_000)
        seen = samples.started_between(connection, START, END, 10**9)
    expected = of_seen(seen, {code: place for place, code in enumerate(CODES)})
    order = np.argsort(expected.at, kind="stable")
    for mine, its in zip(heard.columns, expected.rows(order), strict=True):
        assert np.allclose(np.sort(mine.astype(float)), np.sort(its.astype(float)))
    assert list(heard.arrived) == sorted(heard.arrived)
    assert heard.columns.failed.sum() == expected.failed.sum() > 0
    assert heard.vantages[CODES[0]].startswith("agent-")
    assert heard.cut is None


def test_too_many_samples_are_cut_at_a_moment_that_is_said(engine: Engine) -> None:
    with reading(engine) as connection:
        heard = history.heard(connection, CODES, START, END, 100)
    assert len(heard.arrived) == 100
    assert heard.cut is not None
    assert START < heard.cut < END


def test_districts_that_are_not_asked_for_are_left_out(engine: Engine) -> None:
    with reading(engine) as connection:
        heard = history.heard(connection, CODES[:1], START, END, 10_000)
        nobody = history.heard(connection, [], START, END, 10_000)
    assert set(heard.columns.district) == {0}
    assert len(nobody.arrived) == 0


def test_days_and_spans_are_those_with_samples(engine: Engine) -> None:
    with reading(engine) as connection:
        days = history.days_measured(connection, room().zone)
        first, last = history.measured(connection, *history.bounds(days[0], room().zone)) or (0.0, 0.0)
        nothing = history.measured(connection, START - 7200, START - 3600)
    assert [str(day) for day in days] == [a_day.DAY]
    assert START - 15 <= first < last < moment("09:05:15")
    assert nothing is None


def test_incidents_are_those_opened_in_the_span(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "t.db", example_settings())
    scene.incident(IncidentKind.LOCAL, ["Latur"], "10:20", "Latur.", resolved="10:50")
    scene.incident(IncidentKind.OUTAGE, ["Dhule", "Akola"], "12:05", "Dhule.")
    with reading(scene.engine) as connection:
        found = history.told(connection, scene.ms("10:00") / 1000, scene.ms("12:00") / 1000)
        later = history.told(connection, scene.ms("12:00") / 1000, scene.ms("13:00") / 1000)
    assert [(one.kind, one.scope, one.resolved) for one in found] == [("local", "district", scene.ms("10:50") / 1000)]
    assert later[0].districts == {scene.code("Dhule"), scene.code("Akola")}
    assert later[0].resolved is None
    scene.engine.dispose()
