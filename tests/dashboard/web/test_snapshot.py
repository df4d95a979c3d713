"""The overview as one dict: the picture of the comps, and days that are empty, calm, without session, old or down."""

import json
from pathlib import Path
from typing import Any

import pytest

from dashboard.detection.states import DistrictState
from dashboard.incidents.incident import IncidentKind, Scope
from dashboard.settings import ControlRoomFile
from dashboard.store import schema
from dashboard.web.pages.overview.reading import Reading, read_overview
from dashboard.web.pages.overview.snapshot import heard, snapshot
from tests.builders import Scene
from tests.dashboard.web.conftest import Build, Pictures
from tests.dashboard.web.pictures import all_down, calm_day, empty_store, old_data, sunday


def picture(scene: Scene) -> dict[str, Any]:
    return snapshot(read_overview(scene.engine, scene.settings, scene.clock.now()), scene.settings)


def tile(shown: dict[str, Any], code: int) -> dict[str, Any]:
    return next(item for item in shown["tiles"] if item["code"] == code)


def card(shown: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(item for item in shown["equation"] if item["kind"] == kind)


def test_the_launch_day_says_what_where_and_since(launch_snapshot: dict[str, Any]) -> None:
    assert launch_snapshot["headline"]["text"] == (
        "Registry slow in 9 of 36 districts since 11:40; Dhule cannot upload; Raigad lost its own line."
    )
    assert launch_snapshot["headline"]["state"] == "slow"
    second = "".join(words for words, _ in launch_snapshot["headline"]["second"])
    assert second == (
        "The registry counts 12,612 doses fewer than were reported (night of 16 January). "
        "Waiting for us: Registry down, Dhule, since 12:05, and 1 more; nobody has acknowledged."
    )
    assert launch_snapshot["date"] == "Sat 16 January 2021 · sessions 11:30–17:30"


def test_the_equation_has_four_numbers_with_hour_and_source(launch_snapshot: dict[str, Any]) -> None:
    values = {item["kind"]: item["value"] for item in launch_snapshot["equation"]}
    assert values == {"target": "28,500", "reported": "18,338", "recorded": "5,726", "backlog": "12,612"}
    assert card(launch_snapshot, "reported")["sub"] == "64.3% of target"
    assert card(launch_snapshot, "recorded")["corner"] == "registry's count, hour not published"
    assert card(launch_snapshot, "recorded")["source"] == "https://github.com/incovid19/data-staging"
    assert card(launch_snapshot, "target")["bar"] == [0.0, 100.0]
    assert card(launch_snapshot, "backlog")["bar"] == [20.09, 64.34]


def test_made_up_figures_never_reach_the_equation(launch_snapshot: dict[str, Any], launch_reading: Reading) -> None:
    assert launch_reading.figures["rehearsed"].any()
    assert card(launch_snapshot, "reported")["value"] == "18,338"


def test_tiles_carry_state_time_share_and_hour(launch_snapshot: dict[str, Any], settings: ControlRoomFile) -> None:
    shown = launch_snapshot
    assert len(shown["tiles"]) == 36
    assert tile(shown, 474) | {"title": ""} == {
        "code": 474,
        "state": "down",
        "value": "fails",
        "share": 97.25,
        "told": "97%",
        "title": "",
    }
    assert tile(shown, 491)["told"] == "3% 13:30"
    assert tile(shown, 475)["told"] == "not reported"
    assert tile(shown, 475)["share"] is None
    assert tile(shown, 482)["told"] == tile(shown, 483)["told"] == "48% both"
    assert tile(shown, 490)["value"].endswith(" s")
    assert "1,802 of 3,100 doses reported, as of 17:30" in tile(shown, 490)["title"]


def test_states_are_counted_and_listed_worst_first(launch_snapshot: dict[str, Any]) -> None:
    counts = {item["state"]: item["count"] for item in launch_snapshot["counts"]}
    assert counts == {"ok": 24, "slow": 7, "degraded": 2, "down": 1, "own line": 1, "no data": 1, "no session": 0}
    rows = launch_snapshot["worst"]["rows"]
    assert [row["name"] for row in rows[:5]] == ["Dhule", "Raigad", "Thane", "Akola", "Gadchiroli"]
    assert rows[2]["what"].startswith("7% fail, rest ")
    assert rows[1]["told"] == "10 of 400"
    assert rows[1]["behind"] == "123"
    assert rows[0]["behind"] == "?"
    assert launch_snapshot["worst"]["rest"] == "and 6 more"


def test_open_incidents_say_who_was_told_and_who_answered(launch_snapshot: dict[str, Any]) -> None:
    rows = launch_snapshot["incidents"]
    assert [row["kind"] for row in rows] == ["Registry down", "Agent silent", "Registry slow", "Own line lost"]
    assert rows[0]["told"] == "5 of 6"
    assert rows[0]["waiting"] is True
    assert rows[2]["where"].startswith("9 districts: Ahmednagar, Akola")
    assert rows[2]["answered"] == "11:58 control room"
    assert [row["lasts"] for row in rows] == ["4 h 35", "45 min", "5 h 00", "3 h 28"]
    assert launch_snapshot["resolved"][0]["until"] == "10:50"
    assert launch_snapshot["resolved"][0]["ended"] == "recovering, over 10:50"
    assert launch_snapshot["box"] == {
        "waits": True, "title": "Waiting for us: 2 incidents",
        "lines": ["Registry down, Dhule, since 12:05", "Agent silent, Gadchiroli, since 15:55"],
    }  # fmt: skip


def test_the_footer_tells_of_agents_figures_mails_and_load(launch_snapshot: dict[str, Any]) -> None:
    assert [(item["main"], item["sub"]) for item in launch_snapshot["footer"]] == [
        ("1 of 1 agent", "all heard of late"),
        ("Figures: night of 16 January", "oldest: Raigad, 13:30"),
        ("39 of 40 mails out", "1 waiting"),
        ("1.2 checks a second", "asked of the registry"),
    ]


def test_the_same_reading_has_the_same_version(
    launch_reading: Reading, launch_snapshot: dict[str, Any], settings: ControlRoomFile
) -> None:
    assert snapshot(launch_reading, settings)["version"] == launch_snapshot["version"]
    assert len(json.dumps(launch_snapshot)) < 40_000


def test_data_are_stale_after_three_intervals(launch_reading: Reading) -> None:
    told = heard(launch_reading)
    assert told["newest_ms"] == launch_reading.day.now_ms - 4000
    assert told["stale_after_s"] == 180.0  # one sample a series in the last minute


def test_an_empty_store_says_that_nothing_was_measured_and_nothing_reported(pictures: Pictures) -> None:
    shown = picture(pictures(empty_store))
    assert shown["headline"]["text"].startswith("Nothing measured yet")
    assert {item["state"] for item in shown["tiles"]} == {"no data"}
    assert {item["told"] for item in shown["tiles"]} == {"not reported"}
    assert [item["value"] for item in shown["equation"]] == [
        "not reported",
        "not reported",
        "not reported",
        "not known",
    ]
    assert shown["worst"]["rows"] == []
    assert shown["worst"]["rest"] == "Nothing measured yet: districts come with their first samples."
    assert shown["equation_line"] == "No doses reported yet"
    assert [item["main"] for item in shown["footer"]][:3] == ["No agent yet", "No figures yet", "No mails today"]


def test_a_calm_day_lists_the_slowest_and_waits_for_nobody(pictures: Pictures) -> None:
    shown = picture(pictures(calm_day))
    assert shown["headline"]["text"].startswith("Registry works in all 36 districts; uploads take 1 to 4 s;")
    assert shown["worst"]["title"] == "Slowest first"
    assert shown["worst"]["rest"] == "No district deviates."
    assert shown["box"]["title"] == "Nothing waits for us"
    assert shown["incidents"] == []


def test_a_sunday_shows_the_figures_of_the_day_before_as_such(pictures: Pictures) -> None:
    shown = picture(pictures(sunday))
    assert shown["headline"]["text"].startswith("No session today (Sunday).")
    assert shown["date"].endswith("no session today")
    assert card(shown, "target")["corner"] == "planned for Sat 16 January 2021"
    assert tile(shown, 491)["told"] == "3% 13:30"
    assert shown["headline"]["state"] == "no session"


def test_old_data_never_look_live(pictures: Pictures) -> None:
    shown = picture(pictures(old_data))
    assert shown["headline"]["state"] == "blind"
    assert shown["headline"]["text"].startswith("Data is old: nothing heard since 16:39, 19 min ago.")
    assert shown["headline"]["second"][0] == (
        "The watch has stopped: no incident opens and no mail is written. See the control room's log. ",
        True,
    )
    assert shown["footer"][0]["main"] == "0 of 1 agent"


def test_a_registry_down_everywhere_is_one_incident(pictures: Pictures) -> None:
    shown = picture(pictures(all_down))
    assert shown["headline"]["text"] == "Registry down in all 36 districts since 15:52."
    assert shown["incidents"][0]["kind"] == "Registry down"
    assert shown["incidents"][0]["where"] == "all 36 districts"
    assert shown["worst"]["rest"] == "and 30 more"


def test_a_recovery_is_told_for_an_hour(calm_copy: Scene) -> None:
    scene = calm_copy
    scene.incident(
        IncidentKind.SLOWDOWN,
        ["Pune", "Thane"],
        "12:00",
        "Slow.",
        scope=Scope.STATE,
        resolved="16:10",
        answered="12:10",
    )
    assert (
        picture(scene)["headline"]["text"]
        == "Registry works again since 16:10 after 4 h 10 slow; 12,612 doses on paper (night of 16 January)."
    )


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("Registry works again in Pune: slow 12:00 to 13:00, then down until 16:10", "after 4 h 10, at worst down;"),
        ("Registry works again in Pune after 4 h 10 failing in part, since 12:00", "after 4 h 10 failing in part;"),
    ],
)
def test_a_recovery_is_told_by_what_it_was(calm_copy: Scene, sentence: str, said: str) -> None:
    calm_copy.incident(IncidentKind.SLOWDOWN, ["Pune"], "12:00", sentence, resolved="16:10")
    assert said in picture(calm_copy)["headline"]["text"]


