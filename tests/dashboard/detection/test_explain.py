"""Why, and why not: each rule says whether it holds and what is missing, as the judge itself has it."""

from collections.abc import Iterable

import pytest

from dashboard.detection.explain import explain, nearest
from dashboard.detection.explain.near import way, weakest
from dashboard.detection.judge import Judge
from dashboard.detection.seen import Seen
from dashboard.reasons import Reason
from dashboard.settings import Rules
from probes.sample import Reason as Failure
from tests.places import DHULE, JALGAON, NASHIK, PALGHAR, PUNE, RAIGAD, THANE, at
from tests.samples import Stream

START = at("11:00")
CAST = {
    RAIGAD: "Konkan", THANE: "Konkan", PALGHAR: "Konkan", PUNE: "Pune", DHULE: "Nashik", NASHIK: "Nashik", JALGAON: "Nashik",
}  # fmt: skip


def judged(*parts: Iterable[Seen], until: float, quiet_s: float = 300, rules: Rules | None = None) -> Judge:
    """All districts quiet for a while, then these samples."""
    judge = Judge(rules or Rules(), list(CAST), START, CAST)
    judge.observe(seen for code in CAST for seen in Stream(code).rounds(START, START + quiet_s))
    judge.observe(seen for part in parts for seen in part)
    judge.judge(until)
    return judge


def why(judge: Judge, code: int | None = RAIGAD) -> dict[str, Reason]:
    return {reason.rule: reason for reason in explain(judge, code)}


def everywhere(seconds: float, **trouble: object) -> Iterable[Seen]:
    begins = START + 300
    return (seen for code in CAST for seen in Stream(code).rounds(begins, begins + seconds, **trouble))  # type: ignore[arg-type]


def test_it_says_by_how_much_a_slowdown_is_missed() -> None:
    slow = why(judged(everywhere(240, upload=3.6), until=START + 540))["Registry slow for the state"]
    assert not slow.holds
    assert (
        slow.measured
        == "uploads take 1.8 times what is usual in the middle district; above the threshold in 0% of the last 180 s"
    )
    assert slow.threshold == "2.3 times for 80% of 180 s"
    assert slow.missing.startswith("0.5 times")
    assert slow.key == "degraded.ratio"


def test_a_slowdown_that_does_not_last_long_enough_lacks_time() -> None:
    slow = why(judged(everywhere(90, upload=6.0), until=START + 390))["Registry slow for the state"]
    assert not slow.holds
    assert slow.missing.endswith("points of the time; enough to keep an open incident open")


def test_a_slowdown_that_lasts_holds_and_lacks_nothing() -> None:
    slow = why(judged(everywhere(300, upload=6.0), until=START + 600))["Registry slow for the state"]
    assert slow.holds
    assert slow.missing == ""


def test_it_tells_an_own_line_from_the_registry_and_says_why() -> None:
    cut = Stream(RAIGAD).rounds(START + 300, START + 420, registry=Failure.TIMEOUT, line=Failure.TIMEOUT)
    rest = (seen for code in CAST if code != RAIGAD for seen in Stream(code).rounds(START + 300, START + 420))
    found = why(judged(cut, rest, until=START + 420))
    assert found["Its checks fail"].holds
    assert found["Own line cut"].holds
    assert found["Own line cut"].measured == "the neutral host fails 8 of 8"
    assert found["Registry down for this district"].missing.startswith("a good neutral host")
    assert found["Konkan fails as one"].missing == "2 more failing districts"
    assert found["Registry down for the state"].measured.startswith("6 districts heard: 0 fail")


def test_an_outage_of_the_state_holds_and_the_rules_below_it_are_passed_over() -> None:
    found = why(judged(everywhere(120, registry=Failure.TIMEOUT), until=START + 420))
    assert found["Registry down for the state"].holds
    assert (
        found["Registry slow for the state"].missing == "not looked at while the registry is down for the whole state"
    )
    assert found["Others fail too: more than a district"].quiets


