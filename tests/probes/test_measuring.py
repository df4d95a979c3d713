"""How checks are led, with the real loop and real servers: what one of them does must not cost another."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from probes.carriers.transfers import TransferLoop
from probes.checks import Steps, Target, http
from probes.clean_ups import CleanUps
from probes.clock import Clock, WallClock
from probes.exchange import Arrival, Result
from probes.inboxes.turn import Turn
from probes.measuring import Measuring
from probes.metrics import Metrics
from probes.recorder import Recorder
from probes.sample import CheckKind, Outcome, Phases, Reason, Sample
from probes.settings import Probes
from probes.spool import Spool

from .servers import Call, http_server

pytestmark = [pytest.mark.process, pytest.mark.timed]

Settings = dict[str, Any]


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "spool.db", 1000)
    yield opened
    opened.close()


class Agent:
    """The part of an agent that measures; `run` until something is true."""

    def __init__(self, spool: Spool, loop: TransferLoop, checks: list[Settings], **more: Any) -> None:
        every_s = more.pop("every_s", None)  # oftener than the settings of some kinds allow
        fields = {"agent": "a", "vantage": "here", "districts": [490, 491], **more.pop("probes", {})}
        usual = {"interval_s": 0.2, "deadline_s": 0.2}
        probes = Probes.model_validate({**fields, "checks": [usual | check for check in checks]})
        if every_s:
            hurried = tuple(check.model_copy(update={"interval_s": every_s}) for check in probes.checks)
            probes = probes.model_copy(update={"checks": hurried})
        self.metrics = CollectorRegistry()
        metrics, clock = Metrics(self.metrics), WallClock()
        self.spool, self.loop = spool, loop
        self.recorder = Recorder(spool, metrics)
        self.clean_ups = CleanUps(probes.checks, spool, clock, metrics)
        self.measuring = Measuring(
            probes, clock, loop,
            recorder=self.recorder, clean_ups=self.clean_ups, metrics=metrics, rng=random.Random(1), **more,
        )  # fmt: skip

    def run(self, until: Callable[[], bool]) -> list[Sample]:
        stop, latest = threading.Event(), time.monotonic() + 90

        def turn() -> float:
            self.recorder.flush()
            if until() or time.monotonic() > latest:
                stop.set()
            return min(self.measuring.turn(), time.monotonic() + 0.05)

        self.loop.run(stop, turn)
        assert time.monotonic() < latest, "did not happen in time"
        found = self.spool.oldest(1000)
        return [Sample.model_validate_json(body) for _, body in found.rows] if found else []

    def value(self, name: str, **labels: str) -> float:
        return self.metrics.get_sample_value(f"tikawatch_{name}", labels) or 0.0


def fragile(target: Target, clock: Clock, rng: random.Random) -> Steps:
    """As a GET, but it cannot read what district 490 is answered."""
    found = yield from http.measure(target, clock, rng)
    if target.district == 490:
        raise ValueError("an odd answer")
    return found


def get(url: str, **more: Any) -> Settings:
    return {"name": "ping", "kind": "http", "url": url, **more}


def test_a_check_that_cannot_read_its_answer_is_a_protocol_fault_and_the_others_go_on(
    spool: Spool, loop: TransferLoop
) -> None:
    with http_server(lambda _: (200, b"OK")) as server:
        agent = Agent(spool, loop, [get(server.url)], functions={CheckKind.HTTP: fragile})
        samples = agent.run(lambda: len(spool) >= 8)
    assert {(one.district, one.reason.value, one.detail) for one in samples} == {
        (490, "protocol", "the answer cannot be understood (an odd answer)"),
        (491, "none", ""),
    }


# -- budgets --------------------------------------------------------------------------------------------------------------


def test_each_host_has_a_budget_of_its_own(spool: Spool, loop: TransferLoop) -> None:
    """One host would be asked 20 times a second and is 5 times; the other is asked its 4 times a second all the while."""
    with http_server(lambda _: (200, b"OK")) as much, http_server(lambda _: (200, b"OK")) as little:
        checks = [
            get(much.url, name="much", interval_s=0.2, deadline_s=0.2),
            get(f"http://localhost:{little.port}", name="little", interval_s=1, deadline_s=1, ip_version=4),
        ]
        agent = Agent(spool, loop, checks, probes={"starts_per_second": 5, "districts": [490, 491, 492, 493]})
        agent.run(lambda: len(little.calls) >= 16)
    asked_much, lateness = len(much.calls), [
        one.lateness for one in agent.run(lambda: True) if one.check == "little"
    ]  # fmt: skip
    assert 10 <= asked_much <= 28  # in 3 to 5 s
    assert agent.value("schedule_skipped_total") > 10
    assert max(lateness) < 0.5


def test_a_start_that_waits_for_the_budget_is_late_and_not_failed(spool: Spool, loop: TransferLoop) -> None:
    """Eight a second are due and four may go: they wait longer than their deadline, up to half of the interval."""
    with http_server(lambda _: (200, b"OK")) as server:
        checks = [get(server.url, interval_s=4, deadline_s=0.8)]
        agent = Agent(spool, loop, checks, probes={"starts_per_second": 4, "districts": list(range(1, 33))})
        samples = agent.run(lambda: len(spool) >= 20)
    assert {one.outcome for one in samples} == {Outcome.OK}
    assert 1.0 < max(one.lateness for one in samples) < 2.5
    assert agent.value("schedule_skipped_total") > 0


def test_a_bundle_pays_for_all_its_samples_when_it_starts(spool: Spool, loop: TransferLoop) -> None:
    """Five samples of two districts, and a budget of five a second: none waits until its share of the deadline is over."""
    with http_server(lambda _: (200, b"OK")) as server:
        bundle = {"count": 5, "gap_s": 0.02, "most_lost": 0}
        checks = [get(server.url, interval_s=3, deadline_s=0.5, bundle=bundle)]
        agent = Agent(spool, loop, checks, probes={"starts_per_second": 5})
        samples = agent.run(lambda: len(spool) >= 4)
    assert {(one.outcome, one.detail) for one in samples} == {(Outcome.OK, "")}
    assert all(None not in one.bundle and len(one.bundle) == 5 for one in samples)


def test_what_its_own_budget_holds_up_is_not_told_of_the_registry(spool: Spool, loop: TransferLoop) -> None:
    """Three uploads a second of four requests each, and a budget of two a second: a healthy registry is neither bad nor slow."""

    def registry(call: Call) -> tuple[int, bytes]:
        return 200, b'{"token": "tok-4711"}' if call.path == "/token" else call.path.rpartition("/")[2].encode()

    with http_server(registry) as server:
        agent = Agent(
            spool, loop, [upload(server.url, deadline_s=1)], every_s=1,
            probes={"starts_per_second": 2, "districts": [490, 491, 492]},
        )  # fmt: skip
        samples = agent.run(lambda: len(spool) >= 6)
    told = Counter(one.reason for one in samples)
    assert told.keys() <= {Reason.NONE, Reason.AGENT_FAULT}
    assert told[Reason.AGENT_FAULT] >= 3, samples
    assert {one.phases.visible is None or one.phases.visible < 0.3 for one in samples} == {True}
    details = [one.detail for one in samples if one.reason is Reason.AGENT_FAULT]
    assert sum("own budget" in one or one == "no time was left to start" for one in details) >= 3, details


class Post:
    """An inbox that is always ready, and where every message arrives at once."""

    def __init__(self, loop: TransferLoop) -> None:
        self._loop = loop

    def start(self, _wish: object, done: Callable[[Result], None]) -> None:
        now = time.monotonic()
        self._loop.call_soon(lambda: done(Result(now, now, Reason.NONE, Phases(total=0.0), found=True)))

    def abandon(self) -> None:
        return

    def close(self) -> None:
        return


def message(url: str, folder: Path) -> tuple[Settings, Settings]:
    check = {"name": "code", "kind": "message", "url": url, "inbox": "phone", "find": "code for {district}"}
    check |= {"interval_s": 10, "deadline_s": 1}
    (folder / "inbox-secret").write_text("s3cret-s3cret-s3cret")
    inbox = {"name": "phone", "webhook": {"port": 8605, "secret_file": str(folder / "inbox-secret")}}
    return check, inbox


def test_a_message_pays_once_for_what_it_asks(spool: Spool, loop: TransferLoop, tmp_path: Path) -> None:
    with http_server(lambda _: (200, b"sent")) as server:
        check, inbox = message(server.url, tmp_path)
        post = Post(loop)
        agent = Agent(
            spool, loop, [check], every_s=1, probes={"starts_per_second": 2.5, "inboxes": [inbox]},
            carriers={Turn: post, Arrival: post},
        )  # fmt: skip
        began = time.monotonic()
        samples = agent.run(lambda: len(spool) >= 8)
    assert time.monotonic() - began < 6  # at twice the price it takes 6.4 s
    assert {one.outcome for one in samples} == {Outcome.OK}


# -- holds ----------------------------------------------------------------------------------------------------------------


def upload(url: str, **more: Any) -> Settings:
    return {
        "name": "upload", "kind": "upload", "interval_s": 0.4, "deadline_s": 0.4, "url": url + "/records",
        "authorise": {"url": url + "/token", "carry": {"token": "$.token"}},
        "read_back": {"url": url + "/records/{record}", "every_s": 0.05},
        "clean_up": {"url": url + "/records/{record}"}, **more,
    }  # fmt: skip


def test_a_log_in_that_works_does_not_end_the_rest_a_registry_asks_for(spool: Spool, loop: TransferLoop) -> None:
    def busy(call: Call) -> tuple[int, bytes, dict[str, str]]:
        if call.path == "/token":
            return 200, b'{"token": "tok-4711"}', {}
        return 429, b"", {"Retry-After": "60"}

    with http_server(busy) as server:
        agent = Agent(spool, loop, [upload(server.url)], probes={"districts": list(range(1, 9))})
        agent.run(lambda: agent.value("schedule_held_total", reason="429") >= 12)
        asked = Counter(call.path for call in server.calls)
    assert asked["/token"] <= 8  # what had started before the first answer


def test_a_message_that_can_be_asked_for_again_ends_it(spool: Spool, loop: TransferLoop, tmp_path: Path) -> None:
    """Its first wish is its turn at the inbox; what counts is the answer of the registry."""
    answers = [429]

    def recovers(_: Call) -> tuple[int, bytes]:
        return (answers.pop() if answers else 200), b""

    with http_server(recovers) as server:
        check, inbox = message(server.url, tmp_path)
        post = Post(loop)
        agent = Agent(
            spool, loop, [check], every_s=0.5, probes={"inboxes": [inbox]}, carriers={Turn: post, Arrival: post},
        )  # fmt: skip
        samples = agent.run(lambda: len(spool) >= 6)
    assert Counter(one.outcome for one in samples)[Outcome.OK] >= 5


def test_a_log_in_elsewhere_that_asks_for_rest_gets_it(spool: Spool, loop: TransferLoop) -> None:
    with http_server(lambda _: (429, b"", {"Retry-After": "60"})) as busy, http_server(lambda _: (200, b"")) as good:
        check = upload(good.url, authorise={"url": busy.url + "/token", "carry": {"token": "$.token"}})
        agent = Agent(spool, loop, [check], probes={"districts": list(range(1, 9))})
        agent.run(lambda: agent.value("schedule_held_total", reason="429") >= 12)
    assert len(busy.calls) <= 8  # what had started before the first answer


def test_a_host_that_differs_from_district_to_district_gets_its_rest(spool: Spool, loop: TransferLoop) -> None:
    with http_server(lambda _: (429, b"", {"Retry-After": "60"})) as server:
        url = "http://{site}:" + str(server.port)
        site = dict.fromkeys(range(1, 9), "127.0.0.1")
        consent = {"who": "the test bench", "when": "2021-01-10", "reference": "none"}
        agent = Agent(
            spool, loop, [upload(url, authorise=None, **{"with": {"site": site}})],
            probes={"districts": list(site), "consent": consent},
        )  # fmt: skip
        agent.run(lambda: agent.value("schedule_held_total", reason="429") >= 12)
    assert len(server.calls) <= 8


# -- clean-ups ------------------------------------------------------------------------------------------------------------


def test_what_an_upload_may_leave_is_on_disk_while_it_is_under_way_and_gone_when_it_is_over(
    spool: Spool, loop: TransferLoop
) -> None:
    left: list[int] = []

    def registry(call: Call) -> tuple[int, bytes]:
        if call.path == "/token":
            return 200, b'{"token": "tok-4711"}'
        if call.method == "GET":
            agent.clean_ups.store()
            left.append(spool.count_left())
            return 200, call.path.rpartition("/")[2].encode()
        return 200, b""

    with http_server(registry) as server:
        agent = Agent(spool, loop, [upload(server.url, deadline_s=5)], probes={"districts": [490]})
        samples = agent.run(lambda: len(spool) >= 2)
        agent.measuring.tidy_up()
        agent.clean_ups.store()
    assert (left[0], spool.count_left()) == (1, 0)
    assert samples[0].outcome is Outcome.OK
