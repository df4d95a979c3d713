"""The app without a browser: headers, index page, callbacks over HTTP, and the config every graph must have."""

import json
from pathlib import Path
from typing import Any

import flask
import pytest
from dash import dcc
from flask.testing import FlaskClient

from dashboard.detection.states import DistrictState
from dashboard.settings import ControlRoomFile
from dashboard.web.app import create_app
from dashboard.web.components.glyphs import GLYPHS, svg
from dashboard.web.components.graph import CONFIG
from dashboard.web.figures.theme import DARK, LIGHT
from dashboard.web.pages.overview.layout import layout
from probes.settings import Rehearsal
from tests.builders import Scene
from tests.dashboard.web.conftest import Pictures
from tests.dashboard.web.pictures import calm_day

ASSETS = Path(__file__).parents[3] / "dashboard" / "web" / "assets"
REHEARSAL = Rehearsal(mail_page="http://127.0.0.1:8603/", title="Rehearsal of 16 January 2021")


class Room:
    """An app with a ledger of what was acknowledged."""

    def __init__(self, scene: Scene) -> None:
        self.asked: list[tuple[int, int, str]] = []
        server = flask.Flask("tikawatch-test")
        create_app(server, scene.engine, scene.settings, scene.clock, self._acknowledge)
        self.client: FlaskClient = server.test_client()

    def _acknowledge(self, incident: int, step: int, who: str) -> bool:
        self.asked.append((incident, step, who))
        return True

    def call(self, output: str, inputs: dict[str, Any], state: dict[str, Any] | None = None) -> Any:
        """POST to a callback as the browser does; `inputs` and `state` are "id.property" -> value."""
        spec = next(item for item in self.client.get("/_dash-dependencies").get_json() if output in item["output"])
        outputs = spec["output"].strip(".").split("...")
        given = [_named(item, inputs) for item in spec["inputs"]]
        body = {
            "output": spec["output"], "changedPropIds": list(inputs), "inputs": given,
            "outputs": [_split(name) for name in outputs] if spec["output"].startswith("..") else _split(spec["output"]),
            "state": [_named(item, state or {}) for item in spec["state"]],
        }  # fmt: skip
        return self.client.post("/_dash-update-component", json=body)


def _split(name: str) -> dict[str, str]:
    identity, prop = name.rsplit(".", 1)
    return {"id": identity, "property": prop}


def _named(item: dict[str, str], values: dict[str, Any]) -> dict[str, Any]:
    return {**item, "value": values.get(f"{item['id']}.{item['property']}")}


@pytest.fixture(scope="module")
def room(pictures: Pictures) -> Room:
    return Room(pictures(calm_day))


def test_the_page_is_in_english_and_holds_no_foreign_address(room: Room) -> None:
    page = room.client.get("/").get_data(as_text=True)
    assert '<html lang="en">' in page
    assert "http://" not in page
    assert "https://" not in page


def test_every_answer_carries_the_policy(room: Room) -> None:
    policy = room.client.get("/").headers["Content-Security-Policy"]
    assert "script-src 'self' 'sha256-" in policy
    assert "unsafe-eval" not in policy
    assert "connect-src 'self'" in policy
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert room.client.get("/_dash-layout").headers["X-Content-Type-Options"] == "nosniff"


def test_an_unchanged_picture_is_not_sent_again(room: Room) -> None:
    view = {"view.data": {"theme": "dark", "size": "wall"}, "tick.n_intervals": 1}
    first = room.call("snapshot.data", view).get_json()["response"]
    assert first["snapshot"]["data"]["headline"]["state"] == "ok"
    assert first["day"]["data"]["figure"]["layout"]["uirevision"] == "day"
    again = room.call("snapshot.data", view, {"heard.data": first["heard"]["data"]}).get_json()["response"]
    assert set(again) == {"heard"}
    other = room.call(
        "snapshot.data",
        {**view, "view.data": {"theme": "light", "size": "wall"}},
        {"heard.data": first["heard"]["data"]},
    )
    assert set(other.get_json()["response"]) == {"heard", "day"}


