"""The incidents page from a filled store to its components: the list, one with all that is known of it, windows, and what is typed."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from dash.development.base_component import Component

from dashboard.decisions.kinds import Objection
from dashboard.incidents.incident import IncidentKind
from dashboard.store import maintenance, schema
from dashboard.web.pages.incidents import tables
from dashboard.web.pages.incidents.actions import act
from dashboard.web.pages.incidents.asked import (
    AcceptAsked,
    AcknowledgeAsked,
    AssignAsked,
    CloseAsked,
    MergeAsked,
    NoteAsked,
    SeverityAsked,
    SnoozeAsked,
    SplitAsked,
)  # fmt: skip
from dashboard.web.pages.incidents.desk import Desk, Done
from dashboard.web.pages.incidents.doing import ACTIONS, Typed, asked, asked_opening, asked_window
from dashboard.web.pages.incidents.telling import Telling, Told
from dashboard.web.pages.incidents.words import KIND, MAIL, STEP, Naming, number_in
from tests.builders import Scene, example_settings
from tests.dashboard.web.test_decisions_page import text_of
from tests.places import DHULE, PUNE, RAIGAD


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """1: slow in Pune and Dhule; 2: Raigad's line; 3: Latur, over since 15:00 and recovering."""
    made = Scene(tmp_path / "t.db", example_settings())
    with made.at_once():
        made.watch()
        made.incident(
            IncidentKind.SLOWDOWN, ["Pune", "Dhule"], "11:40", "Registry slow in Dhule and Pune.", told=(2, 3)
        )
        made.incident(IncidentKind.LOCAL, ["Raigad"], "13:12", "Raigad has lost its own line since 13:12.")
        made.incident(IncidentKind.OUTAGE, ["Latur"], "14:00", "Registry works again in Latur.", resolved="15:00")
    return made


@pytest.fixture
def desk(scene: Scene) -> Desk:
    return Desk(scene.engine, scene.settings, scene.clock)


@pytest.fixture
def naming(scene: Scene) -> Naming:
    return Naming(scene.settings, scene.now_ms)


def one(desk: Desk, number: int) -> Told:
    found = Telling(desk).one(number)
    assert found is not None
    return found


def links(component: Any) -> list[str]:
    """Addresses of all links, in order."""
    if isinstance(component, list | tuple):
        return [address for part in component for address in links(part)]
    if not isinstance(component, Component):
        return []
    own = [component.href] if hasattr(component, "href") else []
    return own + links(getattr(component, "children", None))


# -- the list ----------------------------------------------------------------------------------------------------------


def test_the_list_says_how_many_are_open_and_who_has_none(desk: Desk, naming: Naming, scene: Scene) -> None:
    act(desk, 1, AssignAsked(who="Asha", owner="Bela"))
    new = maintenance.New(scene.now_ms, scene.now_ms + 1, [RAIGAD], "new line", "Asha", "m1")
    with scene.engine.begin() as connection:
        maintenance.append(connection, new, scene.now_ms)
    listed, windows = Telling(desk).listed([], []), Telling(desk).windows()
    assert text_of(tables.headline(naming, listed, windows)) == (
        "2 incidents are open, 1 recovers. 1 open incident has no owner. In maintenance now: Raigad."
    )
    shown = text_of(tables.listing(naming, listed))
    assert "3 Registry down Recovering Latur Major 14:00 1 h 00" in shown
    assert "1 Registry slow Open Dhule and Pune Major 11:40 5 h 00 Bela 2 of 3" in shown
    assert links(tables.listing(naming, listed)) == ["?id=2", "?id=1", "?id=3"]


@pytest.mark.parametrize(
    ("kinds", "phases", "numbers"),
    [(["local"], [], [2]), ([], ["recovering"], [3]), (["outage", "slowdown"], ["open"], [1]), ([], ["closed"], [])],
)
def test_it_can_show_only_some(desk: Desk, kinds: list[str], phases: list[str], numbers: list[int]) -> None:
    assert [one.row["incident_id"] for one in Telling(desk).listed(kinds, phases)] == numbers


