"""Evidence of each step: what is in it, that it is taken once, and after a kill."""

import json
from itertools import pairwise
from typing import Any

from sqlalchemy import delete, update

from dashboard.evidence import seal
from dashboard.evidence.gathering import AFTER_MS, BEFORE_MS, MOST_FIGURES, MOST_SAMPLES, span_of
from dashboard.incidents.incident import IncidentKind
from dashboard.queries.evidence import SAMPLE_COLUMNS, Span, samples, steps_before
from dashboard.store.engine import reading
from dashboard.store.evidence import Due, Kept, append
from dashboard.store.schema import boot, evidence, incident_step
from tests.builders import Scene
from tests.dashboard.evidence.conftest import kept, resolved, taken
from tests.places import PUNE, THANE


def body(row: Kept) -> dict[str, Any]:
    plain = seal.unpack(row.body)
    assert plain is not None
    found: dict[str, Any] = json.loads(plain)
    return found


def a_step(scene: Scene, since: str = "12:00", **fields: object) -> None:
    """Thane's incident with a step at 12:02, with other values if given."""
    number = scene.incident(IncidentKind.SLOWDOWN, ["Thane"], since, "Thane is slow.")
    values = {"at_ms": scene.ms("12:02"), **fields}
    with scene.engine.begin() as connection:
        connection.execute(update(incident_step).where(incident_step.c.incident_id == number).values(values))


def test_each_step_has_one_sealed_row_and_names_the_one_before(rows: list[Kept]) -> None:
    bodies = [body(row) for row in rows]
    assert [one["step"]["what"] for one in bodies] == ["opened", "resolved"]
    assert [row.sha256 for row in rows] == [seal.digest(seal.canonical(one)) for one in bodies]
    assert [one["before"] for one in bodies] == [None, {"step": 1, "sha256": rows[0].sha256}]


def test_the_samples_are_those_of_its_districts_around_the_step(rows: list[Kept], told: Scene) -> None:
    opened, over = (body(row) for row in rows)
    found = [dict(zip(SAMPLE_COLUMNS, row, strict=True)) for row in opened["samples"]["rows"]]
    assert {row["district"] for row in found} == {THANE}
    assert {row["kind"] for row in found} == {"http", "upload", "anchor"}
    assert all(told.ms("11:55") <= row["started_ms"] < told.ms("12:02") for row in found)
    assert (opened["samples"]["found"], rows[0].samples, len(found)) == (84, 84, 84)
    assert [over["span"]["begins_ms"], over["span"]["ends_ms"]] == [told.ms("12:05"), told.ms("12:12")]


def test_it_says_compared_with_whom_by_whom_measured_and_by_which_rules(rows: list[Kept], told: Scene) -> None:
    opened = body(rows[0])
    uploads = {one["district"]: one for one in opened["counts"] if one["kind"] == "upload"}
    assert {one["district"] for one in opened["districts"] if one["concerned"]} == {THANE}
    assert (uploads[THANE]["ok"], uploads[PUNE]["ok"], uploads[PUNE]["failed"]) == (28, 28, 0)
    assert (uploads[THANE]["mean_us"], uploads[PUNE]["mean_us"]) == (5_957_143, 1_985_714)
    [agent] = opened["agents"]
    assert (agent["agent"], agent["skew_ms"], agent["dropped"]) == ("control-room", 0, 0)
    assert opened["rules"] == told.settings.dashboard.rules.model_dump(mode="json")


def test_what_a_district_was_before_stands_beside_what_it_became(rows: list[Kept]) -> None:
    flips = [(one["district"], one["new"]) for one in body(rows[0])["flips"]]
    assert flips == [(THANE, "ok"), (THANE, "slow")]


def test_the_steps_before_are_told(rows: list[Kept]) -> None:
    assert [[one["sentence"] for one in body(row)["steps_before"]] for row in rows] == [[], ["Thane is slow."]]


def test_a_second_look_takes_nothing_again_and_changes_nothing(told: Scene, rows: list[Kept]) -> None:
    assert taken(told, "12:13") == rows


def test_nothing_is_taken_before_two_minutes_have_passed(scene: Scene) -> None:
    a_step(scene)
    assert taken(scene, "12:03:59") == []
    assert len(taken(scene, "12:04")) == 1


def test_an_acknowledgement_needs_no_evidence(scene: Scene) -> None:
    a_step(scene, what="acknowledged")
    assert taken(scene, "12:30") == []


def test_a_stop_between_two_steps_loses_none_and_the_chain_goes_on(scene: Scene) -> None:
    a_step(scene)
    [first] = taken(scene, "12:04")
    resolved(scene, "12:06", 3)
    again, second = taken(scene, "18:00")  # the room stood still for six hours
    assert (again, second.step) == (first, 3)
    assert body(second)["before"] == {"step": 1, "sha256": first.sha256}


