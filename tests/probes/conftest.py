"""What the agent's tests share: a clock moved by hand, and one request through a real loop."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from probes.carriers.transfers import TransferLoop
from probes.clock import SetClock, WallClock
from probes.exchange import Request, Result
from probes.rehearsal.registry import StandIn

from .agents import Place, stand_in
from .servers import HttpServer, Intake, http_server


@pytest.fixture
def clock() -> SetClock:
    return SetClock(1000.0)


Fetch = Callable[..., Result]


@pytest.fixture
def loop() -> Iterator[TransferLoop]:
    running = TransferLoop(WallClock(), "Tikawatch test")
    yield running
    running.close()


def run_all(loop: TransferLoop, requests: list[Request]) -> list[Result]:
    """Start all at once and wait for every result, in the order they ended."""
    results: list[Result] = []
    stop = threading.Event()

    def done(result: Result) -> None:
        results.append(result)
        if len(results) == len(requests):
            stop.set()

    for request in requests:
        loop.start(request, done)
    loop.run(stop, lambda: None)
    return results


@pytest.fixture
def fetch(loop: TransferLoop) -> Fetch:
    """One request, with `within` seconds for all of it."""

    def fetch(url: str, within: float = 60.0, **more: object) -> Result:
        deadline = WallClock().monotonic() + within
        return run_all(loop, [Request(url=url, deadline=deadline, **more)])[0]  # type: ignore[arg-type]

    return fetch


@pytest.fixture
def token(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text("secret\n")
    return file


@pytest.fixture
def intake() -> Intake:
    return Intake()


@pytest.fixture
def room(intake: Intake) -> Iterator[HttpServer]:
    with http_server(intake) as server:
        yield server


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    for process in made.started:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.fixture
def good() -> Iterator[StandIn]:
    with stand_in() as registry:
        yield registry
