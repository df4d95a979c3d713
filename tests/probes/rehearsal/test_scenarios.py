"""Which faults are in force when."""

import pytest

from probes.rehearsal.faults import FaultKind
from probes.rehearsal.latency import Call, load_of_day, usual_s
from probes.rehearsal.scenarios import FIRST_DAY, FIRST_MORNING, NAGPUR_DIVISION, QUIET, SCENARIOS, Scenario


def kinds(scenario: Scenario, seconds: float) -> list[FaultKind]:
    return [fault.kind for fault in scenario.faults_at(seconds)]


@pytest.mark.parametrize(
    ("from_s", "until_s", "kind", "districts"),
    [
        (20, 200, FaultKind.SLOW, {497, 490, 487, 665, 478}),
        (480, 640, FaultKind.LINE_CUT, {491}),
        (900, 1080, FaultKind.ERRORS, set(NAGPUR_DIVISION)),
        (1320, 1500, FaultKind.UNSTORED, {474}),
        (1740, 1860, FaultKind.REFUSE, set()),
    ],
)
def test_the_first_day_has_its_faults_at_their_seconds(
    from_s: float, until_s: float, kind: FaultKind, districts: set[int]
) -> None:
    for second in (from_s, until_s - 0.001, from_s + 2160):
        (fault,) = FIRST_DAY.faults_at(second)
        assert fault.kind is kind
        assert set(fault.districts) == districts
    assert FIRST_DAY.faults_at(from_s - 0.001) == ()
    assert FIRST_DAY.faults_at(until_s) == ()


def test_slow_uploads_of_the_first_day_take_8_to_14_seconds() -> None:
    (fault,) = FIRST_DAY.faults_at(100)
    for district in fault.districts:
        typical = usual_s(Call.UPLOAD, district) * fault.factor
        assert typical * load_of_day(3) >= 8
        assert typical * load_of_day(13) <= 14


def test_the_loop_ends_quietly() -> None:
    assert FIRST_DAY.faults_at(1900) == FIRST_DAY.faults_at(2159) == FIRST_DAY.faults_at(2160) == ()


def test_quiet_has_no_faults() -> None:
    assert all(QUIET.faults_at(second) == () for second in range(0, 90_000, 1000))


@pytest.mark.parametrize(
    ("hour", "minute", "expected"),
    [
        (11, 0, set()),
        (11, 35, {FaultKind.SLOW}),
        (12, 20, {FaultKind.SLOW, FaultKind.ERRORS, FaultKind.UNSTORED}),
        (13, 0, set()),
        (13, 20, {FaultKind.LINE_CUT}),
        (13, 30, set()),
    ],
)
def test_the_first_morning_follows_the_hours(hour: int, minute: int, expected: set[FaultKind]) -> None:
    assert set(kinds(FIRST_MORNING, hour * 3600 + minute * 60)) == expected


def test_scenarios_are_found_by_their_names_and_say_what_happens() -> None:
    assert set(SCENARIOS) == {"first-day", "first-morning", "quiet"}
    for scenario in SCENARIOS.values():
        assert scenario.title
        assert all(step.words and step.from_s < step.until_s <= scenario.loop_s for step in scenario.steps)
        assert list(scenario.steps) == sorted(scenario.steps, key=lambda step: step.from_s)
