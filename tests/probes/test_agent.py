"""The agent as a real process against real servers: it measures, delivers, stops, and survives being killed."""

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from probes.agent import run
from probes.clock import WallClock
from probes.rehearsal.faults import Fault, FaultKind
from probes.rehearsal.registry import StandIn
from probes.settings import AgentFile

from .servers import Call, HttpServer, Intake, free_port, http_server, raw_server

pytestmark = pytest.mark.process
Settings = dict[str, object]
LAUNCH = 1_610_800_000.0  # 16 January 2021


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

    def left(self) -> list[tuple[str, str]]:
        """Method and address of each clean-up that is still owed; only while no agent runs."""
        with closing(sqlite3.connect(self.spool)) as db:
            return db.execute("SELECT method, url FROM cleanup").fetchall()


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


@contextmanager
def stand_in(*faults: Fault) -> Iterator[StandIn]:
    registry = StandIn(scale=0.02)
    registry.start()
    registry.set_faults(faults)
    yield registry
    registry.stop()


@pytest.fixture
def good() -> Iterator[StandIn]:
    with stand_in() as registry:
        yield registry


@pytest.fixture
def intake() -> Intake:
    return Intake()


@pytest.fixture
def room(intake: Intake) -> Iterator[HttpServer]:
    with http_server(intake) as server:
        yield server


def get(url: str) -> Settings:
    return {"name": "ping", "kind": "http", "url": url + "/api/{district}/ping", "expect_text": "UP"}


def upload(url: str, name: str = "upload") -> Settings:
    records = url + "/api/{district}/records"
    return {
        "name": name, "kind": "upload", "url": records, "expect_status": [202],
        "read_back": {"url": records + "/{record}", "every_s": 0.05}, "clean_up": {"url": records + "/{record}"},
    }  # fmt: skip


def anchor(registry: StandIn) -> Settings:
    return {"name": "neutral", "kind": "anchor", "url": local(registry.ports.anchor) + "/anchor/{district}"}


