"""blackbox_exporter beside the agent: started on the same core, asked for probes as Prometheus asks it.

May be changed: how it is driven. Its connections to the asker are kept open, one each probe under way, as a scraper's are.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

from tests.benchmarks.probes.agent import FAILED_SHARE
from tests.benchmarks.probes.lab import ALL_CORES, MEASURED_CORE, Lab, child, free_port, program, wait_for
from tests.benchmarks.probes.meter import cpu_s, memory_mb

_CONFIG = """
modules:
  http_2xx: {prober: http, timeout: 30s, http: {preferred_ip_protocol: ip4, enable_http2: false}}
"""
_LONGEST_S = 30.0


@dataclass
class Driven:
    """What a stretch of probes cost and told: seconds, MiB at the end, and each probe's own durations in seconds."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    memory_mb: float = 0.0
    failed: int = 0
    totals: list[float] = field(default_factory=list, repr=False)
    first_bytes: list[float] = field(default_factory=list, repr=False)

    @property
    def cost_us(self) -> float:
        return self.cpu_s / max(len(self.totals), 1) * 1e6

    def must_be_good(self) -> None:
        """As of the agent.

        Raises:
            RuntimeError: more than one in a hundred failed, or nothing came.
        """
        if not self.totals or self.failed > len(self.totals) * FAILED_SHARE:
            raise RuntimeError(f"{self.failed} of {len(self.totals)} probes of the exporter failed")

    def take(self, page: bytes) -> None:
        self.totals.append(_value(page, b"probe_duration_seconds "))
        self.first_bytes.append(_value(page, b'probe_http_duration_seconds{phase="processing"} '))
        self.failed += b"\nprobe_success 1" not in page


class Exporter:
    """A running exporter."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self._port = port

    def drive(self, url: str, seconds: float, rate: float | None, asking: int, warm_s: float = 2.0) -> Driven:
        """Probe `url` for so long: evenly at `rate` a second, or as fast as `asking` connections go."""
        return asyncio.run(self._drive(url, seconds, rate, asking, warm_s))

    async def _drive(self, url: str, seconds: float, rate: float | None, asking: int, warm_s: float) -> Driven:
        found = Driven()
        begin = time.perf_counter()
        pace = _Pace(begin, begin + warm_s, begin + warm_s + seconds, rate)
        request = f"GET /probe?module=http_2xx&target={quote(url, safe='')} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        tasks = [asyncio.create_task(self._ask(request, pace, found)) for _ in range(asking)]
        await asyncio.sleep(warm_s)
        began, spent = time.perf_counter(), cpu_s(self.pid)
        await asyncio.sleep(seconds)
        found.cpu_s, found.wall_s = cpu_s(self.pid) - spent, time.perf_counter() - began
        found.memory_mb = memory_mb(self.pid)
        await asyncio.wait_for(asyncio.gather(*tasks), _LONGEST_S)
        return found

    async def _ask(self, request: bytes, pace: "_Pace", found: Driven) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 20)
        while await pace.next():
            started = time.perf_counter()
            writer.write(request)
            page = await _page(reader)
            if pace.counts(started if pace.rate else time.perf_counter()):
                found.take(page)
        writer.close()


@dataclass
class _Pace:
    """Probes between `warm` and `end` count: by their start when they come at a rate, else by their end."""

    begin: float
    warm: float
    end: float
    rate: float | None
    number: int = 0

    async def next(self) -> bool:
        due = self.begin + self.number / self.rate if self.rate else time.perf_counter()
        self.number += 1
        if due >= self.end:
            return False
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        return True

    def counts(self, moment: float) -> bool:
        return self.warm <= moment < self.end


async def _page(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    at = head.find(b"content-length:")
    if at >= 0:
        return await reader.readexactly(int(head[at + 15 : head.find(b"\r", at)]))
    page = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        page += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return page


def _value(page: bytes, name: bytes) -> float:
    at = page.rfind(b"\n" + name) + len(name) + 1
    return float(page[at : page.find(b"\n", at)])


@contextmanager
def exporter(lab: Lab, fair: bool = True) -> Iterator[Exporter]:
    """`fair`: one thread of Go on the measured core, as the agent has it; else as it is installed, on all cores."""
    port, log, config = free_port(), lab.folder / "exporter.log", lab.folder / "exporter.yml"
    config.write_text(_CONFIG)
    words = [
        program("prometheus-blackbox-exporter", "prometheus-blackbox-exporter"),
        f"--config.file={config}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]
    env = {"SSL_CERT_FILE": str(lab.ca_file)} | ({"GOMAXPROCS": "1"} if fair else {})
    with child(words, [MEASURED_CORE] if fair else ALL_CORES, log, env) as process:
        wait_for(port, process, log)
        yield Exporter(process.pid, port)
