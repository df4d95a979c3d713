"""What each decision silences; and that the judge of doses, fed with it, opens nothing where it is silent."""

import pytest

from dashboard.decisions.kinds import Decision, DecisionKind
from dashboard.decisions.silence import SILENT, WORDS, Judged, silenced, silences
from dashboard.decisions.standing import standing
from dashboard.doses.expected import Profile
from dashboard.doses.stalls import Stalls
from dashboard.incidents import stalls as incidents
from dashboard.incidents.incident import IncidentKind
from tests.places import RAIGAD, THANE, at, example

PAPER, SUSPEND, RESUME, DONE = DecisionKind


def stands_after(*kinds: DecisionKind, code: int = RAIGAD) -> dict[int, object]:
    return standing([Decision(n, kind, n, (code,)) for n, kind in enumerate(kinds)], 99)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("kinds", "incident", "judged", "silent"),
    [
        ([], "dose_stall", "reported", False),
        ([PAPER], "dose_stall", "reported", False),
        ([PAPER], "dose_stall", "recorded", True),
        ([PAPER], "backlog_stalled", "reported", True),
        ([SUSPEND], "dose_stall", "reported", True),
        ([SUSPEND], "dose_stall", "recorded", True),
        ([SUSPEND], "backlog_stalled", "reported", False),
        ([PAPER, SUSPEND], "dose_stall", "reported", True),
        ([SUSPEND, PAPER], "dose_stall", "reported", False),
        ([SUSPEND, RESUME], "dose_stall", "reported", False),
        ([PAPER, RESUME], "backlog_stalled", "reported", False),
        ([PAPER, RESUME, DONE], "dose_stall", "recorded", False),
    ],
)
def test_what_a_decision_silences(kinds: list[DecisionKind], incident: str, judged: Judged, silent: bool) -> None:
    stands = stands_after(*kinds)
    assert silences(stands, incident, RAIGAD, judged) is silent  # type: ignore[arg-type]
    assert silenced(stands, incident, judged) == ({RAIGAD} if silent else set())  # type: ignore[arg-type]
    assert not silences(stands, incident, THANE, judged)  # type: ignore[arg-type]


@pytest.mark.parametrize("what", [PAPER, SUSPEND])
def test_the_registry_lines_and_the_monitor_are_never_silenced(what: DecisionKind) -> None:
    others = [kind for kind in IncidentKind if kind not in ("dose_stall", "backlog_stalled")]
    assert others
    assert not any(silences(stands_after(what), kind, RAIGAD) for kind in others)  # type: ignore[arg-type]


def test_every_decision_says_what_it_silences_and_names_kinds_that_there_are() -> None:
    assert set(WORDS) == set(DecisionKind)
    named = {kind for table in SILENT.values() for kind in table}
    assert named <= {*IncidentKind, "backlog_stalled"}


def _flat_afternoon(silent: frozenset[int]) -> list[int]:
    """Districts of stalls that open while two districts stop at 12:00, judged every quarter of an hour up to 15:00."""
    settings = example()
    stalls = Stalls(
        settings.dashboard.rules.doses, {RAIGAD: "Konkan", THANE: "Konkan"}, Profile(9 * 3600, 17 * 3600), at("00:00")
    )
    opened: list[int] = []
    for minute in range(0, 6 * 60, 15):
        now = at("09:00") + minute * 60
        if minute >= 180:
            stalls.hit(silent, now)
        for code in (RAIGAD, THANE):
            stalls.report(code, now, min(minute, 180) * 2, 1000)
        for change in incidents.advance(settings, stalls, now, [RAIGAD, THANE], []):
            opened += sorted(change.members)
    return opened


def test_a_judge_of_doses_told_of_the_suspended_opens_no_stall_there() -> None:
    assert set(_flat_afternoon(frozenset())) == {RAIGAD, THANE}
    suspended = silenced(stands_after(SUSPEND), IncidentKind.DOSE_STALL)  # type: ignore[arg-type]
    assert set(_flat_afternoon(suspended)) == {THANE}
    on_paper = silenced(stands_after(PAPER), IncidentKind.DOSE_STALL)  # type: ignore[arg-type]
    assert set(_flat_afternoon(on_paper)) == {RAIGAD, THANE}  # reported doses are still expected
