"""The page Bad checks from a filled store to its words, its rows and its figure, and over HTTP."""

import json
from pathlib import Path
from typing import Any

import flask
import pytest

from dashboard.queries import slo
from dashboard.queries.frame import reading
from dashboard.queries.slo import Known
from dashboard.settings.thresholds import Slo
from dashboard.slo import FAST, WHOLE_STATE, Budget, course
from dashboard.web.app import create_app
from dashboard.web.figures.budget import Line, budget_figure
from dashboard.web.figures.theme import DARK
from dashboard.web.pages.budget import ids, tables, words
from dashboard.web.pages.budget.callbacks import NO_SESSION, lines, title
from tests.builders import Scene, example_settings
from tests.dashboard.web.pictures import empty_store, launch_day, sunday

RULES = Slo()
CALM = dict.fromkeys(("5m", "30m", "1h", "6h"), 0.2)


def budget(left: float | None, **burn: float | None) -> Budget:
    named = {"five": "5m", "half": "30m", "one": "1h", "six": "6h"}
    return Budget(100, 5_000, 30, left, CALM | {named[name]: rate for name, rate in burn.items()})


def known_of(scene: Scene) -> Known:
    with reading(scene.engine) as connection:
        known = slo.known(connection, scene.settings, scene.now_ms)
    assert known is not None
    return known


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return launch_day(tmp_path_factory.mktemp("budget") / "t.db", example_settings())


@pytest.fixture(scope="module")
def known(scene: Scene) -> Known:
    return known_of(scene)


@pytest.mark.parametrize(
    ("left", "long", "short"),
    [
        (0.624, "62% of the day's limit left", "62%"), (0.0, "0% of the day's limit left", "0%"),
        (-0.4, "over the day's limit by 40%", "over, 1.4×"), (-30.2, "31 times the day's limit", "over, 31×"), (None, "–", "–"),
    ],
)  # fmt: skip
def test_what_is_left_is_said_in_words(left: float | None, long: str, short: str) -> None:
    assert (words.left(budget(left)), words.left_briefly(budget(left))) == (long, short)


@pytest.mark.parametrize(
    ("one", "five", "said"),
    [
        (2.0, 1.0, "Below 14.4× in both windows."),
        (20.0, 1.0, "Above 14.4× in one window of two: it has just begun, or it is over."),
        (20.0, 30.0, "Above 14.4× in both windows: it goes on now."),
        (20.0, None, "Too few checks to say."),
    ],
)
def test_a_gauge_says_what_its_two_windows_say_together(one: float, five: float | None, said: str) -> None:
    assert words.holds(budget(1, one=one, five=five), FAST, 14.4, is_open=True) == said


def test_outside_the_session_a_gauge_says_so() -> None:
    assert words.holds(budget(1, one=None, five=None), FAST, 14.4, is_open=False) == "No session now."


def test_the_headline_says_what_is_left_and_whether_it_is_being_spent(known: Known, scene: Scene) -> None:
    said = words.headline(known, RULES, today=True)
    assert said.startswith("Bad checks today: ")
    assert said.endswith(" times the day's limit. They come fast now.")

    def with_state(whole: Budget) -> str:
        return words.headline(known._replace(budgets={WHOLE_STATE: whole}), RULES, today=False)

    assert with_state(budget(0.5)) == "Bad checks of 16 Jan: 50% of the day's limit left."
    assert with_state(budget(0.5, six=7, half=8)).endswith("50% of the day's limit left. They come steadily.")
    assert with_state(budget(None)) == "Bad checks of 16 Jan: nothing is known yet."
    second = words.second(known, RULES, scene.settings.zone)
    assert second.startswith(
        "Sat 16 January 2021, session 11:30 to 17:30. 99% of the checks of a session shall be good."
    )
    assert "mails nobody" in second
    assert "opens at 11:30" in words.second(known._replace(at_ms=scene.ms("10:00")), RULES, scene.settings.zone)
    assert "left out" not in second
    assert "90 district minutes of maintenance are left out." in words.second(
        known._replace(left_out_min=90), RULES, scene.settings.zone
    )
    assert "11:30 to 17:30, closed" in words.second(known._replace(at_ms=scene.ms("18:00")), RULES, scene.settings.zone)


def rows_of(known: Known, scene: Scene, order: dict[str, Any]) -> list[str]:
    table = tables.district_table(known, scene.settings, order, None)
    return [row.children[0].children.children for row in table.children.children[1].children]


