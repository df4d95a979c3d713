"""Incidents open, grow, close and come back; never doubled, never outside sessions."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from dashboard.detection.judge import Judgement
from dashboard.detection.rules import Finding
from dashboard.detection.states import DistrictState
from dashboard.detection.wide import Wide
from dashboard.incidents.course import Told, followed
from dashboard.incidents.incident import OF_DOSES, IncidentKind, Scope, StepKind
from dashboard.incidents.transitions import Change, Standing, Transitions
from dashboard.settings import ControlRoomFile
from tests.places import JALGAON, NASHIK, PALGHAR, PUNE, RAIGAD, THANE, at, example, with_rules

NOON = at("12:00")
EVERYONE = [district.code for district in example().districts]
OK, SLOW, DEGRADED, DOWN, OWN, SILENT = (
    DistrictState.OK, DistrictState.SLOW, DistrictState.DEGRADED, DistrictState.DOWN, DistrictState.OWN_LINE, DistrictState.NO_DATA,
)  # fmt: skip
FAILS = "14% of its checks fail (error answers)"


STATE_DOWN = Wide("outage", "state", frozenset(EVERYONE), NOON - 30, "36 of 36 districts fail", True)
STATE_SLOW = Wide("slowdown", "state", frozenset(EVERYONE), NOON - 90, "uploads take 3.0 times what is usual", True)
NEARLY_OVER = replace(STATE_SLOW, firm=False)
KONKAN = frozenset(d.code for d in example().districts if d.division == "Konkan")
CABLE = Wide("local", "division", KONKAN, NOON - 60, "7 of 7 districts of Konkan fail", True, "Konkan")


class Room:
    """The transitions with a stand-in for the ledger: what they change is what stands next time."""

    def __init__(self, settings: ControlRoomFile | None = None) -> None:
        self.transitions = Transitions(
            settings
            or with_rules(
                settle_s=20,
                outage={"recover_s": 60},
                degraded={"recover_s": 60},
                local={"recover_s": 60},
                monitor={"recover_s": 60},
                slow={"districts": 1},
            )
        )
        self.standing: dict[int, Standing] = {}
        self.told: list[Change] = []

    def at(
        self,
        now: float,
        states: Mapping[int, DistrictState],
        session: Iterable[int] = EVERYONE,
        blind: float | None = None,
        wide: tuple[Wide, ...] = (),
    ) -> list[Change]:
        findings = {
            code: Finding(
                states.get(code, OK),
                NOON - 30,
                FAILS if states.get(code) is DEGRADED else "uploads take 9 s",
                9.0 if states.get(code) is SLOW else None,
                14.0,
            )
            for code in EVERYONE
        }
        if any(state is SILENT for state in states.values()):
            findings |= {
                code: Finding(SILENT, NOON - 300, "no sample arrives") for code, s in states.items() if s is SILENT
            }
        judgement = Judgement(now, findings, dict.fromkeys(EVERYONE, "control room"), blind, wide)
        changes = self.transitions.advance(judgement, list(session), list(self.standing.values()))
        for change in changes:
            self._keep(change, now)
        self.told += changes
        return changes

    def for_a_while(
        self, start: float, seconds: float, states: Mapping[int, DistrictState], **more: object
    ) -> list[Change]:
        return [change for tick in range(0, int(seconds) + 1, 5) for change in self.at(start + tick, states, **more)]  # type: ignore[arg-type]

    def _keep(self, change: Change, now: float) -> None:
        number = change.incident.incident_id if change.incident else len(self.standing) + 1
        ever = change.members | (change.incident.ever if change.incident else frozenset())
        steps = change.incident.steps + 1 if change.incident else 1
        resolved = now if change.what is StepKind.RESOLVED else None
        told = Told(change.what, now, change.kind, change.sentence)
        spells = followed(change.incident.spells if change.incident else (), told, change.since)
        self.standing[number] = Standing(
            number, change.kind, change.scope, change.since, resolved, steps, change.members, ever, spells=spells
        )


def test_districts_that_turn_slow_within_the_settling_time_are_one_incident() -> None:
    room = Room()
    assert room.at(NOON, {THANE: SLOW}) == []
    changes = room.for_a_while(NOON + 5, 20, {THANE: SLOW, PUNE: SLOW, NASHIK: SLOW})
    assert [(c.what, c.kind, c.scope, set(c.joined)) for c in changes] == [
        (StepKind.OPENED, IncidentKind.SLOWDOWN, Scope.DISTRICT, {THANE, PUNE, NASHIK})
    ]
    assert changes[0].sentence == (
        "Registry slow in Nashik, Pune and Thane since 11:59: uploads take 9.0 to 14 s; the 33 others are ok"
    )


def test_a_late_district_joins_the_open_incident_and_does_not_open_its_own() -> None:
    room = Room()
    room.for_a_while(NOON, 20, {THANE: SLOW})
    changes = room.for_a_while(NOON + 30, 30, {THANE: SLOW, PALGHAR: SLOW})
    assert [(c.what, set(c.members), set(c.joined)) for c in changes] == [
        (StepKind.UPGRADED, {THANE, PALGHAR}, {PALGHAR})
    ]
    assert changes[0].scope is Scope.DIVISION


def test_it_resolves_once_every_district_was_good_for_the_recovery_time_and_only_once() -> None:
    room = Room()
    room.for_a_while(NOON, 20, {THANE: SLOW, PUNE: SLOW})
    assert room.for_a_while(NOON + 30, 50, {PUNE: SLOW}) == []
    assert room.for_a_while(NOON + 85, 55, {}) == []
    changes = room.for_a_while(NOON + 145, 120, {})
    assert [c.what for c in changes] == [StepKind.RESOLVED]
    assert changes[0].sentence.startswith("Registry works again in Pune and Thane after ")


def test_a_relapse_during_recovery_starts_the_wait_again() -> None:
    room = Room()
    room.for_a_while(NOON, 20, {THANE: SLOW})
    room.for_a_while(NOON + 30, 40, {})
    room.for_a_while(NOON + 75, 5, {THANE: SLOW})
    assert room.for_a_while(NOON + 85, 55, {}) == []


def test_the_same_fault_soon_after_reopens_the_incident() -> None:
    room = Room()
    room.for_a_while(NOON, 20, {THANE: SLOW})
    room.for_a_while(NOON + 30, 60, {})
    changes = room.for_a_while(NOON + 200, 20, {THANE: SLOW})
    assert [(c.what, c.incident and c.incident.incident_id) for c in changes] == [(StepKind.REOPENED, 1)]
    assert len(room.standing) == 1


def test_long_after_it_is_a_new_incident() -> None:
    room = Room()
    room.for_a_while(NOON, 20, {THANE: SLOW})
    room.for_a_while(NOON + 30, 60, {})
    assert [c.what for c in room.for_a_while(NOON + 1000, 20, {THANE: SLOW})] == [StepKind.OPENED]


def test_most_of_the_state_down_is_one_registry_outage() -> None:
    room = Room()
    changes = room.for_a_while(NOON, 20, dict.fromkeys(EVERYONE, DOWN), wide=(STATE_DOWN,))
    assert [(c.kind, c.scope, len(c.members)) for c in changes] == [(IncidentKind.OUTAGE, Scope.STATE, 36)]
    assert changes[0].sentence.startswith("Registry down in 36 of 36 districts since 11:59")


def test_a_slowdown_that_becomes_an_outage_is_upgraded_not_doubled() -> None:
    room = Room()
    room.for_a_while(NOON, 20, {THANE: SLOW, PUNE: SLOW})
    changes = room.for_a_while(NOON + 30, 60, dict.fromkeys(EVERYONE, DOWN), wide=(STATE_DOWN,))
    assert [(c.what, c.kind, c.scope) for c in changes] == [(StepKind.UPGRADED, IncidentKind.OUTAGE, Scope.STATE)]
    assert len(room.standing) == 1
    assert len(room.standing[1].members) == 36


def test_one_district_down_beside_a_slowdown_is_an_incident_of_its_own() -> None:
    room = Room()
    room.for_a_while(NOON, 25, {THANE: SLOW, PUNE: SLOW, JALGAON: DOWN})
    assert {(c.kind, frozenset(c.members)) for c in room.told} == {
        (IncidentKind.SLOWDOWN, frozenset({THANE, PUNE})),
        (IncidentKind.OUTAGE, frozenset({JALGAON})),
    }


def test_own_lines_of_one_division_are_told_together_and_apart_from_the_registry() -> None:
    room = Room()
    changes = room.for_a_while(NOON, 20, {RAIGAD: OWN, THANE: OWN, PUNE: OWN})
    assert {(c.kind, c.scope, frozenset(c.members)) for c in changes} == {
        (IncidentKind.LOCAL, Scope.DIVISION, frozenset({RAIGAD, THANE})),
        (IncidentKind.LOCAL, Scope.DISTRICT, frozenset({PUNE})),
    }
    assert any(c.sentence.startswith("Pune lost its own line since 11:59: ") for c in changes)


def test_another_line_of_the_division_joins() -> None:
    room = Room()
    room.for_a_while(NOON, 20, {RAIGAD: OWN})
    assert [c.what for c in room.for_a_while(NOON + 30, 20, {RAIGAD: OWN, THANE: OWN})] == [StepKind.UPGRADED]


def test_silent_districts_of_one_agent_are_one_incident_and_close_when_heard_again() -> None:
    room = Room()
    changes = room.for_a_while(NOON, 20, {RAIGAD: SILENT, THANE: SILENT})
    assert [(c.kind, set(c.members)) for c in changes] == [(IncidentKind.AGENT_SILENT, {RAIGAD, THANE})]
    assert [c.what for c in room.for_a_while(NOON + 60, 70, {})] == [StepKind.RESOLVED]


def test_a_silent_district_neither_closes_a_slowdown_nor_holds_it_open() -> None:
    room = Room()
    room.for_a_while(NOON, 20, {THANE: SLOW, PUNE: SLOW})
    assert all(
        c.kind is not IncidentKind.SLOWDOWN for c in room.for_a_while(NOON + 30, 15, {THANE: SILENT, PUNE: SLOW})
    )
    changes = room.for_a_while(NOON + 50, 70, {THANE: SILENT})
    assert StepKind.RESOLVED in [c.what for c in changes if c.kind is IncidentKind.SLOWDOWN]


def test_outside_sessions_nothing_opens_but_what_is_open_may_close() -> None:
    room = Room()
    assert room.for_a_while(NOON, 60, {THANE: SLOW}, session=[]) == []
    room.for_a_while(NOON + 70, 20, {THANE: SLOW})
    assert [c.what for c in room.for_a_while(NOON + 120, 70, {}, session=[])] == [StepKind.RESOLVED]


def test_when_the_monitor_is_blind_everything_else_is_frozen() -> None:
    room = Room()
    room.for_a_while(NOON, 20, {THANE: SLOW})
    silent = dict.fromkeys(EVERYONE, SILENT)
    changes = room.for_a_while(NOON + 30, 60, silent, blind=NOON - 100)
    assert [(c.kind, c.scope) for c in changes] == [(IncidentKind.MONITOR_OFFLINE, Scope.STATE)]
    assert changes[0].sentence == "Data is old: nothing heard since 11:58, 2 min ago. This says nothing of the registry"
    closing = room.for_a_while(NOON + 100, 70, {THANE: SLOW})
    assert [(c.what, c.kind) for c in closing] == [(StepKind.RESOLVED, IncidentKind.MONITOR_OFFLINE)]


@pytest.mark.parametrize("state", [SLOW, DOWN, OWN])
def test_a_flicker_shorter_than_the_settling_time_is_told_to_nobody(state: DistrictState) -> None:
    room = Room()
    for tick in range(0, 300, 30):
        room.at(NOON + tick, {THANE: state})
        room.at(NOON + tick + 15, {})
    assert room.told == []


def test_a_slowdown_of_the_whole_state_is_opened_at_once_held_while_it_lingers_and_closed() -> None:
    room = Room()
    assert [(c.what, c.kind, c.scope, len(c.members)) for c in room.at(NOON, {}, wide=(STATE_SLOW,))] == [
        (StepKind.OPENED, IncidentKind.SLOWDOWN, Scope.STATE, 36)
    ]
    assert room.told[0].sentence.startswith("Registry slow in 36 of 36 districts since 11:58: uploads take 3.0 times")
    assert room.for_a_while(NOON + 5, 300, {}, wide=(NEARLY_OVER,)) == []
    assert [c.what for c in room.for_a_while(NOON + 310, 70, {})] == [StepKind.RESOLVED]


def test_an_outage_of_the_state_is_not_followed_by_incidents_of_districts_that_recover_late() -> None:
    room = Room()
    room.at(NOON, dict.fromkeys(EVERYONE, DOWN), wide=(STATE_DOWN,))
    room.for_a_while(NOON + 5, 200, {THANE: DOWN})
    assert [c.what for c in room.told] == [StepKind.OPENED, StepKind.RESOLVED]


def test_a_cut_cable_of_a_division_takes_in_the_districts_that_were_told_before() -> None:
    room = Room()
    room.for_a_while(NOON, 20, {RAIGAD: OWN})
    (change,) = room.at(NOON + 30, {RAIGAD: OWN, THANE: OWN}, wide=(CABLE,))
    assert (change.what, change.kind, change.scope, change.members) == (
        StepKind.UPGRADED, IncidentKind.LOCAL, Scope.DIVISION, KONKAN,
    )  # fmt: skip


def test_a_line_of_the_division_that_goes_much_later_is_another_matter() -> None:
    room = Room()
    room.for_a_while(NOON, 600, {RAIGAD: OWN})
    changes = room.for_a_while(NOON + 605, 20, {RAIGAD: OWN, THANE: OWN})
    assert [(c.what, set(c.members)) for c in changes] == [(StepKind.OPENED, {THANE})]


def test_one_slow_district_is_told_only_when_it_lasts_and_a_few_at_once() -> None:
    room = Room(with_rules(settle_s=20, slow={"districts": 3, "alone_s": 300}))
    assert room.for_a_while(NOON, 240, {THANE: SLOW}) == []
    assert [set(c.members) for c in room.for_a_while(NOON + 245, 60, {THANE: SLOW})] == [{THANE}]
    few = Room(with_rules(settle_s=20, slow={"districts": 3, "alone_s": 300}))
    assert len(few.for_a_while(NOON, 25, {THANE: SLOW, PUNE: SLOW, NASHIK: SLOW})) == 1


def test_after_two_relapses_recovery_must_hold_for_longer() -> None:
    room = Room(with_rules(outage={"recover_s": 60}, flap={"relapses": 2, "hold_s": 600}))
    down = dict.fromkeys(EVERYONE, DOWN)
    for start in (0, 200, 400):
        room.for_a_while(NOON + start, 60, down, wide=(STATE_DOWN,))
        room.for_a_while(NOON + start + 65, 130, {})
    assert [c.what for c in room.told] == [
        StepKind.OPENED, StepKind.RESOLVED, StepKind.REOPENED, StepKind.RESOLVED, StepKind.REOPENED,
    ]  # fmt: skip
    assert [c.what for c in room.for_a_while(NOON + 600, 480, {})] == [StepKind.RESOLVED]


def test_a_slowdown_whose_only_district_goes_down_is_upgraded_to_an_outage() -> None:
    room = Room()
    room.for_a_while(NOON, 20, {THANE: SLOW})
    changes = room.for_a_while(NOON + 30, 60, {THANE: DOWN})
    assert [(c.what, c.kind, set(c.members), set(c.joined)) for c in changes] == [
        (StepKind.UPGRADED, IncidentKind.OUTAGE, {THANE}, set())
    ]
    assert changes[0].sentence.startswith("Registry down in Thane")


def test_an_outage_of_two_districts_is_not_the_states_and_takes_no_slow_district_in() -> None:
    room = Room()
    changes = room.for_a_while(NOON, 20, {PUNE: DOWN, JALGAON: DOWN})
    assert [(c.kind, c.scope) for c in changes] == [(IncidentKind.OUTAGE, Scope.DISTRICT)]
    more = room.for_a_while(NOON + 30, 25, {PUNE: DOWN, JALGAON: DOWN, THANE: SLOW})
    assert [(c.what, c.kind, set(c.members)) for c in more] == [(StepKind.OPENED, IncidentKind.SLOWDOWN, {THANE})]


def test_a_district_is_in_one_registry_incident_at_a_time_even_when_all_goes_down() -> None:
    room = Room()
    room.for_a_while(NOON, 25, {THANE: SLOW, PUNE: SLOW, JALGAON: DOWN})
    room.for_a_while(NOON + 40, 60, dict.fromkeys(EVERYONE, DOWN), wide=(STATE_DOWN,))
    members = [code for item in room.standing.values() for code in item.members]
    assert sorted(members) == sorted(EVERYONE)
    joined = [code for change in room.told for code in change.joined]
    assert sorted(joined) == sorted(EVERYONE)


def test_a_district_that_hops_between_down_and_degraded_is_told_all_the_same() -> None:
    room = Room()
    changes = [
        change
        for tick in range(0, 120, 15)
        for change in room.at(NOON + tick, {THANE: DOWN if tick % 30 else DEGRADED})
    ]
    assert [c.what for c in changes][:1] == [StepKind.OPENED]


def test_a_monitor_that_flaps_goes_on_in_one_incident() -> None:
    room = Room()
    silent = dict.fromkeys(EVERYONE, SILENT)
    for start in range(0, 900, 300):
        room.for_a_while(NOON + start, 60, silent, blind=NOON - 100)
        room.for_a_while(NOON + start + 65, 100, {})
    assert {c.incident.incident_id for c in room.told if c.incident} == {1}
    assert [c.what for c in room.told][:3] == [StepKind.OPENED, StepKind.RESOLVED, StepKind.REOPENED]


def test_waits_survive_a_restart() -> None:
    room = Room()
    room.at(NOON, {THANE: SLOW})
    room.at(NOON + 15, {THANE: SLOW})
    fresh = Transitions(room.transitions.settings)
    fresh.remember(json.loads(json.dumps(room.transitions.memory())))
    room.transitions = fresh
    assert [c.what for c in room.at(NOON + 20, {THANE: SLOW})] == [StepKind.OPENED]


@pytest.mark.parametrize("kind", OF_DOSES)
def test_incidents_of_doses_are_not_closed_by_good_checks(kind: IncidentKind) -> None:
    room = Room()
    everyone = frozenset({THANE})
    room.standing[1] = Standing(1, kind, Scope.DISTRICT, NOON - 600, None, 1, everyone, everyone)
    assert room.for_a_while(NOON, 600, {}) == []
