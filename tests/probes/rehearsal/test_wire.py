"""What the stand-in's HTTP does with requests that are not as they should be."""

import socket

import pytest

from probes.rehearsal.registry import StandIn

POST = b"POST /api/491/records HTTP/1.1\r\nHost: x\r\n"


def exchange(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(request)
        answer = b""
        while part := client.recv(65_536):
            answer += part
    return answer


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"hello\r\n\r\n", 400),
        (b"GET nowhere HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon here\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 20_000 + b"\r\n\r\n", 431),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", 411),
        (POST + b"Content-Length: many\r\n\r\n", 400),
        (POST + b"Content-Length: -5\r\n\r\n", 400),
        (POST + b"Content-Length: 99999999999999\r\n\r\n", 413),
        (POST + b"Content-Length: 20000000\r\n\r\n", 413),
    ],
)
def test_a_broken_request_gets_its_4xx_and_the_connection_closes(
    stand_in: StandIn, request_: bytes, status: int
) -> None:
    answer = exchange(stand_in.ports.registry, request_)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b'"error"' in answer


def test_a_client_that_waits_for_100_continue_gets_it(stand_in: StandIn) -> None:
    body = b'{"id": "a", "synthetic": true}'
    with socket.create_connection(("127.0.0.1", stand_in.ports.registry), timeout=30) as client:
        client.sendall(POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(body)
        assert client.recv(17) == b"HTTP/1.1 202 Acce"


def test_an_old_client_gets_its_answer_and_the_end(stand_in: StandIn) -> None:
    answer = exchange(stand_in.ports.registry, b"GET /api/491/ping?x=1 HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"Connection: close" in answer


def test_a_client_that_leaves_in_the_middle_does_no_harm(stand_in: StandIn) -> None:
    with socket.create_connection(("127.0.0.1", stand_in.ports.registry), timeout=30) as client:
        client.sendall(POST + b"Content-Length: 100\r\n\r\nhalf")
    answer = exchange(stand_in.ports.registry, b"GET /api/491/ping HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK")
