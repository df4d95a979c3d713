"""One district's rules: each state, what is benign, and the sentences."""

from collections.abc import Iterable

import pytest

from dashboard.detection.judge import Judge
from dashboard.detection.rules import Finding
from dashboard.detection.seen import Seen
from dashboard.detection.states import DistrictState
from dashboard.detection.words import span
from dashboard.settings import Rules
from probes.sample import CheckKind, Outcome, Reason
from tests.places import RAIGAD, THANE, at
from tests.samples import Stream

START = at("11:00")
THANE_ROUNDS = Stream(THANE)
RULES = Rules()


def judged(samples: Iterable[Seen], now: float, listening_since: float = START - 3600) -> Finding:
    judge = Judge(RULES, [THANE], listening_since)
    judge.observe(samples)
    return judge.judge(now).findings[THANE]


def quiet_then(*parts: Iterable[Seen], until: float = START + 600) -> list[Seen]:
    return [*THANE_ROUNDS.rounds(START, until), *(seen for part in parts for seen in part)]


def test_it_calls_a_quiet_district_ok_and_says_its_upload_time() -> None:
    finding = judged(quiet_then(), START + 600)
    assert finding.state is DistrictState.OK
    assert finding.evidence == "uploads take 2.0 s"


def test_it_calls_three_uploads_at_four_times_the_usual_slow_and_says_since_when() -> None:
    slow_from = START + 600
    finding = judged(quiet_then(THANE_ROUNDS.rounds(slow_from, slow_from + 45, upload=9.0)), slow_from + 45)
    assert finding.state is DistrictState.SLOW
    assert finding.since == pytest.approx(slow_from)
    assert finding.evidence == "uploads take 9.0 s, usually 2.0 s"


def test_two_slow_uploads_are_not_enough() -> None:
    assert (
        judged(quiet_then(THANE_ROUNDS.rounds(START + 600, START + 630, upload=9.0)), START + 640).state
        is DistrictState.OK
    )


def test_twice_the_usual_is_benign_and_so_is_a_rise_below_the_floor() -> None:
    assert (
        judged(quiet_then(THANE_ROUNDS.rounds(START + 600, START + 700, upload=4.5)), START + 700).state
        is DistrictState.OK
    )


def test_without_a_history_only_the_absolute_limit_counts() -> None:
    assert judged(THANE_ROUNDS.rounds(START, START + 60, upload=9.0), START + 70).state is DistrictState.OK
    assert judged(THANE_ROUNDS.rounds(START, START + 60, upload=16.0), START + 75).state is DistrictState.SLOW


def test_over_a_minute_each_is_unworkable_and_so_degraded() -> None:
    finding = judged(quiet_then(THANE_ROUNDS.rounds(START + 600, START + 660, upload=75.0)), START + 735)
    assert finding.state is DistrictState.DEGRADED


def test_it_calls_a_district_down_when_its_checks_fail_and_the_neutral_host_answers() -> None:
    finding = judged(quiet_then(THANE_ROUNDS.rounds(START + 600, START + 690, registry=Reason.TIMEOUT)), START + 690)
    assert finding.state is DistrictState.DOWN
    assert finding.evidence == "12 of 12 checks fail (no answer in time); the neutral host answers 6 of 6"
    assert finding.since == pytest.approx(START + 600)


def test_it_blames_the_districts_own_line_when_the_neutral_host_fails_too() -> None:
    cut = THANE_ROUNDS.rounds(START + 600, START + 690, registry=Reason.RESET, line=Reason.RESET)
    finding = judged(quiet_then(cut), START + 690)
    assert finding.state is DistrictState.OWN_LINE
    assert finding.evidence.endswith("and 6 of 6 of the neutral host too")


def test_a_cut_line_is_never_called_the_registrys_fault_on_the_way_in_or_out() -> None:
    cut_from, back = START + 600, START + 900
    samples = quiet_then(
        THANE_ROUNDS.rounds(cut_from, back, registry=Reason.RESET, line=Reason.RESET),
        THANE_ROUNDS.rounds(back, back + 600),
    )
    judge = Judge(RULES, [THANE], START - 3600)
    states = set()
    for tick in range(600, 1500, 5):
        now = START + tick
        judge.observe(seen for seen in samples if now - 5 < seen.at <= now)
        if tick == 600:
            judge.observe(seen for seen in samples if seen.at <= now - 5)
        states.add(judge.judge(now).findings[THANE].state)
    assert states == {DistrictState.OK, DistrictState.OWN_LINE}


