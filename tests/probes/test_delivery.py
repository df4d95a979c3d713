"""Delivery to a real HTTP server that stands in for the control room."""

import logging
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from probes.clock import WallClock
from probes.delivery import IN_A_ROW, Delivery
from probes.metrics import Metrics
from probes.settings import Delivery as DeliverySettings
from probes.spool import Spool

from .servers import Call, HttpServer, Intake, free_port, http_server, raw_server
from .test_spool import sample

Make = Callable[..., Delivery]


class Latest(random.Random):
    """Always the longest wait."""

    def uniform(self, _a: float, b: float) -> float:
        return b


RNG = Latest()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "spool.db", 10_000)
    opened.append([sample(seq) for seq in range(1, 26)])
    yield opened
    opened.close()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def make(spool: Spool, token: Path, registry: CollectorRegistry) -> Iterator[Make]:
    made: list[Delivery] = []

    def make(url: str, **more: object) -> Delivery:
        settings = DeliverySettings.model_validate(
            {"url": url, "token_file": token, "batch": 10, "every_s": 1, "back_off_max_s": 60, **more}
        )
        made.append(Delivery(settings, "agent-1", spool, WallClock(), Metrics(registry)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def step(delivery: Delivery) -> float:
    return delivery.step(threading.Event(), RNG)


def attempts(registry: CollectorRegistry, result: str) -> float | None:
    return registry.get_sample_value("tikawatch_delivery_attempts_total", {"result": result})


def test_batches_go_out_oldest_first_until_nothing_is_left(
    make: Make, spool: Spool, intake: Intake, room: HttpServer
) -> None:
    delivery = make(room.url + "/api/v1/samples")
    assert [step(delivery) for _ in range(4)] == [0.0, 0.0, 1.0, 1.0]
    assert [len(batch["samples"]) for batch in intake.batches] == [10, 10, 5]  # type: ignore[arg-type]
    assert sorted(seq for _, seq in intake.samples) == list(range(1, 26))
    assert len(spool) == 0


def test_a_batch_says_who_sends_it_and_when(make: Make, spool: Spool, intake: Intake, room: HttpServer) -> None:
    spool.drop(3)
    step(make(room.url + "/api/v1/samples"))
    [batch] = intake.batches
    assert (batch["contract"], batch["agent"], batch["boot"], batch["dropped"]) == (1, "agent-1", spool.boot, 3)
    assert batch["sent"] == pytest.approx(WallClock().now(), abs=5)
    [call] = room.calls
    assert (call.path, call.headers["content-encoding"]) == ("/api/v1/samples", "gzip")


def test_nothing_is_forgotten_without_a_receipt(make: Make, spool: Spool) -> None:
    with http_server(lambda _: (200, b"<html>hello</html>")) as server:
        step(make(server.url))
    assert len(spool) == 25


def test_an_answer_lost_on_the_way_means_a_repeat_that_the_room_recognises(
    make: Make, spool: Spool, intake: Intake, room: HttpServer
) -> None:
    lost = iter([True])

    def losing(call: Call) -> tuple[int, bytes]:
        status, body = intake(call)
        return (502, b"") if next(lost, False) else (status, body)

    with http_server(losing) as server:
        delivery = make(server.url)
        while len(spool):
            step(delivery)
    assert (len(intake.samples), intake.doubled) == (25, 10)


def test_waits_grow_while_nobody_answers_and_shrink_at_once_after(
    make: Make, intake: Intake, room: HttpServer, registry: CollectorRegistry
) -> None:
    intake.status = 500
    delivery = make(room.url)
    assert [step(delivery) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    intake.status = 200
    assert step(delivery) == 0.0
    intake.status = 500
    assert step(delivery) == 1
    assert (attempts(registry, "failed"), attempts(registry, "delivered")) == (9, 1)


def test_waits_are_spread(make: Make, room: HttpServer, intake: Intake) -> None:
    intake.status = 500
    delivery = make(room.url)
    waits = [delivery.step(threading.Event(), random.Random(seed)) for seed in (1, 2, 3)]
    assert all(0.5 * longest <= wait < longest for wait, longest in zip(waits, (1, 2, 4), strict=True))


def test_a_room_that_asks_for_time_gets_it(make: Make, registry: CollectorRegistry) -> None:
    replies = iter([(429, b"", {"Retry-After": "30"}), (503, b"", {"Retry-After": "9999"})])
    with http_server(lambda _: next(replies)) as server:
        delivery = make(server.url)
        assert [step(delivery), step(delivery)] == [30, 60]
    assert attempts(registry, "busy") == 2


def test_a_refused_connection_keeps_all(make: Make, spool: Spool, registry: CollectorRegistry) -> None:
    step(make(f"http://127.0.0.1:{free_port()}/"))
    assert (len(spool), attempts(registry, "unreachable")) == (25, 1)


@pytest.mark.parametrize("status", [301, 404, 405, 408, 500, 502])
def test_a_wrong_address_never_costs_a_sample(make: Make, spool: Spool, status: int) -> None:
    with http_server(lambda _: (status, b"not here")) as server:
        delivery = make(server.url)
        for _ in range(6):
            step(delivery)
    assert len(spool) == 25


def test_a_token_made_later_is_found_without_a_long_wait(
    make: Make, spool: Spool, token: Path, room: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    token.unlink()
    delivery = make(room.url)
    assert [step(delivery) for _ in range(5)] == [1.0] * 5
    assert room.calls == []
    token.write_text("secret")
    step(delivery)
    assert len(spool) == 15
    assert len([record for record in caplog.records if "no token in" in record.message]) == 1


def test_a_wrong_token_is_denied_and_keeps_all(
    make: Make, spool: Spool, token: Path, room: HttpServer, registry: CollectorRegistry
) -> None:
    token.write_text("stolen")
    step(make(room.url))
    assert (len(spool), attempts(registry, "denied")) == (25, 1)


def test_one_poisoned_sample_does_not_block_the_others(
    make: Make,
    spool: Spool,
    intake: Intake,
    room: HttpServer,
    registry: CollectorRegistry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    intake.refuses = lambda sample: sample["seq"] == 13
    delivery = make(room.url)
    while len(spool):
        step(delivery)
    assert sorted(seq for _, seq in intake.samples) == [seq for seq in range(1, 26) if seq != 13]
    assert registry.get_sample_value("tikawatch_spool_set_aside_total") == 1
    assert any('"field": "samples[0].detail"' in record.message for record in caplog.records)


def test_a_room_that_refuses_everything_is_given_samples_ever_more_slowly(
    make: Make, spool: Spool, intake: Intake, room: HttpServer
) -> None:
    intake.refuses = lambda _: True
    delivery = make(room.url)
    waits = [step(delivery) for _ in range(22)]
    assert [wait for wait in waits if wait] == [1] * IN_A_ROW + [2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert len(spool) == 25 - 19


def test_a_sample_that_cannot_be_read_is_set_aside(make: Make, spool: Spool, intake: Intake, room: HttpServer) -> None:
    with spool._db:
        spool._db.execute("UPDATE sample SET body = '{}' WHERE seq = 2")
    delivery = make(room.url)
    while len(spool):
        step(delivery)
    assert len(intake.samples) == 24


def test_earlier_boots_go_first_and_under_their_own_name(
    make: Make, spool: Spool, intake: Intake, room: HttpServer
) -> None:
    with spool._db:
        spool._db.execute("UPDATE sample SET boot = ? WHERE seq <= 3", ("0" * 32,))
    delivery = make(room.url)
    assert step(delivery) == 0.0
    step(delivery)
    assert [(batch["boot"], len(batch["samples"])) for batch in intake.batches] == [("0" * 32, 3), (spool.boot, 10)]  # type: ignore[arg-type]


def test_a_token_is_not_carried_along_a_redirect(make: Make, room: HttpServer, spool: Spool) -> None:
    with http_server(lambda _: (307, b"", {"Location": room.url})) as elsewhere:
        step(make(elsewhere.url))
    assert (room.calls, len(spool)) == ([], 25)


@pytest.mark.process
def test_a_room_that_hangs_is_left_at_the_deadline(make: Make, spool: Spool, registry: CollectorRegistry) -> None:
    with raw_server(lambda connection: connection.recv(1_000_000) and threading.Event().wait(30)) as port:
        began = WallClock().monotonic()
        step(make(f"http://127.0.0.1:{port}/", deadline_s=0.5))
        assert WallClock().monotonic() - began < 10
    assert (len(spool), attempts(registry, "unreachable")) == (25, 1)


@pytest.mark.process
def test_a_stop_does_not_wait_for_the_deadline(make: Make, spool: Spool) -> None:
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    with raw_server(lambda connection: threading.Event().wait(30)) as port:
        began = WallClock().monotonic()
        make(f"http://127.0.0.1:{port}/", deadline_s=60).run(stop, RNG)
        assert WallClock().monotonic() - began < 20
    assert len(spool) == 25


@pytest.mark.process
def test_a_spool_that_cannot_be_read_is_said_and_tried_again(
    make: Make, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    spool.close()
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    make("http://127.0.0.1:1/").run(stop, RNG)
    assert "the spool cannot be read or cleared" in caplog.text


@pytest.mark.process
def test_it_runs_until_stopped(make: Make, spool: Spool, intake: Intake) -> None:
    stop = threading.Event()
    with http_server(intake) as server:
        running = threading.Thread(target=make(server.url, every_s=0.05).run, args=(stop, RNG))
        running.start()
        while len(spool) and running.is_alive():
            stop.wait(0.01)
        stop.set()
        running.join(5)
    assert (len(intake.samples), running.is_alive()) == (25, False)
