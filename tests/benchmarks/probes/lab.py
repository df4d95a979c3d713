"""The loopback lab: a delay target, nginx as its TLS front, a receiver. All on the last core and on free ports.

May be changed: what stands in the lab. Whatever it starts, it ends by its own process id, also after a failure.
"""

import json
import os
import random
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from errno import ECONNREFUSED
from pathlib import Path

HERE = Path(__file__).parent
ALL_CORES = sorted(os.sched_getaffinity(0))
MEASURED_CORE, LAB_CORE = ALL_CORES[0], ALL_CORES[-1]
READY_S = 10.0
FILES = 65_536

_NGINX = """
worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log crit; daemon off; worker_rlimit_nofile {files};
events {{ worker_connections 30000; multi_accept on; }}
http {{
  access_log off; ssl_protocols {tls}; ssl_session_cache off; ssl_session_tickets off; keepalive_requests 1000000;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream target {{ server 127.0.0.1:{target}; keepalive 64; }}
  server {{
    listen 127.0.0.1:{https} ssl backlog=65535; ssl_certificate {folder}/site.pem; ssl_certificate_key {folder}/site.key;
    location / {{ proxy_pass http://target; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }}
  }}
}}
"""


class Missing(Exception):
    """A program of the lab is not installed; `str()` says which and how to get it."""


def program(name: str, package: str) -> str:
    """Where a program stands.

    Raises:
        Missing: it is not installed.
    """
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if found is None:
        raise Missing(f"{name} is not installed: apt-get install --no-install-recommends {package}")
    return found


def free_port() -> int:
    """Below the ports that the system gives to connections: those could take it before its server does."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == ECONNREFUSED:
                return port


@contextmanager
def child(
    words: Sequence[str], cores: Sequence[int], log: Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process pinned to cores, ended on leaving by its own id."""
    pinned = ["taskset", "-c", ",".join(map(str, cores)), *words]
    with log.open("ab") as out:
        process = subprocess.Popen(
            pinned, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**os.environ, **(env or {})}, cwd=cwd
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(READY_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until something listens on the port.

    Raises:
        RuntimeError: the process ended, or nothing listened in time.
    """
    until = time.monotonic() + READY_S
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} does not listen on {port}: {log.read_text()[-1000:]}")


@dataclass(frozen=True)
class Lab:
    """Where things stand. `ca_file` signed the certificate of `https`."""

    folder: Path
    target_port: int
    https_port: int
    receiver_port: int

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def received(self) -> Path:
        return self.folder / "received.jsonl"

    def url(self, scheme: str, delay_ms: int, host: str = "127.0.0.1") -> str:
        """An address that answers `delay_ms` after it was asked."""
        port = self.https_port if scheme == "https" else self.target_port
        return f"{scheme}://{host}:{port}/first/{delay_ms}"

    def stats(self, reset: bool = False) -> dict[str, int]:
        """What the target counted: requests, connections, and how late it was itself in microseconds."""
        path = "/stats/reset" if reset else "/stats"
        with urllib.request.urlopen(f"http://127.0.0.1:{self.target_port}{path}", timeout=10) as answer:
            found: dict[str, int] = json.load(answer)
        return found


@contextmanager
def lab(tls: str = "1.3") -> Iterator[Lab]:
    """A running lab, whose TLS is 1.2 or up to 1.3, in a folder of its own, which is gone afterwards.

    The caller itself moves to the lab's core, out of the way.

    Raises:
        Missing: a program is not installed.
    """
    os.sched_setaffinity(0, {LAB_CORE})
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))
    with tempfile.TemporaryDirectory(prefix="probe-bench-") as name:
        folder = Path(name)
        made = Lab(folder, free_port(), free_port(), free_port())
        _make_certificates(folder)
        binary = folder / "target"
        subprocess.run([program("cc", "gcc"), "-O2", "-o", binary, HERE / "target.c"], check=True)
        versions = "TLSv1.2" if tls == "1.2" else "TLSv1.2 TLSv1.3"
        ports = {"target": made.target_port, "https": made.https_port}
        text = _NGINX.format(folder=folder, files=min(FILES, hard), tls=versions, **ports)
        (folder / "nginx.conf").write_text(text)
        nginx = [program("nginx", "nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
        receiver = ["nice", sys.executable, str(HERE / "receiver.py"), str(made.receiver_port), str(made.received)]
        log = folder / "lab.log"
        with (
            child([str(binary), str(made.target_port)], [LAB_CORE], log) as target,
            child(nginx, [LAB_CORE], log) as front,
            child(receiver, [LAB_CORE], log) as room,
        ):
            wait_for(made.target_port, target, log)
            wait_for(made.https_port, front, log)
            wait_for(made.receiver_port, room, log)
            yield made


def _make_certificates(folder: Path) -> None:
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    signs = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    site = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE"]
    openssl = program("openssl", "openssl")

    def run(*words: str) -> None:
        subprocess.run([openssl, *words], check=True, cwd=folder, capture_output=True)

    run("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=Bench CA", *signs)
    run("req", *key, "-keyout", "site.key", "-out", "site.csr", "-subj", "/CN=localhost", *site)
    sign = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-copy_extensions", "copyall", "-days", "30"]
    run("x509", "-req", "-in", "site.csr", *sign, "-out", "site.pem")
