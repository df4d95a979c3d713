"""The spool on real files."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from probes.sample import CheckKind, Outcome, Phases, Reason, Sample
from probes.spool import ASIDE_KEPT, LEFT_KEPT, Left, Spool, SpoolError, Waiting


def sample(seq: int, good: bool = True, started: float | None = None) -> Sample:
    return Sample(
        seq=seq, district=491, check="ping", kind=CheckKind.HTTP, vantage="here", started=started or 1.6e9 + seq,
        outcome=Outcome.OK if good else Outcome.FAILED, reason=Reason.NONE if good else Reason.TIMEOUT, phases=Phases(total=0.1),
    )  # fmt: skip


def numbers(found: Waiting | None) -> list[int]:
    return [Sample.model_validate_json(body).seq for _, body in found.rows] if found else []


def waiting(spool: Spool, limit: int = 1000) -> list[int]:
    return numbers(spool.oldest(limit))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "spool.db"


@pytest.fixture
def spool(file: Path) -> Iterator[Spool]:
    opened = Spool(file, max_samples=1000)
    yield opened
    opened.close()


def test_samples_come_back_oldest_first_and_whole(spool: Spool) -> None:
    samples = [sample(1), sample(2, good=False), sample(3)]
    assert spool.append(samples) == 0
    found = spool.oldest(2)
    assert found is not None
    assert (found.boot, found.dropped, len(spool)) == (spool.boot, 0, 3)
    assert [Sample.model_validate_json(body) for _, body in found.rows] == samples[:2]


def test_only_what_is_acknowledged_is_forgotten(spool: Spool) -> None:
    spool.append([sample(seq) for seq in range(1, 6)])
    found = spool.oldest(3)
    assert found is not None
    spool.forget(found)
    assert (waiting(spool), len(spool)) == ([4, 5], 2)
    spool.forget(found)
    assert len(spool) == 2


def test_an_empty_spool_has_nothing_to_deliver(spool: Spool) -> None:
    assert spool.oldest(10) is None


def test_samples_of_an_earlier_boot_are_delivered_under_it(file: Path) -> None:
    first = Spool(file, 1000)
    first.append([sample(1), sample(2)])
    first.close()
    second = Spool(file, 1000)
    second.append([sample(1)])
    found = second.oldest(10)
    assert found is not None
    assert (found.boot, len(found.rows), len(second)) == (first.boot, 2, 3)
    second.forget(found)
    later = second.oldest(10)
    assert later is not None
    assert later.boot == second.boot != first.boot
    second.close()


def test_a_full_spool_gives_up_its_oldest_good_samples_and_counts_them(spool: Spool) -> None:
    spool.append([sample(seq, good=seq % 2 == 0) for seq in range(1, 1001)])
    assert spool.append([sample(seq) for seq in range(1001, 1011)]) == 10
    found = spool.oldest(5)
    assert found is not None
    assert (len(spool), found.dropped) == (1000, 10)
    assert waiting(spool, 20) == [*range(1, 21, 2), *range(21, 31)]


def test_a_spool_full_of_failures_gives_up_the_oldest(spool: Spool) -> None:
    spool.append([sample(seq, good=False) for seq in range(1, 1001)])
    assert spool.append([sample(1001, good=False), sample(1002, good=False)]) == 2
    assert waiting(spool, 2) == [3, 4]


def test_samples_that_are_too_old_are_dropped_and_counted(file: Path) -> None:
    spool = Spool(file, 1000, max_age_s=3600)
    spool.append([sample(seq, good=False, started=1.6e9 + 600 * seq) for seq in range(1, 8)])
    assert waiting(spool) == [1, 2, 3, 4, 5, 6, 7]
    assert spool.append([sample(8, started=1.6e9 + 600 * 9.5)]) == 3
    found = spool.oldest(1)
    assert found is not None
    assert (waiting(spool), len(spool), found.dropped) == ([4, 5, 6, 7, 8], 5, 3)
    spool.close()


def test_the_age_of_samples_goes_on_after_a_restart(file: Path) -> None:
    first = Spool(file, 1000, max_age_s=3600)
    first.append([sample(1), sample(2, started=1.6e9 + 3000)])
    first.close()
    second = Spool(file, 1000, max_age_s=3600)
    assert second.append([sample(1, started=1.6e9 + 4000)]) == 1
    found = second.oldest(10)
    assert found is not None
    assert (found.boot, found.dropped, len(second)) == (first.boot, 1, 2)
    second.close()


@pytest.mark.parametrize("years", [10, -10])
def test_a_clock_set_by_years_costs_no_sample(file: Path, years: int) -> None:
    spool = Spool(file, 10_000, max_age_s=3600)
    jump = years * 3.15e7
    spool.append([sample(seq) for seq in range(1, 1001)])
    # checks that began before the clock was set end among those that began after it
    assert spool.append([sample(seq, started=1.6e9 + seq + jump * (seq % 2)) for seq in range(1001, 2001)]) == 0
    assert spool.append([sample(seq, started=1.6e9 + seq + jump) for seq in range(2001, 3000)]) == 0
    assert len(spool) == 2999
    spool.close()


def test_the_newest_come_in_order_and_only_of_the_last_ones_stored(spool: Spool) -> None:
    spool.append([sample(seq) for seq in range(1, 101)])
    found = spool.newest(5, among=20)
    assert found is not None
    assert (numbers(found), found.live) == ([96, 97, 98, 99, 100], True)
    spool.forget(found)
    assert numbers(spool.newest(50, among=20)) == list(range(81, 96))
    assert spool.newest(50, among=5) is None
    spool.append([sample(101)])
    assert numbers(spool.newest(50, among=5)) == [101]


def test_the_newest_are_of_one_boot(file: Path) -> None:
    first = Spool(file, 1000)
    first.append([sample(1), sample(2)])
    first.close()
    second = Spool(file, 1000)
    second.append([sample(1)])
    found = second.newest(10, among=10)
    assert found is not None
    assert (found.boot, numbers(found)) == (second.boot, [1])
    second.close()


def test_a_boot_that_lost_all_its_samples_still_tells_how_many(file: Path) -> None:
    first = Spool(file, 1000)
    first.drop(3)
    first.append([sample(1)])
    first.close()
    second = Spool(file, 1)
    second.append([sample(1)])
    assert second.untold() == Waiting(first.boot, 4, ())
    second.close()
    third = Spool(file, 1000)
    told = third.untold()
    assert told == Waiting(first.boot, 4, ())
    third.forget(told)
    assert third.untold() is None
    third.close()


def test_it_knows_since_when_samples_wait(spool: Spool) -> None:
    assert spool.oldest_started() is None
    spool.append([sample(1), sample(2)])
    assert spool.oldest_started() == 1.6e9 + 1


def test_what_was_forgotten_late_is_not_another_row_of_a_new_file(spool: Spool) -> None:
    spool.append([sample(1)])
    elsewhere = Waiting(spool.boot, 0, ((1, sample(9).model_dump_json()),))
    spool.forget(elsewhere)
    assert waiting(spool) == [1]


OF_AN_EARLIER_VERSION = """
CREATE TABLE sample (id INTEGER PRIMARY KEY AUTOINCREMENT, boot TEXT NOT NULL, seq INTEGER NOT NULL, ok INTEGER NOT NULL,
  body TEXT NOT NULL, UNIQUE (boot, seq));