def test_the_worst_district_stands_first_and_any_column_sorts(known: Known, scene: Scene) -> None:
    worst = rows_of(known, scene, {"column": "left", "down": False})
    assert (worst[:2], len(worst)) == (["Raigad", "Dhule"], 36)
    assert rows_of(known, scene, {"column": "name", "down": False})[:2] == ["Ahmednagar", "Akola"]
    lately = rows_of(known, scene, {"column": "5m", "down": True})
    assert lately[-1] == "Gadchiroli"  # silent since 15:55: no rate, so last
    assert rows_of(known, scene, {"column": "5m", "down": False})[-1] == "Gadchiroli"


def test_before_any_check_the_table_says_so(tmp_path: Path) -> None:
    empty = empty_store(tmp_path / "t.db", example_settings())
    known = known_of(empty)
    table = tables.district_table(known, empty.settings, {"column": "left", "down": False}, None)
    assert table.children == tables.EMPTY
    assert "– " not in str(tables.strip(known, RULES))


def test_the_chart_has_the_state_the_chosen_district_and_the_even_rate(known: Known, scene: Scene) -> None:
    drawn = lines(known, scene.settings, scene.code("Thane"))
    figure = budget_figure(drawn, known.session, scene.settings.zone, DARK)
    assert [trace.name for trace in figure.data] == ["even rate", "Maharashtra", "Thane"]
    assert figure.data[1].y[0] == 1
    assert figure.data[1].y[-1] == pytest.approx(known.budgets[WHOLE_STATE].left)
    assert f"{figure.data[1].x[-1]:%H:%M}" == "16:40"
    assert figure.layout.yaxis.range[0] < min(figure.data[2].y)
    assert title(drawn, scene.settings) == "What is left of the limit: Maharashtra reached it at 11:55"


def test_a_calm_chart_names_no_hour_and_keeps_its_scale(scene: Scene) -> None:
    calm = [Line("Maharashtra", [(scene.ms("11:30"), 1.0), (scene.ms("12:00"), 0.97)])]
    assert title(calm, scene.settings) == "What is left of the limit"
    figure = budget_figure(calm, known_of(scene).session, scene.settings.zone, DARK)
    assert figure.layout.yaxis.range == (-0.05, 1.05)
    assert len(budget_figure([], known_of(scene).session, scene.settings.zone, DARK).data) == 1


def test_a_sunday_shows_the_day_before(tmp_path: Path) -> None:
    quiet = sunday(tmp_path / "t.db", example_settings())
    known = known_of(quiet)
    assert words.headline(known, RULES, today=False) == "Bad checks of 16 Jan: nothing is known yet."
    assert course(known.checks, known.session, quiet.now_ms, known.budgets[WHOLE_STATE]) == []


def client_of(scene: Scene) -> Any:
    server = flask.Flask("tikawatch-test")
    create_app(server, scene.engine, scene.settings, scene.clock, lambda *_: True)
    return server.test_client()


def drawn_by(client: Any, chosen: int | None = None) -> Any:
    outputs = [
        f"{ids.HEAD}.children",
        f"{ids.STRIP}.children",
        f"{ids.TABLE}.children",
        f"{ids.CHART_TITLE}.children",
        f"{ids.CHART}.figure",
    ]
    values = ((ids.TICK, "n_intervals", 1), (ids.ORDER, "data", {"column": "left", "down": False}), (ids.CHOSEN, "data", chosen),
              (ids.VIEW, "data", {"theme": "light"}))  # fmt: skip
    asked = {
        "output": f"..{'...'.join(outputs)}..",
        "outputs": [dict(zip(("id", "property"), output.split("."), strict=True)) for output in outputs],
        "inputs": [{"id": name, "property": what, "value": value} for name, what, value in values],
        "changedPropIds": [f"{ids.TICK}.n_intervals"],
    }
    answer = client.post("/budget/_dash-update-component", data=json.dumps(asked), content_type="application/json")
    assert answer.status_code == 200
    return answer.get_json()["response"]


def test_the_page_answers_at_its_own_address_and_draws_a_chosen_district(scene: Scene) -> None:
    client = client_of(scene)
    assert client.get("/budget/").status_code == 200
    response = drawn_by(client, scene.code("Thane"))
    assert "reached it at 11:55" in response[ids.CHART_TITLE]["children"]
    assert [trace["name"] for trace in response[ids.CHART]["figure"]["data"]] == ["even rate", "Maharashtra", "Thane"]


def test_two_weeks_without_a_session_are_said(tmp_path: Path) -> None:
    early = empty_store(tmp_path / "t.db", example_settings())
    early.clock.at = early.ms("12:00") / 1000 - 86_400
    assert NO_SESSION in str(drawn_by(client_of(early))[ids.HEAD])
