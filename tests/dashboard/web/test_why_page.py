"""The page Why: from a filled store to its tables, and over HTTP."""

import dataclasses
import json
from collections.abc import Iterator
from datetime import date as Date
from typing import Any

import flask
import pytest
from dash import html
from flask.testing import FlaskClient
from sqlalchemy import Engine

from dashboard.detection.explain.near import Near
from dashboard.detection.states import DistrictState
from dashboard.detection.wide import Wide
from dashboard.incidents.incident import IncidentKind, Scope
from dashboard.incidents.transitions import Standing
from dashboard.queries.history import Told
from dashboard.reasons import Reason, quiet
from dashboard.replay.what_if import Pair, WhatIf
from dashboard.web.app import create_app
from dashboard.web.pages.why import ids, tables
from dashboard.web.pages.why.answer import Answer, _quieted, answer
from dashboard.web.pages.why.callbacks import rules_in
from dashboard.web.pages.why.looking import Looks
from probes.clock import SetClock
from probes.config_file import ConfigError
from tests.dashboard.replay import a_day, a_store
from tests.dashboard.replay.a_day import Fault
from tests.dashboard.replay.a_store import moment, room
from tests.places import PUNE, RAIGAD

CLOCK = SetClock(moment("09:09:30"))
DAY = Date.fromisoformat(a_day.DAY)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    cut = Fault("09:05", "09:20", ("Raigad",), error="timeout", anchors=True)
    made = a_store.stored(tmp_path_factory.mktemp("why") / "t.db", a_day.samples((cut,), end="09:10"))
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def client(engine: Engine) -> FlaskClient:
    server = flask.Flask("tikawatch-test")
    create_app(server, engine, room(), CLOCK, lambda *_: True)
    return server.test_client()


def asked(client: FlaskClient, output: str, changed: str, values: dict[str, Any]) -> dict[str, Any]:
    """The answer of the callback with these outputs; `values` are its inputs and states by `id.property`, in order."""
    known = client.get("/why/_dash-dependencies").get_json()
    found = next(
        one for one in known if output in one["output"] and changed.partition(".")[0] in json.dumps(one["inputs"])
    )

    def filled(parts: list[dict[str, str]]) -> list[dict[str, Any]]:
        return [{**part, "value": values.get(f"{part['id']}.{part['property']}")} for part in parts]

    names = found["output"].strip(".").split("...")
    outputs = [dict(zip(("id", "property"), name.split("@")[0].split("."), strict=True)) for name in names]
    body = {
        "output": found["output"], "outputs": outputs, "inputs": filled(found["inputs"]), "state": filled(found["state"]),
        "changedPropIds": [changed],
    }  # fmt: skip
    answered = client.post("/why/_dash-update-component", json=body)
    assert answered.status_code == 200
    return dict(answered.get_json()["response"])


def explained(client: FlaskClient, place: str, day: str, minute: int = 0) -> tuple[str, str]:
    values = {f"{ids.DISTRICT}.value": place, f"{ids.SLIDER}.value": minute, f"{ids.DAY}.value": day}
    answer = asked(client, f"{ids.HEAD}.children", f"{ids.DISTRICT}.value", values)
    return json.dumps(answer[ids.HEAD]["children"]), json.dumps(answer[ids.BODY]["children"])


def test_the_page_is_there_and_in_the_ways(client: FlaskClient) -> None:
    assert client.get("/why/").status_code == 200
    assert '"/why/"' in json.dumps(client.get("/why/_dash-layout").get_json())


def test_now_and_a_past_minute_are_explained(client: FlaskClient) -> None:
    head, body = explained(client, str(RAIGAD), "now")
    assert "Raigad has lost its own line: 14 of 14 checks fail (no answer in time)" in head
    assert "At 09:09 on 19 January 2021. " in head
    assert "Own line cut" in body
    assert "local.anchors" in body
    head, body = explained(client, str(RAIGAD), a_day.DAY, 9 * 60 + 4)
    assert "Raigad is ok: uploads take " in head
    assert "No rule holds: there is nothing to tell." in head
    assert "learnt from the 3 hours before" in body
    head, _ = explained(client, "STATE", a_day.DAY, 9 * 60 + 9)
    assert "No trouble of the whole state in Maharashtra." in head
    assert "District by district: Raigad (own line)." in head
    assert "An incident of some districts is open: Own line lost, since 09:0" in head
    assert "nothing to tell" not in head


