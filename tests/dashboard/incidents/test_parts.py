"""Merged and split incidents: one with all districts, or two of the same kind; both timelines say so, and nobody is mailed."""

import pytest
from sqlalchemy import Engine

from dashboard.decisions.kinds import Objection
from dashboard.incidents.incident import IncidentKind, Scope, Severity, StepKind
from dashboard.web.pages.incidents.asked import (
    AcknowledgeAsked,
    CloseAsked,
    MergeAsked,
    SeverityAsked,
    SnoozeAsked,
    SplitAsked,
)
from tests.dashboard.incidents.hands import EVERYONE, NOON, Hands
from tests.places import DHULE, PUNE, RAIGAD, THANE, example

SLOWDOWN, OUTAGE, LOCAL = IncidentKind.SLOWDOWN, IncidentKind.OUTAGE, IncidentKind.LOCAL


@pytest.fixture
def hands(engine: Engine) -> Hands:
    return Hands(engine)


def test_merged_incidents_are_one_with_all_districts_and_say_so_on_both_sides(hands: Hands) -> None:
    first, second = hands.opened(OUTAGE, DHULE), hands.opened(LOCAL, RAIGAD)
    hands.done(first, MergeAsked(who="Asha", others=[second]))
    assert hands.timeline(first)[-1][2] == "Registry down in Dhule and Raigad since 11:59. Incident 2 merged into it"
    assert hands.timeline(second)[-1] == ("merged", "Asha", "Merged into incident 1")
    assert len(hands.told) == 2
    (item,) = hands.standing().values()
    assert (item.members, item.kinds) == ({DHULE, RAIGAD}, {OUTAGE, LOCAL})
    row = hands.row(second)
    assert (row.status, row.merged_into, row.closed_by) == ("resolved", first, "Asha")
    hands.rule(StepKind.RESOLVED, OUTAGE, [], first)
    assert hands.told[-1].districts == (DHULE, RAIGAD)


def test_it_stands_for_what_was_merged_by_way_of_another(hands: Hands) -> None:
    one, two, three = hands.opened(SLOWDOWN, DHULE), hands.opened(OUTAGE, PUNE), hands.opened(LOCAL, RAIGAD)
    hands.done(two, MergeAsked(who="Asha", others=[three]))
    hands.done(one, MergeAsked(who="Asha", others=[two]))
    assert hands.standing()[one].kinds == {SLOWDOWN, OUTAGE, LOCAL}
    assert hands.row(one).severity == "major"


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (IncidentKind.DOSE_STALL, "incident 2 (dose_stall) is another matter than 1 (outage)"),
        (IncidentKind.MONITOR_OFFLINE, "incident 2 (monitor_offline) is another matter than 1 (outage)"),
    ],
)
def test_other_matters_are_not_merged(hands: Hands, kind: IncidentKind, error: str) -> None:
    first, second = hands.opened(OUTAGE, DHULE), hands.opened(kind, RAIGAD)
    answer = hands.act(first, MergeAsked(who="Asha", others=[second]))
    assert isinstance(answer, Objection)
    assert answer.error == error
    for others in ([first], [77]):
        assert isinstance(hands.act(first, MergeAsked(who="Asha", others=others)), Objection)
    assert len(hands.timeline(first)) == 1


def test_a_split_of_the_state_s_leaves_what_is_left_and_both_stay_snoozed(hands: Hands) -> None:
    number = hands.opened(OUTAGE, *EVERYONE, scope=Scope.STATE)
    hands.done(number, SnoozeAsked.model_validate({"who": "Asha", "until": NOON + 3600}))
    hands.done(number, SplitAsked(who="Asha", districts=sorted(EVERYONE - {PUNE})))
    whole, part = hands.row(number), hands.row(number + 1)
    assert (whole.scope, part.scope) == ("district", "state")
    assert whole.snoozed_until_ms == part.snoozed_until_ms == (NOON + 3600) * 1000


def test_an_incident_of_districts_that_are_configured_no_more_is_named_by_code_split_and_closed_by_a_person(
    hands: Hands,
) -> None:
    number = hands.opened(OUTAGE, THANE, 1, 2)
    gone = hands.opened(OUTAGE, 3)
    assert gone not in hands.standing()
    hands.done(number, SplitAsked(who="Asha", districts=[1, 2]))
    assert hands.timeline(number + 2)[0][2].startswith("Registry down in district 1 and district 2 since 11:59.")
    hands.done(gone, CloseAsked(who="Asha", why="the district was merged into another"))
    assert hands.told[-1].districts == (3,)


def test_a_split_leaves_two_incidents_of_the_same_kind_and_since(hands: Hands) -> None:
    number = hands.opened(SLOWDOWN, THANE, RAIGAD, PUNE)
    hands.done(number, AcknowledgeAsked(who="Bela"))
    hands.done(number, SplitAsked(who="Asha", districts=[PUNE]))
    assert [(hands.row(n).owner, hands.row(n).acknowledged_by) for n in (1, 2)] == [("Bela", "Bela")] * 2
    standing = hands.standing()
    assert [(item.members, item.ever, item.is_split, item.by_hand) for item in standing.values()] == [
        ({THANE, RAIGAD}, {THANE, RAIGAD}, True, False), ({PUNE}, {PUNE}, True, False),
    ]  # fmt: skip
    assert (
        hands.timeline(number)[-1][2] == "Registry slow in Raigad and Thane since 11:59. Pune split off as incident 2"
    )
    assert hands.timeline(2) == [("split", "Asha", "Registry slow in Pune since 11:59. Split off from incident 1")]
    assert len(hands.told) == 1
    assert hands.rule(StepKind.RESOLVED, SLOWDOWN, [], 2) is not None


