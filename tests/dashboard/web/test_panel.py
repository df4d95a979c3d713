"""The panel of one district."""

import re
from pathlib import Path
from typing import Any

import pytest

from dashboard.detection.states import DistrictState
from dashboard.settings import ControlRoomFile
from dashboard.web.pages.overview.doses_now import DosesReader
from dashboard.web.pages.overview.panel import panel
from tests.builders import Scene
from tests.dashboard.web.pictures import empty_store


def opened(scene: Scene, code: int) -> dict[str, Any]:
    return panel(scene.engine, scene.settings, DosesReader(scene.settings), scene.clock.now(), code, "dark")


def test_it_says_state_sentence_incidents_and_officer(launch: Scene) -> None:
    shown = opened(launch, 491)
    assert (shown["name"], shown["state"], shown["since"]) == ("Raigad", "own line", "13:12")
    assert shown["sentence"].startswith("At 13:12: Raigad has lost its own line since 13:12")
    assert shown["incidents"][0]["kind"] == "Own line lost"
    assert shown["incidents"][0]["when"] == "13:12, 3 h 28"
    assert shown["officer"] == {
        "name": "District Immunisation Officer",
        "mail": "dio.raigad@example.org",
        "made_up": False,
    }


def test_it_says_what_is_measured_now_and_since_when_the_state_holds(launch: Scene) -> None:
    now, since = opened(launch, launch.code("Pune"))["sentence"].split("; ")
    assert re.fullmatch(r"Uploads take [\d.]+ to \d+ s now", now)
    assert since == "slow since 11:40."
    assert opened(launch, launch.code("Dhule"))["sentence"] == "The last 8 uploads failed; down since 12:05."


def test_it_says_that_a_part_fails_and_how_long_the_others_take(calm_copy: Scene) -> None:
    scene = calm_copy
    scene.flip("Pune", "16:20", DistrictState.DEGRADED, "14% of its checks fail (error answers), since 16:20")
    scene.samples("Pune", "16:35", "16:40", 3.0, outcome="failed", reason="http_status", first_seq=50_000)
    said = opened(scene, scene.code("Pune"))["sentence"]
    assert said == "2 of the last 10 uploads failed, the others took 1.6 to 2.3 s; failing in part since 16:20."


def test_without_an_upload_of_late_it_says_what_moment_the_words_are_of(calm_copy: Scene) -> None:
    scene = calm_copy
    scene.flip("Pune", "16:20", DistrictState.SLOW, "uploads take 9.0 to 14 s, since 16:18")
    shown = panel(
        scene.engine, scene.settings, DosesReader(scene.settings), scene.clock.now() + 3600, scene.code("Pune"), "dark"
    )
    assert shown["sentence"] == "At 16:20: uploads take 9.0 to 14 s, since 16:18."


def test_figures_carry_their_hour_and_source(launch: Scene) -> None:
    rows = {row["kind"]: row for row in opened(launch, 490)["figures"]}
    assert rows["reported"]["value"] == "1,802"
    assert rows["reported"]["hour"] == "as of 17:30"
    assert rows["reported"]["source"].startswith("https://indianexpress.com/")


def test_a_joint_figure_is_said_to_be_of_both(launch: Scene) -> None:
    shown = opened(launch, 483)["figures"]
    joint = [row for row in shown if row["of"]]
    assert {row["of"] for row in joint} == {"Mumbai (both districts)"}
    assert "1,926" in {row["value"] for row in joint}


def test_its_figure_shows_uploads_failures_and_phases(launch: Scene) -> None:
    chart = opened(launch, 474)["chart"]
    names = [item["name"] for item in chart["data"]]
    assert names == ["upload", "failed", "line", "registry answers", "transfer", "seen again"]
    assert len(chart["data"][1]["x"]) == 90
    said = [item["text"] for item in chart["layout"]["annotations"]]
    assert "slow above 15 s" in said
    assert "<b>× timeout</b>" in said


def test_a_district_never_measured_says_so(tmp_path: Path, settings: ControlRoomFile) -> None:
    scene = empty_store(tmp_path / "a.db", settings)
    shown = opened(scene, 475)
    assert (shown["state"], shown["sentence"]) == ("no data", "Nothing measured yet.")
    assert shown["figures"] == []
    assert shown["chart"]["layout"]["annotations"][0]["text"] == "No upload was measured in these hours."
    scene.engine.dispose()


def test_an_unknown_district_is_refused(launch: Scene) -> None:
    with pytest.raises(KeyError):
        opened(launch, 1)
