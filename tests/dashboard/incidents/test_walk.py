"""Rules and people at random on a real store, some hundred steps from fixed seeds: what must hold after each of them, and at the end."""

import itertools
import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select

from dashboard.detection.judge import Judgement
from dashboard.detection.rules import Finding
from dashboard.detection.states import DistrictState
from dashboard.detection.wide import Wide
from dashboard.incidents import by_hand, ledger, parts
from dashboard.incidents.by_hand import By, Opening
from dashboard.incidents.incident import IncidentKind, Severity, StepKind
from dashboard.incidents.ledger import OPEN
from dashboard.incidents.transitions import Change, Standing, Transitions
from dashboard.incidents.transitions.records import family, members_of
from dashboard.notices import outbox
from dashboard.store import maintenance
from dashboard.store.schema import incident, incident_district, incident_step, notice
from dashboard.watch.recovery import RecoveryWatch
from dashboard.web.pages.incidents.desk import Desk
from probes.clock import SetClock
from tests.places import a_few, at

LOOKS, APART_S = 60, 20.0
STATES = (
    DistrictState.OK, DistrictState.OK, DistrictState.OK, DistrictState.SLOW, DistrictState.DOWN, DistrictState.OWN_LINE,
    DistrictState.NO_DATA,
)  # fmt: skip
GROWS = (StepKind.OPENED, StepKind.UPGRADED, StepKind.REOPENED)
QUICK: dict[str, Any] = {
    "settle_s": 20, "outage": {"recover_s": 40}, "degraded": {"recover_s": 40}, "local": {"recover_s": 40, "nodata_s": 30},
    "monitor": {"recover_s": 40}, "slow": {"districts": 1}, "flap": {"reopen_s": 200}, "recovery": {"quiet_min": 5},
}  # fmt: skip


@dataclass
class World:
    """What is measured: a state a district and since when, a claim over many, whether the monitor hears anything."""

    states: dict[int, tuple[DistrictState, float]]
    wide: tuple[Wide, ...] = ()
    blind: float | None = None

    def turns(self, chance: Random, now: float) -> None:
        for code in chance.sample(sorted(self.states), chance.choice((0, 0, 0, 1, 1, 2, 5))):
            self.states[code] = (chance.choice(STATES), now)
        if chance.random() < 0.06:
            codes = frozenset(chance.sample(sorted(self.states), chance.choice((3, 5, 7))))
            kind, scope = chance.choice((("outage", "state"), ("slowdown", "state"), ("local", "division")))
            self.wide = (Wide(kind, scope, codes, now - 30, f"{len(codes)} of 7 districts fail", True),)
        elif chance.random() < 0.3:
            self.wide = ()
        self.blind = now - 120 if chance.random() < 0.02 else None

    def judged(self, now: float) -> Judgement:
        findings = {code: Finding(state, since - 60, "evidence") for code, (state, since) in self.states.items()}
        return Judgement(now, findings, dict.fromkeys(self.states, "control room"), self.blind, self.wide)


