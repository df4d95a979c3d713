"""What a person opened, closed, merged or split is neither doubled, nor closed, nor put together again by a rule."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from dashboard.detection.states import DistrictState
from dashboard.incidents.incident import IncidentKind, Scope, StepKind
from dashboard.incidents.transitions import Standing
from tests.dashboard.incidents.test_transitions import (
    CABLE,
    DOWN,
    EVERYONE,
    KONKAN,
    NOON,
    OWN,
    SLOW,
    STATE_DOWN,
    STATE_SLOW,
    Room,
)  # fmt: skip
from tests.places import PUNE, RAIGAD, THANE

ALL = frozenset(EVERYONE)


@pytest.fixture
def room() -> Room:
    return Room()


def stands(
    room: Room, kind: IncidentKind, codes: Iterable[int], scope: Scope = Scope.DISTRICT, **more: object
) -> Standing:
    """An incident that is there when the look begins."""
    number, members = len(room.standing) + 1, frozenset(codes)
    item = Standing(number, kind, scope, NOON - 600, None, 1, members, members)
    room.standing[number] = replace(item, **more)  # type: ignore[arg-type]
    return room.standing[number]


def closed(room: Room, kind: IncidentKind, codes: Iterable[int], scope: Scope = Scope.DISTRICT) -> Standing:
    """One that a person closed a moment ago."""
    return stands(
        room, kind, codes, scope, resolved=NOON - 5, members=frozenset(), closed_by_hand=True, ended_by_hand=True
    )


# -- opened by hand ----------------------------------------------------------------------------------------------------


def test_what_a_person_opened_is_neither_closed_nor_doubled(room: Room) -> None:
    stands(room, IncidentKind.SLOWDOWN, [THANE], by_hand=True)
    assert room.for_a_while(NOON, 60, {THANE: SLOW}) == []
    assert room.for_a_while(NOON + 65, 600, {}) == []


def test_beside_what_a_person_opened_of_a_few_the_rule_tells_of_the_others(room: Room) -> None:
    stands(room, IncidentKind.OUTAGE, [THANE], by_hand=True)
    (change,) = room.at(NOON, dict.fromkeys(EVERYONE, DOWN), wide=(STATE_DOWN,))
    assert (change.what, change.scope, change.members) == (StepKind.OPENED, Scope.STATE, ALL - {THANE})
    assert room.for_a_while(NOON + 5, 60, dict.fromkeys(EVERYONE, DOWN), wide=(STATE_DOWN,)) == []


def test_what_a_person_opened_for_all_is_told_worse_once_and_keeps_its_districts(room: Room) -> None:
    stands(room, IncidentKind.SLOWDOWN, ALL - {PUNE}, Scope.STATE, by_hand=True)
    assert room.at(NOON, {}, wide=(STATE_SLOW,)) == []
    (change,) = room.at(NOON + 5, {}, wide=(STATE_DOWN,))
    assert (change.what, change.kind, change.members) == (StepKind.UPGRADED, IncidentKind.OUTAGE, ALL - {PUNE})
    room.standing[1] = replace(room.standing[1], by_hand=True)
    assert room.for_a_while(NOON + 10, 60, {}, wide=(STATE_DOWN,)) == []


# -- closed by hand ----------------------------------------------------------------------------------------------------


def test_what_a_person_closed_is_not_told_again_within_the_reopen_window(room: Room) -> None:
    closed(room, IncidentKind.SLOWDOWN, [THANE])
    assert room.for_a_while(NOON, 590, {THANE: SLOW}) == []
    assert [c.what for c in room.for_a_while(NOON + 600, 60, {THANE: SLOW})] == [StepKind.OPENED]


def test_what_a_person_closed_for_the_state_is_not_told_again_by_a_claim(room: Room) -> None:
    closed(room, IncidentKind.SLOWDOWN, ALL, Scope.STATE)
    assert room.for_a_while(NOON, 590, {}, wide=(STATE_SLOW,)) == []


def test_what_got_worse_after_a_person_closed_it_is_told(room: Room) -> None:
    closed(room, IncidentKind.SLOWDOWN, [THANE])
    assert [(c.what, c.kind) for c in room.for_a_while(NOON, 60, {THANE: DOWN})] == [
        (StepKind.OPENED, IncidentKind.OUTAGE)
    ]


def test_what_spread_after_a_person_closed_it_is_told(room: Room) -> None:
    closed(room, IncidentKind.SLOWDOWN, [THANE])
    changes = room.for_a_while(NOON, 60, {}, wide=(STATE_SLOW,))
    assert [(c.what, c.scope) for c in changes] == [(StepKind.OPENED, Scope.STATE)]


def test_a_monitor_incident_that_a_person_closed_is_not_opened_again_at_once(room: Room) -> None:
    closed(room, IncidentKind.MONITOR_OFFLINE, ALL, Scope.STATE)
    silent = dict.fromkeys(EVERYONE, DistrictState.NO_DATA)
    assert room.for_a_while(NOON, 500, silent, blind=NOON - 100) == []


# -- merged ------------------------------------------------------------------------------------------------------------


def test_a_merged_line_is_not_told_again_and_holds_the_incident_open_until_it_is_good_too(room: Room) -> None:
    stands(room, IncidentKind.OUTAGE, [PUNE, RAIGAD], merged=frozenset({IncidentKind.LOCAL}))
    assert room.for_a_while(NOON, 60, {PUNE: DOWN, RAIGAD: OWN}) == []
    assert room.for_a_while(NOON + 65, 300, {RAIGAD: OWN}) == []
    assert [c.what for c in room.for_a_while(NOON + 400, 70, {})] == [StepKind.RESOLVED]


# -- split -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [2, 18, 20, 34])
def test_the_parts_of_a_split_are_left_as_they_are_by_a_claim_over_both(room: Room, share: int) -> None:
    part = frozenset(sorted(ALL)[:share])
    stands(room, IncidentKind.OUTAGE, ALL - part, Scope.STATE, is_split=True)
    stands(room, IncidentKind.OUTAGE, part, is_split=True)
    assert room.for_a_while(NOON, 120, dict.fromkeys(EVERYONE, DOWN), wide=(STATE_DOWN,)) == []


def test_the_parts_of_a_split_close_each_by_itself(room: Room) -> None:
    stands(room, IncidentKind.SLOWDOWN, [THANE, RAIGAD], is_split=True)
    stands(room, IncidentKind.SLOWDOWN, [PUNE], is_split=True)
    changes = room.for_a_while(NOON, 120, {PUNE: SLOW})
    assert [(c.what, c.incident and c.incident.incident_id) for c in changes] == [(StepKind.RESOLVED, 1)]


def test_a_split_division_stays_split_under_its_own_claim(room: Room) -> None:
    stands(room, IncidentKind.LOCAL, KONKAN - {RAIGAD}, Scope.DIVISION, is_split=True)
    stands(room, IncidentKind.LOCAL, [RAIGAD], is_split=True)
    assert room.for_a_while(NOON, 120, dict.fromkeys(KONKAN, OWN), wide=(CABLE,)) == []
