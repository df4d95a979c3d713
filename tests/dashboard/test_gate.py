"""Only this machine, by its own names; nothing is changed by another site's page."""

import pytest
from flask import Flask

from dashboard.web.gate import add_gate


@pytest.fixture
def server() -> Flask:
    server = Flask("gated")
    add_gate(server)
    server.add_url_rule("/", view_func=lambda: "page", methods=["GET", "POST"])
    return server


@pytest.mark.parametrize("host", ["127.0.0.1:8600", "localhost:8600", "[::1]:8600", "localhost"])
def test_it_answers_to_its_own_names(server: Flask, host: str) -> None:
    assert server.test_client().get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:8600"])
def test_a_name_that_was_made_to_point_here_is_refused(server: Flask, host: str) -> None:
    answer = server.test_client().get("/", headers={"Host": host})
    assert (answer.status_code, answer.get_json()["field"]) == (400, "Host")


def test_another_sites_page_may_look_but_not_change(server: Flask) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert server.test_client().get("/", headers=foreign).status_code == 200
    assert server.test_client().post("/", headers=foreign).status_code == 403
    assert server.test_client().post("/", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