class Walk:
    """One control room whose every choice comes from a seed."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self.engine, self.chance, self.settings = engine, Random(seed), a_few(**QUICK)
        self.clock = SetClock(at("10:00"))
        self.desk = Desk(engine, self.settings, self.clock)
        self.codes = sorted(district.code for district in self.settings.districts)
        self.world = World(dict.fromkeys(self.codes, (DistrictState.OK, self.clock.at)))
        self.transitions, self.recoveries = Transitions(self.settings), RecoveryWatch(self.settings)

    def look(self) -> None:
        """One step of the watch, in its order; now and then by one that was started anew."""
        self.clock.at += APART_S
        if self.chance.random() < 0.1:
            kept = json.loads(json.dumps(self.transitions.memory()))
            self.transitions, self.recoveries = Transitions(self.settings), RecoveryWatch(self.settings)
            self.transitions.remember(kept)
        now, known = self.clock.at, frozenset(self.codes)
        with self.engine.begin() as connection:
            spared = maintenance.in_force(connection, int(now * 1000))
            standing = ledger.standing(connection, now - self.settings.dashboard.rules.flap.reopen_s, known)
            changes = self.transitions.advance(self.world.judged(now), known - spared, standing)
            nothing_is_doubled(changes, standing)
            steps = [ledger.record(connection, change, now) for change in changes]
            self.recoveries.look(connection, now)
            steps += ledger.wake(connection, now) + self.recoveries.close(connection, now)
            for step in steps:
                assert step is not None, (
                    "a rule's step was refused by the claim: the rules did not see what a person did"
                )
                grew = step.what in GROWS and step.kind is not IncidentKind.MONITOR_OFFLINE
                assert not grew or spared.isdisjoint(step.joined), "it grew in maintenance"
                outbox.enqueue(connection, self.settings, step, now)

    def person(self) -> None:
        """Somebody does something, sensible or not."""
        number = self.chance.randint(1, max(1, self.newest()))
        codes = frozenset(self.chance.sample(self.codes, self.chance.choice((1, 1, 2, 3))))
        asked = self.chance.choice(
            (
                self._opens,
                self._takes,
                self._snoozes,
                self._closes,
                self._merges,
                self._merges,
                self._splits,
                self._splits,
                self._mends,
            )
        )
        asked(number, codes)

    def newest(self) -> int:
        with self.engine.connect() as connection:
            return connection.scalar(select(func.max(incident.c.incident_id))) or 0

    def _opens(self, _number: int, codes: frozenset[int]) -> None:
        kind = self.chance.choice((IncidentKind.OUTAGE, IncidentKind.SLOWDOWN, IncidentKind.LOCAL))
        new = Opening(kind, codes, self.clock.at - 60, "told by telephone")
        self.desk.take(lambda connection, settings, by: by_hand.open_incident(connection, settings, new, by), "Asha")

    def _takes(self, number: int, _codes: frozenset[int]) -> None:
        graded = self.chance.choice(tuple(Severity))
        self.desk.take(lambda connection, _, by: by_hand.acknowledge(connection, number, by), "Asha")
        self.desk.take(lambda connection, _, by: by_hand.grade(connection, number, by, graded), "Asha")

    def _snoozes(self, number: int, _codes: frozenset[int]) -> None:
        until = self.clock.at + self.chance.choice((20, 60, 400))
        self.desk.take(lambda connection, settings, by: by_hand.snooze(connection, settings, number, by, until), "Asha")

    def _closes(self, number: int, _codes: frozenset[int]) -> None:
        self.desk.take(lambda connection, _, by: by_hand.close(connection, number, by, "it is over"), "Asha")

    def _merges(self, number: int, _codes: frozenset[int]) -> None:
        others = [number - 1, number + 1] if self.chance.random() < 0.3 else [max(1, number - 1)]
        self.desk.take(lambda connection, settings, by: parts.merge(connection, settings, number, by, others), "Asha")

    def _splits(self, number: int, codes: frozenset[int]) -> None:
        self.desk.take(partial(self._split, number, codes), "Asha")

    @staticmethod
    def _split(number: int, codes: frozenset[int], connection: Connection, settings: Any, by: By) -> by_hand.Taken:
        mine = codes & ledger.members_of(connection, number)
        return parts.split(connection, settings, number, by, mine)

    def _mends(self, number: int, codes: frozenset[int]) -> None:
        begins = int((self.clock.at + self.chance.choice((0, 0, 100))) * 1000)
        new = maintenance.New(begins, begins + 200_000, codes, "a new router", "Asha", f"m{self.clock.at}")
        with self.engine.begin() as connection:
            maintenance.append(connection, new, int(self.clock.at * 1000))
            maintenance.end(connection, self.chance.randint(1, 40), "Bela", int(self.clock.at * 1000))

    def ends(self) -> None:
        """Everything is good for a while, and what a person opened a person closes."""
        self.world = World(dict.fromkeys(self.codes, (DistrictState.OK, self.clock.at)))
        for _ in range(5):
            self.look()
        for number in range(1, self.newest() + 1):
            self._closes(number, frozenset())


def rows(connection: Connection) -> dict[int, Any]:
    return {row.incident_id: row for row in connection.execute(select(incident)).all()}


def lasting_in(connection: Connection) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for row in connection.execute(select(incident_district).where(incident_district.c.left_ms.is_(None))):
        found[row.incident_id].add(row.district)
    return found


def nothing_is_doubled(changes: Collection[Change], standing: Collection[Standing]) -> None:
    """A rule takes no district in that another incident has already, a person's too: neither one that stands nor a new one."""
    for change in (one for one in changes if one.what in GROWS):
        over = [one.incident for one in changes if one.what is StepKind.RESOLVED]
        others = members_of([item for item in standing if item not in (change.incident, *over)], family(change.kind))
        again = [
            one.joined for one in changes if one is not change and one.what in GROWS and one.kind in family(change.kind)
        ]
        taken = change.joined & others.union(*again)
        assert not taken, f"{taken} would be in two incidents: {change.sentence}"


