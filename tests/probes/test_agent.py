"""The agent as a real process against real servers: it measures, delivers, stops, and survives being killed."""

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import pytest

from probes.agent import run
from probes.clock import WallClock
from probes.settings import AgentFile

from .conftest import HandClock
from .servers import Intake, Registry, free_port, http_server, raw_server

pytestmark = pytest.mark.process
Settings = dict[str, object]


class Place:
    """The files of one agent, and its processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spool = folder / "data" / "spool.db"
        self.started: list[subprocess.Popen[str]] = []
        (folder / "token").write_text("secret")

    def config(self, room: str, checks: list[Settings], **more: object) -> Settings:
        probes = {
            "agent": "agent-1",
            "vantage": "test bench",
            "districts": [490, 491, 492],
            "checks": [{"interval_s": 0.5, "deadline_s": 0.4, **check} for check in checks],
            "spool": {"file": str(self.spool)},
            "delivery": {
                "url": room, "token_file": str(self.folder / "token"), "every_s": 0.1, "back_off_max_s": 0.2, "deadline_s": 2,
            },
            "metrics": {"port": None},
            **more,
        }  # fmt: skip
        return {"probes": probes}

    def start(self, config: Settings) -> subprocess.Popen[str]:
        file = self.folder / "config.yaml"
        file.write_text(json.dumps(config))  # JSON is YAML
        command = [sys.executable, "-m", "probes", "--config", str(file)]
        self.started.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        return self.started[-1]

    def waiting(self) -> set[tuple[str, int]]:
        """What is on disk, by boot and number; only while no agent runs."""
        with closing(sqlite3.connect(self.spool)) as db:
            return set(db.execute("SELECT boot, seq FROM sample").fetchall())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    for process in made.started:
        if process.poll() is None:
            process.kill()
            process.communicate()


def until(true: Callable[[], bool], within: float = 20.0) -> None:
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)


def get(url: str) -> Settings:
    return {"name": "ping", "kind": "http", "url": url + "/{district}/ping", "expect_text": "OK"}


def upload(url: str, name: str = "upload") -> Settings:
    records = url + "/{district}/records"
    return {
        "name": name, "kind": "upload", "url": records, "expect_status": [201],
        "read_back": {"url": records + "/{record}", "every_s": 0.05}, "clean_up": {"url": records + "/{record}"},
    }  # fmt: skip


def by_check(intake: Intake) -> dict[str, set[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = {}
    for sample in list(intake.samples.values()):
        found.setdefault(str(sample["check"]), set()).add((str(sample["outcome"]), str(sample["reason"])))
    return found


def test_it_measures_every_kind_of_fault_and_delivers_it(place: Place) -> None:
    registry, forgetful, intake = Registry(), Registry(shows=False), Intake()
    port = free_port()
    with (
        http_server(registry) as good, http_server(forgetful) as bad, http_server(intake) as room,
        raw_server(lambda connection: threading.Event().wait(5)) as hanging,
    ):  # fmt: skip
        checks = [
            get(good.url), upload(good.url), upload(bad.url, "forgotten"),
            {"name": "hang", "kind": "http", "url": f"http://127.0.0.1:{hanging}/"},
            {"name": "neutral", "kind": "anchor", "url": good.url + "/no/records/such"},
            {"name": "gone", "kind": "http", "url": f"http://127.0.0.1:{free_port()}/"},
        ]  # fmt: skip
        process = place.start(place.config(room.url, checks, metrics={"port": port}))
        until(lambda: len(by_check(intake)) == 6 and len(intake.samples) >= 36)
        with urlopen(f"http://127.0.0.1:{port}/metrics") as page:
            scraped = page.read().decode()
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=10)
        took = time.monotonic() - asked

    assert by_check(intake) == {
        "ping": {("ok", "none")},
        "upload": {("ok", "none")},
        "forgotten": {("failed", "not_visible")},
        "hang": {("failed", "timeout")},
        "neutral": {("ok", "none")},
        "gone": {("failed", "refused")},
    }
    assert (process.returncode, took < 3) == (0, True)
    assert {sample["district"] for sample in intake.samples.values()} == {490, 491, 492}
    assert min(len(registry.deleted), len(forgetful.deleted)) >= 3
    assert 'tikawatch_probe_duration_seconds_count{check="upload",district="491",phase="visible"}' in scraped
    assert "agent agent-1 measures 6 checks for 3 districts from test bench" in log
    assert "Traceback" not in log


def test_sequence_numbers_count_up_without_gaps_within_a_boot(place: Place) -> None:
    intake = Intake()
    with http_server(Registry()) as good, http_server(intake) as room:
        process = place.start(place.config(room.url, [get(good.url)]))
        until(lambda: len(intake.samples) >= 12)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
    assert process.returncode == 0
    assert len({boot for boot, _ in intake.samples}) == 1
    assert sorted(seq for _, seq in intake.samples) == list(range(1, len(intake.samples) + 1))
    assert all(float(str(sample["lateness"])) < 0.5 for sample in intake.samples.values())


def test_killed_again_and_again_it_loses_nothing_that_was_on_disk(place: Place) -> None:
    intake = Intake()
    spooled: set[tuple[str, int]] = set()
    with http_server(Registry()) as good, http_server(intake) as room:
        config = place.config(room.url, [get(good.url), upload(good.url)])
        for cycle in range(4):
            intake.status = 503 if cycle % 2 == 0 else 200
            seen = len(good.calls)
            process = place.start(config)
            until(lambda: len(good.calls) >= seen + 30)  # noqa: B023
            process.kill()
            process.communicate()
            spooled |= place.waiting()
        intake.status = 200
        process = place.start(config)
        until(lambda: spooled <= set(intake.samples))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
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


def test_a_second_agent_on_the_same_spool_says_so(place: Place) -> None:
    with http_server(Registry()) as good, http_server(Intake()) as room:
        config = place.config(room.url, [get(good.url)])
        place.start(config)
        until(lambda: len(good.calls) > 0)
        second = place.start(config)
        _, said = second.communicate(timeout=10)
    assert second.returncode == 1
    assert said.strip().endswith("another agent uses this spool; stop it, or name another file in spool.file")


def test_samples_carry_the_time_of_the_clock_that_was_handed_in(place: Place) -> None:
    intake, stop = Intake(), threading.Event()
    with http_server(Registry()) as good, http_server(intake) as room:
        settings = AgentFile.model_validate(place.config(room.url, [get(good.url)]))
        clock = WallClock(HandClock().wall - time.time())
        running = threading.Thread(target=run, args=(settings, stop, clock))
        running.start()
        until(lambda: len(intake.samples) >= 3)
        stop.set()
        running.join(5)
    assert not running.is_alive()
    started = [float(str(sample["started"])) for sample in intake.samples.values()]
    assert all(HandClock().wall <= one < HandClock().wall + 60 for one in started)


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
