"""Echo requests to this machine, which answers them by itself; where the system does not allow them, the word that says so."""

import os
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from probes.carriers.echoes import checksum, echo_allowed
from probes.exchange import Echo
from probes.sample import Reason

from .line_servers import Lines

REFUSED = echo_allowed()
pings = pytest.mark.skipif(bool(REFUSED) and os.environ.get("CI") != "true", reason=REFUSED)


@pytest.fixture
def lines() -> Iterator[Lines]:
    made = Lines()
    yield made
    made.close()


@pings
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("size", [0, 56, 1400])
def test_this_machine_answers(lines: Lines, host: str, size: int) -> None:
    result = lines.of(Echo(host=host, deadline=lines.within(60), size=size))
    assert (result.reason, result.bytes_up, result.bytes_down) == (Reason.NONE, size + 8, size + 8)
    assert result.phases.first_byte == result.phases.total
    assert 0 < result.phases.total < 1


@pings
def test_each_gets_its_own_reply_though_all_see_all(lines: Lines) -> None:
    results = lines.all([Echo(host="127.0.0.1", deadline=lines.within(60)) for _ in range(100)])
    assert [result.reason for result in results] == [Reason.NONE] * 100


@pings
@pytest.mark.process
@pytest.mark.timed
def test_a_busy_loop_does_not_make_the_line_look_slow(lines: Lines) -> None:
    lines.of(
        Echo(host="127.0.0.1", deadline=lines.within(60)), busy_s=0.02
    )  # the kernel is slow to begin with its stamps
    result = lines.of(Echo(host="127.0.0.1", deadline=lines.within(60)), busy_s=0.05)
    assert lines.told[1] - result.began >= 0.04
    assert result.phases.total < 0.005


def test_the_checksum_of_a_packet_with_its_checksum_is_nought() -> None:
    for packet in (b"\x08\x00\x00\x00\x12\x34\x00\x01", b"\x08\x00\x00\x00\x12\x34\x00\x01odd"):
        whole = packet[:2] + struct.pack(">H", checksum(packet)) + packet[4:]
        assert checksum(whole) == 0


def test_where_echoes_are_allowed_there_is_nothing_to_say() -> None:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()
    except PermissionError:
        pytest.skip("this user has no raw sockets")
    assert echo_allowed() == ""


WORD = """
import os, sys
from pathlib import Path
from probes.carriers.echoes import echo_allowed
os.setgid(65534), os.setuid(65534)
print(echo_allowed(Path(sys.argv[1])))
"""


@pytest.mark.process
@pytest.mark.skipif(os.geteuid() != 0 and os.environ.get("CI") != "true", reason="only root can become nobody")
@pytest.mark.parametrize(("written", "told"), [("1\t0\n", "1 0"), (None, "unknown")])
def test_a_user_without_the_right_gets_the_cure(written: str | None, told: str) -> None:
    with tempfile.TemporaryDirectory() as folder:  # not tmp_path: nobody may look into it
        os.chmod(folder, 0o755)
        groups = Path(folder) / "groups"
        if written:
            groups.write_text(written)
        ended = subprocess.run([sys.executable, "-c", WORD, groups], capture_output=True, text=True, check=False)
    if ended.returncode == 0 and not ended.stdout.strip():
        pytest.skip("this system lets everybody ping")
    assert ended.stdout.strip() == (
        f"ping sockets are not allowed for group 65534 (net.ipv4.ping_group_range is '{told}'); "
        "set net.ipv4.ping_group_range, or give the agent CAP_NET_RAW"
    ), ended.stderr
