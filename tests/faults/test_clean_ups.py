"""Records that an agent could not take away at once: it is killed, the registry is slow. In the end none is left.

May be changed: misfortunes, by adding.
"""

import logging
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from probes.clock import WallClock
from tests.faults.hosts import start
from tests.probes.agents import Place, running, until
from tests.probes.recipes.conftest import case_of
from tests.probes.recipes.plain import Plain
from tests.probes.recipes.shelf import Answer, answer
from tests.probes.servers import Call, HttpServer, http_server

pytestmark = pytest.mark.process

WRITTEN_S = 0.5
LATER = WallClock(600)  # so that what is put off is due


def on_disk(place: Place) -> bytes:
    return b"".join(file.read_bytes() for file in place.spool.parent.glob("spool.db*"))


def test_what_a_killed_agent_had_sent_is_taken_away_by_the_next_though_its_token_has_expired(
    place: Place, room: HttpServer, tmp_path: Path
) -> None:
    case = case_of("divoc")
    fake, shelf = case.fake, case.fake.shelf
    shelf.after_s = 3600  # accepted, and never seen
    with http_server(fake) as registry:
        fields = case.fields(
            registry.url, tmp_path, interval_s=0.5, deadline_s=60, read_back={"every_s": 0.1}, authorise={"keep_s": 240}
        )
        config = place.config(f"{room.url}/api/v1/samples", [fields])
        agent = start(place, config)
        until(lambda: len(shelf.records) == 3)
        sent = set(shelf.records)
        until(lambda: all(record.encode() in on_disk(place) for record in sent))
        agent.kill()
        agent.wait()
        written = on_disk(place)
        expired = {token.encode() for token in fake.tokens}  # type: ignore[attr-defined]
        fake.tokens.clear()  # type: ignore[attr-defined]
        assert {url.rpartition("/")[2].partition("?")[0] for _, url in place.left()} == sent
        assert shelf.taken_away == []
        with running(config, LATER):
            until(lambda: not sent & set(shelf.records))
            time.sleep(2 * WRITTEN_S)
        assert sent <= set(shelf.taken_away)
    assert not sent & {url.rpartition("/")[2] for _, url in place.left()}
    assert not [secret for secret in (b"s3cret", *expired) if secret in written]


@dataclass
class Queue(Plain):
    """A registry that knows nothing of a record until its queue has come to it."""

    def answer(self, call: Call, path: str, query: dict[str, str]) -> Answer:
        if call.method == "DELETE" and self.shelf.get(path.rpartition("/")[2]) is None:
            return answer(404)
        return super().answer(call, path, query)


@pytest.mark.timed
def test_a_record_that_appears_after_the_deadline_is_taken_away_by_a_later_try(
    place: Place, room: HttpServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    case = case_of("generic")
    case.fake = Queue()
    shelf = case.fake.shelf
    shelf.after_s = 1.5
    with http_server(case.fake) as registry:
        fields = case.fields(registry.url, tmp_path, interval_s=0.5, deadline_s=0.4, read_back={"every_s": 0.1})
        config = place.config(f"{room.url}/api/v1/samples", [fields])
        with running(config):
            until(lambda: len(shelf.records) >= 6)
        assert {url.rpartition("/")[2] for _, url in place.left()} == set(shelf.records)  # each was answered with 404
        late = set(shelf.records)
        shelf.after_s = 0.0
        time.sleep(1.5)
        with running(config, LATER):
            until(lambda: not late & set(shelf.records))
            time.sleep(2 * WRITTEN_S)
        assert shelf.records == {}
    assert place.left() == []
    assert "could not be taken away" not in caplog.text