def test_a_minute_without_samples_is_said(client: FlaskClient) -> None:
    head, body = explained(client, str(RAIGAD), a_day.DAY, 60)
    assert "Nothing was measured in the 3 hours before 2021-01-19 01:00" in head
    assert body == "[]"


def test_a_link_chooses_its_district_and_days_are_those_stored(client: FlaskClient) -> None:
    answer = asked(
        client, f"{ids.DAY}.options", f"{ids.ADDRESS}.search", {f"{ids.ADDRESS}.search": f"?district={PUNE}"}
    )
    assert answer[ids.DISTRICT]["value"] == str(PUNE)
    assert [option["value"] for option in answer[ids.DAY]["options"]] == ["now", a_day.DAY]
    assert answer[ids.TRY_DAY] == {
        "options": [{"label": "Tue 19 January 2021", "value": a_day.DAY}],
        "value": a_day.DAY,
    }
    strange = asked(client, f"{ids.DAY}.options", f"{ids.ADDRESS}.search", {f"{ids.ADDRESS}.search": "?district=<b>"})
    assert strange[ids.DISTRICT]["value"] == "STATE"


def test_the_slider_spans_what_was_measured(client: FlaskClient) -> None:
    answer = asked(client, f"{ids.PAST}.hidden", f"{ids.DAY}.value", {f"{ids.DAY}.value": a_day.DAY})
    slider = answer[ids.SLIDER]
    assert (answer[ids.PAST]["hidden"], slider["min"] in (539, 540), slider["max"], slider["value"]) == (
        False,
        True,
        549,
        549,
    )


def test_a_link_may_name_a_minute(client: FlaskClient) -> None:
    search = f"?district={PUNE}&at={a_day.DAY}T09:03"
    values = {f"{ids.ADDRESS}.search": search, f"{ids.DAY}.value": a_day.DAY}
    assert asked(client, f"{ids.DAY}.options", f"{ids.ADDRESS}.search", values)[ids.DAY]["value"] == a_day.DAY
    assert asked(client, f"{ids.PAST}.hidden", f"{ids.DAY}.value", values)[ids.SLIDER]["value"] == 543
    for at_, minute in (("25:00", 549), ("23:00", 549), ("00:00", 539)):
        values[f"{ids.ADDRESS}.search"] = f"?at={a_day.DAY}T{at_}"
        found = asked(client, f"{ids.PAST}.hidden", f"{ids.DAY}.value", values)[ids.SLIDER]["value"]
        assert abs(found - minute) <= 1


def test_wrong_thresholds_are_refused_before_anything_runs(client: FlaskClient) -> None:
    values = {f"{ids.TRY_RULES}.value": "rules:\n  outage: {fail: 2}\n", f"{ids.TRY_DAY}.value": a_day.DAY}
    said = json.dumps(asked(client, f"{ids.TRIED}.children", f"{ids.TRY}.n_clicks", values))
    assert "thresholds line 2, outage.fail" in said
    without = asked(client, f"{ids.TRIED}.children", f"{ids.TRY}.n_clicks", {f"{ids.TRY_RULES}.value": "tick_s: 15"})
    assert "No day with sessions and samples is stored yet" in json.dumps(without)


def test_a_pasted_text_is_read_as_a_file_is() -> None:
    assert rules_in("settle_s: 45", room()).settle_s == 45
    with pytest.raises(ConfigError, match="thresholds line 1"):
        rules_in("- 1", room())


def test_a_look_is_kept_for_all_districts_and_only_a_few_are(engine: Engine) -> None:
    looks = Looks(engine, room(), CLOCK)
    first = looks.at((DAY, 545))
    assert looks.at((DAY, 545)) is first
    assert looks.at(None) is looks.at(None)
    for minute in range(541, 545):
        looks.at((DAY, minute))
    assert looks.at((DAY, 545)) is not first


