"""`tikawatch evidence export` and `check`, as a person types them."""

import sqlite3
from pathlib import Path

import pytest

from dashboard import cli
from dashboard.store.evidence import Kept
from dashboard.store.schema import evidence
from tests.builders import Scene, example_settings
from tests.dashboard.test_cli import config_in

pytestmark = pytest.mark.process  # whole commands, each with its own store


class Desk:
    """A person at a terminal, with a control room that has the evidence of incident 1."""

    def __init__(self, folder: Path, rows: list[Kept], capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        self.config = config_in(folder)
        self.store = folder / "store" / "tikawatch.db"
        self.store.parent.mkdir()
        scene = Scene(self.store, example_settings())
        with scene.engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO incident (incident_id, kind, scope, status, since_ms, opened_ms, sentence, steps) "
                "VALUES (1, 'slowdown', 'district', 'resolved', 0, 0, '', 2)"
            )
            connection.execute(evidence.insert(), [{"incident_id": 1, **row._asdict()} for row in rows])
        scene.engine.dispose()

    def evidence(self, *words: str) -> tuple[int, str, str]:
        status = cli.main(["evidence", *words])
        said = self.capsys.readouterr()
        return status, said.out, said.err


@pytest.fixture
def desk(tmp_path: Path, rows: list[Kept], capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, rows, capsys)


def test_what_is_exported_is_good_and_its_hashes_are_printed(desk: Desk, rows: list[Kept]) -> None:
    out = str(desk.folder / "e.zip")
    status, said, _ = desk.evidence("export", "1", "--out", out, "--config", desk.config)
    assert (status, said) == desk.evidence("check", out)[:2]
    assert status == 0
    assert said.splitlines() == [
        *(f"evidence-1-{row.step}.json  SHA-256 {row.sha256}" for row in rows),
        "e.zip: good; compare the SHA-256 with the control room's log or with an earlier copy",
    ]


def test_a_changed_store_is_said_and_not_hidden(desk: Desk) -> None:
    with sqlite3.connect(desk.store) as connection:
        connection.execute("UPDATE evidence SET sha256 = ? WHERE step = 2", ("0" * 64,))
    out = str(desk.folder / "e.zip")
    status, said, _ = desk.evidence("export", "1", "--out", out, "--config", desk.config)
    assert status == 1
    assert "evidence-1-2 is not what was sealed" in said
    assert desk.evidence("check", out)[0] == 1


def test_what_is_not_there_says_where_and_what_to_do(desk: Desk) -> None:
    status, _, problem = desk.evidence("export", "7", "--config", desk.config)
    assert status == 1
    assert problem == (
        "tikawatch evidence: there is no evidence of incident 7; it is taken two minutes after each step\n"
    )
    assert "no evidence of incident 9" in desk.evidence("export", "9" * 20, "--config", desk.config)[2]
    missing = str(desk.folder / "none.zip")
    assert desk.evidence("check", missing)[0] == 1
