"""A replay of days before the drive, or without sessions by the calendar: its session days are those of the doses file."""

import json
from pathlib import Path

import pytest

from dashboard import cli
from tests.dashboard.replay import a_day
from tests.dashboard.replay.a_day import Fault
from tests.places import EXAMPLE

pytestmark = pytest.mark.process  # a whole morning through the command


def test_the_calendar_closes_no_day_of_the_files(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    later = EXAMPLE.read_text(encoding="utf-8").replace("first_day: 2021-01-16", "first_day: 2021-02-16")
    config.write_text(later.replace("- {date: 2021-01-16, hours", "- {date: 2021-02-16, hours"), encoding="utf-8")
    outage = Fault("09:40", "09:55", error="timeout")
    samples, doses = a_day.write(tmp_path, a_day.samples((outage,), end="10:10"), a_day.doses(end="10:10"))
    files = ["--samples", str(samples), "--doses", str(doses), "--config", str(config)]
    assert cli.main(["replay", *files, "--out", str(tmp_path / "incidents.jsonl")]) == 0
    (line,) = (tmp_path / "incidents.jsonl").read_text(encoding="utf-8").splitlines()
    assert (json.loads(line)["kind"], json.loads(line)["scope"]) == ("outage", "state")
