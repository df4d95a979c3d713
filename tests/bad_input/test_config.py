"""One tiny bad config file a rule, beside the exact message it gets (NAME.expected)."""

import subprocess
import sys
from pathlib import Path

import pytest

from dashboard import cli

HERE = Path(__file__).parent
BAD = sorted(file.stem for file in HERE.glob("*.yaml") if file.stem != "good")


def test_there_are_at_least_twenty_of_them() -> None:
    assert len(BAD) >= 20


@pytest.mark.parametrize("name", BAD)
def test_it_is_refused_with_exactly_this_message(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = cli.main(["check-config", str(HERE / f"{name}.yaml")])
    said = capsys.readouterr()
    assert (status, said.out) == (1, "")
    assert said.err == (HERE / f"{name}.expected").read_text(encoding="utf-8")
    assert "Traceback" not in said.err


def test_the_file_they_were_all_made_from_is_good(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check-config", str(HERE / "good.yaml")]) == 0
    assert "good.yaml: ok" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("path", "words"),
    [("nowhere.yaml", "there is no file"), (".", "is a folder")],
)
def test_a_path_that_is_no_file_is_said_plainly(path: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check-config", str(HERE / path)]) == 1
    assert words in capsys.readouterr().err


def test_a_file_over_the_limit_is_not_parsed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "big.yaml").write_text("# " + "x" * 1_100_000)
    assert cli.main(["check-config", str(tmp_path / "big.yaml")]) == 1
    assert "1048576 are allowed" in capsys.readouterr().err


@pytest.mark.process
@pytest.mark.parametrize(("role", "name"), [("serve", "share-above-one"), ("probe", "missing-key")])
def test_the_command_itself_ends_without_a_traceback(role: str, name: str) -> None:
    command = [sys.executable, "-m", "dashboard.cli", role, "--config", str(HERE / f"{name}.yaml")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (HERE / f"{name}.expected").read_text(encoding="utf-8")
