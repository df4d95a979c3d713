"""A test that holds the product to milliseconds gets three tries, and whoever reads the summary hears of it."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process
SCRIPT = """
import itertools
import pytest
tries = itertools.count(1)

@pytest.fixture
def number():
    return next(tries)

{marks}
def test_it(number):
    assert number == {good_at}, f"try {{number}}"
"""


@pytest.mark.parametrize(
    ("marks", "good_at", "status", "again"),
    [("@pytest.mark.timed", 3, 0, 2), ("@pytest.mark.timed", 4, 1, 2), ("@pytest.mark.timed", 1, 0, 0), ("", 2, 1, 0)],
)
def test_only_one_that_is_marked_is_taken_again_three_times_at_most_and_it_is_said(
    tmp_path: Path, marks: str, good_at: int, status: int, again: int
) -> None:
    (tmp_path / "test_it.py").write_text(SCRIPT.format(marks=marks, good_at=good_at))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-c",
        "pyproject.toml",
        "-p",
        "no:cacheprovider",
        "-p",
        "tests.conftest",
    ]
    done = subprocess.run([*command, tmp_path / "test_it.py"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert done.stdout.count("\nRERUN ") == again
