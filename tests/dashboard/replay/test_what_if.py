"""What would have been told with other thresholds, beside what was told."""

from collections.abc import Iterator
from datetime import date as Date
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from dashboard.queries.history import Told
from dashboard.replay import what_if
from dashboard.replay.what_if import WhatIf
from dashboard.settings import ControlRoomFile
from dashboard.store import schema
from probes.config_file import ConfigError
from tests.dashboard.replay import a_day, a_store
from tests.dashboard.replay.a_day import Fault
from tests.dashboard.replay.a_store import moment, room
from tests.places import PUNE, RAIGAD, THANE

DAY = Date.fromisoformat(a_day.DAY)


def rules_of(text: str, folder: Path, settings: ControlRoomFile | None = None) -> what_if.Rules:
    (folder / "rules.yaml").write_text(text, encoding="utf-8")
    return what_if.read_rules(folder / "rules.yaml", settings or room())


# -- thresholds --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "outage: {districts: 0.9}",
        "rules:\n  outage:\n    districts: 0.9",
        "dashboard:\n  rules:\n    outage: {districts: 0.9}",
    ],
)
def test_a_file_may_begin_at_any_of_three_places(tmp_path: Path, text: str) -> None:
    rules = rules_of(text, tmp_path)
    assert rules.outage.districts == 0.9
    assert rules.outage.fail == room().dashboard.rules.outage.fail


def test_what_a_file_leaves_out_is_what_is_in_force(tmp_path: Path) -> None:
    stricter = rules_of("degraded: {recover_ratio: 1.2}\nfreeze_ratio: 1.3", tmp_path)
    settings = what_if._with(room(), stricter)
    # below the shipped recover_ratio, and not below the one in force
    assert rules_of("degraded: {ratio: 1.4}", tmp_path, settings).degraded.recover_ratio == 1.2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "rules:\n  outage: {district: 0.9}",
            'rules.yaml line 2, outage.district: unknown key "district". Did you mean "districts"?',
        ),
        (
            "degraded:\n  ratio: 1.4",
            "rules.yaml line 1, degraded.recover_ratio: recover_ratio 1.5 is not below ratio 1.4",
        ),
        ("outage: {fail: 2}", 'rules.yaml line 1, outage.fail: "2" is refused: it should be less than or equal to 1'),
        ("rules: fast", 'rules.yaml line 1, rules: unknown key "rules"'),
        ("- 1", "rules.yaml line 1: the file holds no sections"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        rules_of(text, tmp_path)
    assert str(refused.value).startswith(message)


# -- beside each other -------------------------------------------------------------------------------------------------


def told(kind: str, opened: str, resolved: str | None, *districts: int) -> Told:
    return Told(kind, "district", moment(opened), moment(resolved) if resolved else None, frozenset(districts), "")


def paired(then: list[Told], now: list[Told]) -> list[tuple[bool, bool, float | None]]:
    return [(pair.then is not None, pair.now is not None, pair.later_s) for pair in what_if._paired(then, now)]


def test_the_same_fault_told_later_or_as_another_kind_is_one_pair() -> None:
    then, now = told("slowdown", "10:00", "10:30", RAIGAD, THANE), told("outage", "10:03", "10:30", RAIGAD)
    assert paired([then], [now]) == [(True, True, 180.0)]


def test_other_districts_families_and_hours_are_new_and_missing() -> None:
    then = told("slowdown", "10:00", "10:30", RAIGAD)
    for now in (
        told("slowdown", "10:00", "10:30", PUNE),
        told("local", "10:00", "10:30", RAIGAD),
        told("slowdown", "12:00", None, RAIGAD),
    ):
        assert sorted(paired([then], [now]), key=str) == [(False, True, None), (True, False, None)]


def test_of_two_the_nearest_is_taken_and_each_only_once() -> None:
    then = told("slowdown", "10:00", "11:00", RAIGAD)
    near, far = told("slowdown", "10:01", "10:10", RAIGAD), told("slowdown", "10:30", "10:40", RAIGAD)
    assert paired([then], [far, near]) == [(True, True, 60.0), (False, True, None)]


# -- a day -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A quarter of an hour in which eight of twelve districts fail, told as an outage of the state at the time."""
    few = Fault("09:05", "09:12", a_day.NAMES[:8], error="http_500")
    made = a_store.stored(tmp_path_factory.mktemp("what-if") / "t.db", a_day.samples((few,), end="09:15"))
    opened, resolved = (int(moment(hour) * 1000) for hour in ("09:05:45", "09:14:30"))
    incident = {
        "incident_id": 7, "kind": "outage", "scope": "state", "status": "resolved", "since_ms": opened, "opened_ms": opened,
        "resolved_ms": resolved, "sentence": "", "steps": 2,
    }  # fmt: skip
    with made.begin() as connection:
        connection.execute(insert(schema.incident), [incident])
        codes = [district.code for district in room().districts]
        rows = [{"incident_id": 7, "district": code, "joined_ms": opened, "left_ms": resolved} for code in codes]
        connection.execute(insert(schema.incident_district), rows)
    yield made
    made.dispose()


def tried(engine: Engine, folder: Path, text: str, day: Date = DAY) -> WhatIf:
    return what_if.run(engine, room(), rules_of(text, folder), day)


def test_the_same_thresholds_tell_the_same(engine: Engine, tmp_path: Path) -> None:
    found = tried(engine, tmp_path, "tick_s: 15")
    (pair,) = found.pairs
    assert (pair.either.kind, pair.either.scope) == ("outage", "state")
    assert pair.later_s is not None
    assert abs(pair.later_s) <= 30
    assert found.changed == {}
    assert found.samples > 1000


def test_a_stricter_rule_tells_its_districts_by_themselves_and_says_what_was_changed(
    engine: Engine, tmp_path: Path
) -> None:
    found = tried(engine, tmp_path, "outage: {districts: 0.9}")
    assert found.changed == {"outage.districts": ("0.6", "0.9")}
    assert len(found.pairs[0].either.districts) == 8


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2021-01-18", "no session was held on 2021-01-18"),
        ("2021-01-20", "nothing was measured in the sessions of 2021-01-20"),
    ],
)
def test_a_day_that_cannot_be_tried_is_refused_in_words(engine: Engine, tmp_path: Path, day: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tried(engine, tmp_path, "tick_s: 15", Date.fromisoformat(day))