@pytest.mark.parametrize("codes", [[THANE, RAIGAD], [PUNE]])
def test_a_split_takes_some_of_its_districts_and_not_all(hands: Hands, codes: list[int]) -> None:
    number = hands.opened(SLOWDOWN, THANE, RAIGAD)
    answer = hands.act(number, SplitAsked(who="Asha", districts=codes))
    assert isinstance(answer, Objection)
    assert answer.field == "districts"
    stall = hands.opened(IncidentKind.DOSE_STALL, THANE, RAIGAD)
    assert isinstance(hands.act(stall, SplitAsked(who="Asha", districts=[THANE])), Objection)


def codes_of_division(name: str) -> list[int]:
    return sorted(district.code for district in example().districts if district.division == name)


def test_a_merge_is_as_wide_and_as_severe_as_the_rule_says_of_all_its_districts(hands: Hands) -> None:
    konkan, most = codes_of_division("Konkan"), sorted(EVERYONE)
    first, second = hands.opened(OUTAGE, *konkan[:2]), hands.opened(OUTAGE, *konkan[2:])
    hands.done(first, MergeAsked(who="Asha", others=[second]))
    assert (hands.row(first).scope, hands.row(first).severity) == ("division", "major")
    third = hands.opened(OUTAGE, *(code for code in most if code not in konkan))
    hands.done(first, MergeAsked(who="Asha", others=[third]))
    assert (hands.row(first).scope, hands.row(first).severity) == ("state", "critical")
    assert hands.standing()[first].scope is Scope.STATE


def test_two_lines_that_are_merged_are_no_more_a_minor_matter(hands: Hands) -> None:
    first, second = hands.opened(LOCAL, DHULE), hands.opened(LOCAL, RAIGAD)
    assert hands.row(first).severity == "minor"
    hands.done(first, MergeAsked(who="Asha", others=[second]))
    assert (hands.row(first).scope, hands.row(first).severity) == ("district", "major")


def test_a_merge_leaves_the_severity_that_a_person_set_but_for_a_worse_one(hands: Hands) -> None:
    first, second = hands.opened(LOCAL, DHULE), hands.opened(LOCAL, RAIGAD)
    hands.done(first, SeverityAsked(who="Asha", severity=Severity.MINOR))
    hands.done(first, MergeAsked(who="Asha", others=[second]))
    assert hands.row(first).severity == "minor"


def test_a_rule_s_later_step_does_not_lower_what_a_merge_made_worse(hands: Hands) -> None:
    first, graded = hands.opened(SLOWDOWN, DHULE), hands.opened(SLOWDOWN, PUNE)
    hands.done(graded, SeverityAsked(who="Asha", severity=Severity.CRITICAL))
    hands.done(first, MergeAsked(who="Asha", others=[graded]))
    hands.rule(StepKind.UPGRADED, SLOWDOWN, [DHULE, PUNE, THANE], first)
    assert hands.row(first).severity == "critical"


def test_merged_backlogs_of_districts_do_not_become_the_state_s_own_count(hands: Hands) -> None:
    every = sorted(EVERYONE)
    first, second = (hands.opened(IncidentKind.BACKLOG_STALLED, *codes) for codes in (every[:18], every[18:]))
    hands.done(first, MergeAsked(who="Asha", others=[second]))
    assert hands.row(first).scope == "district"


def test_both_parts_of_a_split_have_the_severity_of_what_they_are_now(hands: Hands) -> None:
    number = hands.opened(OUTAGE, *EVERYONE, scope=Scope.STATE)
    hands.done(number, SplitAsked(who="Asha", districts=sorted(EVERYONE - {PUNE})))
    assert [hands.row(n).severity for n in (number, number + 1)] == ["major", "critical"]
    lines = hands.opened(LOCAL, THANE, RAIGAD)
    hands.done(lines, SplitAsked(who="Asha", districts=[RAIGAD]))
    assert [hands.row(n).severity for n in (lines, lines + 1)] == ["minor", "minor"]


def test_both_parts_of_a_split_keep_the_severity_that_a_person_set(hands: Hands) -> None:
    number = hands.opened(SLOWDOWN, THANE, RAIGAD)
    hands.done(number, SeverityAsked(who="Asha", severity=Severity.CRITICAL))
    hands.done(number, SplitAsked(who="Asha", districts=[RAIGAD]))
    hands.rule(StepKind.UPGRADED, SLOWDOWN, [RAIGAD, PUNE], number + 1)
    assert [hands.row(n).severity for n in (number, number + 1)] == ["critical", "critical"]
    assert hands.timeline(number + 1)[1] == ("graded", "Asha", "Severity set to critical, before major")
