"""Choosing among versions, marks of revisions, days out of counts since the start, totals beside sums."""

import random
from dataclasses import replace

from dashboard.doses.versions import Rule, Version, beside, choose, chosen_of, days_of, revisions

JOINT = {"mumbai": ("482", "483")}


def told(value: int, as_of: int, source: str = "a", number: int = 0, status: str = "provisional") -> Version:
    return Version(
        number or as_of, "491", "2021-01-16", "reported", value, as_of, True, as_of + 1, source, status=status
    )


def test_nothing_told_is_nothing_chosen() -> None:
    assert choose([]) is None


def test_of_one_source_its_newest_word_counts_and_its_older_ones_are_no_disagreement() -> None:
    chosen = choose([told(12, 20), told(10, 10)])
    assert chosen is not None
    assert (chosen.value, chosen.rule, chosen.others, chosen.sentence) == (12, Rule.ONLY, (), "12 (the only one)")


def test_sources_that_agree_are_no_disagreement() -> None:
    chosen = choose([told(12, 20), told(12, 30, "b")])
    assert chosen is not None
    assert (chosen.rule, chosen.others) == (Rule.NEWEST, ())


def test_the_choice_does_not_hang_on_the_order_in_which_versions_come() -> None:
    chance = random.Random(20210116)
    for _ in range(300):
        versions = [
            told(
                chance.randrange(50),
                chance.randrange(5),
                chance.choice("abc"),
                n + 1,
                chance.choice(["final", "provisional"]),
            )
            for n in range(6)
        ]
        first = choose(versions)
        chance.shuffle(versions)
        assert choose(versions) == first
        assert chosen_of(versions) == {("491", "2021-01-16", "reported"): first}


def test_the_preferred_source_goes_first_by_who_or_source_and_the_rule_is_said() -> None:
    versions = [
        told(18_582, 30, "Ministry"),
        told(18_425, 10, "Immunisation Officer"),
        told(18_338, 20, "State Health Department, night"),
    ]
    assert choose(versions).value == 18_582  # type: ignore[union-attr]
    chosen = choose(versions, ["state health department", "ministry"])
    assert chosen is not None
    assert (chosen.value, chosen.rule, [v.value for v in chosen.others]) == (18_338, Rule.PREFERRED, [18_582, 18_425])
    assert chosen.sentence.startswith("18,338 (the preferred source); also told: 18,582 by Ministry")
    by_who = [replace(told(1, 10, "a release"), who="Ministry of Health"), told(2, 20, "b")]
    assert choose(by_who, ["ministry"]).value == 1  # type: ignore[union-attr]


def test_preference_goes_before_final_and_the_other_rules_hold_among_equals() -> None:
    final, first, second = told(1, 10, "a", status="final"), told(2, 20, "state one"), told(3, 30, "state two")
    chosen = choose([final, first, second], ["state"])
    assert chosen is not None
    assert (chosen.value, chosen.rule) == (3, Rule.NEWEST)
    assert choose([final, first], ["nobody"]).rule is Rule.FINAL  # type: ignore[union-attr]
    assert choose([first], ["state"]).rule is Rule.ONLY  # type: ignore[union-attr]


def test_each_version_stands_beside_the_one_its_source_told_before() -> None:
    history = revisions([told(1740, 10), told(1829, 20), told(1700, 30), told(5, 25, "b"), told(1700, 40)])
    assert [(r.version.value, r.mark) for r in history] == [
        (1740, ""), (1829, "revised upward by 89"), (5, ""), (1700, "revised downward by 129"), (1700, ""),
    ]  # fmt: skip
    assert [r.downward for r in history] == [False, False, False, True, False]


def test_days_out_of_counts_since_the_start_are_never_negative() -> None:
    counts = days_of({"2021-01-16": 302, "2021-01-17": 415, "2021-01-18": 327, "2021-01-20": 1_244})
    assert [(c.day[-2:], c.value, c.mark) for c in counts] == [
        ("16", 302, ""), ("17", 113, ""), ("18", None, "revised downward by 88"), ("20", 917, "doses of 2 days"),
    ]  # fmt: skip
    chance = random.Random(20210116)
    for _ in range(300):
        series = {f"2021-01-{n:02d}": chance.randrange(1000) for n in range(1, 20) if chance.random() < 0.8}
        assert all(c.value is None or c.value >= 0 for c in days_of(series))


def test_a_state_total_stands_beside_the_sum_of_its_districts() -> None:
    found = beside(100, {"491": 30, "mumbai": 50, "482": 20, "483": 30}, ["482", "483", "491", "497"], JOINT)
    assert (found.added, found.difference, found.missing, found.left_out) == (80, 20, ("497",), ("482", "483"))
    assert found.sentence == "state 100, sum of districts 80, 1 district not reported; difference 20"


def test_without_the_joint_figure_its_districts_are_summed() -> None:
    found = beside(None, {"482": 20, "483": 30}, ["482", "483"], JOINT)
    assert (found.added, found.counted, found.sentence) == (
        50, ("482", "483"), "sum of districts 50; no figure of the state itself",
    )  # fmt: skip


def test_no_district_is_no_sum_which_is_not_zero() -> None:
    found = beside(100, {}, ["491"], JOINT)
    assert (found.added, found.difference, found.sentence) == (None, None, "no district has a figure")
