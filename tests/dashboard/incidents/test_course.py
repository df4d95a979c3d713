"""What an incident of the registry was from hour to hour, and the sentences that say so."""

import pytest

from dashboard.detection.judge import Judgement
from dashboard.detection.rules import Finding
from dashboard.detection.states import DistrictState
from dashboard.incidents import sentences
from dashboard.incidents.course import Manner, Spell, Told, course, ended, followed, manner_of, named_in
from dashboard.incidents.incident import IncidentKind, StepKind
from tests.places import NASHIK, PUNE, RAIGAD, THANE, at, example

OUTAGE, SLOWDOWN = IncidentKind.OUTAGE, IncidentKind.SLOWDOWN
SLOW_WORDS, PART_WORDS = "Registry slow in Thane since 11:40: x", "Uploads fail in part in Thane since 11:40: x"
SLOW, FAILING, DOWN = Manner


def told(what: StepKind, hour: str, kind: IncidentKind = SLOWDOWN, words: str = SLOW_WORDS) -> Told:
    return Told(what, at(hour), kind, words)


def judged(*evidence: tuple[int, DistrictState, str]) -> Judgement:
    findings = {code: Finding(state, at("11:40"), words, 3.0, 4.0) for code, state, words in evidence}
    findings |= {NASHIK: Finding(DistrictState.OK, at("11:00"), "checks answer")}
    return Judgement(at("11:45"), findings, {}, None)


def closing(*steps: Told) -> str:
    spells = ended(course(steps, at("11:40")), at("12:40"))
    return sentences.resolved(example(), steps[-1].kind, [THANE], at("11:40"), at("12:40"), spells)


def test_a_slowdown_that_becomes_an_outage_is_two_spells() -> None:
    steps = [told(StepKind.OPENED, "11:42"), told(StepKind.NOTED, "11:50"), told(StepKind.UPGRADED, "12:05", OUTAGE)]
    assert course(steps, at("11:40")) == (Spell(SLOW, at("11:40"), at("12:05")), Spell(DOWN, at("12:05")))


def test_a_step_that_says_the_same_again_begins_no_spell() -> None:
    assert course([told(StepKind.OPENED, "11:42"), told(StepKind.UPGRADED, "12:05")], at("11:40")) == (
        Spell(SLOW, at("11:40")),
    )


def test_the_time_between_an_end_and_a_return_is_in_no_spell() -> None:
    steps = [told(StepKind.OPENED, "11:42"), told(StepKind.RESOLVED, "12:00"), told(StepKind.REOPENED, "12:10")]
    assert course(steps, at("11:40")) == (Spell(SLOW, at("11:40"), at("12:00")), Spell(SLOW, at("12:10")))


def test_what_is_not_the_registrys_has_no_spells() -> None:
    assert course([told(StepKind.OPENED, "11:42", IncidentKind.LOCAL)], at("11:40")) == ()


def test_what_it_was_before_is_not_what_it_is() -> None:
    assert manner_of(SLOWDOWN, f"{SLOW_WORDS}; before: failing in part 11:40 to 12:05") is SLOW


def test_the_closing_sentence_says_what_it_was_over_its_life() -> None:
    opened, down = told(StepKind.OPENED, "11:42"), told(StepKind.UPGRADED, "12:05", OUTAGE)
    assert closing(opened, down) == "Registry works again in Thane: slow 11:40 to 12:05, then down until 12:40"
    assert closing(down) == "Registry works again in Thane after 1 h 00 down, since 11:40"
    part = told(StepKind.OPENED, "11:42", words=PART_WORDS)
    assert closing(part) == "Registry works again in Thane after 1 h 00 failing in part, since 11:40"
    assert named_in(closing(part, down)) == {FAILING, DOWN}


def test_it_leaves_out_the_time_that_it_worked() -> None:
    steps = told(StepKind.OPENED, "11:42"), told(StepKind.RESOLVED, "12:00"), told(StepKind.REOPENED, "12:10")
    assert closing(*steps) == "Registry works again in Thane: slow 11:40 to 12:00, slow 12:10 to 12:40"


