"""The panel of one district."""

from pathlib import Path
from typing import Any

import pytest

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
    assert shown["sentence"].startswith("Raigad has lost its own line since 13:12")
    assert shown["incidents"][0]["kind"] == "Own line lost"
    assert shown["incidents"][0]["when"] == "13:12, 3 h 28"
    assert shown["officer"] == {
        "name": "District Immunisation Officer",
        "mail": "dio.raigad@example.org",
        "made_up": False,
    }


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
