"""Scheduled pulls from real servers on 127.0.0.1: good answers, every bad one, and how long it is left alone after."""

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from dashboard import wiring
from dashboard.doses.places import Places
from dashboard.doses_pull import NotPulled, Pulled, Pulls, fetch, standing
from dashboard.queries.figures_known import DayView, Moment, day_view
from dashboard.settings import ControlRoomFile, Web
from dashboard.settings.doses import Doses, Pull
from dashboard.store import figures
from dashboard.store.engine import reading
from probes.clock import SetClock
from tests.builders import example_settings
from tests.places import at, example
from tests.probes.servers import free_port, raw_server, read_request
from tests.stores import fresh_store

DAY = "2021-01-16"
NOW = at("16:40")
HEADER = "code,date,doses,at\n"
WHERE = {"district": "code", "day": "date", "value": "doses", "as_of": "at"}


def a_row(code: object = 497, doses: object = 38, hour: str = "16:00") -> str:
    return f"{code},{DAY},{doses},{DAY}T{hour}:00+05:30\n"


def reply(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


@contextmanager
def serving(*replies: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Answers one after the other, the last one from then on; yields the address and the requests that came."""
    left, asked = list(replies), []

    def handle(connection: socket.socket) -> None:
        asked.append(read_request(connection))
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    with raw_server(handle) as port:
        yield f"http://127.0.0.1:{port}/counts", asked


def csv(*rows: str) -> bytes:
    return reply((HEADER + "".join(rows)).encode())


def a_pull(url: str, **other: Any) -> Pull:
    fields = {"name": "counts", "url": url, "format": "csv", "where": WHERE, "source": "registry", "deadline_s": 5}
    return Pull.model_validate(fields | other)


class Desk:
    """One pull on a store of its own, with a clock that is moved by hand."""

    def __init__(self, engine: Engine, pull: Pull) -> None:
        self.engine, self.pull, self.clock = engine, pull, SetClock(NOW)
        self.settings: ControlRoomFile = example_settings(doses=Doses(pulls=(pull,)))
        self.pulls = Pulls(engine, self.settings, self.clock)

    def again(self, minutes: float = 0) -> Pulled:
        self.clock.move(minutes * 60)
        self.pulls.step()
        with reading(self.engine) as connection:
            return standing(connection, self.pull)

    @property
    def view(self) -> DayView:
        with reading(self.engine) as connection:
            return day_view(connection, Places(example()), DAY, Moment(int(at("23:59") * 1000)))

    @property
    def count(self) -> int:
        with reading(self.engine) as connection:
            return figures.count(connection)


def test_a_good_csv_is_stored_with_its_source_and_who_brought_it(engine: Engine) -> None:
    with serving(csv(a_row(), a_row("Raigad", "8"))) as (url, asked):
        desk = Desk(engine, a_pull(url))
        now = desk.again()
    assert (now.stored, now.error, now.failures, now.ok_ms) == (2, "", 0, int(NOW * 1000))
    assert desk.view.value("491", "recorded") == 8
    version = desk.view.chosen["497", "recorded"].version
    assert (version.value, version.source, version.who, version.as_of_ms) == (
        38, "registry", "pull counts", int(at("16:00") * 1000),
    )  # fmt: skip
    assert b"Accept-Encoding" not in asked[0]


def test_a_good_json_is_stored(engine: Engine) -> None:
    body = {"data": [{"code": 497, "date": DAY, "doses": 38, "at": f"{DAY}T16:00+05:30"}]}
    with serving(reply(json.dumps(body).encode())) as (url, _):
        desk = Desk(engine, a_pull(url, format="json", rows="data"))
        assert desk.again().stored == 1
    assert desk.view.value("497", "recorded") == 38


def test_the_same_counts_again_are_nothing_new(engine: Engine) -> None:
    with serving(csv(a_row())) as (url, asked):
        desk = Desk(engine, a_pull(url))
        assert [desk.again(minutes).stored for minutes in (0, 15, 15)] == [1, 0, 0]
    assert (len(asked), desk.count) == (3, 1)


def test_counts_without_an_as_of_are_nothing_new_until_they_change(engine: Engine) -> None:
    where = {key: WHERE[key] for key in ("district", "day", "value")}
    with serving(csv(a_row()), csv(a_row()), csv(a_row(doses=40)), csv(a_row(doses=38))) as (url, _):
        desk = Desk(engine, a_pull(url, where=where))
        assert [desk.again(minutes).stored for minutes in (0, 15, 15, 15)] == [1, 0, 1, 1]
    assert desk.view.mark("497", "recorded") == "revised downward by 2"


def test_it_asks_only_when_it_is_due(engine: Engine) -> None:
    with serving(csv(a_row())) as (url, asked):
        desk = Desk(engine, a_pull(url, every_min=30))
        for minutes in (0, 10, 10, 9, 1):
            desk.again(minutes)
    assert len(asked) == 2


def test_a_count_that_fell_is_stored_and_marked_and_never_refused_silently(engine: Engine) -> None:
    with serving(csv(a_row(doses=40)), csv(a_row(doses=38, hour="16:30"))) as (url, _):
        desk = Desk(engine, a_pull(url))
        desk.again()
        assert desk.again(15).stored == 1
    assert desk.view.value("497", "recorded") == 38
    assert desk.view.mark("497", "recorded") == "revised downward by 2"


def test_doubled_rows_are_taken_once_and_contradicting_ones_are_named(engine: Engine) -> None:
    with serving(csv(a_row(), a_row()), csv(a_row(491, 1), a_row(491, 2), a_row(490, 5))) as (url, _):
        desk = Desk(engine, a_pull(url))
        assert (desk.again().stored, desk.count) == (1, 1)
        now = desk.again(15)
    assert now.stored == 1
    assert now.error.startswith("2 of 3 rows left out: answer figures[0].value: one figure is told in 2 ways")


def test_good_rows_are_stored_and_bad_ones_are_named(engine: Engine) -> None:
    with serving(csv(a_row(), a_row("Atlantis"), a_row(490, "1,2,3").replace("1,2,3", '"1,2,3"'))) as (url, _):
        desk = Desk(engine, a_pull(url))
        now = desk.again()
    assert (now.stored, now.failures) == (1, 0)
    assert now.error.startswith('2 of 3 rows left out: answer figures[1].district: "Atlantis" is not a district')


def test_doses_far_above_the_target_need_a_person(engine: Engine) -> None:
    with serving(csv(a_row(doses=99_000), a_row(491, 8))) as (url, _):
        desk = Desk(engine, a_pull(url))
        with engine.begin() as connection:
            figures.append(connection, list(example().figures), example().zone, 1)
        now = desk.again()
    assert now.stored == 1
    assert "99,000 is 4304 % of the target 2,300" in now.error


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (reply(b"", "500 Internal Server Error"), "it answers 500, not 200"),
        (reply(b"", "302 Found", "Location: http://127.0.0.1:1/\r\n"), "it answers 302, not 200; a redirect is not followed"),
        (reply(b"<html>Log in</html>"), "this is a web page, not a CSV"),
        (reply(b"code,date,count,at\n491,2021-01-16,1,16:00\n"), 'column "doses" is not in the answer'),
        (csv(a_row("Atlantis")), '1 of 1 rows left out: answer figures[0].district: "Atlantis"'),
        (reply(gzip.compress(b"x" * 9_000_000), headers="Content-Encoding: gzip\r\n"), "the answer is packed"),
        (reply(b"x" * 50_000_000), "the answer has over 1000000 bytes; the rest was not read"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\ncode", "no answer: "),
        (b"SSH-2.0-nothing\r\n", "no answer: "),
    ],
    ids=["500", "redirect", "html", "mapping", "no-good-row", "gzip", "50MB", "broken-off", "no-http"],
)  # fmt: skip
def test_a_bad_answer_is_counted_and_said_and_what_is_known_stays(engine: Engine, answer: bytes, why: str) -> None:
    with serving(csv(a_row()), answer, answer, csv(a_row(doses=39, hour="16:20"))) as (url, asked):
        desk = Desk(engine, a_pull(url))
        desk.again()
        found = [desk.again(15) for _ in range(2)]
        assert [(now.failures, now.failed, now.error.startswith(why)) for now in found] == [(1, 1, True), (2, 2, True)]
        assert (desk.count, found[1].ok_ms) == (1, int(NOW * 1000))
        healed = desk.again(15)
    assert (healed.failures, healed.failed, healed.error, healed.stored) == (0, 2, "", 1)
    assert len(asked) == 4


def test_an_address_where_nothing_listens_is_said(engine: Engine) -> None:
    with raw_server(lambda _: None) as port:
        url = f"http://127.0.0.1:{port}/"
    now = Desk(engine, a_pull(url)).again()
    assert (now.failed, now.error.startswith("no answer: ")) == (1, True)


def test_where_it_asks_to_be_left_alone_it_is_asked_less_and_less_often(engine: Engine) -> None:
    busy = reply(b"", "429 Too Many Requests")
    with serving(busy, busy, reply(b"", "503 Service Unavailable", "Retry-After: 14400\r\n")) as (url, _):
        desk = Desk(engine, a_pull(url))
        waits = []
        for minutes in (0, 30, 60):
            now = desk.again(minutes)
            waits.append((now.next_ms / 1000 - desk.clock.now()) / 60)
    assert waits == [30, 60, 240]
    assert now.error == "it answers 503: asked less often for a while"
    assert desk.again(20_000).next_ms / 1000 - desk.clock.now() <= 6 * 3600


def test_the_secret_goes_in_its_header_and_stands_in_no_message(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("Bearer s3cret\n")
    with serving(csv(a_row()), reply(b"", "403 Forbidden")) as (url, asked):
        desk = Desk(engine, a_pull(url, secret={"file": str(file)}))
        desk.again()
        assert b"\r\nAuthorization: Bearer s3cret\r\n" in asked[0]
        assert "s3cret" not in desk.again(15).error
        file.write_text("two\nlines")
        assert desk.again(15).error.endswith("does not hold a secret on one line")
        file.unlink()
        assert "cannot be read" in desk.again(15).error
    assert len(asked) == 2


def _hang(connection: socket.socket) -> None:
    read_request(connection)
    connection.recv(1)


def _trickle(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(100):
        connection.sendall(b"x")
        time.sleep(0.05)


@pytest.mark.process
@pytest.mark.parametrize("handle", [_hang, _trickle])
@pytest.mark.timed
def test_one_that_hangs_or_trickles_ends_at_its_deadline_as_a_whole(
    engine: Engine, handle: Callable[[socket.socket], None]
) -> None:
    with raw_server(handle) as port:
        began = time.monotonic()
        now = Desk(engine, a_pull(f"http://127.0.0.1:{port}/", deadline_s=1)).again()
        took = time.monotonic() - began
    assert now.error == "no whole answer within 1 s"
    assert 0.9 < took < 3


@pytest.mark.process
@pytest.mark.timed
def test_a_pull_under_way_ends_with_the_process() -> None:
    stop = threading.Event()
    with raw_server(_hang) as port:
        threading.Timer(0.3, stop.set).start()
        began = time.monotonic()
        with pytest.raises(NotPulled, match="ended with this process"):
            fetch(a_pull(f"http://127.0.0.1:{port}/", deadline_s=60), stop.is_set)
    assert time.monotonic() - began < 5


@pytest.mark.process
def test_a_control_room_pulls_as_soon_as_it_runs(tmp_path: Path) -> None:
    stop, port = threading.Event(), free_port()
    with serving(csv(a_row())) as (url, asked):
        web = Web(port=port)
        settings = example_settings(store=tmp_path / "t.db", web=web, doses=Doses(pulls=(a_pull(url),)))
        thread = threading.Thread(target=wiring.serve, args=(settings, SetClock(NOW), stop))
        thread.start()
        try:
            ends = time.monotonic() + 120
            while not asked and time.monotonic() < ends:
                time.sleep(0.05)
        finally:
            stop.set()
            thread.join(120)
    engine = fresh_store(tmp_path / "t.db")
    with reading(engine) as connection:
        assert standing(connection, a_pull(url)).stored == 1
    engine.dispose()
