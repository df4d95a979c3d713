"""An agent that falls silent is one incident, whatever it measures; what another agent still sees is not silent."""

from collections.abc import Sequence

from dashboard.incidents.incident import IncidentKind
from tests.dashboard.detection.an_hour import Event, judged, room, rounds

FIVE = (0, 3, 5, 8, 10)  # places of all three divisions
SHARED = tuple("health centre" if place in FIVE else f"agent {place}" for place in range(12))
Step = tuple[str, str, tuple[int, ...]]


def steps(*silences: Event, minutes: float = 17, agents: Sequence[str] = (), closes: float = 1e9) -> list[Step]:
    codes = [district.code for district in room().districts]
    _, found = judged(rounds(minutes, *silences), minutes, agents=agents, closes=closes)
    assert {change.kind for _, change in found} <= {IncidentKind.AGENT_SILENT}
    return [(change.what, change.scope, tuple(sorted(map(codes.index, change.members)))) for _, change in found]


def silent(*places: int, start: float = 240, end: float = 600) -> Event:
    return Event(start, end, places, silent=True)


def test_an_agent_of_many_districts_that_falls_silent_is_one_incident_and_is_over_when_it_is_back() -> None:
    assert steps(silent(*FIVE), agents=SHARED) == [("opened", "district", FIVE), ("resolved", "district", ())]


def test_the_silence_of_an_agent_of_one_district_names_that_district() -> None:
    assert steps(silent(5)) == [("opened", "district", (5,)), ("resolved", "district", ())]


def test_agents_of_one_division_that_fall_silent_together_are_one_incident() -> None:
    assert steps(silent(1, 2)) == [("opened", "division", (1, 2)), ("resolved", "division", ())]


def test_silence_in_two_divisions_is_two_matters() -> None:
    assert sorted(steps(silent(1), silent(9), minutes=8)) == [
        ("opened", "district", (1,)),
        ("opened", "district", (9,)),
    ]


def test_it_is_told_again_as_the_same_incident_when_it_falls_silent_soon_after() -> None:
    again = steps(silent(5), silent(5, start=840, end=1140), minutes=24)
    assert [what for what, _, _ in again] == ["opened", "resolved", "reopened", "resolved"]


def test_a_district_that_a_second_agent_measures_is_not_silent() -> None:
    other = rounds(12, seed=9)  # the same twelve districts, from another place
    both = rounds(12, silent(*FIVE)).beside(other)
    assert judged(both, 12, agents=SHARED)[1] == []


def test_an_agent_still_silent_at_the_close_stays_open_and_opens_nothing_after_it() -> None:
    assert steps(silent(5, end=1e9), closes=480) == [("opened", "district", (5,))]
    assert steps(silent(5, start=420, end=1e9), closes=480) == []


def test_it_is_over_when_the_agent_is_back_after_the_close() -> None:
    assert steps(silent(5), closes=480) == [("opened", "district", (5,)), ("resolved", "district", ())]
