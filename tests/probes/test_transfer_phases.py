"""What a transfer measures: its phases, as far as they were reached, and its bytes."""

import contextlib
import socket

import pytest

from probes.sample import Reason

from .conftest import Fetch
from .servers import free_port, raw_server, read_request
from .test_transfers import OK, answers, hang


@pytest.mark.process
@pytest.mark.timed
def test_a_slow_first_byte_shows_in_its_own_phase(fetch: Fetch) -> None:
    with raw_server(answers(OK, pause=0.2)) as port:
        result = fetch(f"http://127.0.0.1:{port}/", method="POST", body=b"x" * 4096)
    assert result.phases.first_byte is not None
    assert result.phases.first_byte >= 0.19
    assert result.phases.transfer is not None
    assert result.phases.transfer < 0.19


@pytest.mark.process
def test_a_slow_body_shows_in_the_transfer_phase(fetch: Fetch) -> None:
    with raw_server(answers(OK[:-3], OK[-3:], pause=0.2)) as port:
        result = fetch(f"http://127.0.0.1:{port}/")
    assert result.phases.transfer is not None
    assert result.phases.transfer >= 0.19


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_refused_connection_has_no_first_byte_and_no_transfer(fetch: Fetch, scheme: str) -> None:
    phases = fetch(f"{scheme}://127.0.0.1:{free_port()}/").phases
    assert (phases.connect, phases.tls, phases.first_byte, phases.transfer) == (None, None, None, None)


@pytest.mark.process
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_connection_that_is_never_made_has_no_first_byte(fetch: Fetch, scheme: str) -> None:
    with socket.socket() as full, contextlib.ExitStack() as held:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        result = fetch(f"{scheme}://127.0.0.1:{full.getsockname()[1]}/", within=0.3)
    assert result.detail.endswith("connecting")
    assert (result.phases.first_byte, result.phases.transfer) == (None, None)


@pytest.mark.parametrize("size", [0, 256, 4096, 200_000])
def test_the_bytes_up_are_those_the_server_read(fetch: Fetch, size: int) -> None:
    read: list[bytes] = []

    def handle(connection: socket.socket) -> None:
        read.append(read_request(connection))
        connection.sendall(OK)

    with raw_server(handle) as port:
        result = fetch(f"http://127.0.0.1:{port}/", method="POST", body=b"x" * size)
    assert result.bytes_up == len(read[0])


@pytest.mark.process
@pytest.mark.timed
def test_tls_to_a_port_that_never_answers_ends_at_the_deadline(fetch: Fetch) -> None:
    with raw_server(hang) as port:
        result = fetch(f"https://127.0.0.1:{port}/", within=0.3)
    assert result.reason is Reason.TIMEOUT
    assert result.detail.endswith("making the connection secure")
    assert (result.phases.tls, result.phases.first_byte, result.phases.transfer) == (None, None, None)
