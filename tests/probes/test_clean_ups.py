"""Synthetic records that could not be taken away at once."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from probes.checks import Target
from probes.clean_ups import AT_ONCE, FIRST_PAUSE_S, LONGEST_PAUSE_S, MOST_LOOKS, MOST_TRIES, CleanUps, is_gone
from probes.clock import SetClock
from probes.exchange import Done, Request, Result, Wish
from probes.kinds import check_of
from probes.metrics import Metrics
from probes.sample import Phases, Reason
from probes.spool import Left, Spool

RECORDS = "http://127.0.0.1:1/records"
PLAIN = check_of(
    {
        "name": "upload",
        "kind": "upload",
        "url": RECORDS,
        "headers": {"X-Facility": "test"},
        "read_back": {"url": RECORDS},
        "clean_up": {"url": RECORDS + "/{record}"},
    }
)
TARGET = Target(491, PLAIN)
MARK = "X-Tikawatch-Probe: TIKAWATCH-PROBE"


class Registry:
    """Answers every clean-up at once with `status`, and a log-in with `login`; None does not answer."""

    def __init__(self, status: int | None, login: int = 200, retry_after: float = 0.0) -> None:
        self.status, self.login, self.retry_after = status, login, retry_after
        self.asked: list[Request] = []

    def send(self, wish: Wish, done: Done) -> None:
        assert isinstance(wish, Request)
        self.asked.append(wish)
        status = self.status if wish.undoes else self.login
        reason = Reason.NONE if status else Reason.TIMEOUT
        body = b'{"token": "new"}'
        done(Result(0.0, 1.0, reason, Phases(total=1.0), status, body=body, retry_after=self.retry_after))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "spool.db"


@pytest.fixture
def spool(file: Path) -> Iterator[Spool]:
    opened = Spool(file, 1000)
    yield opened
    opened.close()


@pytest.fixture
def metrics() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def clean_ups(spool: Spool, clock: SetClock, metrics: CollectorRegistry) -> CleanUps:
    return CleanUps([PLAIN], spool, clock, Metrics(metrics))


def undo(number: int = 0, **more: object) -> Request:
    return Request(url=f"{RECORDS}/{number}", deadline=0.0, method="DELETE", undoes=True, **more)  # type: ignore[arg-type]


def fail(clean_ups: CleanUps, count: int = 1, target: Target = TARGET, **more: object) -> None:
    for number in range(count):
        clean_ups.failed(object(), target, undo(number, **more))


def again(clean_ups: CleanUps, clock: SetClock, registry: Registry) -> None:
    """Store what has failed, and try it once more when that is due."""
    clean_ups.store()
    clock.move(FIRST_PAUSE_S)
    clean_ups.step(registry.send)
    clean_ups.store()


def test_it_is_tried_again_after_a_while_with_the_headers_of_its_check(
    clean_ups: CleanUps, clock: SetClock, metrics: CollectorRegistry
) -> None:
    registry = Registry(204)
    fail(clean_ups)
    clean_ups.step(registry.send)
    assert (registry.asked, metrics.get_sample_value("tikawatch_cleanups_pending")) == ([], 1)
    clock.move(FIRST_PAUSE_S)
    clean_ups.step(registry.send)
    [request] = registry.asked
    assert (request.method, request.url) == ("DELETE", f"{RECORDS}/0")
    assert request.headers == ("X-Facility: test", MARK)
    assert request.deadline > clock.monotonic()
    clean_ups.step(registry.send)
    assert (len(registry.asked), metrics.get_sample_value("tikawatch_cleanups_pending")) == (1, 0)


def tried_until_the_end(clean_ups: CleanUps, clock: SetClock, spool: Spool, registry: Registry) -> list[float]:
    """The pauses between the tries."""
    moments: list[float] = [clock.at]
    clean_ups.store()
    while spool.count_left():
        clock.move(10)
        before = len(registry.asked)
        clean_ups.step(registry.send)
        moments += [clock.at] * (len(registry.asked) - before)
        clean_ups.store()
    return [later - earlier for earlier, later in pairwise(moments)]


@pytest.mark.parametrize("status", [429, None])
def test_it_is_tried_ever_more_slowly_and_given_up_in_the_end(
    clean_ups: CleanUps,
    clock: SetClock,
    spool: Spool,
    metrics: CollectorRegistry,
    caplog: pytest.LogCaptureFixture,
    status: int | None,
) -> None:
    fail(clean_ups)
    pauses = tried_until_the_end(clean_ups, clock, spool, Registry(status))
    assert len(pauses) == MOST_TRIES - 1  # the check itself was the first
    assert pauses[:6] == [pytest.approx(one, abs=10.1) for one in (30, 60, 120, 240, 480, 600)]
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE_S, abs=10.1)
    assert metrics.get_sample_value("tikawatch_cleanups_pending") == 0
    assert metrics.get_sample_value("tikawatch_cleanups_given_up_total") == 1
    assert f"the synthetic record at {RECORDS}/0 could not be taken away" in caplog.text


def test_a_registry_that_asks_for_rest_gets_it(clean_ups: CleanUps, clock: SetClock) -> None:
    registry = Registry(429, retry_after=500.0)
    fail(clean_ups)
    again(clean_ups, clock, registry)
    clock.move(499)
    clean_ups.step(registry.send)
    assert len(registry.asked) == 1
    clock.move(1)
    clean_ups.step(registry.send)
    assert len(registry.asked) == 2


def test_a_few_at_once_are_under_way(clean_ups: CleanUps, clock: SetClock) -> None:
    asked: list[Wish] = []
    fail(clean_ups, 20)
    clean_ups.store()
    clock.move(FIRST_PAUSE_S)
    for _ in range(3):
        clean_ups.step(lambda wish, _: asked.append(wish))
    assert len(asked) == AT_ONCE


def test_all_are_taken_away_in_time(clean_ups: CleanUps, clock: SetClock, spool: Spool) -> None:
    registry = Registry(404)
    fail(clean_ups, 20)
    clean_ups.store()
    clock.move(FIRST_PAUSE_S)
    for _ in range(5):
        clean_ups.step(registry.send)
    assert (len({request.url for request in registry.asked}), spool.count_left()) == (20, 0)


def test_while_the_disk_is_full_they_stay_in_memory(
    clean_ups: CleanUps, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    pages = spool._db.execute("PRAGMA page_count").fetchone()[0]
    spool._db.execute(f"PRAGMA max_page_count = {pages}")
    fail(clean_ups, 400)
    clean_ups.store()
    clean_ups.store()
    assert spool.count_left() == 0
    assert len([one for one in caplog.records if "clean-ups are kept in memory" in one.message]) == 1
    spool._db.execute("PRAGMA max_page_count = 1000000")
    clean_ups.store()
    assert spool.count_left() == 400


def test_while_the_disk_refuses_quick_checks_leave_nothing_in_memory(
    clean_ups: CleanUps, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    spool._db.execute("PRAGMA query_only = 1")
    for number in range(300):
        clean_ups.expected(number, TARGET, undo(number))
        if number % 3 == 0:
            clean_ups.store()
        clean_ups.settled(number)
        if number % 5 == 0:
            clean_ups.store()
    clean_ups.expected("run", TARGET, undo(1000))
    clean_ups.store()
    assert (list(clean_ups._told), clean_ups._kept) == (["run"], {})
    assert len(caplog.records) == 1  # said once, not each time something came in between
    spool._db.execute("PRAGMA query_only = 0")
    clean_ups.store()
    assert (spool.count_left(), clean_ups._told) == (1, {})


def test_what_was_on_disk_before_it_refused_is_taken_away_afterwards(clean_ups: CleanUps, spool: Spool) -> None:
    clean_ups.expected("run", TARGET, undo())
    clean_ups.store()
    spool._db.execute("PRAGMA query_only = 1")
    clean_ups.settled("run")
    clean_ups.store()
    spool._db.execute("PRAGMA query_only = 0")
    clean_ups.store()
    assert (spool.count_left(), clean_ups._kept) == (0, {})


# -- a check under way ----------------------------------------------------------------------------------------------------


def test_what_a_check_under_way_may_leave_is_on_disk_and_left_alone(
    clean_ups: CleanUps, clock: SetClock, spool: Spool, metrics: CollectorRegistry
) -> None:
    registry = Registry(204)
    clean_ups.expected("run", TARGET, undo())
    clean_ups.step(registry.send)
    clock.move(3600)
    clean_ups.step(registry.send)
    assert (spool.count_left(), registry.asked) == (1, [])
    assert metrics.get_sample_value("tikawatch_cleanups_pending") == 0


def test_a_check_that_left_nothing_leaves_nothing_on_disk(clean_ups: CleanUps, spool: Spool) -> None:
    clean_ups.expected("run", TARGET, undo())
    clean_ups.store()
    clean_ups.settled("run")
    clean_ups.store()
    assert spool.count_left() == 0


def test_a_quick_check_never_touches_the_disk(clean_ups: CleanUps, spool: Spool) -> None:
    before = spool._db.total_changes
    clean_ups.expected("run", TARGET, undo())
    clean_ups.settled("run")
    clean_ups.store()
    assert spool._db.total_changes == before


def test_a_clean_up_that_fails_takes_the_place_of_what_was_expected(
    clean_ups: CleanUps, clock: SetClock, spool: Spool
) -> None:
    registry = Registry(204)
    clean_ups.expected("run", TARGET, undo(1))
    clean_ups.store()
    clean_ups.failed("run", TARGET, undo(2))
    again(clean_ups, clock, registry)
    assert ([one.url for one in registry.asked], spool.count_left()) == ([f"{RECORDS}/2"], 0)


def test_what_an_agent_that_died_had_under_way_is_taken_away_by_the_next(
    clean_ups: CleanUps, clock: SetClock, spool: Spool
) -> None:
    clean_ups.expected("run", TARGET, undo())
    clean_ups.store()
    following, registry = CleanUps([PLAIN], spool, clock, Metrics(CollectorRegistry())), Registry(204)
    following.step(registry.send)
    assert registry.asked == []  # the check's own time is not over
    clock.move(PLAIN.deadline_s + 5)
    again(following, clock, registry)
    assert (len(registry.asked), spool.count_left()) == (1, 0)


# -- what counts as gone --------------------------------------------------------------------------------------------------


def answered(status: int | None) -> Result:
    return Result(0.0, 1.0, Reason.NONE, Phases(total=1.0), status)


@pytest.mark.parametrize(
    ("status", "gone"), [(200, True), (204, True), (404, True), (410, True), (409, False), (503, False), (None, False)]
)
def test_what_counts_as_gone(status: int | None, gone: bool) -> None:
    assert is_gone(answered(status)) is gone
    assert is_gone(answered(status), undo()) is gone


def test_a_status_may_stand_for_a_404() -> None:
    assert is_gone(answered(409), undo(also_gone=(409,)))
    assert not is_gone(answered(409), undo(also_gone=(409,), absent_is_gone=False))


@pytest.mark.parametrize(("status", "gone"), [(404, False), (204, True), (410, True)])
def test_that_a_record_is_not_known_yet_does_not_make_it_gone(status: int, gone: bool) -> None:
    assert is_gone(answered(status), undo(absent_is_gone=False)) is gone


def test_a_record_that_appears_late_is_taken_away_by_a_later_try(
    clean_ups: CleanUps, clock: SetClock, spool: Spool
) -> None:
    registry = Registry(404)
    fail(clean_ups, absent_is_gone=False)
    again(clean_ups, clock, registry)
    assert spool.count_left() == 1
    registry.status = 204
    clock.move(2 * FIRST_PAUSE_S)
    clean_ups.step(registry.send)
    clean_ups.store()
    assert (len(registry.asked), spool.count_left()) == (2, 0)


def test_a_record_that_never_appears_is_let_go_without_an_error(
    clean_ups: CleanUps,
    clock: SetClock,
    spool: Spool,
    metrics: CollectorRegistry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    fail(clean_ups, absent_is_gone=False, also_gone=(409,))
    pauses = tried_until_the_end(clean_ups, clock, spool, Registry(409))
    assert len(pauses) == MOST_LOOKS - 1
    assert sum(pauses) > 1800
    assert metrics.get_sample_value("tikawatch_cleanups_given_up_total") == 0
    [line] = caplog.records
    assert (line.levelname, line.message) == (
        "INFO",
        f"the synthetic record at {RECORDS}/0 was never seen, and the registry does not know it",
    )


# -- what a check needs that logs in --------------------------------------------------------------------------------------


@pytest.fixture
def careful(tmp_path: Path) -> Target:
    """A check that has to log in, and whose clean-up has a body."""
    (tmp_path / "client").write_text("s3cret")
    fields = {
        "name": "careful", "kind": "upload", "secrets": {"client": str(tmp_path / "client")},
        "authorise": {"url": "http://127.0.0.1:1/token", "body": {"secret": "{secret:client}"}, "carry": {"token": "$.token"}},
        "headers": {"Authorization": "Bearer {token}"},
        "url": RECORDS, "read_back": {"url": RECORDS},
        "clean_up": {"url": RECORDS + "/{record}", "method": "POST", "body": {"ids": ["{record}"]}},
    }  # fmt: skip
    return Target(491, check_of(fields))


@pytest.fixture
def careful_ups(careful: Target, spool: Spool, clock: SetClock, metrics: CollectorRegistry) -> CleanUps:
    clean_ups = CleanUps([careful.check], spool, clock, Metrics(metrics))
    fail(clean_ups, target=careful, body=b'{"ids": ["tw"]}', headers=("Authorization: Bearer old",))
    return clean_ups


def test_a_later_try_logs_in_anew_and_sends_what_was_kept(careful_ups: CleanUps, clock: SetClock, spool: Spool) -> None:
    registry = Registry(204)
    again(careful_ups, clock, registry)
    login, clean = registry.asked
    assert (login.url, login.body) == ("http://127.0.0.1:1/token", b'{"secret": "s3cret"}')
    assert (clean.method, clean.url, clean.body) == ("DELETE", f"{RECORDS}/0", b'{"ids": ["tw"]}')
    assert clean.headers == ("Authorization: Bearer new", "Content-Type: application/json", MARK)
    assert login.aside
    assert clean.aside
    assert spool.count_left() == 0


def test_no_secret_reaches_the_disk(careful_ups: CleanUps, clock: SetClock, file: Path) -> None:
    again(careful_ups, clock, Registry(503))
    written = b"".join(one.read_bytes() for one in file.parent.glob("spool.db*"))
    assert b'{"ids": ["tw"]}' in written
    for secret in (b"s3cret", b"Bearer"):
        assert secret not in written


def test_a_refused_log_in_puts_it_off(careful_ups: CleanUps, clock: SetClock, spool: Spool) -> None:
    registry = Registry(204, login=401)
    again(careful_ups, clock, registry)
    assert (len(registry.asked), spool.count_left()) == (1, 1)
    registry.login = 200
    clock.move(2 * FIRST_PAUSE_S)
    careful_ups.step(registry.send)
    careful_ups.store()
    assert spool.count_left() == 0


def test_a_secret_that_cannot_be_read_puts_it_off(
    careful_ups: CleanUps, clock: SetClock, spool: Spool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "client").unlink()
    registry = Registry(204)
    again(careful_ups, clock, registry)
    assert (registry.asked, spool.count_left()) == ([], 1)
    assert f'{RECORDS}/0 cannot be taken away now: the secret "client" cannot be read' in caplog.text


def test_what_a_check_left_that_is_no_longer_configured_is_tried_with_what_is_known(
    careful_ups: CleanUps, clock: SetClock, spool: Spool
) -> None:
    careful_ups.store()
    others, registry = CleanUps([PLAIN], spool, clock, Metrics(CollectorRegistry())), Registry(401)
    again(others, clock, registry)
    [clean] = registry.asked
    assert (clean.method, clean.url, clean.body) == ("DELETE", f"{RECORDS}/0", b'{"ids": ["tw"]}')
    assert clean.headers == ("Content-Type: application/json", MARK)
    assert spool.count_left() == 1
    assert len(tried_until_the_end(others, clock, spool, registry)) == MOST_TRIES - 2


# -- on disk --------------------------------------------------------------------------------------------------------------


def test_what_is_left_is_on_disk_as_it_was(spool: Spool) -> None:
    left = Left("upload", f"{RECORDS}/1", "POST", 5.0, 3, 7, 491, b'{"id": "\xc3\xa4"}', False, (409, 410))
    spool.leave_behind([left])
    assert (spool.left_behind(5.0, 10), spool.last_left()) == ([left], 7)
    spool.leave_behind([replace(left, tries=4), replace(left, row=0)])
    assert [(one.row, one.tries) for one in spool.left_behind(5.0, 10)] == [(7, 4), (8, 3)]


def test_a_file_of_an_earlier_version_is_opened_and_its_records_are_taken_away(file: Path, clock: SetClock) -> None:
    with closing(sqlite3.connect(file)) as db:
        db.execute(
            "CREATE TABLE cleanup (id INTEGER PRIMARY KEY, name TEXT NOT NULL, url TEXT NOT NULL, method TEXT NOT NULL,"
            " tries INTEGER NOT NULL, due REAL NOT NULL)"
        )
        db.execute(
            "INSERT INTO cleanup (name, url, method, tries, due) VALUES ('upload', ?, 'DELETE', 1, 5.0)", (RECORDS,)
        )
        db.commit()
    with closing(Spool(file, 1000)) as spool:
        assert spool.left_behind(5.0, 10) == [Left("upload", RECORDS, "DELETE", 5.0, row=1)]
        registry = Registry(404)
        again(CleanUps([PLAIN], spool, clock, Metrics(CollectorRegistry())), clock, registry)
        assert (len(registry.asked), spool.count_left()) == (1, 0)
