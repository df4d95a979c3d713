"""The agents page from a filled store to its rows, and over HTTP."""

from pathlib import Path
from typing import Any

import flask
import pytest

from dashboard.queries import agents
from dashboard.queries.frame import reading
from dashboard.web.app import create_app
from dashboard.web.pages.agents.tables import LATELY_MS, Known, agent_rows, body, check_rows, failure_rows, load_rows
from tests.builders import Scene, example_settings
from tests.dashboard.web.pictures import empty_store, launch_day, working_agents


def texts(cells: list[Any]) -> list[str]:
    return [cell if isinstance(cell, str) else str(cell.children) for cell in cells]


def known_of(scene: Scene) -> Known:
    since_ms = scene.now_ms - LATELY_MS
    with reading(scene.engine) as connection:
        return Known(
            scene.now_ms, scene.settings.zone, agents.agents(connection), agents.checks(connection, since_ms),
            agents.failures(connection, since_ms), agents.bundles(connection, since_ms),
        )  # fmt: skip


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    made = launch_day(tmp_path_factory.mktemp("agents") / "t.db", example_settings())
    working_agents(made)
    return made


@pytest.fixture(scope="module")
def known(scene: Scene) -> Known:
    return known_of(scene)


def test_an_agent_at_work_tells_its_clock_its_spool_and_its_own_load(known: Known) -> None:
    assert texts(agent_rows(known)[0]) == [
        "control-room", "heard of late", "16:39", "16:39", "+0.0 s", "12", "0", "2.1 ms", "3", "3.4%", "58 MB",
    ]  # fmt: skip


def test_an_agent_that_fell_silent_says_since_when_and_what_is_wrong_with_its_clock(known: Known) -> None:
    row = texts(agent_rows(known)[2])
    assert row[:4] == ["raigad-line", "silent for 50 min", "15:50", "15:50"]
    assert (row[4], row[6]) == ("1 h 00 behind, corrected here", "41")


def test_an_agent_that_was_never_heard_is_no_zero(known: Known) -> None:
    assert texts(agent_rows(known)[1]) == ["new-one", "never heard", *["–"] * 9]


def test_our_own_load_stands_by_host_beside_what_is_allowed(known: Known) -> None:
    assert load_rows(known) == [
        ["control-room", "registry.example.org", "7.24", "50", "0"],
        ["control-room", "neutral.example.org", "2.40", "50", "0"],
    ]


def test_a_bundle_shows_loss_and_jitter(known: Known) -> None:
    line = next(row for row in check_rows(known) if row[0] == "line")
    assert texts(line) == [
        "line",
        "icmp",
        "control room",
        "1",
        "9",
        "3",
        "0",
        "4.2 ms",
        "4.2 ms",
        "9 of 60",
        "0.5 ms",
        "16:39",
    ]


def test_failures_are_counted_by_reason_with_stage_and_one_detail(known: Known) -> None:
    lost = next(row for row in failure_rows(known) if row[0] == "line")
    assert lost == [
        "line",
        "control room",
        "lost",
        "first byte",
        "3",
        "16:39",
        "3 of 5 lost; the last: no end after 1.0 s",
    ]


def test_an_empty_store_says_what_to_do(tmp_path: Path) -> None:
    words = str(body(known_of(empty_store(tmp_path / "t.db", example_settings()))))
    assert "tikawatch agent add NAME" in words
    assert "0 of 0 agents heard of late" in words


def test_the_page_answers_at_its_own_address_and_leaves_the_overview_its_own(scene: Scene) -> None:
    server = flask.Flask("tikawatch-test")
    create_app(server, scene.engine, scene.settings, scene.clock, lambda *_: True)
    client = server.test_client()
    page, scripts = client.get("/agents/"), client.get("/agents/").get_data(as_text=True)
    assert page.status_code == 200
    assert "00-tikawatch.js" in scripts
    assert "30-charts.js" not in scripts
    assert "30-charts.js" in client.get("/").get_data(as_text=True)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
