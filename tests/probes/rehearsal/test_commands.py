"""The two commands as real processes: one line of JSON, service, a clean end."""

import json
import signal
import smtplib
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.process


@contextmanager
def running(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_stand_in_starts_hangs_and_ends_cleanly(number: signal.Signals) -> None:
    arguments = ("--port", "0", "--anchor-port", "0", "--scale", "0.02", "--scenario", "quiet")
    with running("probes.rehearsal.registry", *arguments) as (process, ports):
        assert set(ports) == {"registry", "anchor"}
        for url in (f"{ports['registry']}/api/491/ping", f"{ports['anchor']}/anchor/491"):
            with urllib.request.urlopen(f"http://127.0.0.1:{url}", timeout=30) as answer:
                assert json.load(answer) == {"status": "UP"}
        with urllib.request.urlopen(f"http://127.0.0.1:{ports['registry']}/control/scenario", timeout=30) as answer:
            assert json.load(answer)["name"] == "quiet"
        body = b'[{"kind": "hang"}]'
        faults = f"http://127.0.0.1:{ports['registry']}/control/faults"
        urllib.request.urlopen(urllib.request.Request(faults, body, method="PUT"), timeout=30).close()
        with socket.create_connection(("127.0.0.1", ports["registry"]), timeout=30) as client:
            client.sendall(b"GET /api/491/ping HTTP/1.1\r\n\r\n")
            process.send_signal(number)
            assert process.wait(timeout=30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_the_mail_catcher_starts_catches_and_ends_cleanly(tmp_path: Path) -> None:
    arguments = ("--smtp-port", "0", "--page-port", "0", "--folder", str(tmp_path / "mails"))
    with running("probes.rehearsal.mail_catcher", *arguments) as (process, ports):
        assert set(ports) == {"smtp", "page"}
        with smtplib.SMTP("127.0.0.1", ports["smtp"], timeout=30) as relay:
            relay.sendmail("a@example.org", ["b@example.org"], "Subject: hello\r\n\r\nworld\r\n")
        with urllib.request.urlopen(f"http://127.0.0.1:{ports['page']}/mails.json", timeout=30) as answer:
            assert json.load(answer)[0]["subject"] == "hello"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", "0.0.0.0"), '"0.0.0.0" is not this machine: a rehearsal listens on loopback only. Use 127.0.0.1\n'),
        (("--port", "99999"), "cannot listen on port 99999: "),
        (("--scenario", "war"), "invalid choice: 'war'"),
    ],
)
def test_a_wrong_argument_is_said_in_one_line_without_a_traceback(arguments: tuple[str, ...], said: str) -> None:
    command = [sys.executable, "-m", "probes.rehearsal.registry", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
