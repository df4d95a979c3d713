"""One check under way: what its start has paid for, and what it may leave behind."""

import random

from probes.checks import Target
from probes.clock import SetClock
from probes.exchange import Dial, Request, Wish
from probes.inboxes.turn import Turn
from probes.kinds import check_of
from probes.registry import FUNCTIONS
from probes.runs import Run
from probes.schedule import Schedule

HOST = "registry.example.org"
TARGET = Target(491, check_of({"name": "ping", "kind": "http", "url": f"https://{HOST}/ping"}))
ASK, ELSEWHERE = (Request(url=f"https://{host}/x", deadline=0.0) for host in (HOST, "login.example.org"))
UNDO = Request(url=f"https://{HOST}/x", deadline=0.0, method="DELETE", undoes=True)


def run(prepaid: int = 1) -> Run:
    rng = random.Random(1)
    schedule = Schedule([TARGET], 0.0, 1, rng, "a")
    steps = FUNCTIONS[TARGET.check.kind](TARGET, SetClock(0.0), rng)
    return Run(schedule, TARGET, steps, 0.0, 0.0, 0.0, HOST, prepaid)


def paid(of: Run, *wishes: Wish) -> list[bool]:
    return [of.pays(wish) for wish in wishes]


def test_the_start_has_paid_for_the_first_request_and_no_other() -> None:
    assert paid(run(), ASK, ASK) == [True, False]


def test_what_asks_no_registry_uses_nothing_up() -> None:
    assert paid(run(), Turn(inbox="phone", find="x", deadline=0.0), ASK) == [False, True]


def test_another_host_is_paid_for_apart() -> None:
    assert paid(run(), ELSEWHERE, ASK, ASK) == [False, True, False]


def test_all_samples_of_a_bundle_are_paid_for() -> None:
    dial = Dial(host=HOST.upper(), port=443, deadline=0.0)
    assert paid(run(prepaid=3), dial, dial, dial, dial) == [True, True, True, False]


def test_waits_for_the_budget_add_up_but_not_those_of_what_tidies_up() -> None:
    under_way = run()
    for wish in (ASK, ELSEWHERE, UNDO):
        under_way.held_up(wish, 0.5)
    assert under_way.waited_s == 1.0


def test_what_takes_away_what_it_left_is_that_of_its_latest_wish() -> None:
    under_way = run()
    assert under_way.undo is None
    under_way.asked = Request(url=ASK.url, deadline=0.0, undo=UNDO)
    assert under_way.undo is UNDO
    under_way.asked = UNDO
    assert under_way.undo is UNDO
