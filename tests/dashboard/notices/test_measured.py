"""The numbers of the evidence in other words: every fact has its words, and sentences that are really made are understood."""

import string

import pytest

from dashboard.detection.judge import Judge
from dashboard.incidents import sentences
from dashboard.incidents.incident import IncidentKind
from dashboard.notices.measured import FACTS, measured
from dashboard.notices.phrases import phrases
from dashboard.settings import Language, Rules
from probes.sample import Reason
from tests.places import RAIGAD, THANE, at, example
from tests.samples import Stream

START = at("11:00")
OTHERS: tuple[Language, ...] = ("mr", "hi", "bn")
KEYS = {key: key + "".join(f" {{{name}}}" for name in pattern.groupindex) for key, pattern in FACTS.items()}


@pytest.mark.parametrize("language", OTHERS)
def test_every_fact_has_words_with_the_same_numbers(language: Language) -> None:
    words = phrases(language).facts
    assert words.keys() == FACTS.keys()
    for key, phrase in words.items():
        assert {name for _, name, _, _ in string.Formatter().parse(phrase) if name} == FACTS[key].groupindex.keys()


@pytest.mark.parametrize(
    ("sentence", "facts"),
    [
        (
            "Registry slow in Thane since 13:12: uploads take 9 to 14 s, usually 3.4 s; the 35 others are ok",
            "uploads 9–14; usual 3.4; others_ok 35",
        ),
        ("the last 4 uploads fail (no answer in time); 33 of 35 others are ok", "last_uploads 4; some_ok 33 35"),
        ("12 of 14 checks fail (no route), and 9 of 9 of the neutral host too", "checks 12 14; neutral_too 9 9"),
        ("12 of 14 checks fail (TLS fails); the neutral host answers 9 of 9", "checks 12 14; neutral 9 9"),
        ("30 of 36 districts fail (84% of checks in 60 s, mostly no route)", "share 84%; districts_fail 30 36"),
        ("14% of its checks fail (error answers)", "share 14%"),
        ("uploads take 2.6 times what is usual in the whole state", "times 2.6"),
        ("0 doses in 60 minutes, 12 were to be expected at its own pace", "expected 0 60 12"),
        ("4 of 100 (4%) while the median district is at 31%", "median 4 100 31%"),
        ("Nothing entered in the registry for Thane since 19 January: 1,791 doses on paper, the oldest 3 days old", "paper 1,791"),
        ("The session ended", ""),
    ],
)  # fmt: skip
def test_it_finds_the_numbers_of_a_sentence(sentence: str, facts: str) -> None:
    assert measured(sentence, KEYS) == facts


def test_sentences_are_understood_as_they_are_made() -> None:
    thane, raigad, fault = Stream(THANE), Stream(RAIGAD), START + 200
    rest = {"registry": Reason.RESET, "line": Reason.RESET}
    for kind, changed, found in (
        (IncidentKind.SLOWDOWN, {"upload": 9.0}, "uploads 9.0; usual 2.0; others_ok 1"),
        (IncidentKind.OUTAGE, {"registry": Reason.TIMEOUT}, "checks 12 12; neutral 6 6; others_ok 1"),
        (IncidentKind.LOCAL, rest, "checks 12 12; neutral_too 6 6; others_ok 1"),
    ):
        judge = Judge(Rules(), [THANE, RAIGAD], START - 3600)
        judge.observe([*thane.rounds(START, fault), *raigad.rounds(START, fault + 90)])
        judge.observe(thane.rounds(fault, fault + 90, **changed))  # type: ignore[arg-type]
        sentence = sentences.opened(example(), kind, [THANE], fault, judge.judge(fault + 90))
        assert measured(sentence, KEYS) == found