def test_an_empty_store_has_its_words(tmp_path: Path, naming: Naming) -> None:
    made = Scene(tmp_path / "empty.db", example_settings())
    telling = Telling(Desk(made.engine, made.settings, made.clock))
    listed = telling.listed([], [])
    assert text_of(tables.headline(naming, listed, [])) == "No incident is open, none recovers."
    assert "None is known." in text_of(tables.listing(naming, listed))
    assert text_of(tables.window_list(naming, telling.windows())) == "None is set: every district is told of as usual."


# -- one ---------------------------------------------------------------------------------------------------------------


def test_one_shows_its_facts_timeline_and_mails(desk: Desk, naming: Naming) -> None:
    act(desk, 1, NoteAsked(who="Asha", text="Rang Pune", form="n1"))
    act(desk, 1, SnoozeAsked.model_validate({"who": "Asha", "until": desk.clock.now() + 1200}))
    told = one(desk, 1)
    head = text_of(tables.head(naming, told))
    for part in (
        "Registry slow in Dhule and Pune.", "Open Major Owner: nobody yet", "What Registry slow, number 1", "Since 11:40",
        "Opened 11:42 by the rules", "Lasts 5 h 00", "Districts 2 of 36: ", "Snoozed no mails until 17:00, but that of its end",
        "Mails 2 of 3 mails taken by the mail server", "Evidence none yet: it is taken two minutes after a step of a rule",
    ):  # fmt: skip
        assert part in head
    course = text_of(tables.course(naming, told))
    assert course.index("Snoozed") < course.index("16:40  Note  · Asha Rang Pune") < course.index("11:40  Opened")
    assert "Officer 2 waits" in course


def test_a_recovering_one_shows_its_technical_end_and_what_is_left(desk: Desk, naming: Naming) -> None:
    head = text_of(tables.head(naming, one(desk, 3)))
    assert "Technical end 15:00, after 1 h 00" in head
    assert "Recovery No counts of the registry are known here. It is closed when it stayed good for 30 minutes." in head
    act(desk, 3, CloseAsked(who="Asha", why="paper is entered"))
    assert "Closed 16:40 by Asha" in text_of(tables.head(naming, one(desk, 3)))


def test_sealed_evidence_is_offered_as_a_file(desk: Desk, naming: Naming, scene: Scene) -> None:
    sealed = {"incident_id": 1, "step": 1, "taken_ms": scene.now_ms, "samples": 3, "sha256": "0" * 64, "body": b"x"}
    scene.put(schema.evidence, [sealed])
    head = tables.head(naming, one(desk, 1))
    assert "Evidence Samples and figures of 1 step, sealed (ZIP)" in text_of(head)
    assert "/incidents/evidence/1.zip" in links(head)


def test_merged_ones_lead_to_each_other(desk: Desk, naming: Naming) -> None:
    act(desk, 1, MergeAsked(who="Asha", others=[2]))
    assert "?id=2" in links(tables.head(naming, one(desk, 1)))
    away = one(desk, 2)
    assert "Merged into 1" in text_of(tables.head(naming, away))
    assert "?id=1" in links(tables.head(naming, away))


def test_every_kind_step_and_mail_has_its_word() -> None:
    from dashboard.incidents.incident import StepKind
    from dashboard.notices.states import NoticeState

    assert set(KIND) == set(IncidentKind)
    assert set(STEP) == set(StepKind)
    assert set(MAIL) == {str(state) for state in NoticeState}


@pytest.mark.parametrize(
    ("search", "number"), [("?id=3", 3), ("", None), (None, None), ("?id=x", None), ("?id=" + "9" * 20, None), ("?a=1&id=7", 7)]
)  # fmt: skip
def test_the_number_of_the_address_is_read(search: str | None, number: int | None) -> None:
    assert number_in(search) == number