CREATE TABLE boot (boot TEXT PRIMARY KEY, dropped INTEGER NOT NULL);
"""


def test_a_spool_of_an_earlier_version_is_read_on(file: Path) -> None:
    file.parent.mkdir()
    old = sqlite3.connect(file)
    old.executescript(OF_AN_EARLIER_VERSION)
    rows = [("0" * 32, seq, 1, sample(seq).model_dump_json()) for seq in range(1, 4)]
    with old:
        old.executemany("INSERT INTO sample (boot, seq, ok, body) VALUES (?, ?, ?, ?)", [*rows, ("0" * 32, 4, 1, "{")])
        old.execute("INSERT INTO boot VALUES (?, 5)", ("0" * 32,))
    old.close()
    spool = Spool(file, 1000)
    spool.append([sample(1)])
    found = spool.oldest(3)
    assert found is not None
    assert (numbers(found), found.dropped, spool.oldest_started()) == ([1, 2, 3], 5, 1.6e9 + 1)
    spool.close()


def test_samples_lost_before_the_disk_are_counted_too(spool: Spool) -> None:
    spool.drop(7)
    spool.append([sample(1)])
    found = spool.oldest(1)
    assert found is not None
    assert found.dropped == 7


def test_the_same_samples_appended_twice_are_kept_once(spool: Spool) -> None:
    spool.append([sample(1)])
    spool.append([sample(1), sample(2)])
    assert (waiting(spool), len(spool)) == ([1, 2], 2)


def test_a_sample_set_aside_is_out_of_the_way_and_can_be_tried_again_after_the_next_start(file: Path) -> None:
    spool = Spool(file, 1000)
    spool.append([sample(1), sample(2)])
    found = spool.oldest(1)
    assert found is not None
    spool.set_aside(found.rows[0][0], "refused")
    assert (waiting(spool), len(spool), spool.oldest_aside(0, 10)) == ([2], 1, None)
    spool.close()
    again = Spool(file, 1000)
    aside = again.oldest_aside(0, 10)
    assert aside is not None
    assert (waiting(again), len(again), numbers(aside), aside.boot) == ([2], 1, [1], spool.boot)
    again.forget_aside([row for row, _ in aside.rows])
    assert again.oldest_aside(0, 10) is None
    again.close()


def test_what_is_set_aside_is_bounded(file: Path) -> None:
    spool = Spool(file, 5000)
    spool.append([sample(seq) for seq in range(1, ASIDE_KEPT + 12)])
    found = spool.oldest(ASIDE_KEPT + 11)
    assert found is not None
    dropped = sum(spool.set_aside(row, "refused") for row, _ in found.rows)
    assert (len(spool), dropped) == (0, 11)
    spool.append([sample(5001)])
    later = spool.oldest(1)
    assert later is not None
    assert later.dropped == 11
    spool.close()
    again = Spool(file, 5000)
    assert numbers(again.oldest_aside(0, 5000)) == list(range(12, ASIDE_KEPT + 12))
    again.close()


@pytest.mark.process
def test_its_count_is_right_while_several_threads_use_it(file: Path) -> None:
    spool, switches = Spool(file, 300), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    done = threading.Event()

    def deliver() -> None:
        while not done.is_set():
            found = spool.oldest(4)
            if found is not None:
                spool.set_aside(found.rows[0][0], "refused")
                spool.forget(replace(found, rows=found.rows[1:]))

    delivering = threading.Thread(target=deliver)
    delivering.start()
    try:
        for seq in range(1, 3000, 10):
            spool.append([sample(one) for one in range(seq, seq + 10)])
    finally:
        done.set()
        delivering.join()
        sys.setswitchinterval(switches)
    assert len(spool) == spool._db.execute("SELECT count(*) FROM sample").fetchone()[0]
    spool.close()


def test_records_left_behind_are_there_after_a_restart_until_they_are_taken_away(file: Path) -> None:
    spool = Spool(file, 1000)
    assert (
        spool.leave_behind([Left("upload", "http://x/1", "DELETE", 100.0), Left("upload", "http://x/2", "POST", 50.0)])
        == []
    )
    spool.close()
    again = Spool(file, 1000)
    assert again.left_behind(49.0, 10) == []
    second, first = again.left_behind(100.0, 10)
    assert (second.url, second.method, first.url, first.tries) == ("http://x/2", "POST", "http://x/1", 1)
    again.put_off(replace(first, tries=2, due=900.0))
    again.taken_away(second)
    assert (again.left_behind(899.0, 10), again.count_left()) == ([], 1)
    assert again.left_behind(900.0, 10)[0].tries == 2
    again.close()


def test_a_clock_that_was_set_back_does_not_put_clean_ups_off_for_ever(spool: Spool) -> None:
    spool.leave_behind([Left("upload", "http://x/1", "DELETE", 1.7e9)])
    assert len(spool.left_behind(1.6e9, 10)) == 1


def test_of_too_many_records_left_behind_the_oldest_are_given_up(spool: Spool) -> None:
    records = [Left("upload", f"http://x/{number}", "DELETE", 1.0) for number in range(LEFT_KEPT + 2)]
    assert {one.url for one in spool.leave_behind(records)} == {"http://x/0", "http://x/1"}
    assert spool.count_left() == LEFT_KEPT


def test_it_commits_in_full_to_a_write_ahead_log(spool: Spool) -> None:
    assert spool._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert spool._db.execute("PRAGMA synchronous").fetchone() == (2,)


@pytest.mark.process
def test_a_second_agent_on_the_same_spool_is_refused(spool: Spool, file: Path) -> None:
    spool.append([sample(1)])
    with pytest.raises(SpoolError, match="another agent uses this spool"):
        Spool(file, 1000)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(SpoolError, match=r"data/spool.db: the spool's folder cannot be made"):
        Spool(tmp_path / "data" / "spool.db", 1000)


def test_a_spool_that_is_a_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(SpoolError, match="cannot be opened"):
        Spool(tmp_path, 1000)


@pytest.mark.parametrize("where", [0, 4096 + 300])
def test_a_damaged_file_is_kept_aside_and_a_new_spool_begun(file: Path, where: int) -> None:
    spool = Spool(file, 1000)
    spool.append([sample(seq) for seq in range(1, 200)])
    spool.close()
    with file.open("r+b") as raw:
        raw.seek(where)
        raw.write(b"\xa5" * 20_000)
    again = Spool(file, 1000)
    assert len(again) == 0
    again.append([sample(1)])
    again.close()
    assert [path.name.rsplit("-", 1)[0] for path in file.parent.glob("*damaged*")] == ["spool.db.damaged"]


def test_a_full_disk_stores_nothing_and_later_everything(spool: Spool) -> None:
    pages = spool._db.execute("PRAGMA page_count").fetchone()[0]
    spool._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        spool.append([sample(seq) for seq in range(1, 500)])
    assert len(spool) == 0
    spool._db.execute("PRAGMA max_page_count = 1000000")
    spool.append([sample(seq) for seq in range(1, 500)])
    assert len(spool) == 499


def test_what_a_commit_stored_before_it_failed_is_counted_once(spool: Spool) -> None:
    spool.append([sample(1)])
    with spool._db:  # as if the commit had failed only at its very end
        spool._db.execute("INSERT INTO sample (boot, seq, ok, body) VALUES (?, 2, 1, ?)", (spool.boot, "{}"))
    pages = spool._db.execute("PRAGMA page_count").fetchone()[0]
    spool._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        spool.append([sample(seq) for seq in range(2, 500)])
    spool._db.execute("PRAGMA max_page_count = 1000000")
    spool.append([sample(2)])
    assert len(spool) == 2


def test_a_file_that_turns_bad_while_it_is_used_is_replaced_and_measuring_goes_on(file: Path) -> None:
    spool = Spool(file, 10_000)
    spool.append([sample(seq) for seq in range(1, 1000)])
    spool._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    spool._db.execute("PRAGMA cache_size = 1")
    with file.open("r+b") as raw:
        raw.seek(4096)
        raw.write(b"\xa5" * (file.stat().st_size - 4096))
    with pytest.raises(sqlite3.DatabaseError):
        spool.oldest(1000)
    assert spool.append([sample(1000)]) == 0
    assert (waiting(spool), len(spool)) == ([1000], 1)
    assert len(list(file.parent.glob("*damaged*"))) == 1
    spool.close()


KILLED = """
import os, sys
sys.path.insert(0, ".")
from pathlib import Path
from probes.spool import Spool
from tests.probes.test_spool import sample
spool = Spool(Path(sys.argv[1]), 1000)
for seq in range(1, 31):
    spool.append([sample(seq)])
print(spool.boot, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.mark.process
def test_what_was_appended_before_a_kill_is_there_after_it(file: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(file)], capture_output=True, text=True, check=False)
    assert ended.returncode == -9, ended.stderr
    spool = Spool(file, 1000)
    found = spool.oldest(100)
    assert found is not None
    assert (found.boot, waiting(spool)) == (ended.stdout.strip(), list(range(1, 31)))
    spool.close()
