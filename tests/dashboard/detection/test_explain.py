"""Why, and why not: each rule says whether it holds and what is missing, as the judge itself has it."""

from collections.abc import Iterable

import pytest

from dashboard.detection.explain import explain, nearest
from dashboard.detection.explain.near import way, weakest
from dashboard.detection.judge import Judge
from dashboard.detection.seen import Seen
from dashboard.detection.states import DistrictState
from dashboard.reasons import Reason
from dashboard.settings import Rules
from probes.sample import CheckKind
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


def test_the_slowest_of_many_slow_districts_is_degraded_by_a_rule_of_its_own_and_not_down() -> None:
    begins, ends = START + 300, START + 540
    slow = (seen for code in CAST if code != RAIGAD for seen in Stream(code).rounds(begins, ends, upload=9.0))
    hung = Stream(RAIGAD).rounds(begins, ends, upload=10.0, registry=Failure.TIMEOUT, line=Failure.TIMEOUT)
    uploads = [seen for seen in hung if seen.kind is not CheckKind.HTTP]
    pings = [seen for seen in Stream(RAIGAD).rounds(begins, ends) if seen.kind is CheckKind.HTTP]
    judge = judged(slow, uploads, pings, until=ends)
    found = why(judge)
    assert judge.judge(ends).findings[RAIGAD].state is DistrictState.DEGRADED
    assert found["Degraded: the slowest of many slow ones"].holds
    assert found["Degraded: the slowest of many slow ones"].measured.endswith("answers 6 of 6 pings; 6 others are slow")
    assert not found["Registry down for this district"].holds
    assert found["Registry down for this district"].missing.startswith("others that are well")
    assert found["Own line cut"].missing.startswith("a cut line")
    few = why(judged(uploads, pings, until=ends))
    assert few["Registry down for this district"].holds
    assert few["Degraded: the slowest of many slow ones"].missing == "3 more slow districts"


def test_a_rule_that_has_heard_too_few_rounds_lacks_those_and_not_failing_checks() -> None:
    found = why(judged(until=START + 60, quiet_s=60), None)
    assert found["Checks fail in part for the state"].missing == "rounds: too few are heard"


def test_where_uploads_alone_fail_their_share_is_not_said_of_all_checks() -> None:
    rounds = (
        seen
        for number, code in enumerate(CAST)
        for turn in range(24)
        for bad in [Failure.RESET if (turn + number) % 6 == 0 else Failure.NONE]
        for seen in (
            *(s for s in Stream(code).rounds(START + 300 + 15 * turn, START + 301 + 15 * turn) if s.kind is CheckKind.HTTP),
            *(s for s in Stream(code).rounds(START + 300 + 15 * turn, START + 301 + 15 * turn, registry=bad)
              if s.kind is CheckKind.UPLOAD),
        )
    )  # fmt: skip
    judge = judged(rounds, until=START + 660)
    found = why(judge, None)["Checks fail in part for the state"]
    assert found.holds
    assert found.measured.startswith("of the uploads 1")
    (claim,) = judge.judge(START + 660).wide
    assert claim.evidence == "8% of the checks fail in the whole state"


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


def test_a_division_is_not_near_to_failing_as_one_while_others_fail_too_or_when_it_is_one_district() -> None:
    bad = (THANE, PALGHAR, DHULE, PUNE)
    fails = (seen for code in bad for seen in Stream(code).rounds(START + 300, START + 345, registry=Failure.RESET))
    rest = (seen for code in CAST if code not in bad for seen in Stream(code).rounds(START + 300, START + 345))
    judge = judged(fails, rest, until=START + 345)
    near = nearest(judge, None)
    assert near is not None
    assert near.rule == "Registry down for the state"
    assert why(judge, PUNE)["Pune fails as one"].missing == "a second district that is heard"


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
