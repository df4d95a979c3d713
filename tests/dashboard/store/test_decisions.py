"""Decisions in a real store: appended, read back, confirmed once."""

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from dashboard.decisions.kinds import Confirmation, Decision, DecisionKind
from dashboard.store import decisions
from dashboard.store.decisions import New
from tests.places import DHULE, RAIGAD, THANE


def new(form: str, at_ms: int = 1000, incident_id: int | None = None) -> New:
    codes = (DHULE, RAIGAD, THANE)
    return New(
        DecisionKind.PAPER,
        at_ms,
        "Dr. A. Deshmukh",
        "uploads fail",
        incident_id,
        codes,
        form,
        {"day": "2021-01-16", "नोंद": 1},
    )


def test_a_decision_comes_back_as_it_was_stored(engine: Engine) -> None:
    with engine.begin() as connection:
        number = decisions.append(connection, new("a"))
        found = decisions.of_form(connection, "a")
        evidence = decisions.evidence(connection, [number])
    assert found == Decision(
        number, DecisionKind.PAPER, 1000, (DHULE, RAIGAD, THANE), "Dr. A. Deshmukh", "uploads fail", None, {}
    )  # fmt: skip
    assert evidence == {number: {"day": "2021-01-16", "नोंद": 1}}


def test_those_up_to_a_moment_come_oldest_first(engine: Engine) -> None:
    with engine.begin() as connection:
        for form, at_ms in (("late", 3000), ("early", 1000), ("middle", 2000)):
            decisions.append(connection, new(form, at_ms))
        assert [one.taken_ms for one in decisions.until(connection, 2000)] == [1000, 2000]
        assert decisions.until(connection, 999) == []
        assert decisions.of_form(connection, "never sent") is None


def test_a_form_makes_one_decision(engine: Engine) -> None:
    with engine.begin() as connection:
        decisions.append(connection, new("a"))
    with pytest.raises(IntegrityError), engine.begin() as connection:
        decisions.append(connection, new("a", 2000))
    with engine.begin() as connection:
        assert len(decisions.until(connection, 9000)) == 1


def test_an_incident_that_is_none_is_refused_by_the_store_itself(engine: Engine) -> None:
    with pytest.raises(IntegrityError), engine.begin() as connection:
        decisions.append(connection, new("a", incident_id=77))


def test_an_officer_confirms_once_and_only_for_a_district_of_it(engine: Engine) -> None:
    with engine.begin() as connection:
        number = decisions.append(connection, new("a"))
        assert decisions.confirm(connection, number, RAIGAD, "DIO Raigad", 5000)
        assert not decisions.confirm(connection, number, RAIGAD, "somebody else", 6000)
        assert not decisions.confirm(connection, number, 490, "DIO Pune", 6000)
        assert not decisions.confirm(connection, 99, RAIGAD, "DIO Raigad", 6000)
        found = decisions.of_form(connection, "a")
    assert found is not None
    assert found.confirmed == {RAIGAD: Confirmation(5000, "DIO Raigad")}