def test_a_district_lacks_seconds_and_uploads_to_be_slow() -> None:
    one = Stream(RAIGAD).rounds(START + 300, START + 315, upload=9.0)
    found = why(judged(one, until=START + 316))["Slow"]
    assert found.measured == "the last 3 uploads took 2.0 to 9.0 s, usually 2.0 s; 1 in a row are slow"
    assert found.threshold == "3 in a row of 6.0 s or more (3 times its usual, over 5 s)"
    assert found.missing == "2 more such uploads"


def test_the_nearest_miss_is_told_by_how_far_it_has_come_from_what_is_usual() -> None:
    one = Stream(RAIGAD).rounds(START + 300, START + 345, upload=5.0)
    near = nearest(judged(one, until=START + 346), RAIGAD)
    assert near is not None
    assert (near.rule, near.holds, round(near.way, 2)) == ("Slow", False, 0.75)  # 5 s, between 2 s and 6 s
    assert near.missing == "1.0 s for the newest upload"


def test_nothing_is_near_while_all_is_as_usual() -> None:
    calm = judged(until=START + 300)
    assert (nearest(calm, RAIGAD), nearest(calm, None)) == (None, None)


def test_a_cut_line_is_near_to_its_division_and_not_to_slowness() -> None:
    cut = Stream(RAIGAD).rounds(START + 300, START + 420, registry=Failure.TIMEOUT, line=Failure.TIMEOUT)
    rest = (seen for code in CAST if code != RAIGAD for seen in Stream(code).rounds(START + 300, START + 420))
    near = nearest(judged(cut, rest, until=START + 420), RAIGAD)
    assert near is not None
    assert (near.rule, near.missing) == ("Konkan fails as one", "2 more failing districts")
    assert near.way == pytest.approx(1 / 3)


def test_what_is_not_looked_at_is_not_near() -> None:
    assert nearest(judged(everywhere(120, registry=Failure.TIMEOUT), until=START + 420), None) is None


@pytest.mark.parametrize(
    ("value", "limit", "usual", "gone"), [(4, 6, 2, 0.5), (1, 6, 2, 0), (9, 6, 2, 0.99), (4, 2, 2, 0), (1, 4, 0, 0.25)]
)
def test_a_way_goes_from_the_usual_to_the_limit_and_never_all_of_it(
    value: float, limit: float, usual: float, gone: float
) -> None:
    assert way(value, limit, usual) == gone


def test_the_weakest_of_several_shares_says_how_near_a_rule_is() -> None:
    parts = ((0.04, 0.05, "over 300 s"), (0.1, 0.4, "of the districts"), (0.9, 0.7, "of the rounds"))
    assert weakest(parts) == (0.25, "10% of the districts, 40% is wanted")


def test_silence_is_counted_in_seconds() -> None:
    found = why(judged(until=START + 287 + 80))["No data"]
    assert found.measured == "heard 80 s ago"
    assert found.missing == "40 s"


def test_without_a_history_it_says_what_is_not_learnt_yet() -> None:
    found = why(judged(until=START + 60, quiet_s=60))["Its usual times are not learnt yet"]
    assert found.holds
    assert found.quiets
    assert found.measured == "learnt from 4 good pings and 4 good uploads"


def test_the_state_has_the_rules_of_all_and_of_the_division_in_which_most_fails() -> None:
    bad = (
        seen
        for code in (DHULE, NASHIK)
        for seen in Stream(code).rounds(START + 300, START + 345, registry=Failure.RESET)
    )
    rules = [reason.rule for reason in explain(judged(bad, until=START + 345), None)]
    assert rules[-3:] == ["Nashik fails as one", "Nashik is slow", "Checks fail in part in Nashik"]
    assert "No data" not in rules


def test_thresholds_of_the_config_stand_in_the_words() -> None:
    rules = Rules()
    stricter = rules.model_copy(update={"slow": rules.slow.model_copy(update={"unworkable_s": 90.0})})
    found = why(judged(until=START + 300, rules=stricter))["Degraded: unworkable"]
    assert found.threshold == "3 in a row of 90 s or more"
    assert found.missing == "88 s for the quickest of them"


def test_what_it_does_not_know_is_an_error() -> None:
    with pytest.raises(KeyError):
        explain(judged(until=START + 300), 1)
    with pytest.raises(ValueError, match="nothing was judged yet"):
        explain(Judge(Rules(), list(CAST), START, CAST), RAIGAD)
