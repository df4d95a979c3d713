"""Samples on disk until the control room has acknowledged them: one SQLite file, one connection, one process.

Beside them, the synthetic records that could not be taken away yet. May be changed: what is given up first when the spool
is full. A sample that `append` has returned for survives a power cut
(WAL with synchronous=FULL; NORMAL loses acknowledged rows).
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from probes.sample import Outcome, Sample

log = logging.getLogger(__name__)

ASIDE_KEPT: Final = 1000
LEFT_KEPT: Final = 10_000
FAR_AHEAD_S: Final = 3600.0  # nothing is put off so long; the clock was set back
_LEFT: Final = "name, url, method, due, tries, id"  # in the order of Left
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS sample (
  id INTEGER PRIMARY KEY AUTOINCREMENT, boot TEXT NOT NULL, seq INTEGER NOT NULL, ok INTEGER NOT NULL, body TEXT NOT NULL,
  UNIQUE (boot, seq));
CREATE INDEX IF NOT EXISTS ix_sample_ok ON sample (id) WHERE ok = 1;
CREATE TABLE IF NOT EXISTS boot (boot TEXT PRIMARY KEY, dropped INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS aside (id INTEGER PRIMARY KEY, boot TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,
  why TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS cleanup (id INTEGER PRIMARY KEY, name TEXT NOT NULL, url TEXT NOT NULL, method TEXT NOT NULL,
  tries INTEGER NOT NULL, due REAL NOT NULL);
"""


class SpoolError(Exception):
    """The spool cannot be used; `str()` of it is what the user reads."""


@dataclass(frozen=True)
class Waiting:
    """The oldest samples of one boot: row ids and the samples as JSON, in order; how many that boot had to drop."""

    boot: str
    dropped: int
    rows: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Left:
    """A synthetic record that is still in the registry: the check it came from, and how it is taken away.

    `due`: seconds since 1970 UTC, so that it outlives a restart.
    """

    check: str
    url: str
    method: str
    due: float
    tries: int = 1
    row: int = 0


