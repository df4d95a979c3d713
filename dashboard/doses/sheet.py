"""A public table being read: its rows, its days, and what is wrong with it. What its columns mean: cowin.py and published.py."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date as Date
from datetime import datetime, time, timedelta
from typing import TypeVar

from dashboard.doses.days import Span, read_day
from dashboard.doses.figure import Figure, Reading
from dashboard.doses.finding import Finding, Unreadable, quoted
from dashboard.doses.numbers import read_count
from dashboard.doses.rows import Context, legible, refuse_length

MAX_ROWS = 100_000
WHOLE = "Download the file anew, whole"
Rows = Iterable[tuple[int, list[str]]]
Row = dict[str, str]
T = TypeVar("T")


class Sheet:
    """One table, by its header and its rows with their line numbers. Places that are not watched here are counted, not refused."""

    def __init__(self, header: list[str], rows: Rows, context: Context, reading: Reading) -> None:
        self.header, self.rows, self.context, self.reading = [cell.strip() for cell in header], rows, context, reading
        self._span = Span(context.first_day, context.span.today, slashes_fixed=True)
        self._elsewhere: Counter[str] = Counter()
        self._days: dict[str, Date | None] = {}
        self._ends: dict[str, int] = {}
        self._seen: dict[tuple[str, ...], int] = {}
        self._too_long_at = 0  # the first line that is not read any more

    def by_column(self) -> Iterator[tuple[int, Row]]:
        """Each row that fits the header, with its line; none when a column stands twice in it."""
        for name, times in Counter(self.header).items():
            if name and times > 1:
                self.find(1, legible(name), f"column {quoted(name)} stands {times} times", WHOLE)
                return
        for line, cells in self.rows:
            self.reading.rows += 1
            if self.reading.rows > MAX_ROWS:
                self._too_long_at = line
                return
            if self.fits(line, cells):
                yield line, dict(zip(self.header, cells, strict=True))

    def fits(self, line: int, cells: list[str]) -> bool:
        """False after noting that the row has more or fewer cells than the header."""
        if len(cells) != len(self.header):
            self.find(line, "", f"{len(cells)} cells, expected {len(self.header)}", WHOLE)
        return len(cells) == len(self.header)

    def is_new(self, line: int, *key: str) -> bool:
        """False after noting that a row of this key stands in an earlier line."""
        first = self._seen.setdefault(key, line)
        if first != line:
            self.find(line, "", f"the same row stands in line {first}", WHOLE)
        return first == line

    def day(self, line: int, column: str, text: str) -> Date | None:
        """A service day; None after noting once why it is none."""
        if text not in self._days:
            self._days[text] = self.take(line, column, lambda: read_day(text, self._span))
        return self._days[text]

    def count(self, line: int, column: str, text: str) -> int | None:
        """A count of doses; None after counting it as not reported, or noting why it is none."""
        count = self.take(line, column, lambda: read_count(text))
        if count is None:
            return None
        self.reading.blanks += count.value is None
        return count.value

    def take(self, line: int, column: str, read: Callable[[], T]) -> T | None:
        """What is read of a cell; None after noting why it cannot be."""
        try:
            return read()
        except Unreadable as problem:
            self.find(line, column, problem.wrong, problem.cure)
            return None

    def tell(self, figure: Figure) -> None:
        """Take a good figure."""
        self.reading.figures.append(figure)

    def elsewhere(self, place: str) -> None:
        """Count a row of a place that is not watched here."""
        self._elsewhere[legible(place)] += 1

    def find(self, line: int, column: str, wrong: str, cure: str) -> None:
        """Note a mistake."""
        self.reading.findings.append(Finding(line, column, wrong, cure))

    def end_ms(self, day: str) -> int:
        """The end of a day (ISO), milliseconds since 1970 UTC: what a figure of unknown hour is as of."""
        if day not in self._ends:
            midnight = datetime.combine(Date.fromisoformat(day) + timedelta(days=1), time(0), self.context.zone)
            self._ends[day] = int((midnight - timedelta(seconds=1)).timestamp() * 1000)
        return self._ends[day]

    def close(self) -> Reading:
        """Say which rows were left out; a file with nothing of ours is a finding, and so is one with too many rows."""
        if self._elsewhere:
            rows, names = sum(self._elsewhere.values()), ", ".join(sorted(self._elsewhere)[:5])
            counted = "1 row" if rows == 1 else f"{rows} rows"
            self.reading.notice(0, "", f"{counted} of places that are not watched here were left out: {names}")
        if self._too_long_at:  # only now: some tables give their sums after the last row
            refuse_length(self.reading, self._too_long_at, MAX_ROWS)
        if not self.reading.figures and not self.reading.findings:
            self.find(0, "", "the file holds no figure of a place known here", "See config.yaml, districts")
        return self.reading
