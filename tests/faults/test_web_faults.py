"""Registries that do their worst, and a real agent that watches them all at once beside a healthy one.

Each fault must give its own reason and stage inside the deadline + 50 ms, must not make the agent's memory grow, and must
leave the checks of the healthy registry alone. Servers behave until they are armed, so that growth can be measured.
"""

import gzip
import os
import random
import shutil
import socket
import ssl
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from probes.sample import Reason
from tests.probes.agents import Place, until
from tests.probes.real_checks import tls_server
from tests.probes.servers import Intake, free_port, http_server, raw_server, read_request, reset
from tests.probes.test_hanging_look_ups import HANGING

pytestmark = [pytest.mark.process, pytest.mark.timed]
DEADLINE_S, GRACE_S, MIB = 0.5, 0.05, 1024 * 1024
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HEAD = b"HTTP/1.1 200 OK\r\n"
TEN_GB = b"Content-Length: 10737418240\r\n\r\n"
TLS = Path(__file__).parents[1] / "probes" / "tls"
Evil = Callable[[socket.socket], object]


def pause(seconds: float) -> None:
    threading.Event().wait(seconds)


def says(*parts: bytes) -> Evil:
    def evil(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)

    return evil


def trickles(start: bytes, each: bytes = b"x") -> Evil:
    def evil(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            pause(0.1)
            connection.sendall(each)

    return evil


def without_end(start: bytes, part: bytes) -> Evil:
    def evil(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(part)

    return evil


def listens(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass


def redirects(to: str) -> Evil:
    return says(f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode())


def bomb() -> bytes:
    packed = gzip.compress(b"\0" * 200 * MIB, 1)
    return HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed


@dataclass
class Fault:
    """What a server does once it is armed, and what the agent must make of it."""

    name: str
    evil: Evil
    reason: Reason
    stage: str
    settings: dict[str, object] = field(default_factory=dict)
    scheme: str = "http"


FOLLOW: dict[str, object] = {"redirects": {"most": 3}}
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
FAULTS = [
    Fault("hangs", listens, Reason.TIMEOUT, "first_byte"),
    Fault("closes", says(), Reason.RESET, "first_byte"),
    Fault("resets", reset, Reason.RESET, "first_byte"),
    Fault("trickles-headers", trickles(b"HTTP/1.1 200 OK\r\nX: "), Reason.TIMEOUT, "transfer"),
    Fault("trickles-body", trickles(HEAD + b"Content-Length: 99\r\n\r\n"), Reason.TIMEOUT, "transfer"),
    Fault("stops-mid-body", lambda c: (c.sendall(HEAD + b"Content-Length: 99\r\n\r\nx"), listens(c)), Reason.TIMEOUT, "transfer"),
    Fault("endless-headers", without_end(HEAD, b"X-More: " + b"y" * 8000 + b"\r\n"), Reason.TOO_LARGE, "transfer"),
    Fault("endless-line", without_end(HEAD + b"X-More: ", b"y" * 8192), Reason.TOO_LARGE, "transfer"),
    Fault("ten-gb-announced", without_end(HEAD + TEN_GB, b"z" * 65_536), Reason.TOO_LARGE, "transfer"),
    Fault("ten-gb-untold", without_end(HEAD + b"\r\n", b"z" * 65_536), Reason.TOO_LARGE, "transfer"),
    Fault("ten-gb-chunked", without_end(CHUNKED, b"10000\r\n" + b"z" * 65_536 + b"\r\n"), Reason.TOO_LARGE, "transfer"),
    Fault("gzip-bomb", says(bomb()), Reason.BODY, "answer", {"expect_text": "all is well"}),
    Fault("redirects-in-a-circle", redirects("/"), Reason.REDIRECT, "answer", FOLLOW),
    Fault("redirects-to-metadata", redirects("http://169.254.169.254/latest"), Reason.REDIRECT, "answer", FOLLOW),
    Fault("redirects-to-a-file", redirects("file:///etc/passwd"), Reason.REDIRECT, "answer", FOLLOW),
    Fault("tls-silent", listens, Reason.TIMEOUT, "tls", scheme="https"),
    Fault("tls-stalls", lambda c: (c.sendall(b"\x16\x03\x03\x00\x7a\x02\x00\x00"), listens(c)), Reason.TIMEOUT, "tls", scheme="https"),
    Fault("tls-garbage", lambda c: (c.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"), listens(c)), Reason.TLS, "tls", scheme="https"),
    Fault("http-0.9", says(b"all is well\n" * 20), Reason.PROTOCOL, "first_byte"),
    Fault("garbage", says(random.Random(1).randbytes(4096)), Reason.PROTOCOL, "first_byte"),
    Fault("continues", without_end(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100), Reason.TOO_LARGE, "transfer"),
    Fault("early-hints", without_end(b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 100), Reason.TOO_LARGE, "transfer"),
    Fault("switches", says(b"HTTP/1.1 101 x\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"), Reason.PROTOCOL, "transfer"),
    Fault("bad-chunk", says(CHUNKED + b"zz\r\nok\r\n"), Reason.PROTOCOL, "transfer"),
    Fault("huge-chunk", says(CHUNKED + b"f" * 40 + b"\r\nok\r\n"), Reason.PROTOCOL, "transfer"),
    Fault("chunk-cut", says(CHUNKED + b"ff\r\nok"), Reason.RESET, "transfer"),
    Fault("length-too-long", says(HEAD + b"Content-Length: 99\r\n\r\nok"), Reason.RESET, "transfer"),
    Fault("length-no-number", says(HEAD + b"Content-Length: many\r\n\r\nok"), Reason.PROTOCOL, "transfer"),
    Fault("length-negative", says(HEAD + b"Content-Length: -1\r\n\r\nok"), Reason.PROTOCOL, "transfer"),
    Fault("evil-pattern", says(HEAD + b"\r\n" + b"a" * 59 + b"!"), Reason.BODY, "answer", {"expect_pattern": "(a+)+$"}),
]  # fmt: skip


class Yard:
    """A server for each fault."""

    def __init__(self, stack: ExitStack) -> None:
        self.armed = threading.Event()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
        self.ports = {fault.name: stack.enter_context(raw_server(self._handle(fault))) for fault in FAULTS}

    def _handle(self, fault: Fault) -> Evil:
        def handle(connection: socket.socket) -> None:
            if self.armed.is_set():
                if fault.scheme == "http":
                    read_request(connection)
                fault.evil(connection)
            elif fault.scheme == "http":
                read_request(connection)
                connection.sendall(OK)
            else:
                with self._context.wrap_socket(connection, server_side=True) as secure:
                    read_request(secure)
                    secure.sendall(OK)

        return handle

    def checks(self) -> list[dict[str, object]]:
        return [
            {
                "name": fault.name.replace(".", "-"), "kind": "http", "interval_s": 1.0, "deadline_s": DEADLINE_S,
                "url": f"{fault.scheme}://127.0.0.1:{self.ports[fault.name]}/", **fault.settings,
            }
            for fault in FAULTS
        ]  # fmt: skip


@contextmanager
def black_hole() -> Iterator[int]:
    """A port that neither takes a connection nor refuses one."""
    with socket.socket() as full, ExitStack() as held:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        yield full.getsockname()[1]


def hanging_resolver(folder: Path) -> str:
    """A library before which look-ups of *.hangs.example never end."""
    source, library = folder / "hanging.c", folder / "hanging.so"
    source.write_text(HANGING)
    compiler = shutil.which("cc") or "cc"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True, capture_output=True)
    return str(library)


def memory_mib(process: int, name: str) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


@dataclass
class Seen:
    """What came of it: samples after the arming, by check; and the agent's growth."""

    samples: dict[str, list[dict[str, object]]]
    grown_mib: float


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """All faults at once, four samples of each at the least, beside two checks of a healthy registry."""
    if not shutil.which("cc") and os.environ.get("CI") != "true":
        pytest.skip("there is no C compiler: apt-get install gcc")
    folder = tmp_path_factory.mktemp("faults")
    intake, place = Intake(), Place(folder)
    with ExitStack() as stack:
        room = stack.enter_context(http_server(intake))
        healthy = stack.enter_context(http_server(lambda _: (200, b"all is well")))
        hole = stack.enter_context(black_hole())
        expired = stack.enter_context(tls_server(TLS / "expired.pem"))
        yard = Yard(stack)
        asked = [
            ("black-hole", {"url": f"http://127.0.0.1:{hole}/"}),
            ("nobody", {"url": f"http://127.0.0.1:{free_port()}/"}),
            ("look-up-hangs", {"url": "http://registry.hangs.example/"}),
            ("tls-expired", {"kind": "tls", "host": "127.0.0.1", "port": expired}),
            ("healthy-1", {"url": healthy.url, "expect_text": "well", "interval_s": 0.4, "deadline_s": 0.4}),
            ("healthy-2", {"url": healthy.url, "expect_text": "well", "interval_s": 0.4, "deadline_s": 0.4}),
        ]
        more = [
            {"name": name, "kind": "http", "interval_s": 1.0, "deadline_s": DEADLINE_S, **one} for name, one in asked
        ]
        consent = {"who": "nobody is asked", "when": "2021-01-10", "reference": "test"}
        config = place.config(
            room.url, [*yard.checks(), *more], districts=[490], consent=consent, starts_per_second=500
        )
        os.environ["LD_PRELOAD"] = hanging_resolver(folder)
        os.environ["SSL_CERT_FILE"] = str(TLS / "certificate.pem")
        try:
            agent = place.start(config)
        finally:
            del os.environ["LD_PRELOAD"], os.environ["SSL_CERT_FILE"]
        try:
            yield watched(yard, intake, agent)
        finally:
            agent.kill()
            agent.communicate()


def by_name(samples: list[dict[str, object]]) -> dict[str, list[dict[str, object]]]:
    """By check, without those of which the agent says that it was given no processor itself."""
    found: dict[str, list[dict[str, object]]] = {}
    for sample in samples:
        if not str(sample["detail"]).startswith("the agent itself stood still"):
            found.setdefault(str(sample["check"]), []).append(sample)
    return found


def enough(name: str) -> int:
    return 12 if name.startswith("healthy") else 4


def watched(yard: Yard, intake: Intake, agent: "subprocess.Popen[str]") -> Seen:
    def since(moment: float) -> dict[str, list[dict[str, object]]]:
        return by_name([one for one in list(intake.samples.values()) if float(str(one["started"])) >= moment])

    def all_seen(moment: float) -> bool:
        found = since(moment)
        return len(found) == len(FAULTS) + 6 and all(len(some) >= enough(name) for name, some in found.items())

    until(lambda: len(since(0)) == len(FAULTS) + 6)
    pause(1.0)  # a second round, so that what is made only once has been made
    before = memory_mib(agent.pid, "VmRSS")
    yard.armed.set()
    armed = time.time()
    until(lambda: all_seen(armed))
    return Seen(since(armed), memory_mib(agent.pid, "VmHWM") - before)


NAMED = [(fault.name.replace(".", "-"), fault.reason, fault.stage) for fault in FAULTS] + [
    ("black-hole", Reason.TIMEOUT, "connect"),
    ("nobody", Reason.REFUSED, "connect"),
    ("look-up-hangs", Reason.DNS, "dns"),
    ("tls-expired", Reason.TLS, "tls"),
]


@pytest.mark.parametrize(("name", "reason", "stage"), NAMED, ids=[name for name, _, _ in NAMED])
def test_it_has_its_reason_and_stage_inside_the_deadline(seen: Seen, name: str, reason: Reason, stage: str) -> None:
    samples = seen.samples[name]
    assert {(one["reason"], one["stage"]) for one in samples} == {(reason.value, stage)}, samples[0]["detail"]
    assert all(one["outcome"] == "failed" and one["detail"] for one in samples)
    totals = [one["phases"]["total"] for one in samples]  # type: ignore[index]
    assert statistics.median(totals) <= DEADLINE_S + GRACE_S


def test_no_deadline_is_passed_by_more_than_a_moment(seen: Seen) -> None:
    totals = [one["phases"]["total"] for name, _, _ in NAMED for one in seen.samples[name]]  # type: ignore[index]
    late = [total for total in totals if total > DEADLINE_S + GRACE_S]
    assert len(late) <= len(totals) // 20, late  # a busy machine may stop the whole process for a moment
    assert max(totals) < DEADLINE_S * 2


@pytest.mark.parametrize("name", ["healthy-1", "healthy-2"])
def test_a_healthy_registry_is_measured_as_if_nothing_were(seen: Seen, name: str) -> None:
    samples = seen.samples[name]
    assert {one["outcome"] for one in samples} == {"ok"}
    totals = [one["phases"]["total"] for one in samples]  # type: ignore[index]
    late = [one["lateness"] for one in samples]
    assert statistics.median(totals) < 0.1
    assert statistics.median(late) < 0.1  # type: ignore[type-var]
    assert sorted(late)[-2] < DEADLINE_S  # type: ignore[type-var,operator]


def test_the_agent_does_not_grow(seen: Seen) -> None:
    assert seen.grown_mib < 20


def test_what_is_told_of_a_redirect_is_its_origin_alone(seen: Seen) -> None:
    details = {str(one["detail"]) for one in seen.samples["redirects-to-metadata"]}
    assert details == {"redirected to http://169.254.169.254, which the check does not name"}


def test_a_bomb_is_read_packed(seen: Seen) -> None:
    [words] = {str(one["detail"]) for one in seen.samples["gzip-bomb"]}
    assert words.endswith("packed with gzip though nobody asked for it")
