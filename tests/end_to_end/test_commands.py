"""Commands that keep running: what they print, that they refuse a second of their kind, and that nothing is left behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.end_to_end.machine import a_machine, eventually
from tests.places import EXAMPLE


def processes_of(group: int) -> list[str]:
    """Command lines of the processes in a group that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if os.getpgid(int(entry.name)) == group and "State:\tZ" not in (entry / "status").read_text():
                found.append((entry / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue  # it has just ended
    return found


@pytest.mark.process
def test_the_demo_rehearses_finds_other_ports_and_leaves_nothing_behind(tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    with log.open("wb") as out, socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8600))
            taken.listen()
        except OSError:
            pass  # somebody else has it: just as well
        demo = subprocess.Popen(
            [sys.executable, "-m", "dashboard.cli", "demo", "--config", str(EXAMPLE)],
            stdout=out, stderr=subprocess.STDOUT, start_new_session=True, env=os.environ | {"TMPDIR": str(tmp_path)},
        )  # fmt: skip
        try:
            found = eventually(lambda: re.search(r"16 January 2021: (http://127\.0\.0\.1:\d+)", log.read_text()))
            assert found is not None
            address = found[1]
            assert not address.endswith(":8600")
            mails = re.search(r"machine: (http://127\.0\.0\.1:\d+)", log.read_text())
            with urllib.request.urlopen(f"{address}/readyz", timeout=30) as ready:
                assert ready.status == 200
            with urllib.request.urlopen(f"{mails[1] if mails else ''}/mails.json", timeout=30) as page:
                assert b"[Rehearsal]" in page.read()
        finally:
            os.killpg(demo.pid, signal.SIGINT)
            status = demo.wait(90)
    assert status == 0, log.read_text()
    assert processes_of(demo.pid) == []
    assert list(tmp_path.glob("tikawatch-demo-*")) == []
    assert log.read_text().endswith("Tikawatch has stopped; nothing is left running.\n")
    assert "Traceback" not in log.read_text()


@pytest.mark.process
def test_run_starts_both_roles_makes_its_own_token_and_starts_a_dead_one_again(tmp_path: Path) -> None:
    with a_machine(tmp_path) as machine:
        (tmp_path / "agent-token").unlink()
        machine.start("run")
        eventually(machine.ready)
        eventually(lambda: set(machine.states().values()), lambda states: states == {"ok"})
        assert (tmp_path / "agent-token").stat().st_mode & 0o777 == 0o600
        second = subprocess.run(
            [sys.executable, "-m", "dashboard.cli", "serve", "--config", str(machine.config)],
            capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        assert (second.returncode, second.stderr.startswith("tikawatch serve: another Tikawatch (process ")) == (
            1,
            True,
        )

        holder = int((tmp_path / "tikawatch.db.lock").read_text())
        os.kill(holder, signal.SIGKILL)
        eventually((tmp_path / "tikawatch.db.lock").read_text, lambda text: bool(text) and int(text) != holder)
        eventually(machine.ready)
        assert machine.stop() == {"run": 0}
        assert "serve ended with status -9; starting it again" in machine.log("run")


@pytest.mark.process
def test_a_taken_port_is_said_plainly(tmp_path: Path) -> None:
    with a_machine(tmp_path) as machine, socket.socket() as taken:
        taken.bind(("127.0.0.1", machine.port))
        taken.listen()
        machine.start("serve")
        assert machine.ended("serve") == 1
        assert "Address already in use" in machine.log("serve")
        assert "Traceback" not in machine.log("serve")


@pytest.mark.process
def test_children_do_not_outlive_a_parent_that_was_killed(tmp_path: Path) -> None:
    with a_machine(tmp_path) as machine:
        machine.start("run")
        eventually(machine.ready)
        holder = int((tmp_path / "tikawatch.db.lock").read_text())
        machine.kill("run")
        deadline = time.monotonic() + 60
        while Path(f"/proc/{holder}").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not Path(f"/proc/{holder}").exists()
