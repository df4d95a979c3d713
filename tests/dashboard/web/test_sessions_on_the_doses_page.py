"""The doses page where a zero or a blank has a reason: its word stands in the table and in the state's four figures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.doses.places import Places
from dashboard.settings import Calendar
from dashboard.web.pages.doses import tables
from dashboard.web.pages.doses.reading import Known, read_day, with_words
from tests.builders import DAY, Scene, example_settings
from tests.dashboard.web.test_doses_page import text

ORDER: dict[str, Any] = {"column": "name", "down": False}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    room = example_settings()
    changes = {
        "own": [{"districts": [475], "closed": [{"date": "2021-01-16"}]}],
        "downtime": [{"from": "2021-01-16T11:00+05:30", "until": "2021-01-16T18:00+05:30", "districts": [469]}],
    }
    calendar = Calendar.model_validate({**room.calendar.model_dump(by_alias=True), **changes})
    made = Scene(tmp_path / "t.db", room.model_copy(update={"calendar": calendar}), now="18:00")
    yield made
    made.engine.dispose()


def shown(scene: Scene, at_ms: int | None = None) -> Known:
    places = Places(scene.settings)
    return with_words(
        scene.engine, scene.settings, places, read_day(scene.engine, places, DAY, at_ms), scene.clock.now()
    )


def line(known: Known, name: str) -> str:
    rows = tables.district_table(known, ORDER).children.children[1].children
    return next(text(row) for row in rows if text(row).startswith(name))


def test_a_blank_says_whether_a_session_was_held(scene: Scene) -> None:
    known = shown(scene)
    assert "no session" in line(known, "Gadchiroli")
    assert "planned downtime" in line(known, "Aurangabad")
    assert "not reported" in line(known, "Pune")
    assert "not reported" in text(tables.numbers(known))


def test_a_zero_stands_with_its_word_once_the_session_is_over(scene: Scene) -> None:
    scene.figure("490", "reported", 0, "16:00")
    scene.figure("475", "reported", 0, "16:00")
    assert "0 stall" in line(shown(scene), "Pune")
    assert "0 no session" in line(shown(scene), "Gadchiroli")
    assert "stall" not in line(shown(scene, scene.ms("16:30")), "Pune")