def test_it_lasted_whole_minutes_as_mails_and_pages_say() -> None:
    assert [sentences.lasted(0, seconds) for seconds in (-5, 59, 119, 38 * 60 + 58, 3600 + 179)] == [
        "0 min", "0 min", "1 min", "38 min", "1 h 02",
    ]  # fmt: skip


def test_many_spells_are_added_up() -> None:
    again = [(told(StepKind.RESOLVED, f"12:{n}0"), told(StepKind.REOPENED, f"12:{n}5", OUTAGE)) for n in range(4)]
    said = closing(told(StepKind.OPENED, "11:42"), *(step for pair in again for step in pair))
    assert said == "Registry works again in Thane: down 20 min, slow 20 min in all, 11:40 to 12:40"


DEGRADED = DistrictState.DEGRADED


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ([(THANE, DEGRADED, "14% of its checks fail (error answers)")],
         "Uploads fail in part in Thane since 11:40: 14% of its checks fail (error answers); the 1 others are ok"),
        ([(THANE, DEGRADED, "14% of its checks fail (error answers)"), (PUNE, DEGRADED, "20% of its checks fail (TLS fails)"),
          (RAIGAD, DistrictState.SLOW, "uploads take 3.0 to 4.0 s")],
         "Uploads fail in part in Pune, Raigad and Thane since 11:40: 14 to 20% of their checks fail; the 1 others are ok"),
        ([(THANE, DEGRADED, "14% of its checks fail (error answers)"), (PUNE, DistrictState.SLOW, "uploads take 3.0 to 4.0 s")],
         "Registry slow in Pune and Thane since 11:40: uploads take 3.0 to 4.0 s; the 1 others are ok"),
    ],
)  # fmt: skip
def test_failures_are_not_called_slow_when_they_are_most_of_what_is_wrong(
    found: list[tuple[int, DistrictState, str]], sentence: str
) -> None:
    codes = [code for code, *_ in found]
    said = sentences.opened(example(), SLOWDOWN, codes, at("11:40"), judged(*found))
    assert said == sentence
    assert manner_of(SLOWDOWN, said) is (FAILING if sentence.startswith("Uploads") else SLOW)


@pytest.mark.parametrize(
    ("evidence", "begins"),
    [
        ("14% of the checks fail in the whole state", "Uploads fail in part in Thane"),
        ("12% of the checks of Konkan fail", "Uploads fail in part in Thane"),
        ("30% of the uploads take over 3 times what is usual in the whole state", "Registry slow in Thane"),
        ("answers in Konkan take over 2.3 times what is usual", "Registry slow in Thane"),
    ],
)
def test_the_evidence_of_a_wide_claim_decides(evidence: str, begins: str) -> None:
    seen = judged((THANE, DistrictState.SLOW, "uploads take 3.0 to 4.0 s"))
    assert sentences.opened(example(), SLOWDOWN, [THANE], at("11:40"), seen, evidence).startswith(begins)


def test_an_incident_that_grows_worse_does_not_date_it_back() -> None:
    def say(kind: IncidentKind, *hours: str) -> str:
        spells = course([told(StepKind.OPENED, "11:42")], at("11:40"))
        for hour in hours:
            spells = followed(spells, told(StepKind.UPGRADED, hour, OUTAGE), at("11:40"))
        seen = judged((THANE, DistrictState.DOWN, "12 of 12 checks fail"))
        return sentences.grown(
            example(), kind, spells, at("12:05"), lambda since: sentences.opened(example(), kind, [THANE], since, seen)
        )

    rest = "12 of 12 checks fail; the 1 others are ok"
    assert say(OUTAGE) == f"Registry down in Thane since 12:05: {rest}; before: slow 11:40 to 12:05"
    assert say(OUTAGE, "12:00") == f"Registry down in Thane since 12:00: {rest}; before: slow 11:40 to 12:00"
    assert say(SLOWDOWN).startswith("Registry slow in Thane since 11:40: 12 of 12 checks fail; Thane cannot upload")


def test_a_merged_or_split_incident_keeps_its_manner() -> None:
    said = sentences.headline(example(), SLOWDOWN, [THANE], at("11:40"), f"The snooze is over. {PART_WORDS}")
    assert said == "Uploads fail in part in Thane since 11:40"
    assert sentences.headline(example(), SLOWDOWN, [THANE], at("11:40")) == "Registry slow in Thane since 11:40"
