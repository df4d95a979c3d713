"""Every reason against what was judged, tick by tick over a whole made-up day with each kind of trouble."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dashboard.detection.explain import wide
from dashboard.detection.explain.look import Look
from dashboard.detection.states import DistrictState
from dashboard.reasons import Reason
from dashboard.replay import stored, why
from dashboard.replay.stored import Rerun, Situation
from tests.dashboard.replay import a_day, a_store
from tests.dashboard.replay.a_day import Fault
from tests.dashboard.replay.a_store import moment, room

KONKAN = ("Mumbai City", "Thane", "Raigad", "Palghar")
DAY = (
    Fault("09:20", "09:32", error="timeout"),
    Fault("09:50", "10:02", times=4),
    Fault("10:20", "10:36", error="http_500", share=0.12),
    Fault("11:00", "11:10", KONKAN, error="connect"),
    Fault("11:30", "11:40", KONKAN, error="timeout", anchors=True),
    Fault("12:00", "12:08", ("Raigad",), error="timeout", anchors=True),
    Fault("12:20", "12:28", ("Raigad",), error="http_403"),
    Fault("12:40", "12:48", ("Pune",), silent=True),
    Fault("13:00", "13:08", error="timeout", anchors=True),
    Fault("13:20", "13:26", silent=True),
    Fault("13:40", "13:50", ("Thane", "Pune"), times=8),
    Fault("14:00", "14:08", ("Satara",), error="reset", share=0.4),
    Fault("14:20", "14:30", KONKAN, times=6),
)
MONITOR = ("Monitor blind: nothing is heard", "Monitor blind: everybody fails, the neutral hosts too")
SLOW = (
    "Registry slow for the state", "Checks fail in part for the state", "A part of the uploads takes over 3 times what is usual now",
)  # fmt: skip
IN_ORDER = (
    (DistrictState.NO_DATA, ("No data",)), (DistrictState.OWN_LINE, ("Own line cut",)),
    (DistrictState.DOWN, ("Registry down for this district",)),
    (DistrictState.DEGRADED, ("Degraded: the slowest of many slow ones", "Degraded: a part of its checks fails", "Degraded: unworkable")),
    (DistrictState.SLOW, ("Slow", "Slow on the map alone")),
)  # fmt: skip
NOT_THAT_DAY = ("Degraded: unworkable", "Degraded: the slowest of many slow ones")


def ticks(file: Path) -> Iterator[Situation]:
    """The day as the live objects see it, each sixth tick."""
    engine = a_store.stored(file, a_day.samples(DAY, end="15:00"), a_day.doses(stopped, "15:00"))
    rerun = Rerun(room(), stored.read(engine, room(), moment("09:00"), moment("15:00")))
    for number, now in enumerate(stored._ticks(moment("09:00"), moment("15:00"), 15)):
        rerun._tick(now)
        if number % 6 == 5:
            yield rerun.situation()


def stopped(name: str, now: float) -> bool:
    return now >= moment("14:05") or (name == "Nagpur" and moment("10:45") <= now < moment("13:00"))


@pytest.mark.process
def test_a_reason_holds_exactly_when_its_finding_its_claim_or_its_stall_is_there(tmp_path: Path) -> None:
    held: set[str] = set()
    for situation in ticks(tmp_path / "day.db"):
        assert flooding_is_read_as_judged(situation), situation.at
        for code in situation.judge.places:
            found = why.reasons(room(), situation, code)
            held |= {reason.rule for reason in found if reason.holds}
            assert all(reason.holds != bool(reason.missing) for reason in found)
            assert disagreements(situation, code, {reason.rule: reason for reason in found}) == [], situation.at
    assert held >= {
        *MONITOR,
        *SLOW[:2],
        "Registry down for the state",
        "Konkan fails as one",
        "Konkan is slow",
        "Told already",
    }
    assert held >= {rule for _, rules in IN_ORDER for rule in rules if rule not in NOT_THAT_DAY}
    assert {"Doses stop together in Pune", "Doses stop together in Konkan"} & held
    assert held >= {"Doses stop, by its own pace", "An incident has hit it", "The state's incident speaks for it"}


def flooding_is_read_as_judged(situation: Situation) -> bool:
    """The shares that are shown of a flood of errors or of a tail are over their limits exactly when the flood is firm."""
    look = Look.of(situation.judge)
    flood, rule, weight = look.everywhere._flood, look.rules.degraded, look.calm.astype(np.float32)
    floods = (
        (flood.errors(look.windows, look.lengths, weight), rule.err),
        (flood.tails(look.windows, look.lengths, weight), rule.tail),
    )
    return all(
        found.firm == all(value >= wanted for value, wanted, _ in wide._parts(look, found, limit))
        for found, limit in floods
    )


def disagreements(situation: Situation, code: int, found: dict[str, Reason]) -> list[str]:
    """What a district's reasons say otherwise than the judgement."""
    judgement, division = situation.judgement, room().district(code).division
    firm = {(claim.kind, claim.scope, claim.division) for claim in judgement.wide if claim.firm}

    def holds(*rules: str) -> bool:
        return any(found[rule].holds for rule in rules)

    expected = {
        "blind": (holds(*MONITOR), judgement.blind_since is not None),
        "outage": (holds("Registry down for the state"), ("outage", "state", "") in firm),
        "slowdown": (holds(*SLOW), ("slowdown", "state", "") in firm),
        "division": (holds(f"{division} fails as one"), bool({(k, "division", division) for k in ("outage", "local")} & firm)),
        "division slow": (
            holds(f"{division} is slow", f"Checks fail in part in {division}"), ("slowdown", "division", division) in firm,
        ),
        "state": (
            next((state for state, rules in IN_ORDER if holds(*rules)), DistrictState.OK), judgement.findings[code].state,
        ),
        "doses": (_doses(found), _stalls(situation, code)),
    }  # fmt: skip
    return [f"{name}: {said} is {is_}" for name, (said, is_) in expected.items() if said != is_] + _unsaid(
        situation, code, found
    )


def _unsaid(situation: Situation, code: int, found: dict[str, Reason]) -> list[str]:
    """Trouble worth telling, of which nobody is told, while nothing is said to keep it quiet."""
    finding = situation.judgement.findings[code]
    troubled = finding.pages and finding.state is not DistrictState.OK
    quieted = [
        reason.rule
        for reason in found.values()
        if reason.quiets and reason.holds and not reason.key.startswith("doses.")
    ]
    return [f"{finding.state}: nobody is told, and nothing is said of it"] if troubled and not quieted else []


def _doses(found: dict[str, Reason]) -> bool:
    alone = any(
        reason.holds for rule, reason in found.items() if rule in ("Doses stop, by its own pace", "Never got going")
    )
    quiet = any(reason.holds and reason.key.startswith("doses.") for reason in found.values() if reason.quiets)
    return (alone and not quiet) or any(
        reason.holds for rule, reason in found.items() if rule.startswith("Doses stop together")
    )


def _stalls(situation: Situation, code: int) -> bool:
    return situation.stalls is not None and any(
        code in stall.districts for stall in situation.stalls.open_now(situation.at)
    )