def local(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def answered(registry: StandIn) -> int:
    return sum(registry.load().values())


def by_check(intake: Intake) -> dict[str, set[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = {}
    for sample in list(intake.samples.values()):
        found.setdefault(str(sample["check"]), set()).add((str(sample["outcome"]), str(sample["reason"])))
    return found


def test_it_measures_every_kind_of_fault_and_delivers_it(
    place: Place, good: StandIn, intake: Intake, room: HttpServer
) -> None:
    port = free_port()
    with (
        stand_in(Fault(kind=FaultKind.UNSTORED)) as forgetful,
        raw_server(lambda connection: threading.Event().wait(5)) as hanging,
    ):
        checks = [
            get(local(good.ports.registry)), upload(local(good.ports.registry)),
            upload(local(forgetful.ports.registry), "forgotten"),
            {"name": "hang", "kind": "http", "url": local(hanging)},
            {"name": "neutral", "kind": "anchor", "url": local(good.ports.anchor) + "/no/such/page"},
            {"name": "gone", "kind": "http", "url": local(free_port())},
        ]  # fmt: skip
        process = place.start(place.config(room.url, checks, metrics={"port": port}))
        until(lambda: len(by_check(intake)) == 6 and len(intake.samples) >= 36)
        with urlopen(f"{local(port)}/metrics") as page:
            scraped = page.read().decode()
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=10)
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
    process.communicate(timeout=10)
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


def test_a_second_agent_on_the_same_spool_says_so(place: Place, good: StandIn, room: HttpServer) -> None:
    config = place.config(room.url, [get(local(good.ports.registry))])
    place.start(config)
    until(lambda: answered(good) > 0)
    second = place.start(config)
    _, said = second.communicate(timeout=10)
    assert second.returncode == 1
    assert said.strip().endswith("another agent uses this spool; stop it, or name another file in spool.file")


@contextmanager
def running(config: Settings, clock: WallClock | None = None) -> Iterator[None]:
    """An agent in this process, which must still be running at the end."""
    stop, settings = threading.Event(), AgentFile.model_validate(config)
    agent = threading.Thread(target=run, args=(settings, stop, clock or WallClock()))
    agent.start()
    try:
        yield
        assert agent.is_alive()
    finally:
        stop.set()
        agent.join(10)
    assert not agent.is_alive()


def test_samples_carry_the_time_of_the_clock_that_was_handed_in(
    place: Place, good: StandIn, intake: Intake, room: HttpServer
) -> None:
    clock = WallClock(LAUNCH - time.time())
    with running(place.config(room.url, [get(local(good.ports.registry))]), clock):
        until(lambda: len(intake.samples) >= 3)
    started = [float(str(sample["started"])) for sample in intake.samples.values()]
    assert all(LAUNCH <= one < LAUNCH + 60 for one in started)


@pytest.mark.parametrize("location", ["http://[::1", "//[x", "http://exa\xffmple/"])
def test_an_unreadable_redirect_is_a_sample_and_the_agent_goes_on(
    place: Place, intake: Intake, room: HttpServer, location: str
) -> None:
    with (
        http_server(lambda _: (302, b"", {"Location": location})) as bad,
        running(place.config(room.url, [get(bad.url)])),
    ):
        until(lambda: len(intake.samples) >= 6)
    assert by_check(intake) == {"ping": {("failed", "redirect")}}


def test_a_registry_that_asks_for_rest_gets_it_and_neutral_hosts_are_asked_on(
    place: Place, good: StandIn, intake: Intake, room: HttpServer
) -> None:
    port = free_port()
    with http_server(lambda _: (429, b"", {"Retry-After": "3600"})) as busy:
        with running(place.config(room.url, [get(busy.url), anchor(good)], metrics={"port": port})):
            until(lambda: good.load()["anchor"] >= 12)
            with urlopen(f"{local(port)}/metrics") as page:
                scraped = page.read().decode()
        assert len(busy.calls) <= 3  # what had started before the first answer
    [held] = [line for line in scraped.splitlines() if line.startswith("tikawatch_schedule_held_total{")]
    assert held.startswith('tikawatch_schedule_held_total{reason="429"}')
    assert float(held.split()[-1]) >= 5


def test_neutral_hosts_wait_neither_for_the_budget_nor_for_checks_that_hang(
    place: Place, good: StandIn, intake: Intake, room: HttpServer
) -> None:
    with raw_server(lambda connection: threading.Event().wait(60)) as hanging:
        hang = {"name": "hang", "kind": "http", "url": local(hanging), "interval_s": 60, "deadline_s": 60}
        config = place.config(room.url, [anchor(good), hang], in_flight=1, starts_per_second=0.1)
        with running(config):
            until(lambda: len(intake.samples) >= 12)
    assert by_check(intake) == {"neutral": {("ok", "none")}}
    assert all(float(str(sample["lateness"])) < 3 for sample in intake.samples.values())


def test_looks_and_clean_ups_come_out_of_the_same_budget_as_checks(place: Place, room: HttpServer) -> None:
    with stand_in(Fault(kind=FaultKind.UNSTORED)) as forgetful:
        check = upload(local(forgetful.ports.registry)) | {"interval_s": 1, "deadline_s": 20}
        with running(place.config(room.url, [check], starts_per_second=4)):
            time.sleep(4)
            asked = answered(forgetful)
    assert 8 <= asked <= 4 * 4 + 2


def test_a_stop_takes_the_records_of_open_uploads_away(place: Place, room: HttpServer) -> None:
    with stand_in(Fault(kind=FaultKind.SLOW, factor=1000)) as slow:
        config = place.config(room.url, [upload(local(slow.ports.registry)) | {"deadline_s": 60}])
        with running(config):
            until(lambda: slow.load()["records_left"] == 3)
            slow.set_faults(())
        assert slow.load()["records_left"] == 0


def test_clean_ups_that_a_stop_leaves_no_time_for_are_kept_for_the_next_start(place: Place, room: HttpServer) -> None:
    with stand_in(Fault(kind=FaultKind.SLOW, factor=1000)) as slow:
        check = upload(local(slow.ports.registry)) | {"deadline_s": 60}
        with running(place.config(room.url, [check], starts_per_second=2)):
            until(lambda: slow.load()["records_left"] == 3)
            slow.set_faults([Fault(kind=FaultKind.HANG)])
            asked = time.monotonic()
        assert time.monotonic() - asked < 6
    assert len(place.left()) == 3


def test_a_clean_up_that_failed_is_made_good_after_a_restart(place: Place, room: HttpServer) -> None:
    left: set[str] = set()
    refuses = [True]

    def registry(call: Call) -> tuple[int, bytes]:
        record = call.path.rsplit("/", 1)[-1]
        if call.method == "POST":
            left.add(json.loads(call.body)["id"])
            return 202, b""
        if call.method == "DELETE" and not refuses[0]:
            left.discard(record)
        return (500 if call.method == "DELETE" and refuses[0] else 200), record.encode()

    with http_server(registry) as server:
        config = place.config(room.url, [upload(server.url)])
        with running(config):
            until(lambda: len(left) >= 3)
        before = set(left)
        assert {(method, url.rsplit("/", 1)[-1]) for method, url in place.left()} == {("DELETE", one) for one in before}
        refuses[0] = False
        with running(config, WallClock(3600)):
            until(lambda: not left & before)
        assert place.left() == []


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
