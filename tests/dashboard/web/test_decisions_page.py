"""The decisions page from a filled store to its components, taking a decision, and the strips and lines of the overview."""

from pathlib import Path
from typing import Any

import pytest
from dash.development.base_component import Component

from dashboard.decisions.kinds import Objection
from dashboard.detection.states import DistrictState
from dashboard.incidents.incident import IncidentKind
from dashboard.web.pages.decisions import tables
from dashboard.web.pages.decisions.callbacks import read_known, said, version_of
from dashboard.web.pages.decisions.taking import Asked, Confirmed, Taken, confirm, take
from dashboard.web.pages.overview.day import day_frames
from dashboard.web.pages.overview.reading import read_overview
from dashboard.web.pages.overview.snapshot import snapshot
from tests.builders import Scene, example_settings


def text_of(component: Any) -> str:
    """All words of components, in order."""
    if isinstance(component, Component):
        return text_of(getattr(component, "children", None))
    if isinstance(component, list | tuple):
        return " ".join(part for one in component if (part := text_of(one)))
    return "" if component is None else str(component)


def decide(scene: Scene, what: str, hour: str, *names: str, **more: Any) -> Taken | Objection:
    codes = [scene.code(name) for name in names]
    asked = Asked(what, codes, "Dr. A. Deshmukh", "uploads fail", form=f"{what}-{hour}", **more)
    return take(scene.engine, scene.settings, asked, scene.ms(hour) / 1000)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """12 of 36 districts down since 12:00, one incident."""
    made = Scene(tmp_path / "t.db", example_settings())
    with made.at_once():
        made.watch()
        made.published_figures()
        for district in made.settings.districts[:12]:
            made.flip(district.name, "12:00", DistrictState.DOWN, "Every upload fails.")
        names = [district.name for district in made.settings.districts[:12]]
        made.incident(IncidentKind.OUTAGE, names, "12:00", "Registry down in 12 districts since 12:00.")
    return made


def test_before_any_decision_it_says_so_and_suggests_on_top(scene: Scene) -> None:
    known = read_known(scene.engine, scene.settings, scene.clock.now())
    shown = text_of(tables.body(known))
    assert shown.startswith("No decision stands: no district is on paper or suspended.")
    assert "Suggested: go to paper, 12 districts" in shown
    assert "Registry unworkable for 20 minutes and more in 12 of 36 districts (12 down), since 12:00." in shown
    assert text_of(tables.articles(known)) == "None was taken yet."


def test_a_decision_stands_in_the_list_with_its_evidence_and_confirmations(scene: Scene) -> None:
    taken = decide(scene, "paper", "13:00", "Dhule", "Nandurbar", incident_id=1)
    assert isinstance(taken, Taken)
    assert isinstance(
        confirm(scene.engine, scene.settings, (1, scene.code("Dhule"), "DIO Dhule"), scene.ms("13:05") / 1000),
        Confirmed,
    )
    known = read_known(scene.engine, scene.settings, scene.clock.now())
    assert tables.sentence(known) == "On paper: Dhule and Nandurbar, since 13:00."
    shown = text_of(tables.articles(known))
    for part in (
        "Go to paper: Dhule and Nandurbar", "1 of 2 confirmed", "13:00  · Dr. A. Deshmukh · uploads fail", "Evidence, as known at 13:00",
        "Incident 1: Registry down in 12 districts since 12:00.", "Dhule down 12:00 Every upload fails.",
        "Maharashtra 2021-01-16 target 28,500",
    ):  # fmt: skip
        assert part in shown
    rows = text_of(tables.confirmations(known, known.decided.decisions[0]))
    assert "Dhule   13:05 DIO Dhule" in rows
    assert "Nandurbar   Has confirmed" in rows


def test_the_newest_decision_comes_first_and_the_whole_state_has_its_own_words(scene: Scene) -> None:
    decide(scene, "paper", "13:00", "Dhule")
    decide(scene, "suspend", "14:00", *(district.name for district in scene.settings.districts))
    known = read_known(scene.engine, scene.settings, scene.clock.now())
    assert tables.sentence(known) == "Suspended: the whole state, since 14:00."
    shown = text_of(tables.articles(known))
    assert shown.index("Suspend sessions: the whole state") < shown.index("Go to paper: Dhule")
    assert "Doses on paper still have to be entered: Dhule." in text_of(tables.body(known))


def test_a_suggestion_that_has_gone_by_is_refused_and_names_where(scene: Scene) -> None:
    codes = tuple(scene.code(district.name) for district in scene.settings.districts[:12])
    scene.flip("Dhule", "16:20", DistrictState.OK, old="down")
    answer = decide(scene, "paper", "16:30", "Dhule", "Akola", suggested=codes)
    assert isinstance(answer, Objection)
    assert answer.field == "suggestion"
    assert 'Not stored: "Go to paper" is no longer suggested for Akola, Dhule:' in said(answer)  # 11 are no third
    own = decide(scene, "paper", "16:31", "Dhule", "Akola")
    assert isinstance(own, Taken)


def test_a_suggestion_taken_in_part_or_with_more_districts_is_taken(scene: Scene) -> None:
    codes = tuple(scene.code(district.name) for district in scene.settings.districts[:12])
    answer = decide(scene, "paper", "16:30", scene.settings.districts[0].name, "Sangli", suggested=codes)
    assert isinstance(answer, Taken)


def test_a_double_click_takes_it_once(scene: Scene) -> None:
    first, second = (decide(scene, "paper", "13:00", "Dhule") for _ in range(2))
    assert isinstance(first, Taken)
    assert isinstance(second, Taken)
    assert (first.again, second.again, first.decision) == (False, True, second.decision)
    known = read_known(scene.engine, scene.settings, scene.clock.now())
    assert (
        tables.taken_words(known, second.decision, second.again)
        == "Decision 1 was taken already: go to paper, Dhule, 13:00."
    )


def test_the_same_content_has_the_same_version(scene: Scene) -> None:
    known = read_known(scene.engine, scene.settings, scene.clock.now())
    assert version_of(tables.articles(known)) == version_of(tables.articles(known))
    decide(scene, "paper", "13:00", "Dhule")
    after = read_known(scene.engine, scene.settings, scene.clock.now())
    assert version_of(tables.articles(known)) != version_of(tables.articles(after))


def test_the_overview_bands_the_pace_and_says_what_is_suggested(scene: Scene) -> None:
    decide(scene, "paper", "13:00", "Dhule")
    decide(scene, "suspend", "15:00", "Dhule", "Pune")
    decide(scene, "resume", "16:00", "Dhule", "Pune")
    reading = read_overview(scene.engine, scene.settings, scene.clock.now())
    frame = day_frames(reading, scene.settings).decided
    assert frame.to_numpy().tolist() == [
        ["paper", "paper: Dhule", scene.ms("13:00"), scene.ms("15:00")],
        ["suspend", "suspended: Dhule and Pune", scene.ms("15:00"), scene.ms("16:00")],
    ]
    shown = snapshot(reading, scene.settings)
    assert shown["box"]["lines"][-1] == "Suggested: go to paper, 12 districts"
    assert ["Suggested: go to paper, 12 districts. ", True] in [list(part) for part in shown["headline"]["second"]]


def test_without_a_suggestion_the_box_is_as_before(scene: Scene) -> None:
    decide(scene, "paper", "13:00", *(district.name for district in scene.settings.districts[:12]))
    shown = snapshot(read_overview(scene.engine, scene.settings, scene.clock.now()), scene.settings)
    assert not any("Suggested" in line for line in shown["box"]["lines"])
