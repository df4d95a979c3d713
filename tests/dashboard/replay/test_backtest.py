"""The replay of short made-up days: each fault is one right incident. Nuisances and cold starts: tests/dashboard/detection."""

import json
from pathlib import Path
from typing import Any

import pytest

from dashboard import cli
from tests.dashboard.replay import a_day
from tests.dashboard.replay.a_day import NAMES, Fault
from tests.places import EXAMPLE, at

pytestmark = pytest.mark.process  # whole days through the command

KONKAN = ("Mumbai City", "Thane", "Raigad", "Palghar")


def replayed(folder: Path, *faults: Fault, config: str = "", **day: Any) -> list[dict[str, Any]]:
    """Incidents of a day with these faults."""
    reports = a_day.doses(day.pop("stopped", lambda _name, _now: False), day.get("end", "10:30"))
    samples, doses = a_day.write(folder, a_day.samples(faults, **day), reports)
    (folder / "config.yaml").write_text(config)
    out = folder / "incidents.jsonl"
    command = [
        "replay",
        "--samples",
        str(samples),
        "--doses",
        str(doses),
        "--config",
        str(folder / "config.yaml"),
        "--out",
        str(out),
    ]
    assert cli.main(command) == 0
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def told(incidents: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return [(line["kind"], line["scope"], len(line["districts"])) for line in incidents]


@pytest.mark.parametrize(
    ("fault", "incident"),
    [
        (Fault("09:40", "09:55", error="timeout"), ("outage", "state", 12)),
        (Fault("09:40", "09:55", times=4), ("slowdown", "state", 12)),
        (Fault("09:40", "09:58", error="http_500", share=0.12), ("slowdown", "state", 12)),
        (Fault("09:40", "09:55", KONKAN, error="connect"), ("outage", "division", 4)),
        (Fault("09:40", "09:55", KONKAN, error="timeout", anchors=True), ("local", "division", 4)),
        (Fault("09:40", "09:55", ("Raigad",), error="timeout", anchors=True), ("local", "district", 1)),
        (Fault("09:40", "09:55", ("Raigad",), error="http_403"), ("outage", "district", 1)),
        (Fault("09:40", "09:55", ("Raigad",), silent=True), ("local", "district", 1)),
        (Fault("09:40", "09:55", error="timeout", anchors=True), ("monitor_offline", "state", 12)),
        (Fault("09:40", "09:55", silent=True), ("monitor_offline", "state", 12)),
    ],
    ids=["outage", "slow", "gray", "division", "cable", "line", "refused", "silent", "monitor cut", "monitor silent"],
)
@pytest.mark.parametrize("every", [15, 30])
def test_a_fault_is_one_incident_of_the_right_kind_and_closes(
    tmp_path: Path, fault: Fault, incident: tuple[str, str, int], every: int
) -> None:
    (line,) = found = replayed(tmp_path, fault, every=every)
    assert told(found) == [incident]
    assert line["resolved_at"] is not None
    assert line["summary"]


def test_an_outage_that_grows_out_of_a_slowdown_is_one_incident_with_a_history(tmp_path: Path) -> None:
    (line,) = replayed(tmp_path, Fault("09:40", "09:50", times=5), Fault("09:50", "10:05", error="timeout"))
    assert [phase["kind"] for phase in line["history"]] == ["slowdown", "outage"]


def test_doses_that_stop_in_one_district_are_an_incident_and_end_with_the_next_doses(tmp_path: Path) -> None:
    def stopped(name: str, now: float) -> bool:
        return name == "Pune" and at("11:00", a_day.DAY) <= now < at("13:00", a_day.DAY)

    (line,) = replayed(tmp_path, stopped=stopped, end="14:00", every=60)
    assert (line["kind"], line["scope"], line["districts"]) == ("dose_stall", "district", ["Pune"])
    assert "2021-01-19T05:44:00Z" < line["opened_at"] < "2021-01-19T06:05:00Z"  # the report of 10:45 has the last dose
    assert line["resolved_at"] > "2021-01-19T07:30:00Z"


def test_doses_that_stop_everywhere_are_one_incident(tmp_path: Path) -> None:
    found = replayed(tmp_path, stopped=lambda _name, now: now >= at("11:00", a_day.DAY), end="12:30", every=60)
    assert told(found) == [("dose_stall", "state", 12)]


def test_doses_that_stop_in_an_outage_belong_to_it_with_their_estimate(tmp_path: Path) -> None:
    def stopped(_name: str, now: float) -> bool:
        return at("10:30", a_day.DAY) <= now < at("11:50", a_day.DAY)

    (line,) = replayed(tmp_path, Fault("10:30", "11:45", error="timeout"), stopped=stopped, end="12:40", every=30)
    assert line["kind"] == "outage"
    assert 0 < line["doses_short_lo"] < line["doses_short"] < line["doses_short_hi"]


def test_it_runs_with_the_control_rooms_own_config_and_with_thresholds_alone(tmp_path: Path) -> None:
    outage = Fault("09:40", "09:55", error="timeout")
    whole = replayed(tmp_path, outage, config=EXAMPLE.read_text(encoding="utf-8"))
    assert told(whole) == [("outage", "state", 12)]  # of its 36 districts those that the files are about
    assert told(replayed(tmp_path, outage, config="outage: {districts: 0.9}")) == [("outage", "state", 12)]


def test_a_replay_cut_short_says_the_same_up_to_there(tmp_path: Path) -> None:
    fault = Fault("09:40", "09:55", error="timeout")
    assert replayed(tmp_path, fault, end="09:50")[0]["history"] == replayed(tmp_path, fault)[0]["history"]


@pytest.mark.parametrize(
    ("config", "words"),
    [("outage: {recover: 0.9}", "is not below fail_long"), ("outages: {}", 'unknown key "outages"')],
)
def test_thresholds_that_contradict_are_refused(
    tmp_path: Path, config: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.yaml").write_text(config)
    samples, doses = a_day.write(tmp_path, iter(()), iter(()))
    command = ["replay", "--samples", str(samples), "--doses", str(doses), "--config", str(tmp_path / "config.yaml")]
    assert cli.main([*command, "--out", str(tmp_path / "out.jsonl")]) == 1
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("2021-01-19T03:30:00Z,Pune,a,pong,1,200,,30", 'there is no check "pong"'),
        ("yesterday,Pune,a,ping,1,200,,30", "Write times like"),
        ("2021-01-19T03:30:00Z,Pune,a,ping,1,200,,fast", "total_ms"),
    ],
)
def test_a_bad_line_is_refused_in_words(
    tmp_path: Path, line: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    samples, doses = a_day.write(tmp_path, iter(()), iter(()))
    (tmp_path / "bad.csv").write_text(f"ts,district,vantage,check,ok,status,error,total_ms\n{line}\n")
    (tmp_path / "config.yaml").write_text("")
    command = ["replay", "--samples", str(tmp_path / "bad.csv"), "--doses", str(doses)]
    assert cli.main([*command, "--config", str(tmp_path / "config.yaml"), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said
    assert samples.exists()
    assert len(NAMES) == 12
