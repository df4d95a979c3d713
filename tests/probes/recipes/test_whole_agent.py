"""A whole agent with a recipe: what it delivers, and that no secret reaches its disk, its log or its samples."""

import logging
from pathlib import Path

import pytest

from ..agents import Place, by_check, running, until
from ..servers import HttpServer, Intake, http_server
from .conftest import case_of


@pytest.mark.process
def test_an_agent_carries_out_a_recipe_and_keeps_its_secrets(
    place: Place, room: HttpServer, intake: Intake, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    case = case_of("divoc")
    case.fake.shelf.after_s = 0.1
    with http_server(case.fake) as registry:
        fields = case.fields(registry.url, tmp_path, interval_s=0.5, deadline_s=5, read_back={"every_s": 0.1})
        config = place.config(f"{room.url}/api/v1/samples", [fields], districts=[490, 491])
        with running(config):
            until(lambda: len(intake.samples) >= 4)
            registry_left = dict(case.fake.shelf.records)
            case.fake.client = ("tikawatch", "another")
            until(lambda: ("failed", "http_status") in by_check(intake)["upload"])
    assert len(registry_left) <= 2  # of the two districts' checks under way
    assert case.fake.shelf.records == {}
    steps = [step["name"] for step in next(iter(intake.samples.values()))["steps"]]  # type: ignore[index,attr-defined]
    assert steps == ["authorise", "submit", "read_back", "clean_up"]
    written = b"".join(file.read_bytes() for file in place.spool.parent.iterdir()) + caplog.text.encode()
    told = repr(intake.batches).encode()
    tokens = [token.encode() for token in case.fake.tokens]  # type: ignore[attr-defined]
    for secret in (b"s3cret", *tokens):
        assert secret not in written
        assert secret not in told
