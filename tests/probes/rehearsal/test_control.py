"""Faults, scenarios and load over HTTP."""

import pytest

from probes.rehearsal.registry import StandIn
from tests.probes.rehearsal.conftest import Ask


def test_faults_are_set_read_and_cleared(ask: Ask, stand_in: StandIn) -> None:
    wanted = [{"kind": "slow", "districts": [497, 490], "factor": 5}, {"kind": "errors", "rate": 0.5}]
    filled = [
        {"kind": "slow", "districts": [497, 490], "factor": 5.0, "rate": 1.0},
        {"kind": "errors", "districts": [], "factor": 1.0, "rate": 0.5},
    ]
    assert ask("GET", "/control/faults") == (200, [])
    assert ask("PUT", "/control/faults", wanted) == (200, filled)
    assert ask("GET", "/control/faults") == (200, filled)
    assert len(stand_in.faults()) == 2
    assert ask("DELETE", "/control/faults") == (204, None)
    assert stand_in.faults() == ()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([{"kind": "explode"}], "faults[0].kind"),
        ([{"kind": "hang"}, {"kind": "slow", "factor": 0}], "faults[1].factor"),
        ([{"kind": "errors", "rate": 2}], "faults[0].rate"),
        ([{"kind": "errors", "rate": "often"}], "faults[0].rate"),
        ([{"kind": "hang", "districts": ["491"]}], "faults[0].districts[0]"),
        ([{"kind": "hang", "district": 491}], "faults[0].district"),
        ({"kind": "hang"}, "faults"),
        ("not JSON", "faults"),
        ([{"kind": "hang"}] * 201, "faults"),
    ],
)
def test_a_bad_fault_is_refused_with_its_field_and_changes_nothing(ask: Ask, body: object, field: str) -> None:
    ask("PUT", "/control/faults", [{"kind": "unstored"}])
    status, answer = ask("PUT", "/control/faults", body)
    assert (status, answer["field"]) == (400, field)
    assert answer["error"]
    assert answer["hint"]
    assert ask("GET", "/control/faults")[1][0]["kind"] == "unstored"


def test_a_scenario_is_started_by_its_name_and_ended(ask: Ask, stand_in: StandIn) -> None:
    status, answer = ask("PUT", "/control/scenario", {"name": "first-day"})
    assert (status, answer["name"], answer["words"]) == (200, "first-day", [])
    assert ask("GET", "/control/scenario")[1]["title"].startswith("Faults of the first day")
    assert ask("DELETE", "/control/scenario") == (204, None)
    assert ask("GET", "/control/scenario")[1] == {"name": None, "title": "", "second": 0.0, "words": []}
    assert stand_in.scenario is None


@pytest.mark.parametrize("body", [{"name": "war"}, {"name": 3}, {}, [], "{"])
def test_an_unknown_scenario_is_refused_with_the_known_ones(ask: Ask, body: object) -> None:
    status, answer = ask("PUT", "/control/scenario", body)
    assert (status, answer["field"]) == (400, "name")
    assert "first-day, first-morning, quiet" in answer["hint"]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("POST", "faults", 405), ("PUT", "load", 405), ("GET", "x", 404)]
)
def test_what_the_control_does_not_know_is_refused(ask: Ask, method: str, path: str, status: int) -> None:
    got, answer = ask(method, f"/control/{path}", "[]" if method != "GET" else None)
    assert got == status
    assert answer["error"]
