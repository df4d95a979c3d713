"""Why, and why not, doses are said to have stopped: three districts that tell each quarter of an hour."""

import pytest

from dashboard.doses.expected import Profile
from dashboard.doses.explain import explain
from dashboard.doses.stalls import Stalls
from dashboard.reasons import Reason
from dashboard.settings.thresholds import Doses
from tests.places import DHULE, NASHIK, RAIGAD, at

OPENS = at("09:00")
DIVISIONS = {RAIGAD: "Konkan", NASHIK: "Nashik", DHULE: "Nashik"}


def told(until: str, stops: str = "24:00", target: int = 600) -> Stalls:
    """All give 15 doses a quarter; Raigad gives none from `stops`."""
    stalls = Stalls(Doses(), DIVISIONS, Profile(9 * 3600.0, 17 * 3600.0), at("00:00"))
    given = dict.fromkeys(DIVISIONS, 0)
    for step in range(1, int((at(until) - OPENS) // 900) + 1):
        now = OPENS + 900 * step
        for code in DIVISIONS:
            given[code] += 0 if code == RAIGAD and stops < "24:00" and now >= at(stops) else 15
            stalls.report(code, now, given[code], target)
    return stalls


def why(stalls: Stalls | None, now: str, code: int | None = RAIGAD) -> dict[str, Reason]:
    return {reason.rule: reason for reason in explain(stalls, code, at(now))}


def test_a_stall_holds_and_is_what_may_open() -> None:
    stalls = told("12:30", stops="11:00")
    found = why(stalls, "12:31")
    assert found["Doses stop, by its own pace"].holds
    assert found["Doses stop, by its own pace"].measured.startswith("0 doses in ")
    assert [reason.rule for reason in found.values() if reason.quiets and reason.holds] == []
    assert [stall.districts for stall in stalls.open_now(at("12:31"))] == [{RAIGAD}]


def test_while_doses_are_given_it_says_how_many_are_too_many() -> None:
    found = why(told("12:00"), "12:01")["Doses stop, by its own pace"]
    assert not found.holds
    assert found.missing.endswith(" doses fewer")
    assert found.key == "doses.ratio"


def test_a_district_that_never_got_going_is_compared_with_the_median() -> None:
    found = why(told("11:45", stops="09:00"), "11:46")["Never got going"]
    assert found.holds
    assert found.measured.startswith("0% of its target, by the median district 2")
    assert why(told("10:00", stops="09:00"), "10:01")["Never got going"].missing == "time: the session has just begun"


@pytest.mark.parametrize(
    ("now", "rule", "measured"),
    [
        ("13:30", "Its last word is old", "told 60 minutes ago"),
        ("16:20", "It is late in the day", "late"),
    ],
)
def test_what_keeps_a_stall_quiet_is_said(now: str, rule: str, measured: str) -> None:
    found = why(told("12:30", stops="11:00"), now)
    assert found["Doses stop, by its own pace"].holds
    assert found[rule].holds
    assert found[rule].quiets
    assert found[rule].measured == measured


def test_an_incident_spares_it_for_so_many_minutes() -> None:
    stalls = told("12:30", stops="11:00")
    stalls.hit(frozenset({RAIGAD}), at("12:30"))
    assert why(stalls, "12:40")["An incident has hit it"].measured == "spared for 35 more minutes"


def test_without_a_target_or_tellings_or_a_session_it_says_so() -> None:
    assert why(told("12:00", target=0), "12:01")["No target is known"].holds
    assert why(told("09:00"), "09:01")["Doses stop"].measured == "it has told no doses of this day with their hour"
    assert why(None, "12:00")["Doses stop"].measured == "no session is held on this day"


def test_the_state_has_the_rule_of_all_together() -> None:
    (found,) = explain(told("12:00"), None, at("12:01"))
    assert found.rule == "Doses stop together in the state"
    assert found.measured.startswith("90 doses in 30 minutes in 3 districts")
    assert not found.holds
