"""Delivery to a real HTTP server that stands in for the control room."""

import logging
import random
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from probes.clock import SetClock, WallClock
from probes.delivery import IN_A_ROW, Delivery
from probes.metrics import Metrics
from probes.sample import Batch
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


def numbers(intake: Intake) -> list[list[int]]:
    """The samples of each batch, by number."""
    return [[sample["seq"] for sample in batch["samples"]] for batch in intake.batches]  # type: ignore[attr-defined]


def test_what_fits_in_a_batch_goes_out_in_order(make: Make, spool: Spool, intake: Intake, room: HttpServer) -> None:
    delivery = make(room.url + "/api/v1/samples", batch=26)
    assert [step(delivery) for _ in range(2)] == [1.0, 1.0]
    assert numbers(intake) == [list(range(1, 26))]
    assert len(spool) == 0


def test_the_newest_go_first_and_what_was_missed_between_them(
    make: Make, spool: Spool, intake: Intake, room: HttpServer
) -> None:
    delivery = make(room.url)
    for seq in range(26, 29):  # one more is measured during each delivery
        step(delivery)
        spool.append([sample(seq)])
    assert step(delivery) == 1.0
    assert numbers(intake) == [[*range(16, 26)], [*range(1, 11)], [*range(11, 16), 26, 27], [28]]
    assert len(spool) == 0


def test_after_a_long_cut_live_samples_wait_for_one_batch_at_most(
    make: Make, spool: Spool, intake: Intake, room: HttpServer
) -> None:
    spool.append([sample(seq) for seq in range(26, 301)])
    delivery, newest = make(room.url), 300
    waited: list[int] = []
    while len(spool):
        newest += 1
        spool.append([sample(newest)])
        at = len(intake.batches)
        while (spool.boot, newest) not in intake.samples:
            assert step(delivery) == 0.0 or len(spool) <= 10  # without a pause, while more waits than a batch
        waited.append(len(intake.batches) - at)
    assert max(waited) <= 2
    assert sorted(seq for _, seq in intake.samples) == list(range(1, newest + 1))
    old = [seq for batch in numbers(intake)[1:] for seq in batch if seq <= 290]
    assert old == sorted(old)


def test_a_room_that_was_away_sees_now_first_again(make: Make, spool: Spool, intake: Intake, room: HttpServer) -> None:
    delivery = make(room.url)
    step(delivery)
    intake.status = 500
    step(delivery)
    spool.append([sample(seq) for seq in range(26, 60)])
    intake.status = 200
    step(delivery)
    assert numbers(intake) == [list(range(16, 26)), list(range(50, 60))]


def test_drops_of_a_boot_that_has_nothing_left_to_send_are_told(
    make: Make, spool: Spool, intake: Intake, room: HttpServer
) -> None:
    delivery = make(room.url, batch=100)
    step(delivery)
    spool.drop(4)
    assert [step(delivery) for _ in range(3)] == [1.0] * 3
    assert [(batch["dropped"], batch["samples"]) for batch in intake.batches[1:]] == [(4, [])]


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
    assert all(0 < wait < longest for wait, longest in zip(waits, (1, 2, 4), strict=True))


def test_a_room_that_asks_for_time_gets_it(make: Make, registry: CollectorRegistry) -> None:
    replies = iter([(429, b"", {"Retry-After": "30"}), (503, b"", {"Retry-After": "9999"})])
    with http_server(lambda _: next(replies)) as server:
        delivery = make(server.url)
        assert [step(delivery), step(delivery)] == [30 + 1, 60 + 2]  # what it asks, and the spread
    assert attempts(registry, "busy") == 2


def test_a_line_that_is_gone_is_tried_more_often_than_a_room_in_trouble(make: Make) -> None:
    delivery = make(f"http://127.0.0.1:{free_port()}/")
    assert [step(delivery) for _ in range(7)] == [1, 2, 4, 8, 10, 10, 10]


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


