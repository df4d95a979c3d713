"""A stand-in on free ports, fifty times faster than life, and a client to ask it."""

import http.client
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from probes.rehearsal.registry import StandIn

Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    server = StandIn(scale=0.02, random=Random(1))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def ask(stand_in: StandIn) -> Ask:
    """ask(method, path, body) -> (status, parsed JSON); `port` asks another listener than the registry."""

    def one(method: str, path: str, body: Any = None, port: int = 0) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", port or stand_in.ports.registry, timeout=30)
        try:
            connection.request(method, path, body if isinstance(body, str | bytes | None) else json.dumps(body))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(content) if content else None

    return one