def test_uploads_that_are_never_seen_again_make_a_district_down_though_it_answers_pings() -> None:
    pings = [seen for seen in THANE_ROUNDS.rounds(START + 600, START + 660) if seen.kind is not CheckKind.UPLOAD]
    lost = [
        seen
        for seen in THANE_ROUNDS.rounds(START + 600, START + 645, upload=30.0, registry=Reason.NOT_VISIBLE)
        if seen.kind is CheckKind.UPLOAD
    ]
    finding = judged(quiet_then(pings, lost), START + 675)
    assert finding.state is DistrictState.DOWN
    assert finding.evidence == "the last 3 uploads fail (accepted but not seen again)"


def test_a_third_of_failing_checks_is_degraded() -> None:
    bad = list(THANE_ROUNDS.rounds(START + 600, START + 900))
    mixed = [
        seen._replace(outcome=Outcome.FAILED, reason=Reason.HTTP_STATUS)
        if i % 9 in (0, 5) and seen.kind is not CheckKind.ANCHOR
        else seen
        for i, seen in enumerate(bad)
    ]
    finding = judged(quiet_then(mixed), START + 900)
    assert finding.state is DistrictState.DEGRADED
    assert "of its checks fail (error answers)" in finding.evidence


def test_a_deployment_of_half_a_minute_is_benign() -> None:
    blip = THANE_ROUNDS.rounds(START + 600, START + 630, registry=Reason.HTTP_STATUS)
    assert judged(quiet_then(blip), START + 632).state is DistrictState.OK


def test_silence_is_no_data_and_is_dated_from_the_last_sample() -> None:
    finding = judged(quiet_then(), START + 600 + 200)
    assert finding.state is DistrictState.NO_DATA
    assert finding.since == pytest.approx(START + 587)


def test_right_after_our_own_start_silence_is_ours() -> None:
    assert judged([], START + 60, listening_since=START).evidence == "nothing measured yet"
    late = judged([], START + 400, listening_since=START)
    assert (late.state, late.since) == (DistrictState.NO_DATA, START)


def test_an_agent_without_network_says_nothing_of_the_registry() -> None:
    offline = Seen(
        0, THANE, CheckKind.HTTP, "v", int(START + 700) * 1000, START + 700, 0.1, Outcome.UNKNOWN, Reason.AGENT_OFFLINE
    )
    finding = judged(quiet_then([offline]), START + 780)
    assert (finding.state, finding.evidence) == (DistrictState.NO_DATA, "its agent has no network")


def test_late_samples_find_their_place() -> None:
    ordered = quiet_then(THANE_ROUNDS.rounds(START + 600, START + 690, registry=Reason.TIMEOUT))
    assert judged(ordered[::-1], START + 690) == judged(ordered, START + 690)


def test_nearly_everybody_silent_means_that_the_monitor_is_cut_off() -> None:
    judge = Judge(RULES, [THANE, RAIGAD], START - 3600)
    judge.observe([*Stream(THANE).rounds(START, START + 300), *Stream(RAIGAD).rounds(START, START + 300)])
    assert judge.judge(START + 300).blind_since is None
    assert judge.judge(START + 500).blind_since == pytest.approx(START + 287)


def test_unknown_districts_are_left_out() -> None:
    judge = Judge(RULES, [THANE], START)
    judge.observe(Stream(1).rounds(START, START + 60))
    assert set(judge.judge(START + 60).findings) == {THANE}


def test_spans_read_as_a_person_writes_them() -> None:
    assert [span(1.31, 3.96), span(2.0, 2.01), span(9.4, 14.2), span(41, 112)] == [
        "1.3 to 4.0 s",
        "2.0 s",
        "9.4 to 14 s",
        "41 to 112 s",
    ]


def test_uploads_around_the_limit_do_not_make_a_district_flicker() -> None:
    judge = Judge(RULES, [THANE], START - 3600)
    judge.observe(THANE_ROUNDS.rounds(START, START + 600))
    states = []
    for round_, upload in enumerate([9.0, 9.0, 9.0, 4.0, 9.0, 4.0, 4.0, 9.0, 4.0, 4.0, 4.0, 4.0]):
        now = START + 600 + 15 * round_
        judge.observe(THANE_ROUNDS.rounds(now, now + 15, upload=upload))
        finding = judge.judge(now + 15).findings[THANE]
        states.append(finding.state)
        if finding.state is DistrictState.SLOW:
            assert finding.since == pytest.approx(START + 600)
    assert states == [DistrictState.OK] * 2 + [DistrictState.SLOW] * 8 + [DistrictState.OK] * 2