def test_nothing_is_sent_before_the_browser_has_told_its_size(room: Room) -> None:
    assert room.call("snapshot.data", {"view.data": None}).status_code == 204


def test_a_district_is_answered_and_an_unknown_one_is_not(room: Room) -> None:
    told = room.call("panel.data", {"selected.data": {"code": 490, "n": 1}}).get_json()["response"]["panel"]["data"]
    assert told["name"] == "Pune"
    assert room.call("panel.data", {"selected.data": {"code": 1}}).status_code == 204
    assert room.call("panel.data", {"selected.data": None}).status_code == 204


def test_acknowledge_reaches_the_ledger_with_step_and_name(room: Room) -> None:
    answer = room.call(
        "answer.data", {"ask.data": {"incident": 7, "step": 2, "who": " Dr. A.  Deshmukh ", "n": 5}}
    ).get_json()
    assert answer["response"]["answer"]["data"]["taken"] is True
    assert room.asked == [(7, 2, "Dr. A. Deshmukh")]
    assert room.call("answer.data", {"ask.data": {"incident": "7"}}).status_code == 204
    assert room.call("answer.data", {"ask.data": {"incident": 7, "step": 2}}).status_code == 204


@pytest.mark.parametrize("who", ["", "  ", "x" * 121, "Asha\x00"])
def test_nothing_is_acknowledged_without_a_name_that_can_be_shown(room: Room, who: str) -> None:
    answer = room.call("answer.data", {"ask.data": {"incident": 7, "step": 2, "who": who, "n": 5}}).get_json()
    assert answer["response"]["answer"]["data"]["taken"] is False
    assert [who for *_, who in room.asked if who != "Dr. A. Deshmukh"] == []


def test_every_graph_has_the_config_that_keeps_it_at_home(settings: ControlRoomFile) -> None:
    graphs = [item for item in layout(settings)._traverse() if isinstance(item, dcc.Graph)]
    assert len(graphs) == 2
    for found in graphs:
        assert found.config["showSendToCloud"] is False
        assert found.config["plotlyServerURL"] == ""
        assert found.config["displaylogo"] is False
    assert CONFIG["displayModeBar"] is False


def test_the_layout_holds_no_figures_of_the_day(settings: ControlRoomFile) -> None:
    text = json.dumps(layout(settings).to_plotly_json(), default=lambda item: item.to_plotly_json())
    assert "18,338" not in text
    assert "there is no login yet" in text
    assert "made up" not in text


def test_a_rehearsal_is_said_on_the_page(settings: ControlRoomFile) -> None:
    rehearsed = settings.model_copy(update={"rehearsal": REHEARSAL})
    text = json.dumps(layout(rehearsed).to_plotly_json(), default=lambda item: item.to_plotly_json())
    assert "Rehearsal of 16 January 2021" in text
    assert "clock, stand-in registry and officers are made up; published doses are real, each with its source" in text
    assert "http://127.0.0.1:8603/" in text


def test_every_state_has_a_glyph_and_words_in_both_themes() -> None:
    for state in DistrictState:
        assert state in GLYPHS
        assert state in DARK.inks
        assert state in LIGHT.inks
        assert svg(state, "#fff", "#000").startswith("data:image/svg+xml,")


def test_the_style_sheets_have_the_colours_of_the_figures() -> None:
    tokens = (ASSETS / "10-tokens.css").read_text().split(":root[data-theme")
    for theme, sheet in zip((DARK, LIGHT), tokens, strict=True):
        for colour in (theme.card, theme.ink, theme.reported, theme.recorded, *theme.steps):
            assert colour in sheet


def test_assets_ask_for_nothing_from_elsewhere() -> None:
    for file in (*ASSETS.glob("*.css"), *ASSETS.glob("*.js")):
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text, file
        assert "https://" not in text, file
    assert (ASSETS / "fonts" / "LICENSE-IBM-Plex.txt").exists()