def test_evidence_that_was_lost_before_it_was_stored_is_taken_anew(scene: Scene) -> None:
    a_step(scene)
    assert len(taken(scene, "12:04")) == 1
    with scene.engine.begin() as connection:
        connection.execute(delete(evidence))
    assert len(taken(scene, "12:05")) == 1


def test_who_comes_second_with_evidence_of_a_step_changes_nothing(scene: Scene) -> None:
    a_step(scene)
    first = taken(scene, "12:04")
    with scene.engine.begin() as connection:
        assert not append(connection, 1, first[0]._replace(sha256="0" * 64, taken_ms=0))
    assert kept(scene) == first


def test_more_samples_than_are_kept_are_thinned_alike_for_every_check_and_said(scene: Scene) -> None:
    scene.samples("Thane", "11:00", "12:05", 3.0, every_s=2, first_seq=5_000)
    a_step(scene, since="11:05")
    [row] = taken(scene, "12:04")
    part = body(row)["samples"]
    assert (part["found"], part["kept"], row.samples) == (5_925, MOST_SAMPLES, MOST_SAMPLES)
    assert part["note"] == "5000 of 5925 samples, the same share of each check of each district; the counts are of all"
    kinds = [one[SAMPLE_COLUMNS.index("kind")] for one in part["rows"]]
    assert sorted(kinds.count(kind) for kind in set(kinds)) == [1666, 1667, 1667]


def test_thinning_keeps_exactly_the_limit_and_spreads_it_over_time(scene: Scene) -> None:
    span = Span(scene.ms("11:50"), scene.ms("12:10"))
    with reading(scene.engine) as connection:
        found, some = samples(connection, [THANE], span, 24)
        every = samples(connection, [THANE], span, MOST_SAMPLES)
        none = samples(connection, [PUNE], Span(0, 1), 10)
    assert (found, len(some)) == (240, 24)
    assert (every[0], len(every[1])) == (240, 240)
    assert none == (0, [])
    uploads = [row[SAMPLE_COLUMNS.index("started_ms")] for row in some if row[2] == "upload"]
    assert [later - earlier for earlier, later in pairwise(uploads)] == [150_000] * 7


def test_a_stall_of_doses_carries_the_figures_as_known_then_and_no_samples(scene: Scene) -> None:
    scene.figure(str(THANE), "target", 100)
    scene.figure(str(THANE), "reported", 40, "11:00")
    scene.figure(str(PUNE), "reported", 70, "11:00")
    scene.figure(str(THANE), "reported", 41, "12:30")
    with scene.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE figure SET received_ms = min(as_of_ms, ?)", (scene.ms("12:01"),))
    a_step(scene, kind="dose_stall")
    stall = body(taken(scene, "12:40")[0])
    assert {(one["kind"], one["value"]) for one in stall["figures"]} == {("target", 100), ("reported", 40)}
    assert stall["samples"]["rows"] == []
    assert "figures" in stall["samples"]["note"]
    assert {one["district"] for one in stall["counts"]} == {THANE, PUNE}


def test_an_incident_of_many_steps_tells_the_newest_hundred(scene: Scene) -> None:
    a_step(scene)
    with scene.at_once():
        for step in range(2, 152):
            resolved(scene, "12:05", step)
    with reading(scene.engine) as connection:
        before = steps_before(connection, 1, 151)
    assert [one["step"] for one in before] == list(range(51, 151))


def test_of_many_figures_the_newest_are_kept(scene: Scene) -> None:
    with scene.at_once():
        for n in range(MOST_FIGURES + 7):
            scene.figure(str(THANE), "reported", n, f"11:{n // 600 % 60:02}:{n // 10 % 60:02}.{n % 10}")
    with scene.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE figure SET received_ms = as_of_ms")
    a_step(scene, kind="dose_stall")
    values = [one["value"] for one in body(taken(scene, "12:40")[0])["figures"]]
    assert (values[0], values[-1], len(values)) == (7, MOST_FIGURES + 6, MOST_FIGURES)


def test_a_wrong_clock_and_dropped_samples_of_an_agent_are_in_it(scene: Scene) -> None:
    with scene.engine.begin() as connection:
        connection.execute(update(boot).values(skew_ms=-7_000, dropped=3))
    a_step(scene)
    [agent] = body(taken(scene, "12:04")[0])["agents"]
    assert (agent["skew_ms"], agent["dropped"]) == (-7_000, 3)


def test_a_fault_of_many_hours_is_looked_at_from_an_hour_before_the_step() -> None:
    hour, at = 3_600_000, 50_000_000
    due = Due(1, 4, "upgraded", at, "outage", "state", (THANE,), "", "rule", at - 9 * hour)
    assert span_of(due) == Span(at - hour - BEFORE_MS, at + AFTER_MS)


def test_another_incident_has_none_of_it(told: Scene) -> None:
    assert kept(told, 2) == []
