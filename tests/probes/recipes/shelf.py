"""What the fake registries of these tests have in common: where records lie, and how answers are made. Real HTTP on loopback."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..servers import Call

Answer = tuple[int, bytes, dict[str, str]]


def answer(status: int, document: object = None, kind: str = "application/json", **headers: str) -> Answer:
    content = document if isinstance(document, bytes) else b"" if document is None else json.dumps(document).encode()
    return status, content, {"Content-Type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}


@dataclass
class Shelf:
    """Records by their key. `loses`: accepted and never kept; `after_s`: how long each takes to be seen."""

    loses: bool = False
    after_s: float = 0.0
    records: dict[str, tuple[float, Any]] = field(default_factory=dict)
    stored: int = 0
    taken_away: list[str] = field(default_factory=list)

    def put(self, key: str, document: object) -> None:
        if not self.loses:
            self.records[key] = (time.monotonic() + self.after_s, document)
            self.stored += 1

    def get(self, key: str) -> Any:
        at, document = self.records.get(key, (0.0, None))
        return document if time.monotonic() >= at else None

    def take(self, key: str) -> bool:
        self.taken_away.append(key)
        return self.records.pop(key, None) is not None


@dataclass
class Fake:
    """A registry; a subclass answers. `silent`: the submit is carried out, and its answer never comes."""

    shelf: Shelf = field(default_factory=Shelf)
    silent: bool = False
    asked: list[str] = field(default_factory=list)  # method and path, in order

    def __call__(self, call: Call) -> Answer:
        parts = urlsplit(call.path)
        self.asked.append(f"{call.method} {parts.path}")
        assert call.headers["x-tikawatch-probe"] == "TIKAWATCH-PROBE"
        return self.answer(call, parts.path, {key: values[-1] for key, values in parse_qs(parts.query).items()})

    def answer(self, call: Call, path: str, query: dict[str, str]) -> Answer:
        raise NotImplementedError

    def accepted(self, result: Answer) -> Answer:
        """The answer to a submit."""
        if self.silent:
            raise ConnectionAbortedError
        return result


def lacks(document: object, paths: Iterable[str]) -> list[str]:
    """Which of `a.b.c` are missing or empty in a document."""
    missing = []
    for path in paths:
        found = document
        for part in path.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if found in (None, "", [], {}):
            missing.append(path)
    return missing


def read(call: Call) -> Any:
    """A JSON body; None when it is not JSON."""
    try:
        return json.loads(call.body)
    except ValueError:
        return None