# -- tables ------------------------------------------------------------------------------------------------------------

FOUND = (
    Reason(
        "Slow",
        "slow.ratio",
        False,
        "the last 3 uploads took 2.0 s",
        "3 in a row of 6.0 s or more",
        "4.0 s for the newest upload",
    ),
    Reason("No data", "local.nodata_s", True, "heard 140 s ago", "nothing for over 120 s"),
    quiet("Maintenance", "", False, "no window is in force", "a window"),
    quiet("Told already", "", True, "local since 09:05", "an open incident"),
)


def inside(part: Any) -> list[Any]:
    """The children of a component, or of a list."""
    inner = part if isinstance(part, list | tuple) else getattr(part, "children", None)
    return list(inner) if isinstance(inner, list | tuple) else [] if inner is None else [inner]


def texts(part: Any) -> list[str]:
    """Every text in a component, in order."""
    return [part] if isinstance(part, str) else [text for child in inside(part) for text in texts(child)]


def rows_of(part: Any) -> list[html.Tr]:
    found = [part] if isinstance(part, html.Tr) else []
    return found + [row for child in inside(part) for row in rows_of(child)]


HELD, QUIETED = (FOUND[1],), (FOUND[3],)
MISS = Near("Slow", "slow.ratio", False, "uploads took 4.0 s", "6.0 s", "2.0 s for the newest upload", way=0.5)


def said(nearest: Near | None = MISS, quieted: tuple[Reason, ...] = QUIETED) -> Answer:
    lines = ("Nobody is told, or not yet.", "District by district: Pune (slow).")
    return Answer("Raigad is slow: so it is", lines, DistrictState.SLOW, moment("09:09"), HELD, quieted, nearest)


def test_the_answer_stands_first_then_what_holds_what_quiets_it_and_what_comes_nearest() -> None:
    assert texts(tables.head(room(), said())) == [
        "Raigad is slow: so it is.", "At 09:09 on 19 January 2021. ", "Nobody is told, or not yet.", "District by district: Pune (slow).",
    ]  # fmt: skip
    answers, _ = tables.body(said(), FOUND, "what is usual is known")
    assert [texts(card) for card in answers.children] == [
        ["What holds", "No data", ": heard 140 s ago."],
        ["What keeps it quiet", "Told already", ": local since 09:05."],
        ["What comes nearest, and does not hold", "Slow", ": 50% of the way.", "Measured: uploads took 4.0 s.", "Missing: ",
         "2.0 s for the newest upload", "."],
    ]  # fmt: skip


def test_of_a_rule_that_wants_several_shares_the_weakest_is_shown() -> None:
    flood = dataclasses.replace(MISS, weakest="1% over 300 s, 5% is wanted")
    nearest = tables.body(said(flood), FOUND, "")[0].children[-1]
    assert texts(nearest)[2:] == [": 50% of the way.", "Its weakest part: ", "1% over 300 s, 5% is wanted", "."]


def test_where_nothing_is_quieted_or_near_it_says_so_or_leaves_it_out() -> None:
    calm = dataclasses.replace(said(None, ()), held=())
    assert [texts(card)[1] for card in tables.body(calm, FOUND, "")[0].children] == [
        "No rule holds.", "Nothing: no other rule has begun to hold.",
    ]  # fmt: skip


def test_the_answer_says_of_the_state_what_its_rules_hold_and_whether_it_is_told(engine: Engine) -> None:
    seen = Looks(engine, room(), CLOCK).at((DAY, 9 * 60 + 9))
    down = Wide("outage", "state", frozenset({RAIGAD}), moment("09:05"), "35 of 36 districts fail", firm=True)
    slow = Wide("slowdown", "division", frozenset({RAIGAD}), moment("09:05"), "4 times what is usual", True, "Konkan")
    held = dataclasses.replace(seen, judgement=dataclasses.replace(seen.judgement, wide=(down, slow)))
    told = answer(room(), held, None, ())
    assert told.sentence == (
        "Registry down in Maharashtra: 35 of 36 districts fail; Registry slow in Konkan: 4 times what is usual"
    )
    assert told.state is DistrictState.DOWN
    blind = dataclasses.replace(seen, judgement=dataclasses.replace(seen.judgement, blind_since=moment("09:05")))
    assert answer(room(), blind, None, ()).sentence.startswith("The monitor itself is cut off")


