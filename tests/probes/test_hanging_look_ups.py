"""A resolver that hangs for one name: the others, and neutral hosts above all, must not notice.

The system's resolver cannot be told to hang, so a small library is put in front of it; where there is no compiler these
tests are skipped.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

COMPILER = shutil.which("cc") or ""
pytestmark = [
    pytest.mark.process,
    pytest.mark.timed,
    pytest.mark.skipif(
        not COMPILER and os.environ.get("CI") != "true", reason="there is no C compiler: apt-get install gcc"
    ),
]

HANGING = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>
typedef int look_up(const char *, const char *, const struct addrinfo *, struct addrinfo **);
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    if (name && strstr(name, "hangs.example")) { sleep(20); return EAI_AGAIN; }
    look_up *usual = (look_up *)dlsym(RTLD_NEXT, "getaddrinfo");
    return usual(name && strstr(name, "neutral.example") ? "127.0.0.1" : name, service, hints, found);
}
"""
SCRIPT = """
import os
import sys
sys.path.insert(0, ".")
from probes.clock import WallClock
from probes.exchange import Request
from probes.carriers.transfers import TransferLoop
from tests.probes.conftest import run_all
from tests.probes.servers import http_server

now = WallClock().monotonic()
loop = TransferLoop(WallClock(), "test")
with http_server(lambda _: (200, b"")) as server:
    neutral = f"http://neutral.example:{server.port}/"
    requests = [Request(url="http://registry.hangs.example/", deadline=now + 1) for _ in range(40)]
    requests += [Request(url=neutral, deadline=now + 3, not_before=now + 0.3, neutral=True) for _ in range(5)]
    requests += [Request(url="http://registry.hangs.example/", deadline=now + 9, not_before=now + 1.5)]
    for result in run_all(loop, requests):
        print(result.reason.value, result.status, result.detail, sep="|")
sys.stdout.flush()
os._exit(0)  # the threads that hang are not waited for
"""


def test_neutral_hosts_are_found_and_a_name_that_hangs_is_left_alone(tmp_path: Path) -> None:
    source, library = tmp_path / "hanging.c", tmp_path / "hanging.so"
    source.write_text(HANGING)
    subprocess.run([COMPILER, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True, capture_output=True)
    environment = {**os.environ, "LD_PRELOAD": str(library)}
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    lines = ended.stdout.splitlines()
    assert ended.returncode == 0, ended.stderr
    assert lines.count("none|200|") == 5
    assert lines.count("dns|None|the name could not be resolved within 1.0 s") == 40
    assert lines[-1] == "dns|None|look-ups of this name hang"
