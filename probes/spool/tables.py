"""The spool's file: its tables, how it is opened, and what becomes of a damaged one.

May be changed: tables, by adding columns; a file of an earlier version must still be read. A sample that was committed
survives a power cut (WAL with synchronous=FULL; NORMAL loses acknowledged rows).
"""

import logging
import sqlite3
import time
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS sample (
  id INTEGER PRIMARY KEY AUTOINCREMENT, boot TEXT NOT NULL, seq INTEGER NOT NULL, ok INTEGER NOT NULL, body TEXT NOT NULL,
  started REAL NOT NULL DEFAULT 0, course REAL NOT NULL DEFAULT 0, UNIQUE (boot, seq));
CREATE INDEX IF NOT EXISTS ix_sample_ok ON sample (id) WHERE ok = 1;
CREATE TABLE IF NOT EXISTS boot (boot TEXT PRIMARY KEY, dropped INTEGER NOT NULL, told INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS aside (id INTEGER PRIMARY KEY, boot TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,
  why TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS cleanup (id INTEGER PRIMARY KEY, name TEXT NOT NULL, url TEXT NOT NULL, method TEXT NOT NULL,
  tries INTEGER NOT NULL, due REAL NOT NULL);
"""
_STARTED: Final = "CASE WHEN json_valid(body) THEN coalesce(json_extract(body, '$.started'), 0) ELSE 0 END"
_ADDED: Final = (  # since the first version: table, column, how it is added
    (
        "sample",
        "started",
        f"ALTER TABLE sample ADD started REAL NOT NULL DEFAULT 0; UPDATE sample SET started = {_STARTED}",
    ),
    ("sample", "course", "ALTER TABLE sample ADD course REAL NOT NULL DEFAULT 0"),
    ("boot", "told", "ALTER TABLE boot ADD told INTEGER NOT NULL DEFAULT 0"),
    ("cleanup", "district", "ALTER TABLE cleanup ADD district INTEGER NOT NULL DEFAULT 0"),
    ("cleanup", "body", "ALTER TABLE cleanup ADD body BLOB NOT NULL DEFAULT x''"),
    ("cleanup", "absent_is_gone", "ALTER TABLE cleanup ADD absent_is_gone INTEGER NOT NULL DEFAULT 1"),
    ("cleanup", "also_gone", "ALTER TABLE cleanup ADD also_gone TEXT NOT NULL DEFAULT ''"),
)
_DISK: Final = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def open_or_replace(file: Path) -> sqlite3.Connection:
    """A damaged file is moved aside, not repaired: measuring on is worth more than what it held.

    Raises:
        sqlite3.OperationalError, OSError: it cannot be made, or another process holds it ("locked").
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _open(file)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as problem:
        damaged = file.with_name(f"{file.name}.damaged-{int(time.time())}")
        file.rename(damaged)
        log_file = file.with_name(file.name + "-wal")
        if log_file.exists():
            log_file.rename(damaged.with_name(damaged.name + "-wal"))
        log.error("spool %s is damaged (%s); kept as %s, a new one is begun", file, problem, damaged.name)
        return _open(file)


def is_of_the_disk(problem: sqlite3.Error) -> bool:
    """The disk failed in the middle of something, or gives back other than was written; a full one only says no."""
    return getattr(problem, "sqlite_errorcode", 0) & 0xFF in _DISK


def _open(file: Path) -> sqlite3.Connection:
    db = sqlite3.connect(file, timeout=1.0, check_same_thread=False)
    try:
        db.execute("PRAGMA locking_mode=EXCLUSIVE")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.executescript(_SCHEMA)
        for table, column, adding in _ADDED:
            if column not in {row[1] for row in db.execute(f"PRAGMA table_info({table})")}:
                db.executescript(adding)
        if (found := db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(found)
    except sqlite3.Error:
        db.close()
        raise
    return db