# -- what is typed -----------------------------------------------------------------------------------------------------


def typed(**changed: Any) -> Typed:
    fields: dict[str, Any] = {
        "who": "Asha", "owner": "Bela", "text": "words", "severity": ["minor"], "snooze": ["60"], "others": ["2"], "parts": [str(PUNE)],
        "form": "f1", "step": 1,
    }  # fmt: skip
    return Typed(**(fields | changed))


def test_every_choice_becomes_its_own_body_and_is_taken(desk: Desk) -> None:
    kinds = {
        "acknowledge": AcknowledgeAsked, "note": NoteAsked, "assign": AssignAsked, "severity": SeverityAsked, "snooze": SnoozeAsked,
        "split": SplitAsked, "merge": MergeAsked, "accept": AcceptAsked,
    }  # fmt: skip
    assert {*kinds, "close"} == set(ACTIONS)
    assert isinstance(asked("close", typed(), desk.clock.now()), CloseAsked)
    for step, (name, kind) in enumerate(kinds.items(), 1):
        body = asked(name, typed(step=step, owner="Chitra" if name == "assign" else "Bela"), desk.clock.now())
        assert isinstance(body, kind)
        assert isinstance(act(desk, 1, body), Done), name
    assert [step["what"] for step in one(desk, 1).steps] == [
        "opened", "acknowledged", "noted", "assigned", "graded", "snoozed", "split", "merged", "accepted", "resolved",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "changed", "field"),
    [
        ("", {}, "what"), ("note", {"who": None}, "who"), ("note", {"text": " "}, "text"), ("assign", {"owner": ""}, "owner"),
        ("severity", {"severity": []}, "severity"), ("snooze", {"snooze": []}, "until"), ("merge", {"others": []}, "others"),
        ("split", {"parts": ["x"]}, "districts"), ("close", {"text": None}, "why"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(what: str, changed: dict[str, Any], field: str) -> None:
    answer = asked(what, typed(**changed), 0)
    assert isinstance(answer, Objection)
    assert answer.field == field
    assert answer.hint


@pytest.mark.parametrize(
    ("text", "found"),
    [("13:10", "2021-01-16T13:10"), (" 9:05 ", "2021-01-16T09:05"), ("2021-01-17 09:00", "2021-01-17T09:00"), ("25:00", None),
     ("tomorrow", None), ("", None), (None, None), ("2021-02-30 10:00", None)],
)  # fmt: skip
def test_a_moment_is_typed_as_an_hour_of_today_or_with_its_day(
    naming: Naming, text: str | None, found: str | None
) -> None:
    moment = naming.moment("since", text)
    if found is None:
        assert isinstance(moment, Objection)
    else:
        assert moment == datetime.fromisoformat(found).replace(tzinfo=naming.settings.zone)


def test_an_opening_and_a_window_are_read_from_what_was_typed(naming: Naming) -> None:
    sent = {"kind": "local", "districts": [str(RAIGAD)], "why": "told by phone", "who": "Asha", "form": "f1"}
    opening = asked_opening(naming, sent, "13:10")
    assert not isinstance(opening, Objection)
    assert opening[1] == {RAIGAD}
    window = {key: value for key, value in sent.items() if key != "kind"}
    made = asked_window(naming, window | {"districts": ["STATE", str(DHULE)]}, "", "18:00")
    assert not isinstance(made, Objection)
    assert (len(made[1]), int(made[0].begins.timestamp() * 1000)) == (36, naming.now_ms)
    for wrong in (
        asked_window(naming, window, "later", "18:00"),
        asked_window(naming, window, "", ""),
        asked_opening(naming, sent, "x"),
    ):
        assert isinstance(wrong, Objection)
    assert isinstance(asked_opening(naming, sent | {"kind": None}, "13:10"), Objection)
