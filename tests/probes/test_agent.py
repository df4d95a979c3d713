"""The agent as a real process against real servers: it measures, delivers, stops, and survives being killed."""

import signal
import subprocess
import sys
import threading
import time
from urllib.request import urlopen

import pytest

from probes.agent import run
from probes.clock import WallClock
from probes.rehearsal.faults import Fault, FaultKind
from probes.rehearsal.registry import StandIn
from probes.settings import AgentFile

from .agents import Place, Settings, answered, by_check, get, local, running, stand_in, until, upload
from .servers import HttpServer, Intake, free_port, raw_server

pytestmark = pytest.mark.process
LAUNCH = 1_610_800_000.0  # 16 January 2021


@pytest.mark.timed
def test_it_measures_every_kind_of_fault_and_delivers_it(
    place: Place, good: StandIn, intake: Intake, room: HttpServer
) -> None:
    port = free_port()
    with (
        stand_in(Fault(kind=FaultKind.UNSTORED)) as forgetful,
        raw_server(lambda connection: threading.Event().wait(5)) as hanging,
    ):
        checks: list[Settings] = [
            get(local(good.ports.registry)), upload(local(good.ports.registry)),
            upload(local(forgetful.ports.registry), "forgotten"),
            {"name": "hang", "kind": "http", "url": local(hanging)},
            {"name": "neutral", "kind": "anchor", "url": local(good.ports.anchor) + "/no/such/page"},
            {"name": "gone", "kind": "http", "url": local(free_port())},
        ]  # fmt: skip
        process = place.start(place.config(room.url, checks, metrics={"port": port}, starts_per_second=500))
        until(lambda: len(by_check(intake)) == 6 and len(intake.samples) >= 36)
        with urlopen(f"{local(port)}/metrics") as page:
            scraped = page.read().decode()
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
        took = time.monotonic() - asked
        assert min(good.load()["delete"], forgetful.load()["delete"]) >= 3
        assert good.load()["records_left"] == 0

    assert by_check(intake) == {
        "ping": {("ok", "none")},
        "upload": {("ok", "none")},
        "forgotten": {("failed", "not_visible")},
        "hang": {("failed", "timeout")},
        "neutral": {("ok", "none")},
        "gone": {("failed", "refused")},
    }
    assert (process.returncode, took < 6) == (0, True)
    assert {sample["district"] for sample in intake.samples.values()} == {490, 491, 492}
    assert 'tikawatch_probe_duration_seconds_count{check="upload",district="491",phase="visible"}' in scraped
    assert "agent agent-1 measures 6 checks for 3 districts from test bench" in log
    assert "Traceback" not in log


def test_sequence_numbers_count_up_without_gaps_within_a_boot(
    place: Place, good: StandIn, intake: Intake, room: HttpServer
) -> None:
    process = place.start(place.config(room.url, [get(local(good.ports.registry))]))
    until(lambda: len(intake.samples) >= 12)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert len({boot for boot, _ in intake.samples}) == 1
    assert sorted(seq for _, seq in intake.samples) == list(range(1, len(intake.samples) + 1))
    assert all(float(str(sample["lateness"])) < 3 for sample in intake.samples.values())


def test_killed_again_and_again_it_loses_nothing_that_was_on_disk(
    place: Place, good: StandIn, intake: Intake, room: HttpServer
) -> None:
    spooled: set[tuple[str, int]] = set()
    url = local(good.ports.registry)
    config = place.config(room.url, [get(url), upload(url)])
    for cycle in range(4):
        intake.status = 503 if cycle % 2 == 0 else 200
        seen = answered(good)
        process = place.start(config)
        until(lambda: answered(good) >= seen + 30)  # noqa: B023
        process.kill()
        process.communicate()
        spooled |= place.waiting()
    intake.status = 200
    process = place.start(config)
    until(lambda: spooled <= set(intake.samples))
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert len(spooled) >= 10
    assert len({boot for boot, _ in spooled}) >= 2
    assert not place.waiting() & spooled


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("probes: {agent: a}\n", 'config.yaml line 1, probes.vantage: key "vantage" is missing. '),
        ("", "config.yaml line 1: the file holds no sections. "),
    ],
)
def test_a_bad_config_is_said_in_one_line_each(place: Place, text: str, message: str) -> None:
    file = place.folder / "config.yaml"
    file.write_text(text)
    command = [sys.executable, "-m", "probes", "--config", str(file)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_second_agent_on_the_same_spool_says_so(place: Place, good: StandIn, room: HttpServer) -> None:
    config = place.config(room.url, [get(local(good.ports.registry))])
    place.start(config)
    until(lambda: answered(good) > 0)
    second = place.start(config)
    _, said = second.communicate(timeout=60)
    assert second.returncode == 1
    assert said.strip().endswith("another agent uses this spool; stop it, or name another file in spool.file")


def test_samples_carry_the_time_of_the_clock_that_was_handed_in(
    place: Place, good: StandIn, intake: Intake, room: HttpServer
) -> None:
    clock = WallClock(LAUNCH - time.time())
    with running(place.config(room.url, [get(local(good.ports.registry))]), clock):
        until(lambda: len(intake.samples) >= 3)
    started = [float(str(sample["started"])) for sample in intake.samples.values()]
    assert all(LAUNCH <= one < LAUNCH + 60 for one in started)


def test_an_agent_that_loses_a_part_stops_with_its_error(place: Place) -> None:
    stop = threading.Event()
    (place.folder / "token").unlink()
    (place.folder / "token").mkdir()  # read as "no token", not as an error
    settings = AgentFile.model_validate(place.config("http://127.0.0.1:1/", [get("http://127.0.0.1:1")]))

    class Broken(WallClock):
        def now(self) -> float:
            raise RuntimeError("the clock broke")

    with pytest.raises(RuntimeError, match="the clock broke"):
        run(settings, stop, Broken())
    assert stop.is_set()