def test_an_end_by_a_persons_word_is_not_told_as_measured(calm_copy: Scene) -> None:
    scene, over = calm_copy, calm_copy.ms("16:10")
    scene.incident(IncidentKind.OUTAGE, ["Pune"], "12:00", "Closed by Asha: by telephone", resolved="16:10")
    with scene.engine.begin() as connection:
        connection.execute(schema.incident.update().values(closed_ms=over, closed_by="Asha"))
    assert picture(scene)["headline"]["text"].startswith("Registry works in all 36 districts")


def test_uploads_that_fail_in_part_are_not_called_slow(calm_copy: Scene) -> None:
    scene = calm_copy
    scene.flip("Pune", "16:20", DistrictState.DEGRADED, "14% of its checks fail (error answers), since 16:20")
    scene.incident(
        IncidentKind.SLOWDOWN, ["Pune"], "16:20", "Uploads fail in part in Pune since 16:20: 14% of its checks fail"
    )
    shown = picture(scene)
    assert shown["headline"]["text"].startswith("Uploads fail in part in 1 of 36 districts since 16:20")
    assert shown["headline"]["state"] == "degraded"


def test_a_known_hour_makes_the_pace_known(tmp_path: Path, settings: ControlRoomFile) -> None:
    scene = empty_store(tmp_path / "a.db", settings)
    scene.figure("STATE", "target", 28_500, "08:00")
    scene.figure("STATE", "reported", 17_546, "16:30")
    reported = card(picture(scene), "reported")
    assert reported["corner"] == "districts' word, as of 16:30"
    assert reported["sub"] == "61.6% · 6,204 behind pace"


def test_a_figure_without_target_is_told_as_a_number(tmp_path: Path, settings: ControlRoomFile) -> None:
    scene = empty_store(tmp_path / "a.db", settings)
    scene.figure("475", "reported", 1200)
    assert tile(picture(scene), 475)["told"] == "1,200 told"


@pytest.mark.parametrize(
    ("state", "value", "what"),
    [
        (DistrictState.OWN_LINE, "line", "own line lost"),
        (DistrictState.NO_DATA, "silent", "agent silent"),
        (DistrictState.BLIND, "", "not seen from here"),
        (DistrictState.DOWN, "fails", "no upload works"),
    ],
)
def test_a_state_without_a_time_has_its_word(calm_copy: Scene, state: DistrictState, value: str, what: str) -> None:
    calm_copy.flip("Pune", "16:00", state)
    shown = picture(calm_copy)
    assert tile(shown, 490)["value"] == value
    assert shown["worst"]["rows"][0]["what"] == what


@pytest.mark.parametrize("build", [empty_store, calm_day, sunday, old_data, all_down])
def test_every_picture_can_be_sent_as_json(pictures: Pictures, build: Build) -> None:
    shown = picture(pictures(build))
    assert json.loads(json.dumps(shown))["version"] == shown["version"]