def test_an_open_incident_is_named_and_needs_no_reason_for_silence(engine: Engine) -> None:
    seen = Looks(engine, room(), CLOCK).at((DAY, 9 * 60 + 9))
    mine = Standing(7, IncidentKind.LOCAL, Scope.DISTRICT, moment("09:05"), None, 1, frozenset({RAIGAD}), frozenset())
    told = answer(room(), dataclasses.replace(seen, standing=(mine,)), RAIGAD, FOUND)
    assert told.lines == ("An incident is open: Own line lost, since 09:05.",)
    assert told.quieted == ()
    pune = answer(room(), dataclasses.replace(seen, standing=(mine,)), PUNE, FOUND)
    assert (pune.lines, pune.quieted) == (("Nobody is told, or not yet.",), QUIETED)
    assert answer(room(), seen, PUNE, HELD).lines == ("The map shows it; nobody is told of that alone.",)
    assert answer(room(), dataclasses.replace(seen, standing=()), RAIGAD, HELD).lines == ("It is about to be told.",)


def test_every_rule_and_threshold_stands_in_the_closed_fold() -> None:
    _, fold = tables.body(said(), FOUND, "what is usual is known")
    assert not getattr(fold, "open", False)
    rows = [texts(row) for row in rows_of(fold)]
    assert [row[0] for row in rows] == ["Rule", "Slow", "No data", "Rule", "Maintenance", "Told already"]
    assert rows[1][1:] == [
        "the last 3 uploads took 2.0 s", "3 in a row of 6.0 s or more", "slow.ratio", "4.0 s for the newest upload",
    ]  # fmt: skip
    assert rows_of(fold)[2].className == "holds"
    assert rows[2][-1] == "holds"
    assert "In the order in which they are looked at. Here what is usual is known." in texts(fold)


def test_what_keeps_doses_quiet_is_left_out_where_no_rule_of_doses_holds() -> None:
    late = quiet("It is late in the day", "doses.last_open", True, "late", "from 16:15")
    stall = Reason("Doses stop", "doses.ratio", True, "0 doses", "10% of them")
    assert _quieted((*FOUND, late), HELD) == (FOUND[3],)
    assert _quieted((*FOUND, late), (stall,)) == (FOUND[3], late)
    assert _quieted((*FOUND, late), ()) == ()


def test_a_trial_shows_new_missing_and_moved_incidents_beside_each_other() -> None:
    then = Told("slowdown", "state", moment("09:10"), moment("09:30"), frozenset({RAIGAD}), "Slow then", 7)
    now = Told("slowdown", "state", moment("09:06"), None, frozenset({RAIGAD, PUNE}), "Slow now")
    pairs = (Pair(then, now), Pair(None, now), Pair(then, None))
    found = WhatIf(
        DAY, moment("09:00"), moment("18:00"), pairs, {"degraded.ratio": ("2.3", "2")}, 191_181, moment("16:00")
    )
    shown = tables.tried(room(), found)
    said = texts(shown)
    assert said[0] == "Told then: 2; told with these thresholds: 2; new: 1, missing: 1"
    assert said[1] == "Tue 19 January 2021, 09:00 to 18:00, 1,91,181 samples. Changed: degraded.ratio 2.3 → 2."
    assert said[2] == "Only up to 16:00: there are more samples than can be gone through."
    assert [texts(row) for row in rows_of(shown)[1:]] == [
        ["told 4 min earlier", "slowdown, state", "Slow now", "Pune and Raigad", "09:10 to 09:30", "09:06, open"],
        ["new", "slowdown, state", "Slow now", "Pune and Raigad", "not told", "09:06, open"],
        ["missing", "slowdown, state", "Slow then", "Raigad", "09:10 to 09:30", "not told"],
    ]  # fmt: skip
