"""The word beside a zero or a blank of a day, out of figures, calendar and decisions of a real store."""

from typing import Any

import pytest
from sqlalchemy import Engine

from dashboard.decisions.kinds import DecisionKind
from dashboard.doses.figure import Figure
from dashboard.doses.places import Places
from dashboard.queries.figures_known import Moment, day_view
from dashboard.queries.silences import silences
from dashboard.settings import STATE_PLACE, Calendar
from dashboard.store import decisions, figures
from dashboard.store.engine import reading
from tests.places import DHULE, PUNE, RAIGAD, THANE, at, example

AKOLA = 467
DAY = "2021-01-19"  # a Tuesday, 09:00 to 17:00
CHANGES: dict[str, Any] = {
    "own": [{"districts": [RAIGAD], "closed": [{"date": DAY}]}, {"districts": [AKOLA], "hours": "11:00-15:00"}],
    "downtime": [{"from": f"{DAY}T08:00+05:30", "until": f"{DAY}T18:00+05:30", "districts": [THANE]}],
}
SETTINGS = example().model_copy(
    update={"calendar": Calendar.model_validate({**example().calendar.model_dump(by_alias=True), **CHANGES})}
)
PLACES = Places(SETTINGS)


def words(engine: Engine, hour: str, day: str = DAY) -> dict[str, str]:
    now_ms = int(at(hour, day) * 1000)
    with reading(engine) as connection:
        view = day_view(connection, PLACES, day, Moment(now_ms))
        return {place: str(word) for place, word in silences(connection, SETTINGS, PLACES, view, now_ms).items()}


def told(engine: Engine, code: object, value: int, hour: str = "12:00", day: str = DAY) -> None:
    with engine.begin() as connection:
        row = Figure(str(code), day, "reported", value, int(at(hour, day) * 1000), True, "API")
        figures.store(connection, [row], 1)


def decide(engine: Engine, what: DecisionKind, code: int, hour: str) -> None:
    with engine.begin() as connection:
        new = decisions.New(what, int(at(hour, DAY) * 1000), "Asha", "why", None, (code,), f"{what}{hour}{code}", {})
        decisions.append(connection, new)


def test_each_place_without_doses_has_its_word_and_those_with_doses_have_none(engine: Engine) -> None:
    told(engine, PUNE, 0)
    told(engine, DHULE, 12)
    told(engine, RAIGAD, 0)
    evening = words(engine, "18:00")
    assert [evening[str(code)] for code in (PUNE, RAIGAD, THANE)] == ["stall", "no session", "planned downtime"]
    assert [evening[place] for place in ("466", "mumbai", STATE_PLACE)] == ["not reported"] * 3
    assert str(DHULE) not in evening


def test_a_zero_in_the_middle_of_the_session_is_just_a_zero(engine: Engine) -> None:
    told(engine, PUNE, 0)
    assert str(PUNE) not in words(engine, "16:59")
    assert words(engine, "17:00")[str(PUNE)] == "stall"


@pytest.mark.parametrize(
    ("hour", "word"), [("08:30", "sessions suspended"), ("13:05", "sessions suspended"), ("17:30", "stall")]
)
def test_a_session_that_was_suspended_says_so(engine: Engine, hour: str, word: str) -> None:
    told(engine, PUNE, 0)
    decide(engine, DecisionKind.SUSPEND, PUNE, hour)
    decide(engine, DecisionKind.RESUME, PUNE, "17:40")
    assert words(engine, "18:00")[str(PUNE)] == word


def test_on_a_sunday_nobody_is_asked(engine: Engine) -> None:
    assert set(words(engine, "18:00", "2021-01-17").values()) == {"no session"}


@pytest.mark.parametrize(("since", "until"), [("08:30", "10:30"), ("15:30", "16:30")])
def test_a_suspension_outside_a_districts_own_hours_is_no_reason(engine: Engine, since: str, until: str) -> None:
    for code in (AKOLA, PUNE):
        told(engine, code, 0)
        decide(engine, DecisionKind.SUSPEND, code, since)
        decide(engine, DecisionKind.RESUME, code, until)
    evening = words(engine, "18:00")
    assert (evening[str(AKOLA)], evening[str(PUNE)]) == ("stall", "sessions suspended")
