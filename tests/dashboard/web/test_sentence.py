"""The sentence over the page, in each of its situations."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboard.detection.states import DistrictState as S
from dashboard.web.sentence import DistrictNow, Recovered, Situation, headline_state, state_sentence

ZONE = ZoneInfo("Asia/Kolkata")


def at(hour: str, day: int = 16) -> datetime:
    return datetime.fromisoformat(f"2021-01-{day:02d}T{hour}").replace(tzinfo=ZONE)


def situation(trouble: dict[str, tuple[S, str]] | None = None, total: int = 36) -> Situation:
    """36 districts at 16:40, of which `trouble` names some: name -> (state, since)."""
    bad = [DistrictNow(name, state, at(since)) for name, (state, since) in (trouble or {}).items()]
    fine = [DistrictNow(f"Fine {n}", S.OK, at("10:01")) for n in range(total - len(bad))]
    return Situation(
        now=at("16:40"), districts=(*bad, *fine), newest_sample=at("16:39:56"), uploads_s=(1.6, 4.2), answering=36, reported=18_338,
        target=28_500, recorded=5726, session=(at("11:30"), at("17:30")), next_session=at("09:00", 19),
    )  # fmt: skip


def slow(number: int, since: str = "11:40") -> dict[str, tuple[S, str]]:
    return {f"Slow {n}": (S.SLOW if n else S.DEGRADED, since) for n in range(number)}


def test_it_is_calm_when_all_districts_work() -> None:
    calm = situation()
    assert (
        state_sentence(calm)
        == "Registry works in all 36 districts; uploads take 2 to 4 s; 18,338 of 28,500 doses reported."
    )
    assert headline_state(calm) is S.OK


def test_it_does_not_invent_doses_nobody_reported() -> None:
    text = state_sentence(replace(situation(), reported=None, uploads_s=(2.1, 2.2)))
    assert text == "Registry works in all 36 districts; uploads take 2 s; no doses reported yet."


def test_it_says_how_many_are_slow_who_cannot_upload_and_who_lost_a_line() -> None:
    trouble = {
        **slow(9),
        "Dhule": (S.DOWN, "12:05"),
        "Raigad": (S.OWN_LINE, "13:12"),
        "Gadchiroli": (S.NO_DATA, "15:55"),
    }
    text = state_sentence(situation(trouble))
    assert text == "Registry slow in 9 of 36 districts since 11:40; Dhule cannot upload; Raigad lost its own line."
    assert headline_state(situation(trouble)) is S.SLOW


def test_it_does_not_call_failures_slow() -> None:
    part = situation({f"Bad {n}": (S.DEGRADED, "11:40") for n in range(3)})
    said = replace(part, districts=tuple(replace(d, failing=d.state is S.DEGRADED) for d in part.districts))
    assert state_sentence(said) == "Uploads fail in part in 3 of 36 districts since 11:40."
    assert headline_state(said) is S.DEGRADED
    few = replace(part, districts=tuple(replace(d, failing=d.name == "Bad 0") for d in part.districts))
    assert state_sentence(few) == "Registry slow in 3 of 36 districts since 11:40."


def test_it_says_down_when_the_registry_is_down_everywhere() -> None:
    trouble = {f"D{n}": (S.DOWN, "11:52") for n in range(36)}
    assert state_sentence(situation(trouble)) == "Registry down in all 36 districts since 11:52."
    assert headline_state(situation(trouble)) is S.DOWN


def test_it_counts_districts_down_when_they_are_too_many_to_name() -> None:
    trouble = {f"D{n}": (S.DOWN, "11:52") for n in range(5)}
    assert state_sentence(situation(trouble)) == "Registry down in 5 of 36 districts since 11:52."


def test_one_district_down_alone_is_named_with_its_hour() -> None:
    text = state_sentence(situation({"Dhule": (S.DOWN, "12:05")}))
    assert text == "Dhule cannot upload since 12:05; the registry works in the 35 other districts."


def test_a_lost_line_is_said_to_be_the_districts_own() -> None:
    text = state_sentence(situation({"Raigad": (S.OWN_LINE, "13:12")}))
    assert text == "Raigad has lost its own line since 13:12; the registry works in the 35 other districts."
    both = state_sentence(situation({"Raigad": (S.OWN_LINE, "13:12"), "Thane": (S.OWN_LINE, "13:20")}))
    assert (
        both == "Raigad and Thane have lost their own lines since 13:12; the registry works in the 34 other districts."
    )


def test_a_silent_district_is_said_to_be_silent() -> None:
    text = state_sentence(situation({"Gadchiroli": (S.NO_DATA, "15:55")}))
    assert text == "Gadchiroli is silent since 15:55; the registry works in the 35 other districts."


def test_it_has_at_most_three_clauses_and_stays_short() -> None:
    trouble = {
        **slow(12), "Ahmednagar": (S.DOWN, "12:05"), "Sindhudurg": (S.DOWN, "12:06"), "Aurangabad": (S.DOWN, "12:07"),
        "Raigad": (S.OWN_LINE, "13:12"), "Chandrapur": (S.OWN_LINE, "13:12"), "Gadchiroli": (S.NO_DATA, "15:55"),
    }  # fmt: skip
    text = state_sentence(situation(trouble))
    assert text.count(";") <= 2
    assert len(text) <= 115


@pytest.mark.parametrize("blind", [True, False])
def test_old_data_is_said_to_be_old_whoever_noticed(blind: bool) -> None:
    heard = at("16:21")
    old = replace(situation(), newest_sample=heard, blind_since=heard if blind else None)
    assert state_sentence(old) == "Data is old: nothing heard since 16:21, 19 min ago. This is not the state now."
    assert headline_state(old) is S.BLIND


def test_a_day_without_session_names_the_next_one() -> None:
    sunday = replace(situation(), now=at("10:00", 17), newest_sample=at("09:59:58", 17), session=None)
    text = state_sentence(sunday)
    assert text == "No session today (Sunday). Registry answers in 36 districts. Next session: Tue 19 January, 09:00."
    assert headline_state(sunday) is S.NO_SESSION


def test_before_and_after_the_hours_it_says_so() -> None:
    early = replace(situation(), now=at("10:20"), newest_sample=at("10:19:59"))
    assert state_sentence(early) == "Sessions begin at 11:30. Registry answers in 36 districts."
    late = replace(situation(), now=at("18:00"), newest_sample=at("17:59:59"))
    assert state_sentence(late).startswith(
        "Sessions ended at 17:30. Registry answers in 36 districts. Next session: Tue 19"
    )


def test_a_recovery_says_how_long_it_was_and_what_is_still_on_paper() -> None:
    again = replace(
        situation(), recovered=Recovered(at("15:10"), timedelta(hours=3, minutes=30).total_seconds(), "slow")
    )
    assert (
        state_sentence(again) == "Registry works again since 15:10 after 3 h 30 slow; 12,612 doses are still on paper."
    )
    changed = replace(again, recovered=Recovered(at("15:10"), 3600.0, "down", changed=True))
    assert state_sentence(changed).startswith("Registry works again since 15:10 after 1 h 00, at worst down; ")
    unknown = replace(again, recorded=None)
    assert state_sentence(unknown).endswith("after 3 h 30 slow; 18,338 of 28,500 doses reported.")


def test_before_the_first_sample_it_says_that_nothing_was_measured() -> None:
    nothing = replace(situation(), newest_sample=None)
    assert state_sentence(nothing).startswith("Nothing measured yet")
    assert headline_state(nothing) is S.NO_DATA


def test_a_state_since_yesterday_carries_its_day() -> None:
    lost = DistrictNow("Raigad", S.OWN_LINE, at("17:20", 15))
    text = state_sentence(replace(situation(total=35), districts=(lost, *situation(total=35).districts)))
    assert text.startswith("Raigad has lost its own line since 15 Jan 17:20;")


def test_districts_that_are_blind_do_not_break_it() -> None:
    assert state_sentence(situation({"Pune": (S.BLIND, "16:00")})) == (
        "Pune is silent; the registry works in the 35 other districts."
    )


def test_sign_and_sentence_speak_of_the_same_when_many_are_down_and_one_is_slow() -> None:
    mixed = situation({**{f"D{n}": (S.DOWN, "11:52") for n in range(20)}, "Pune": (S.SLOW, "11:40")})
    assert state_sentence(mixed).startswith("Registry down in 20 of 36 districts")
    assert headline_state(mixed) is S.DOWN


def test_a_stopped_judgement_is_said_before_anything_it_once_said() -> None:
    stopped = replace(situation(slow(9)), judged_until=at("16:20"))
    assert state_sentence(stopped) == "Nothing has been judged since 16:20. This is not the state now."
    assert headline_state(stopped) is S.BLIND
