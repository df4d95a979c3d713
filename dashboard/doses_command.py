"""`tikawatch doses import` and `tikawatch doses export`: files in and out. Exit status 0: all stored; 1: something was refused."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from dashboard.doses import listing
from dashboard.doses.days import Span, read_as_of, read_day
from dashboard.doses.decoding import MAX_BYTES
from dashboard.doses.export import to_csv
from dashboard.doses.figure import Reading
from dashboard.doses.finding import Unreadable, told
from dashboard.doses.numbers import indian
from dashboard.doses.places import Places
from dashboard.doses.rows import Context
from dashboard.doses.table import read_file
from dashboard.settings import ControlRoomFile
from dashboard.store import figures
from dashboard.store.engine import open_store, reading
from dashboard.store.figures import Stored
from probes.clock import Clock

Say = Callable[[str], None]
T = TypeVar("T")
_OUT_OF_TIME = 9_999_999_999_999


@dataclass(frozen=True)
class Wishes:
    """What the person asked for beside the file."""

    dry_run: bool = False
    good_rows: bool = False
    confirmed: bool = False
    who: str = "command line"


def import_file(settings: ControlRoomFile, clock: Clock, file: Path, wishes: Wishes, say: tuple[Say, Say]) -> int:
    """Read, check and store a file; `say` is (what is well, what is wrong). Returns the exit status."""
    well, wrong = say
    found = read(settings, clock, file, wishes.who)
    engine = open_store(settings.dashboard.store)
    try:
        stored = _stored(engine, clock, found, wishes)
    except OperationalError as problem:
        wrong(f"{file.name}: nothing stored, the store does not take writes now ({problem.orig}). Try again later")
        return 1
    finally:
        engine.dispose()
    for line in told(found.findings, file.name):
        wrong(line)
    for line in told(found.notices, file.name, "notices"):
        well(line)
    well(_summary(found, stored, wishes, file.name))
    return 1 if found.findings else 0


def read(settings: ControlRoomFile, clock: Clock, file: Path, who: str = "") -> Reading:
    """What a CSV or JSON file holds, before it is weighed against the store.

    Raises:
        OSError: the file cannot be read.
    """
    context = Context(
        Places(settings), settings.zone, datetime.fromtimestamp(clock.now(), UTC), settings.calendar.first_day, who
    )
    with file.open("rb") as opened:
        raw = opened.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES or not raw.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"{", b"[")):
        return read_file(raw, context)
    try:
        return listing.read_list(listing.parse(raw)["figures"], context)
    except listing.NotJson as problem:
        return Reading(findings=[problem.finding])


def _stored(engine: Engine, clock: Clock, found: Reading, wishes: Wishes) -> Stored | None:
    with engine.connect() as connection:
        stored = figures.take(
            connection, found, int(clock.now() * 1000), good_rows=wishes.good_rows, confirmed=wishes.confirmed
        )
        if wishes.dry_run:
            connection.rollback()
        else:
            connection.commit()
    return stored


def _summary(found: Reading, stored: Stored | None, wishes: Wishes, name: str) -> str:
    if stored is None:
        good = f"{indian(len(found.figures))} of {indian(found.rows)} rows are good"
        hint = "" if wishes.good_rows or not found.figures else "; --good-rows stores those"
        return f"{name}: nothing stored, {_counted(len(found.findings), 'finding', 'findings')}; {good}{hint}"
    return f"{name}: {in_words(found, stored, 'would be stored' if wishes.dry_run else 'stored')}"


def in_words(found: Reading, stored: Stored, verb: str = "stored") -> str:
    """`2 figures stored, 1 known already, 3 findings, those rows were left out`; the same at the terminal and on the page."""
    parts = [f"{_counted(stored.new, 'figure', 'figures')} {verb}"]
    if stored.corrected:
        parts.append(f"{_counted(stored.corrected, 'of them corrects', 'of them correct')} a known one")
    if stored.known:
        parts.append(f"{indian(stored.known)} known already")
    if found.blanks:
        parts.append(f"{indian(found.blanks)} not reported")
    if found.findings:
        parts.append(f"{_counted(len(found.findings), 'finding', 'findings')}, those rows were left out")
    return ", ".join(parts)


def _counted(count: int, one: str, many: str) -> str:
    return f"{indian(count)} {one if count == 1 else many}"


def export(settings: ControlRoomFile, clock: Clock, day: str, as_known_at: str, full: bool) -> str:
    """CSV of the stored figures, of one service day if given, as known at a moment if given.

    Raises:
        ValueError: the day or the moment cannot be read.
    """
    now = datetime.fromtimestamp(clock.now(), UTC)
    today = now.astimezone(settings.zone).date()
    service_day = _asked("--day", lambda: read_day(day, Span(settings.calendar.first_day, today))) if day else today
    at_ms = None
    if as_known_at:
        at_ms = _asked("--as-known-at", lambda: read_as_of(as_known_at, service_day, settings.zone, now)).ms
    engine = open_store(settings.dashboard.store)
    try:
        with reading(engine) as connection:
            versions = figures.as_known(
                connection,
                _OUT_OF_TIME if at_ms is None else at_ms,
                first_day=str(service_day) if day else "",
                last_day=str(service_day) if day else "9999",
            )
    finally:
        engine.dispose()
    return to_csv(versions, settings.zone, full, settings.dashboard.doses.prefer, at_ms)


def _asked(option: str, read_it: Callable[[], T]) -> T:
    try:
        return read_it()
    except Unreadable as problem:
        raise ValueError(f"{option}: {problem}") from None
