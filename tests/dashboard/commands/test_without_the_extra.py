"""The command line of an agent that has the base dependencies alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.probes.test_imports import BLOCKED

EXTRA = [name for name in BLOCKED if name != "dashboard"]
SCRIPT = f"""
import sys
for name in {EXTRA!r}:
    sys.modules[name] = None
from dashboard import cli
sys.exit(cli.main(sys.argv[1:]))
"""


def alone(folder: Path, *words: str) -> tuple[int, str, str]:
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words], cwd=folder, capture_output=True, text=True, timeout=180, check=False
    )
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.process
def test_an_agent_needs_nothing_of_the_control_room_to_measure(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("probes: {agent: a}\n", encoding="utf-8")
    assert "vantage" in alone(tmp_path, "probe")[2]  # it has come as far as the mistakes of its config file
    (tmp_path / "config.yaml").unlink()
    status, said, _ = alone(tmp_path, "probe", "--once", "http://127.0.0.1:1/", "--json")
    assert (status, "refused" in said) == (1, True)


@pytest.mark.process
def test_the_help_names_every_command(tmp_path: Path) -> None:
    status, said, _ = alone(tmp_path, "--help")
    assert status == 0
    for name in (
        "demo",
        "run",
        "probe",
        "serve",
        "check-config",
        "replay",
        "explain",
        "agent",
        "mail",
        "doses",
        "evidence",
    ):
        assert f"\n    {name} " in said
