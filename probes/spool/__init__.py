"""Samples on disk until the control room has acknowledged them: one SQLite file, one connection, one process.

Beside them, the synthetic records that could not be taken away yet. May be changed: what is given up first when the spool
is full or old. A sample that `append` has returned for survives a power cut; tables.py sees to that.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from probes.sample import Outcome, Sample
from probes.spool.course import Course
from probes.spool.tables import is_of_the_disk, open_or_replace

ASIDE_KEPT: Final = 1000
LEFT_KEPT: Final = 10_000
FAR_AHEAD_S: Final = 3600.0  # nothing is put off so long; the clock was set back
_LEFT: Final = "name, url, method, due, tries, id, district, body, absent_is_gone, also_gone"  # in the order of Left
MAX_AGE_S: Final = 604_800.0


class SpoolError(Exception):
    """The spool cannot be used; `str()` of it is what the user reads."""


@dataclass(frozen=True)
class Waiting:
    """Samples of one boot: row ids and the samples as JSON, in order; how many that boot had to drop; are they the newest?

    Without rows it only tells what was dropped.
    """

    boot: str
    dropped: int
    rows: tuple[tuple[int, str], ...]
    live: bool = False


@dataclass(frozen=True)
class Left:
    """A synthetic record that may still be in the registry: the check it came from, and how it is taken away.

    `due`: seconds since 1970 UTC, so that it outlives a restart. `row`: its place; 0: the next one. `district`: LGD code;
    0: kept by an earlier version. `absent_is_gone`, `also_gone`: as in Request. No field may hold a secret.
    """

    check: str
    url: str
    method: str
    due: float
    tries: int = 1
    row: int = 0
    district: int = 0
    body: bytes = b""
    absent_is_gone: bool = True
    also_gone: tuple[int, ...] = ()


class Spool:
    """A queue on disk, bounded by `max_samples` and `max_age_s` (seconds, see Course); safe to use from several threads.

    Every method but `close` may raise sqlite3.Error: then nothing was changed (disk full, read-only, failing), and the next
    call tries anew.

    Raises:
        SpoolError: on opening, when the file cannot be made or another agent holds it.
    """

    def __init__(self, file: Path, max_samples: int, max_age_s: float = MAX_AGE_S) -> None:
        self.boot = uuid4().hex
        self._file = file
        self._max = max_samples
        self._max_age = max_age_s
        self._lock = threading.Lock()
        self._db = _opened(file)
        self._open_anew = False  # the file, before it is used again
        self._last_aside = self._begin()
        self._count, self._course = self._look()
        self._stale = False  # these two

    def __len__(self) -> int:
        return self._count

    def append(self, samples: Sequence[Sample]) -> int:
        """Store samples of this boot in one transaction; returns how many older ones had to go, too old or too many."""
        with self._using() as db:
            course, rows = self._course, []
            for one in samples:
                course = course.after(one.started)
                good = one.outcome is Outcome.OK
                rows.append((self.boot, one.seq, good, one.model_dump_json(), one.started, course.seconds))
            # OR IGNORE: after a commit that failed at its very end, some may be there already
            insert = "INSERT OR IGNORE INTO sample (boot, seq, ok, body, started, course) VALUES (?, ?, ?, ?, ?, ?)"
            stored = db.executemany(insert, rows).rowcount
            dropped = self._too_old(course)
            dropped += self._make_room(self._count + stored - dropped - self._max)
            db.commit()  # what is counted is on disk
            self._count += stored - dropped
            self._course = course
        return dropped

    def oldest(self, limit: int) -> Waiting | None:
        """Up to `limit` of the oldest samples, all of one boot; None when there is nothing to deliver."""
        with self._using() as db:
            rows = db.execute("SELECT id, body, boot FROM sample ORDER BY id LIMIT ?", (limit,)).fetchall()
            return self._waiting(rows)

    def newest(self, limit: int, among: int) -> Waiting | None:
        """Up to `limit` of the newest samples, all of one boot, in order; only of the last `among` that were ever stored."""
        with self._using() as db:
            last = "SELECT seq FROM sqlite_sequence WHERE name = 'sample'"
            rows = db.execute(
                f"SELECT id, body, boot FROM sample WHERE id > ({last}) - ? ORDER BY id DESC LIMIT ?", (among, limit)
            ).fetchall()
            return self._waiting(rows, live=True)

    def untold(self) -> Waiting | None:
        """A boot without samples here that dropped more than the control room knows."""
        with self._using() as db:
            which = "dropped > told AND NOT EXISTS (SELECT * FROM sample WHERE sample.boot = boot.boot)"
            found = db.execute(f"SELECT boot, dropped FROM boot WHERE {which} LIMIT 1").fetchone()
            return Waiting(found[0], found[1], ()) if found else None

    def oldest_started(self) -> float | None:
        """When the oldest sample that waits was started: seconds since 1970 UTC by the agent's clock."""
        with self._using() as db:
            found = db.execute("SELECT started FROM sample ORDER BY id LIMIT 1").fetchone()
            return float(found[0]) if found else None

    def forget(self, waiting: Waiting) -> None:
        """The control room has these, and knows what was dropped; they may go."""
        with self._using() as db:
            # with its body: a file that was replaced meanwhile numbers its rows anew
            gone = db.executemany("DELETE FROM sample WHERE id = ? AND body = ?", waiting.rows).rowcount
            told = "UPDATE boot SET told = ? WHERE boot = ? AND told < ?"
            db.execute(told, (waiting.dropped, waiting.boot, waiting.dropped))
            db.commit()
            self._count -= max(gone, 0)

    def set_aside(self, row: int, why: str) -> int:
        """Take a sample that the control room refuses out of the queue; returns how many earlier ones had to go for it."""
        with self._using() as db:
            db.execute("INSERT INTO aside SELECT id, boot, seq, body, ? FROM sample WHERE id = ?", (why, row))
            gone = db.execute("DELETE FROM sample WHERE id = ?", (row,)).rowcount
            kept = f"SELECT id FROM aside ORDER BY id DESC LIMIT {ASIDE_KEPT}"
            over = db.execute(f"DELETE FROM aside WHERE id NOT IN ({kept}) RETURNING boot").fetchall()
            self._count_dropped([boot for (boot,) in over])
            db.commit()
            self._count -= gone
        return len(over)

    def oldest_aside(self, after: int, limit: int) -> Waiting | None:
        """As `oldest`, of the samples set aside before this start and with a row id above `after`."""
        with self._using() as db:
            rows = db.execute(
                "SELECT id, body, boot FROM aside WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
                (after, self._last_aside, limit),
            ).fetchall()
            return self._waiting(rows)

    def forget_aside(self, ids: Sequence[int]) -> None:
        """The control room took these after all."""
        with self._using() as db:
            db.executemany("DELETE FROM aside WHERE id = ?", [(one,) for one in ids])

    def drop(self, count: int) -> None:
        """Count samples of this boot that never reached the disk."""
        with self._using():
            self._count_dropped([self.boot] * count)

    def leave_behind(self, records: Sequence[Left]) -> list[Left]:
        """Remember records that must still be taken away; returns the oldest ones if there are too many to remember.

        One with the row of an earlier one takes its place.
        """
        with self._using() as db:
            db.executemany(
                f"INSERT OR REPLACE INTO cleanup ({_LEFT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", map(_values, records)
            )
            over = f"SELECT id FROM cleanup ORDER BY id DESC LIMIT -1 OFFSET {LEFT_KEPT}"
            gone = db.execute(f"DELETE FROM cleanup WHERE id IN ({over}) RETURNING {_LEFT}").fetchall()
        return [_left(row) for row in gone]

    def left_behind(self, now: float, limit: int) -> list[Left]:
        """Up to `limit` records whose clean-up is due at `now`, the longest due first."""
        with self._using() as db:
            rows = db.execute(
                f"SELECT {_LEFT} FROM cleanup WHERE due <= ? OR due > ? ORDER BY due LIMIT ?",
                (now, now + FAR_AHEAD_S, limit),
            ).fetchall()
        return [_left(row) for row in rows]

    def put_off(self, record: Left) -> None:
        """Store the new `tries` and `due` of a record that could not be taken away."""
        with self._using() as db:
            db.execute("UPDATE cleanup SET tries = ?, due = ? WHERE id = ?", (record.tries, record.due, record.row))

    def taken_away(self, record: Left) -> None:
        """It is gone, or given up."""
        with self._using() as db:
            db.execute("DELETE FROM cleanup WHERE id = ?", (record.row,))

    def last_left(self) -> int:
        """The highest row of a record left behind; 0 when there is none."""
        with self._using() as db:
            return int(db.execute("SELECT coalesce(max(id), 0) FROM cleanup").fetchone()[0])

    def count_left(self) -> int:
        with self._using() as db:
            return int(db.execute("SELECT count(*) FROM cleanup").fetchone()[0])

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        """One transaction. After an error nothing that was counted or kept open is relied on."""
        with self._lock:
            if self._stale:
                self._open_again()
            try:
                with self._db:
                    yield self._db
            except sqlite3.Error as problem:
                self._stale = True
                self._open_anew = self._open_anew or is_of_the_disk(problem)
                raise

    def _open_again(self) -> None:
        if self._open_anew:
            self._db.close()
            try:
                self._db = open_or_replace(self._file)
            except OSError as problem:
                raise sqlite3.OperationalError(str(problem)) from None
            # written once more from the log: nothing may rest on a write that failed, even if it can be read back
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._open_anew = False
        self._count, self._course = self._look()
        self._stale = False

    def _look(self) -> tuple[int, Course]:
        """How many samples there are, and the course up to the last of them."""
        count = self._db.execute("SELECT count(*) FROM sample").fetchone()[0]
        last = self._db.execute("SELECT course, started FROM sample ORDER BY id DESC LIMIT 1").fetchone()
        return count, Course(*last) if last else Course()

    def _waiting(self, rows: list[tuple[int, str, str]], live: bool = False) -> Waiting | None:
        if not rows:
            return None
        boot = rows[0][2]
        found = self._db.execute("SELECT dropped FROM boot WHERE boot = ?", (boot,)).fetchone()
        in_order = tuple(sorted((row, body) for row, body, its in rows if its == boot))
        return Waiting(boot, found[0] if found else 0, in_order, live)

    def _begin(self) -> int:
        """Returns the last row that was set aside before this start."""
        of_use = "SELECT boot FROM sample UNION SELECT boot FROM aside"
        with suppress(sqlite3.OperationalError), self._db:  # on a full disk another start will do
            self._db.execute(f"DELETE FROM boot WHERE dropped <= told AND boot NOT IN ({of_use})")
        return int(self._db.execute("SELECT coalesce(max(id), 0) FROM aside").fetchone()[0])

    def _too_old(self, course: Course) -> int:
        """Drop what lies further back on the course than the age allowed. It never goes back along the rows."""
        kept = "SELECT id FROM sample WHERE course >= ? ORDER BY id LIMIT 1"
        oldest = course.seconds - self._max_age
        gone = self._db.execute(f"DELETE FROM sample WHERE id < ({kept}) RETURNING boot", (oldest,)).fetchall()
        self._count_dropped([boot for (boot,) in gone])
        return len(gone)

    def _make_room(self, excess: int) -> int:
        """Failures tell more than another good answer: the oldest good samples go first."""
        if excess <= 0:
            return 0
        gone = self._delete("SELECT id FROM sample WHERE ok = 1 ORDER BY id LIMIT ?", excess)
        if len(gone) < excess:
            gone += self._delete("SELECT id FROM sample ORDER BY id LIMIT ?", excess - len(gone))
        self._count_dropped(gone)
        return len(gone)

    def _delete(self, which: str, limit: int) -> list[str]:
        rows = self._db.execute(f"DELETE FROM sample WHERE id IN ({which}) RETURNING boot", (limit,)).fetchall()
        return [row[0] for row in rows]

    def _count_dropped(self, boots: Sequence[str]) -> None:
        for boot in set(boots):
            self._db.execute(
                "INSERT INTO boot (boot, dropped) VALUES (?, ?)"
                " ON CONFLICT (boot) DO UPDATE SET dropped = dropped + excluded.dropped",
                (boot, boots.count(boot)),
            )


def _values(left: Left) -> tuple[object, ...]:
    row, also = left.row or None, " ".join(map(str, left.also_gone))
    known = (left.check, left.url, left.method, left.due, left.tries, row, left.district, bytes(left.body))
    return (*known, left.absent_is_gone, also)


def _left(row: tuple[Any, ...]) -> Left:
    *known, absent_is_gone, also_gone = row
    return replace(Left(*known), absent_is_gone=bool(absent_is_gone), also_gone=tuple(map(int, also_gone.split())))


def _opened(file: Path) -> sqlite3.Connection:
    try:
        return open_or_replace(file)
    except sqlite3.OperationalError as problem:
        if "locked" in str(problem):
            raise SpoolError(
                f"{file}: another agent uses this spool; stop it, or name another file in spool.file"
            ) from None
        cure = "check the folder's owner and mode, and that the disk has room and inodes left"
        raise SpoolError(f"{file}: the spool cannot be opened ({problem}); {cure}") from None
    except OSError as problem:
        raise SpoolError(f"{file}: the spool's folder cannot be made ({problem.strerror})") from None
