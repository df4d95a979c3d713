"""What a person opened of doses keeps its districts; the rule tells of the others beside it. No store."""

from dashboard.doses.expected import Profile
from dashboard.doses.stalls import Stalls
from dashboard.incidents import backlogs, stalls
from dashboard.incidents.backlogs import Paper
from dashboard.incidents.incident import IncidentKind, Scope, StepKind
from dashboard.incidents.transitions import Change, Standing
from dashboard.settings import STATE_PLACE
from tests.places import RAIGAD, THANE, at, example

NOON = at("12:00")
KONKAN = frozenset(district.code for district in example().districts if district.division == "Konkan")
EVERYONE = frozenset(district.code for district in example().districts)


def by_hand(kind: IncidentKind) -> Standing:
    one = frozenset({RAIGAD})
    return Standing(1, kind, Scope.DISTRICT, NOON, None, 1, one, one, by_hand=True)


def test_a_stall_of_a_division_is_told_beside_what_a_person_opened_of_one_district() -> None:
    settings = example()
    judge = Stalls(
        settings.dashboard.rules.doses, dict.fromkeys(KONKAN, "Konkan"), Profile(9 * 3600, 17 * 3600), at("00:00")
    )
    told: list[Change] = []
    for minute in range(0, 6 * 60, 15):
        now = at("09:00") + minute * 60
        for code in KONKAN:
            judge.report(code, now, min(minute, 180) * 2, 1000)
        told = told or stalls.advance(settings, judge, now, KONKAN, [by_hand(IncidentKind.DOSE_STALL)])
    assert [change.what for change in told] == [StepKind.OPENED] * len(told)
    assert told
    assert RAIGAD not in frozenset().union(*(change.members for change in told))


def test_a_stalled_backlog_of_the_state_is_told_beside_what_a_person_opened_of_one_district() -> None:
    paper = Paper(EVERYONE, 9000, 4, "4 days", NOON, stalled=True)
    (change,) = backlogs.advance(
        example(), {STATE_PLACE: paper}, NOON, [THANE], [by_hand(IncidentKind.BACKLOG_STALLED)]
    )
    assert (change.what, change.incident, change.scope) == (StepKind.OPENED, None, Scope.STATE)
