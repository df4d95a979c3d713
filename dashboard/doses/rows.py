"""One row of the doses file or of POST /api/v1/doses to one figure, or to every mistake in it. Both ways in share this."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date as Date
from datetime import datetime, time, timedelta
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dashboard.doses.days import FIRST_DAY, AsOf, Span, read_as_of, read_day
from dashboard.doses.figure import STATUSES, TOLD_KINDS, Figure, Reading
from dashboard.doses.finding import Finding, Unreadable, quoted
from dashboard.doses.numbers import Count, read_count
from dashboard.doses.places import Found, Places, district_of

COLUMNS = ("district", "day", "kind", "value", "as_of", "source", "status", "note")
NEEDED = COLUMNS[:6]
TOTAL = "TOTAL"
_SUGGESTED = 200  # only the first findings are shown
_PLANNED_AHEAD = timedelta(days=60)
_CHARACTERS = 500  # of a source or a note
T = TypeVar("T")


@dataclass(frozen=True)
class Context:
    """What readers need to know of the control room: its places, its zone, and the moment of reading (with a zone)."""

    places: Places
    zone: ZoneInfo
    now: datetime
    first_day: Date = FIRST_DAY
    who: str = ""
    only: frozenset[str] | None = None  # places this sender may report; None: all

    @property
    def span(self) -> Span:
        return Span(self.first_day, self.now.astimezone(self.zone).date())


class RowReader:
    """Reads rows into a Reading. What repeats down a file (days, moments, names) is read once."""

    def __init__(self, context: Context, reading: Reading) -> None:
        self.context, self.reading = context, reading
        self._days: dict[tuple[str, bool], Date | Unreadable] = {}
        self._places: dict[tuple[str, Date], Found | Unreadable] = {}
        self._moments: dict[tuple[str, Date], AsOf | Unreadable] = {}

    def read(self, cells: Mapping[str, str], line: int, index: int = -1) -> Figure | None:
        """A figure (its place is TOTAL for the row that sums the others), or None after noting what is wrong or blank."""
        row = _Row(self.reading, cells, line, index)
        kind = row.take("kind", lambda text: _one_of("kind", text, TOLD_KINDS))
        day = row.take("day", lambda text: self._day(text, kind))
        found = row.take("district", lambda text: self._place(text, day or self.context.first_day))
        count = row.take("value", read_count)
        as_of = row.take("as_of", lambda text: self._as_of(text, day, kind)) if day else None
        source = row.take("source", lambda text: plain_words("source", text, needed=True))
        status = row.take("status", lambda text: _one_of("status", text, STATUSES) if text.strip() else STATUSES[0])
        note = row.take("note", lambda text: plain_words("note", text))
        if row.bad or not (day and found and kind and count and as_of and source and status) or note is None:
            return None
        self._say(row, found, count)
        if count.value is None:
            return None
        iso = day.isoformat()
        return Figure(
            found.place, iso, kind, count.value, as_of.ms, as_of.hour_known, source, status, note, self.context.who, "", line, index
        )  # fmt: skip

    def _say(self, row: "_Row", found: Found, count: Count) -> None:
        if found.notice:
            self.reading.notice(row.line, "district", found.notice, row.index)
        if count.notice:
            self.reading.notice(row.line, "value", count.notice, row.index)
        self.reading.blanks += count.value is None

    def _place(self, text: str, day: Date) -> Found:
        if self.context.places.is_total(text):
            return Found(TOTAL)
        suggest = len(self.reading.findings) < _SUGGESTED
        found = _remembered(self._places, (text, day), lambda: self.context.places.find(text, day, suggest))
        if self.context.only is not None and district_of(found.place) not in self.context.only:
            name = self.context.places.named(found.place)
            raise Unreadable(
                f"this sender may not report for {name} ({found.place})", "Send the own district's rows only"
            )
        return found

    def _day(self, text: str, kind: str | None) -> Date:
        span = self.context.span
        if kind == "target":  # planned ahead
            span = replace(span, today=span.today + _PLANNED_AHEAD)
        return _remembered(self._days, (text, kind == "target"), lambda: read_day(text, span))

    def _as_of(self, text: str, day: Date | None, kind: str | None) -> AsOf:
        assert day is not None
        as_of = _remembered(
            self._moments, (text, day), lambda: read_as_of(text, day, self.context.zone, self.context.now)
        )
        opened = datetime.combine(day, time(0), self.context.zone)
        if kind != "target" and as_of.moment < opened:
            raise Unreadable(
                f"{quoted(text)} is before {day}: those doses were not given yet", "Correct the day or the as_of"
            )
        if as_of.moment < opened - timedelta(days=366):
            raise Unreadable(f"{quoted(text)} is more than a year before {day}", "Correct the day or the as_of")
        return as_of


class _Row:
    """A row being read: notes mistakes and goes on, so that all of a row are said at once."""

    def __init__(self, reading: Reading, cells: Mapping[str, str], line: int, index: int) -> None:
        self.reading, self.cells, self.line, self.index, self.bad = reading, cells, line, index, False

    def take(self, column: str, read: Callable[[str], T]) -> T | None:
        """The value of a column, or None after noting why there is none."""
        try:
            return read(self.cells.get(column, ""))
        except Unreadable as problem:
            self.bad = True
            self.reading.findings.append(Finding(self.line, column, problem.wrong, problem.cure, self.index))
            return None


K = TypeVar("K")


def _remembered(known: dict[K, T | Unreadable], key: K, read: Callable[[], T]) -> T:
    if key not in known:
        try:
            known[key] = read()
        except Unreadable as problem:
            known[key] = problem.with_traceback(None)  # a traceback would keep the whole row alive
    value = known[key]
    if isinstance(value, Unreadable):
        raise Unreadable(value.wrong, value.cure)
    return value


def refuse_length(reading: Reading, line: int, most: int) -> None:
    """Take back all that was read of a file with more rows than `most`: a part must not pass for the whole."""
    reading.figures.clear()
    wrong = f"the file has over {most} rows"
    reading.findings[:] = [Finding(line, "", wrong, "Split it by day and give the parts one by one")]


def _one_of(column: str, text: str, known: tuple[str, ...]) -> str:
    bare = text.strip().lower()
    if bare in known:
        return bare
    listed = f"{', '.join(known[:-1])} or {known[-1]}"
    if not bare:
        raise Unreadable(f"the {column} is missing", f"Write {listed}")
    raise Unreadable(f"{quoted(text)} is not a {column}", f"Write {listed}")


def legible(text: str, most: int = 60) -> str:
    """A text of an input as it may stand in a message: at most so many characters, no line break, no escape, no half of a pair."""
    return "".join(c for c in text[:most] if c.isprintable())


def plain_words(column: str, text: str, needed: bool = False) -> str:
    """A source or a note on one line.

    Raises:
        Unreadable: missing though `needed`, over 500 characters, with a control character, or a source that is a broken
            address.
    """
    bare = text.strip()
    if needed and not bare:
        raise Unreadable(f"the {column} is missing", "Write who published the figure, or the address of its page")
    if len(bare) > _CHARACTERS:
        raise Unreadable(f"the {column} has {len(bare)} characters; {_CHARACTERS} are allowed", "Shorten it")
    odd = next((c for c in bare if ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000), "")
    if odd:
        raise Unreadable(
            f"the {column} holds the control character U+{ord(odd):04X}", "Write it on one line, as plain text"
        )
    if column == "source" and bare.startswith(("https://", "http://")) and not _has_host(bare):
        raise Unreadable(f"{quoted(bare)} is not a web address", "Write the whole address, or who published the figure")
    return bare


def _has_host(text: str) -> bool:
    """The pages make a link of a source that begins like an address, and name it by its host."""
    try:
        return bool(urlsplit(text.split(" ", maxsplit=1)[0]).hostname)
    except ValueError:  # a bracket that is not closed
        return False