class Spool:
    """A queue on disk, bounded by `max_samples`; safe to use from several threads.

    Raises:
        SpoolError: on opening, when the file cannot be made or another agent holds it.
    """

    def __init__(self, file: Path, max_samples: int) -> None:
        self.boot = uuid4().hex
        self._max = max_samples
        self._lock = threading.Lock()
        self._db = _open_or_replace(file)
        self._last_aside = self._begin()
        self._count: int = self._db.execute("SELECT count(*) FROM sample").fetchone()[0]

    def __len__(self) -> int:
        return self._count

    def append(self, samples: Sequence[Sample]) -> int:
        """Store samples of this boot in one transaction; returns how many older ones had to go to make room.

        Raises:
            sqlite3.OperationalError: nothing was stored (disk full, file gone); the caller keeps the samples.
        """
        rows = [(self.boot, one.seq, one.outcome is Outcome.OK, one.model_dump_json()) for one in samples]
        with self._lock, self._db:
            # OR IGNORE: after a commit that failed at its very end, some may be there already
            insert = "INSERT OR IGNORE INTO sample (boot, seq, ok, body) VALUES (?, ?, ?, ?)"
            stored = self._db.executemany(insert, rows).rowcount
            dropped = self._make_room(self._count + stored - self._max)
            self._db.commit()  # what is counted is on disk
            self._count += stored - dropped
        return dropped

    def oldest(self, limit: int) -> Waiting | None:
        """Up to `limit` of the oldest samples, all of one boot; None when there is nothing to deliver."""
        with self._lock:
            rows = self._db.execute("SELECT id, body, boot FROM sample ORDER BY id LIMIT ?", (limit,)).fetchall()
            return self._waiting(rows)

    def forget(self, ids: Sequence[int]) -> None:
        """The control room has these; they may go."""
        with self._lock, self._db:
            gone = self._db.executemany("DELETE FROM sample WHERE id = ?", [(one,) for one in ids]).rowcount
            self._db.commit()
            self._count -= gone

    def set_aside(self, row: int, why: str) -> int:
        """Take a sample that the control room refuses out of the queue; returns how many earlier ones had to go for it."""
        with self._lock, self._db:
            self._db.execute("INSERT INTO aside SELECT id, boot, seq, body, ? FROM sample WHERE id = ?", (why, row))
            gone = self._db.execute("DELETE FROM sample WHERE id = ?", (row,)).rowcount
            kept = f"SELECT id FROM aside ORDER BY id DESC LIMIT {ASIDE_KEPT}"
            over = self._db.execute(f"DELETE FROM aside WHERE id NOT IN ({kept}) RETURNING boot").fetchall()
            self._count_dropped([boot for (boot,) in over])
            self._db.commit()
            self._count -= gone
        return len(over)

    def oldest_aside(self, after: int, limit: int) -> Waiting | None:
        """As `oldest`, of the samples set aside before this start and with a row id above `after`."""
        with self._lock:
            rows = self._db.execute(
                "SELECT id, body, boot FROM aside WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
                (after, self._last_aside, limit),
            ).fetchall()
            return self._waiting(rows)

    def forget_aside(self, ids: Sequence[int]) -> None:
        """The control room took these after all."""
        with self._lock, self._db:
            self._db.executemany("DELETE FROM aside WHERE id = ?", [(one,) for one in ids])

    def drop(self, count: int) -> None:
        """Count samples of this boot that never reached the disk."""
        with self._lock, self._db:
            self._count_dropped([self.boot] * count)

    def leave_behind(self, records: Sequence[Left]) -> list[Left]:
        """Remember records that must still be taken away; returns the oldest ones if there are too many to remember."""
        with self._lock, self._db:
            self._db.executemany(
                "INSERT INTO cleanup (name, url, method, tries, due) VALUES (?, ?, ?, ?, ?)",
                [(one.check, one.url, one.method, one.tries, one.due) for one in records],
            )
            over = f"SELECT id FROM cleanup ORDER BY id DESC LIMIT -1 OFFSET {LEFT_KEPT}"
            gone = self._db.execute(f"DELETE FROM cleanup WHERE id IN ({over}) RETURNING {_LEFT}").fetchall()
        return [Left(*row) for row in gone]

    def left_behind(self, now: float, limit: int) -> list[Left]:
        """Up to `limit` records whose clean-up is due at `now`, the longest due first."""
        with self._lock:
            rows = self._db.execute(
                f"SELECT {_LEFT} FROM cleanup WHERE due <= ? OR due > ? ORDER BY due LIMIT ?",
                (now, now + FAR_AHEAD_S, limit),
            ).fetchall()
        return [Left(*row) for row in rows]

    def put_off(self, record: Left) -> None:
        """Store the new `tries` and `due` of a record that could not be taken away."""
        with self._lock, self._db:
            self._db.execute(
                "UPDATE cleanup SET tries = ?, due = ? WHERE id = ?", (record.tries, record.due, record.row)
            )

    def taken_away(self, record: Left) -> None:
        """It is gone, or given up."""
        with self._lock, self._db:
            self._db.execute("DELETE FROM cleanup WHERE id = ?", (record.row,))

    def count_left(self) -> int:
        with self._lock:
            return int(self._db.execute("SELECT count(*) FROM cleanup").fetchone()[0])

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _waiting(self, rows: list[tuple[int, str, str]]) -> Waiting | None:
        if not rows:
            return None
        boot = rows[0][2]
        found = self._db.execute("SELECT dropped FROM boot WHERE boot = ?", (boot,)).fetchone()
        return Waiting(boot, found[0] if found else 0, tuple((row, body) for row, body, its in rows if its == boot))

    def _begin(self) -> int:
        """Returns the last row that was set aside before this start."""
        with self._db:
            of_no_use = "DELETE FROM boot WHERE boot NOT IN (SELECT boot FROM sample UNION SELECT boot FROM aside)"
            self._db.execute(of_no_use)
        return int(self._db.execute("SELECT coalesce(max(id), 0) FROM aside").fetchone()[0])

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

    def _count_dropped(self, boots: list[str]) -> None:
        for boot in set(boots):
            self._db.execute(
                "INSERT INTO boot VALUES (?, ?) ON CONFLICT (boot) DO UPDATE SET dropped = dropped + excluded.dropped",
                (boot, boots.count(boot)),
            )


def _open_or_replace(file: Path) -> sqlite3.Connection:
    """A damaged file is moved aside, not repaired: measuring on is worth more than what it held."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return _open(file)
    except sqlite3.OperationalError as problem:
        if "locked" in str(problem):
            raise SpoolError(
                f"{file}: another agent uses this spool; stop it, or name another file in spool.file"
            ) from None
        raise SpoolError(f"{file}: the spool cannot be opened ({problem}); check the folder's owner and mode") from None
    except OSError as problem:
        raise SpoolError(f"{file}: the spool's folder cannot be made ({problem.strerror})") from None
    except sqlite3.DatabaseError as problem:
        damaged = file.with_name(f"{file.name}.damaged-{int(time.time())}")
        file.rename(damaged)
        log_file = file.with_name(file.name + "-wal")
        if log_file.exists():
            log_file.rename(damaged.with_name(damaged.name + "-wal"))
        log.error("spool %s is damaged (%s); kept as %s, a new one is begun", file, problem, damaged.name)
        return _open(file)


def _open(file: Path) -> sqlite3.Connection:
    db = sqlite3.connect(file, timeout=1.0, check_same_thread=False)
    try:
        db.execute("PRAGMA locking_mode=EXCLUSIVE")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.executescript(_SCHEMA)
        if (found := db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(found)
    except sqlite3.Error:
        db.close()
        raise
    return db