def test_live_samples_do_not_hide_a_poisoned_one_further_back(
    make: Make, spool: Spool, intake: Intake, room: HttpServer, registry: CollectorRegistry
) -> None:
    intake.refuses = lambda sample: sample["seq"] == 13
    delivery = make(room.url, batch=16)
    for seq in range(26, 426, 8):
        spool.append([sample(one) for one in range(seq, seq + 8)])
        step(delivery)
    assert registry.get_sample_value("tikawatch_spool_set_aside_total") == 1
    assert {seq for _, seq in intake.samples} >= set(range(1, 26)) - {13}


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
    intake.refuses = lambda sample: "seq" not in sample
    delivery = make(room.url)
    while len(spool):
        step(delivery)
    assert len(intake.samples) == 24


def test_samples_go_out_as_they_lie_on_the_disk_and_make_a_good_batch(
    make: Make, spool: Spool, intake: Intake, room: HttpServer
) -> None:
    step(make(room.url, batch=25))
    batch = Batch.model_validate(intake.batches[0])
    assert [sample.seq for sample in batch.samples] == list(range(1, 26))
    assert batch.load is not None


def test_earlier_boots_go_first_and_under_their_own_name(
    make: Make, spool: Spool, intake: Intake, room: HttpServer
) -> None:
    with spool._db:
        spool._db.execute("UPDATE sample SET boot = ? WHERE seq <= 3", ("0" * 32,))
    delivery = make(room.url, batch=25)
    assert step(delivery) == 0.0
    step(delivery)
    assert [(batch["boot"], len(batch["samples"])) for batch in intake.batches] == [("0" * 32, 3), (spool.boot, 22)]  # type: ignore[arg-type]


def test_a_token_is_not_carried_along_a_redirect(make: Make, room: HttpServer, spool: Spool) -> None:
    with http_server(lambda _: (307, b"", {"Location": room.url})) as elsewhere:
        step(make(elsewhere.url))
    assert (room.calls, len(spool)) == ([], 25)


class Slow:
    """A room on a slow line: so many seconds go by, on a clock moved by hand, for each sample of a batch."""

    def __init__(self, clock: SetClock, intake: Intake, seconds: float) -> None:
        self.clock, self.intake, self.seconds = clock, intake, seconds

    def __call__(self, call: Call) -> tuple[int, bytes]:
        status, body = self.intake(call)
        self.clock.move(self.seconds * len(numbers(self.intake)[-1]))
        return status, body


def test_batches_shrink_on_a_slow_line_and_grow_again_on_a_good_one(
    spool: Spool, intake: Intake, token: Path, registry: CollectorRegistry
) -> None:
    clock = SetClock(1.7e9)
    slow = Slow(clock, intake, 0.8)
    spool.append([sample(seq) for seq in range(26, 2001)])
    with http_server(slow) as server:
        settings = DeliverySettings.model_validate({"url": server.url, "token_file": token, "batch": 32})
        delivery = Delivery(settings, "agent-1", spool, clock, Metrics(registry))
        for _ in range(6):
            step(delivery)
        assert [len(batch) for batch in numbers(intake)] == [32, 16, 8, 4, 4, 4]
        slow.seconds = 0.0
        for _ in range(8):
            step(delivery)
        delivery.close()
    assert [len(batch) for batch in numbers(intake)[6:]] == [4, 8, 16, 32, 32, 32, 32, 32]


def test_what_the_disk_does_not_let_go_is_not_sent_again(
    make: Make, spool: Spool, intake: Intake, room: HttpServer
) -> None:
    delivery = make(room.url, batch=100)
    spool._db.execute("PRAGMA query_only = 1")
    for _ in range(3):
        with pytest.raises(sqlite3.OperationalError):
            step(delivery)
    assert (len(room.calls), len(spool)) == (1, 25)
    spool._db.execute("PRAGMA query_only = 0")
    assert step(delivery) == 1.0
    assert (len(room.calls), len(spool), intake.doubled) == (1, 0, 0)


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
        running.join(60)
    assert (len(intake.samples), running.is_alive()) == (25, False)
