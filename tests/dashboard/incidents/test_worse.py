"""A slowdown that turns into failures in the same districts is upgraded once, and its sentence says so."""

import json
from dataclasses import replace

from dashboard.incidents.incident import IncidentKind, Scope, StepKind
from dashboard.incidents.transitions import Transitions
from tests.dashboard.incidents.test_transitions import (
    DEGRADED,
    DOWN,
    EVERYONE,
    NOON,
    OK,
    SLOW,
    STATE_SLOW,
    Room,
)
from tests.places import PUNE, RAIGAD, THANE

BOTH_SLOW, BOTH_FAIL = {THANE: SLOW, PUNE: SLOW}, {THANE: DEGRADED, PUNE: DEGRADED}
FLOOD = replace(STATE_SLOW, evidence="14% of the checks fail in the whole state")


def slow_room() -> Room:
    room = Room()
    room.for_a_while(NOON, 20, BOTH_SLOW)
    assert [c.what for c in room.told] == [StepKind.OPENED]
    return room


def test_it_is_upgraded_once_no_district_joins_and_what_it_was_stands_behind() -> None:
    room = slow_room()
    (change,) = room.for_a_while(NOON + 300, 600, BOTH_FAIL)
    assert (change.what, change.kind, change.scope) == (StepKind.UPGRADED, IncidentKind.SLOWDOWN, Scope.DISTRICT)
    assert (change.members, change.joined) == ({THANE, PUNE}, set())
    assert change.sentence == (
        "Uploads fail in part in Pune and Thane since 12:10: 14% of their checks fail; the 34 others are ok; "
        "before: slow 11:59 to 12:10"
    )


def test_it_is_not_told_again_when_it_goes_to_and_fro() -> None:
    room = slow_room()
    for start in range(100, 2100, 500):
        room.for_a_while(NOON + start, 305, BOTH_FAIL)
        room.for_a_while(NOON + start + 310, 185, BOTH_SLOW)
    assert [c.what for c in room.told] == [StepKind.OPENED, StepKind.UPGRADED]


def test_errors_that_outlast_it_for_minutes_or_are_of_half_of_its_districts_change_nothing() -> None:
    room = slow_room()
    for start in range(100, 1000, 300):
        room.for_a_while(NOON + start, 290, BOTH_FAIL)
        room.for_a_while(NOON + start + 295, 0, BOTH_SLOW)
    room.for_a_while(NOON + 1000, 600, {THANE: DEGRADED, PUNE: SLOW})
    room.for_a_while(NOON + 1605, 600, {THANE: DEGRADED, PUNE: DEGRADED}, session=[RAIGAD])
    assert [c.what for c in room.told] == [StepKind.OPENED]


def test_a_look_at_which_one_is_down_does_not_begin_the_wait_anew() -> None:
    room = slow_room()
    for start in range(300, 620, 10):
        room.at(NOON + start, BOTH_FAIL)
        room.at(NOON + start + 5, {THANE: DOWN, PUNE: OK})
    assert [c.kind for c in room.told] == [IncidentKind.SLOWDOWN] * 2


def test_the_slow_ones_may_have_become_good_meanwhile() -> None:
    room = slow_room()
    assert [c.what for c in room.for_a_while(NOON + 300, 310, {THANE: DEGRADED, PUNE: OK})] == [StepKind.UPGRADED]


def test_of_the_whole_state_its_claim_decides() -> None:
    room = Room()
    room.at(NOON, {}, wide=(STATE_SLOW,))
    room.for_a_while(NOON + 5, 300, dict.fromkeys(EVERYONE, DEGRADED), wide=(STATE_SLOW,))
    assert len(room.told) == 1
    (change,) = room.for_a_while(NOON + 400, 400, {}, wide=(FLOOD,))
    assert (change.what, change.scope, len(change.members)) == (StepKind.UPGRADED, Scope.STATE, 36)
    assert change.sentence.startswith("Uploads fail in part in 36 of 36 districts since 12:11: 14% of the checks fail")


def test_a_district_that_joins_at_the_same_look_takes_the_words_along() -> None:
    room = slow_room()
    changes = room.for_a_while(NOON + 300, 600, BOTH_FAIL | {RAIGAD: DEGRADED})
    assert [(c.what, set(c.joined)) for c in changes] == [(StepKind.UPGRADED, {RAIGAD})]
    assert changes[0].sentence.startswith("Uploads fail in part in Pune, Raigad and Thane since 12:05")


def test_the_wait_survives_a_restart() -> None:
    room = slow_room()
    room.for_a_while(NOON + 300, 290, BOTH_FAIL)
    fresh = Transitions(room.transitions.settings)
    fresh.remember(json.loads(json.dumps(room.transitions.memory())))
    room.transitions = fresh
    assert [c.what for c in room.at(NOON + 600, BOTH_FAIL)] == [StepKind.UPGRADED]


def test_districts_in_a_maintenance_window_do_not_make_it_worse() -> None:
    room = Room()
    room.for_a_while(NOON, 20, {THANE: SLOW, PUNE: SLOW, RAIGAD: SLOW})
    room.for_a_while(NOON + 100, 700, {THANE: DEGRADED, PUNE: SLOW, RAIGAD: DEGRADED}, session=[PUNE])
    room.for_a_while(NOON + 805, 100, {THANE: DOWN, PUNE: SLOW, RAIGAD: DOWN}, session=[PUNE])
    assert [c.what for c in room.told] == [StepKind.OPENED]
    (change,) = room.for_a_while(NOON + 910, 60, {THANE: OK, PUNE: DOWN, RAIGAD: OK}, session=[PUNE])
    assert (change.what, change.kind) == (StepKind.UPGRADED, IncidentKind.OUTAGE)


def test_one_that_an_outage_was_merged_into_was_told_as_worse_already() -> None:
    room = slow_room()
    room.standing[1] = replace(room.standing[1], merged=frozenset({IncidentKind.OUTAGE}))
    room.for_a_while(NOON + 300, 600, BOTH_FAIL)
    assert [c.what for c in room.told] == [StepKind.OPENED]