@pytest.mark.parametrize("cut_s", [90, 300, 600])
def test_the_end_of_a_black_hole_is_not_blamed_on_the_registry_by_uploads_that_began_in_it(cut_s: int) -> None:
    cut, back = START + 600, START + 600 + cut_s
    lost = [
        Seen(0, THANE, kind, "v", int(t * 1000), t + total, total, Outcome.FAILED, Reason.TIMEOUT)
        for kind, total in ((CheckKind.HTTP, 10.0), (CheckKind.ANCHOR, 5.0), (CheckKind.UPLOAD, 90.0))
        for t in range(int(cut), int(back), 15 if kind is not CheckKind.UPLOAD else 90)
    ]
    samples = sorted(quiet_then(lost, THANE_ROUNDS.rounds(back, back + 400)), key=lambda seen: seen.at)
    judge = Judge(RULES, [THANE], START - 3600)
    states = set()
    for tick in range(600, 600 + cut_s + 400, 5):
        now = START + tick
        judge.observe(seen for seen in samples if (now - 5 if tick > 600 else 0) < seen.at <= now)
        states.add(judge.judge(now).findings[THANE].state)
    assert states <= {DistrictState.OK, DistrictState.OWN_LINE}


def test_uploads_that_come_seldom_are_judged_all_the_same() -> None:
    seldom = Stream(THANE, every=180)
    pings = [seen for seen in THANE_ROUNDS.rounds(START, START + 1200) if seen.kind is CheckKind.HTTP]
    uploads = [seen for seen in seldom.rounds(START, START + 1200, upload=45.0) if seen.kind is CheckKind.UPLOAD]
    assert judged(sorted([*pings, *uploads], key=lambda seen: seen.at), START + 1200).state is DistrictState.SLOW


def test_districts_that_no_agent_measures_do_not_make_the_monitor_blind() -> None:
    judge = Judge(RULES, [THANE, RAIGAD, *range(1, 35)], START - 3600)
    judge.observe(Stream(THANE).rounds(START, START + 300))
    assert judge.judge(START + 300).blind_since is None
    assert judge.judge(START + 500).blind_since == pytest.approx(START + 287)


def test_what_is_usual_survives_a_restart_in_the_middle_of_a_slowdown() -> None:
    judge = Judge(RULES, [THANE], START - 3600)
    judge.observe(THANE_ROUNDS.rounds(START, START + 600))
    judge.observe(THANE_ROUNDS.rounds(START + 600, START + 700, upload=9.0))
    assert judge.judge(START + 700).findings[THANE].state is DistrictState.SLOW
    fresh = Judge(RULES, [THANE], START + 700)
    fresh.remember(judge.memory())
    fresh.observe(THANE_ROUNDS.rounds(START + 610, START + 700, upload=9.0))
    fresh.observe(THANE_ROUNDS.rounds(START + 700, START + 3000, upload=9.0))
    finding = fresh.judge(START + 3000).findings[THANE]
    assert (finding.state, finding.evidence) == (DistrictState.SLOW, "uploads take 9.0 s, usually 2.0 s")


def test_errors_do_not_make_a_later_slow_upload_count_double() -> None:
    judge = Judge(RULES, [THANE], START - 3600)
    judge.observe(THANE_ROUNDS.rounds(START, START + 600))
    judge.judge(START + 600)
    bad = [
        s._replace(outcome=Outcome.FAILED, reason=Reason.HTTP_STATUS) if s.kind is CheckKind.HTTP and i % 2 else s
        for i, s in enumerate(THANE_ROUNDS.rounds(START + 600, START + 900))
    ]
    judge.observe(bad)
    assert judge.judge(START + 900).findings[THANE].state is DistrictState.DEGRADED
    for tick in range(900, 1500, 45):
        judge.observe(
            [
                *THANE_ROUNDS.rounds(START + tick, START + tick + 30),
                *THANE_ROUNDS.rounds(START + tick + 30, START + tick + 45, upload=9.0),
            ]
        )
        state = judge.judge(START + tick + 45).findings[THANE].state
    assert state is DistrictState.OK