def rows_agree(connection: Connection) -> None:
    lasting = lasting_in(connection)
    counts = connection.execute(
        select(incident_step.c.incident_id, func.count(), func.max(incident_step.c.step)).group_by(
            incident_step.c.incident_id
        )
    )
    counted = {number: (many, newest) for number, many, newest in counts}
    for row in rows(connection).values():
        assert counted[row.incident_id] == (row.steps, row.steps)
        assert (row.status == OPEN) == bool(lasting[row.incident_id]), f"{row.incident_id} is {row.status}"
        assert (row.status == OPEN) == (row.resolved_ms is None)
        assert row.closed_ms is None or row.status != OPEN
        assert row.snoozed_until_ms is None or row.status == OPEN


def relatives(connection: Connection) -> dict[int, int]:
    """The smallest number of those that an incident shares a merge or a split with, also by way of others."""
    first = {number: number for number in rows(connection)}
    moments = defaultdict(set)
    query = select(incident_step).where(incident_step.c.what.in_((StepKind.MERGED, StepKind.SPLIT)))
    for row in connection.execute(query):
        moments[row.at_ms].add(row.incident_id)
    for group in moments.values():
        roots = {first[number] for number in group}
        first = {number: min(roots) if root in roots else root for number, root in first.items()}
    return first


def each_end_is_told_once(connection: Connection, all_over: bool) -> None:
    """An officer hears of no end without a beginning, and of no beginning without an end."""
    first, heard = relatives(connection), defaultdict(list)
    same_step = (incident_step.c.incident_id == notice.c.incident_id) & (incident_step.c.step == notice.c.step)
    query = select(notice.c.incident_id, notice.c.address, incident_step.c.what).join(incident_step, same_step)
    for row in connection.execute(query.where(notice.c.district.is_not(None)).order_by(notice.c.notice_id)):
        heard[first[row.incident_id], row.address].append(row.what == StepKind.RESOLVED)
    for (family_of, address), ends in heard.items():
        surplus = list(itertools.accumulate(-1 if end else 1 for end in ends))
        assert min(surplus) >= 0, f"{address} heard of an end twice, incidents of {family_of}: {ends}"
        assert not all_over or ends[-1], f"{address} heard nothing of the end, incidents of {family_of}: {ends}"


@pytest.mark.parametrize("seed", [2, 5])
def test_whatever_rules_and_people_do_nothing_is_doubled_lost_or_told_twice(engine: Engine, seed: int) -> None:
    walk = Walk(engine, seed)
    for _ in range(LOOKS):
        walk.world.turns(walk.chance, walk.clock.at)
        walk.look()
        walk.clock.at += 1
        if walk.chance.random() < 0.5:
            walk.person()
        with engine.connect() as connection:
            rows_agree(connection)
            each_end_is_told_once(connection, all_over=False)
    walk.ends()
    with engine.connect() as connection:
        each_end_is_told_once(connection, all_over=True)
