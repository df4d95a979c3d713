"""The overview where districts have sessions of their own, or planned downtime."""

from dataclasses import replace
from typing import Any

import pytest

from dashboard.settings import Calendar, ControlRoomFile
from dashboard.web.figures.day import day_figure
from dashboard.web.pages.overview.day import day_frames, view_of
from dashboard.web.pages.overview.reading import Reading, read_overview
from dashboard.web.pages.overview.snapshot import snapshot
from tests.builders import Scene, example_settings
from tests.dashboard.web.conftest import Pictures
from tests.dashboard.web.pictures import calm_day
from tests.places import DHULE, PUNE, RAIGAD, THANE


def with_calendar(**changes: Any) -> ControlRoomFile:
    room = example_settings()
    calendar = Calendar.model_validate({**room.calendar.model_dump(by_alias=True), **changes})
    return room.model_copy(update={"calendar": calendar})


def planned(begins: str, ends: str, *codes: int) -> dict[str, Any]:
    return {"from": f"2021-01-16T{begins}+05:30", "until": f"2021-01-16T{ends}+05:30", "districts": codes}


@pytest.fixture
def calm(pictures: Pictures) -> Scene:
    return pictures(calm_day)


def read(scene: Scene, settings: ControlRoomFile) -> Reading:
    return read_overview(scene.engine, settings, scene.clock.now())


def test_the_day_reaches_from_the_first_opening_to_the_last_closing(calm: Scene) -> None:
    early = {"districts": [PUNE], "days": [{"date": "2021-01-16", "hours": "08:00-12:00"}]}
    late = {"districts": [THANE], "weekly": ["sun"], "days": [{"date": "2021-01-16", "hours": "14:00-20:00"}]}
    day = read(calm, with_calendar(own=[early, late])).day
    assert day.session == (calm.ms("08:00"), calm.ms("20:00"))
    assert f"{day.next_session:%a %H:%M}" == "Sun 09:00"


def test_a_district_without_a_session_that_day_says_so_in_place_of_a_count(calm: Scene) -> None:
    closed = {"districts": [475, PUNE], "closed": [{"date": "2021-01-16"}]}
    settings = with_calendar(own=[closed], downtime=[planned("11:00", "18:00", 469)])
    shown = snapshot(read(calm, settings), settings)
    tiles = {tile["code"]: tile["told"] for tile in shown["tiles"]}
    assert (tiles[475], tiles[469]) == ("no session", "downtime")  # neither has reported anything
    assert tiles[PUNE].startswith("58%")  # doses that are told are shown all the same
    assert [tile["title"].split(" · ")[-1] for tile in shown["tiles"] if tile["code"] == 475] == ["no session"]


def test_while_downtime_is_planned_everywhere_the_sentence_says_until_when(calm: Scene) -> None:
    settings = with_calendar(downtime=[{**planned("16:00", "17:00"), "note": "new line"}])
    quiet = read(calm, settings)
    states = quiet.states.assign(state="no session")
    headline = snapshot(replace(quiet, states=states), settings)["headline"]
    assert headline["state"] == "no session"
    assert headline["text"] == "Planned downtime until 17:00: new line. Registry answers in 36 districts."


def test_planned_downtime_is_a_run_of_its_own_in_the_days_figure(calm: Scene) -> None:
    settings = with_calendar(downtime=[planned("13:00", "15:00", RAIGAD, DHULE)])
    frames = day_frames(read(calm, settings), settings)
    names = dict(zip(frames.rows["row"], frames.rows["name"], strict=True))
    runs = [(names[run.row], run.words) for run in frames.runs.itertuples() if run.state == "no session"]
    assert sorted(runs) == [("Dhule", "planned downtime"), ("Raigad", "planned downtime")]


def test_downtime_of_all_takes_the_folded_row_too(calm: Scene) -> None:
    settings = with_calendar(downtime=[planned("12:00", "15:00")])
    found = read(calm, settings)
    frames = day_frames(found, settings)
    runs = frames.runs[frames.runs["state"] == "no session"]
    assert len(runs) == len(frames.rows)
    assert set(runs["words"]) == {"planned downtime"}
    assert {(run.start_ms, run.end_ms) for run in runs.itertuples()} == {(calm.ms("12:00"), calm.ms("15:00"))}
    hidden = frames.cells[
        (frames.cells["start_ms"] >= calm.ms("12:00")) & (frames.cells["start_ms"] < calm.ms("15:00"))
    ]
    assert hidden.empty
    said = [str(item.text) for item in day_figure(frames, view_of(found.day, "light", "wall")).layout.annotations]
    assert "planned downtime" in said
