"""What is decided and suggested, from a filled store, and the evidence that a decision takes along."""

from pathlib import Path

import pytest

from dashboard.decisions.kinds import DecisionKind
from dashboard.detection.states import DistrictState
from dashboard.queries.decisions import Decided, decided, evidence_now, open_incidents
from dashboard.queries.frame import reading
from dashboard.store import decisions
from dashboard.store.decisions import New
from tests.builders import Scene, example_settings
from tests.dashboard.web.pictures import all_down, launch_day

PAPER, SUSPEND, RESUME, DONE = DecisionKind
HALF = 18


def put(scene: Scene, what: DecisionKind, hour: str, *names: str) -> None:
    with scene.engine.begin() as connection:
        codes = tuple(scene.code(name) for name in names)
        decisions.append(connection, New(what, scene.ms(hour), "A", "b", None, codes, f"{what}{hour}", {}))


def now_of(scene: Scene) -> Decided:
    with reading(scene.engine) as connection:
        return decided(connection, scene.settings, scene.now_ms)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    made = Scene(tmp_path / "t.db", example_settings())
    made.watch()
    return made


def flips(scene: Scene, state: DistrictState, at: str, number: int = HALF, old: str = "no data") -> None:
    with scene.at_once():
        for district in scene.settings.districts[:number]:
            scene.flip(district.name, at, state, old=old)


def test_all_down_since_48_minutes_suggests_paper_for_all(tmp_path: Path) -> None:
    made = all_down(tmp_path / "t.db", example_settings())
    (one,) = now_of(made).suggestions
    assert (one.what, len(one.districts), one.since_ms) == (PAPER, 36, made.ms("15:52"))


def test_three_bad_districts_of_36_suggest_nothing(tmp_path: Path) -> None:
    assert now_of(launch_day(tmp_path / "t.db", example_settings())).suggestions == ()


def test_a_state_older_than_the_look_back_still_holds(scene: Scene) -> None:
    flips(scene, DistrictState.DOWN, "09:00")
    assert [one.what for one in now_of(scene).suggestions] == [PAPER]


def test_a_change_between_unworkable_states_does_not_begin_anew(scene: Scene) -> None:
    flips(scene, DistrictState.DEGRADED, "09:00")
    flips(scene, DistrictState.DOWN, "16:35", old="degraded")
    assert [one.what for one in now_of(scene).suggestions] == [PAPER]


def test_nothing_is_suggested_while_blind_or_while_nobody_judges(scene: Scene) -> None:
    flips(scene, DistrictState.DOWN, "15:00")
    scene.flip(None, "16:00", DistrictState.BLIND)
    assert now_of(scene).suggestions == ()
    scene.flip(None, "16:01", DistrictState.OK)
    assert len(now_of(scene).suggestions) == 1
    scene.now_ms += 121_000
    assert now_of(scene).suggestions == ()


def test_paper_taken_moves_the_districts_from_suggested_to_standing(scene: Scene) -> None:
    flips(scene, DistrictState.DOWN, "15:00")
    names = [district.name for district in scene.settings.districts[:HALF]]
    put(scene, PAPER, "15:30", *names)
    found = now_of(scene)
    assert (len(found.standing), found.suggestions) == (HALF, ())
    flips(scene, DistrictState.OK, "16:10", old="down")
    assert [(one.what, len(one.districts)) for one in now_of(scene).suggestions] == [(RESUME, HALF)]


@pytest.mark.parametrize(
    ("reported", "recorded", "suggested"),
    [(300, 300, True), (300, 301, True), (300, 299, False), (300, None, False), (None, None, False)],
)
def test_back_entry_is_suggested_as_done_when_the_registry_has_all(
    scene: Scene, reported: int | None, recorded: int | None, suggested: bool
) -> None:
    put(scene, PAPER, "12:00", "Dhule")
    put(scene, RESUME, "14:00", "Dhule")
    for kind, value in (("reported", reported), ("recorded", recorded)):
        if value is not None:
            scene.figure(str(scene.code("Dhule")), kind, value, "15:00")
    assert [one.what for one in now_of(scene).suggestions] == ([DONE] if suggested else [])


def test_a_district_that_shares_its_figure_is_done_when_the_shared_one_is(scene: Scene) -> None:
    put(scene, PAPER, "12:00", "Mumbai City")
    put(scene, RESUME, "14:00", "Mumbai City")
    scene.figure("mumbai", "reported", 10, "15:00")
    scene.figure("mumbai", "recorded", 10, "15:00")
    assert [one.districts for one in now_of(scene).suggestions] == [(scene.code("Mumbai City"),)]


def test_what_a_rehearsal_made_up_ends_no_back_entry(scene: Scene) -> None:
    put(scene, PAPER, "12:00", "Dhule")
    put(scene, RESUME, "14:00", "Dhule")
    for kind in ("reported", "recorded"):
        scene.figure(str(scene.code("Dhule")), kind, 5, "15:00", rehearsed=True)
    assert now_of(scene).suggestions == ()


def test_the_evidence_is_what_was_known_at_that_moment(tmp_path: Path) -> None:
    made = launch_day(tmp_path / "t.db", example_settings())
    dhule, mumbai = made.code("Dhule"), made.code("Mumbai City")
    made.figure(str(dhule), "reported", 50, "12:00")
    made.figure(str(dhule), "reported", 90, "16:41")  # true a minute from now
    with reading(made.engine) as connection:
        found = evidence_now(connection, made.settings, [mumbai, dhule], 2, made.now_ms)
        assert open_incidents(connection)[0] == (1, "Registry slow in 9 districts since 11:40.")
    assert (found["at_ms"], found["day"]) == (made.now_ms, "2021-01-16")
    assert [(one["district"], one["state"]) for one in found["states"]] == [(dhule, "down"), (mumbai, "ok")]
    values = {(one["place"], one["kind"]): one["value"] for one in found["figures"]}
    assert values[str(dhule), "reported"] == 50
    assert ("STATE", "target") in values
    assert ("mumbai", "target") in values
    assert ("STATE", "reported") not in values  # told at night, its hour unknown
    assert found["incident"] == {
        "incident_id": 2, "kind": "outage", "scope": "district", "status": "open", "since_ms": made.ms("12:05"),
        "sentence": "Every upload fails in Dhule since 12:05.", "steps": 1, "districts": [dhule],
    }  # fmt: skip
