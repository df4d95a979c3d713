"""The forms within the whole control room, and the command that prints a link."""

import re
from pathlib import Path

import pytest

from dashboard import cli
from dashboard.wiring import build
from probes.clock import SetClock
from tests.dashboard.forms.desk import Desk, settings_in, words
from tests.dashboard.test_cli import config_in
from tests.places import at
from tests.stores import fresh_store

pytestmark = pytest.mark.process  # a whole control room, whole commands


def test_the_pages_leave_the_forms_their_addresses(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    fresh_store(settings.dashboard.store).dispose()
    room = build(settings, SetClock(at("16:40")))
    client = room.server.test_client()
    link = Desk(room.engine, settings).link()
    for address, said in ((link + "?lang=en", "Report doses so far"), ("/doses/bring/", "Bring in figures")):
        answer = client.get(address)
        assert said in words(answer)
        assert "script-src" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"
    room.engine.dispose()


def test_the_command_prints_links_that_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = config_in(tmp_path)
    assert cli.main(["doses", "link", "Thane", "--days", "2", "--config", config]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 2
    assert all(re.fullmatch(r"http://127\.0\.0\.1:8600/report/497\.[\w.-]+", line) for line in printed)
    assert (tmp_path / "store" / "form-key").exists()
    assert cli.main(["doses", "link", "Thanne", "--config", config]) == 1
    said = 'tikawatch doses: "Thanne" is not a district of Maharashtra. Is Thane (497) meant? Write that\n'
    assert capsys.readouterr().err == said
