"""The public files of Co-WIN that the covid19india.org volunteers kept: one wide, the others long.

Wide: two header lines, a column is known only by the pair of date (line 1) and metric (line 2); dates DD/MM/YYYY, later ISO;
`302.0` and `302`; blank cells; ten, eight or three metrics a day; metric names with trailing spaces. Districts are keyed on
(District_Key, Cowin Key) and added up by District, as health districts have rows of their own.
All counts run from the start of the drive, so they are kept as kinds of their own (`recorded_cum`, `reported_cum`): the doses of
a day are a difference of two of them, and where a count falls there is none, only a mark "revised downward".
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date as Date
from datetime import datetime, time, timedelta

from dashboard.doses.days import Span, read_day
from dashboard.doses.figure import SINCE_START, Figure, Reading
from dashboard.doses.finding import Finding, Unreadable
from dashboard.doses.numbers import read_count
from dashboard.doses.rows import Context

REGISTRY = "Co-WIN public counters, kept by covid19india.org volunteers (CC BY-SA)"
MINISTRY = "Ministry of Health, kept by covid19india.org volunteers (CC BY-SA)"
MINISTRY_LIST = "Ministry of Health, provisional list of the night of 16 January 2021"
STATES_OWN = "the state's own release"
PRESS = "NDTV, 16 January 2021"
_WIDE = ["S No", "State_Code", "State", "District_Key", "Cowin Key", "District"]
_LONG_DISTRICT = {"date", "district", "dose1_cum", "dose2_cum"}
_LONG_STATE = {"date", "state", "dose1_cum", "dose2_cum"}
# day one, state by state: no column of days, as all of it is of the first day of the drive
_DAY_ONE = {"state", "mohfw_vaccinated", "target_state", "vaccinated_state", "cowin_recorded"}
_DAY_ONE_KINDS = (
    ("mohfw_vaccinated", "reported", MINISTRY_LIST), ("vaccinated_state", "reported", STATES_OWN), ("target_ndtv", "target", PRESS),
    ("target_state", "target", STATES_OWN), ("cowin_recorded", "recorded", REGISTRY),
)  # fmt: skip
_BESIDE = {"date", "state", "cowin_recorded_cum", "mohfw_reported_cum"}
_FIRST, _SECOND, _ALL = "First Dose Administered", "Second Dose Administered", "Total Doses Administered"
_MAX_ROWS = 100_000
Rows = Iterable[tuple[int, list[str]]]
# place, day, kind -> doses, and the line where it was last met
Sums = dict[tuple[str, str, str], tuple[int, int]]


def is_public(header: list[str]) -> bool:
    """True for the first line of one of the public files."""
    names = {cell.strip() for cell in header}
    return header[:6] == _WIDE or any(shape <= names for shape in (_LONG_DISTRICT, _LONG_STATE, _BESIDE, _DAY_ONE))


def read(header: list[str], rows: Rows, context: Context, reading: Reading) -> Reading:
    """Figures of the places this control room knows; rows of other places are counted in a notice."""
    reading.public = True
    work = _Work(context, reading)
    if header[:6] == _WIDE:
        work.wide(header, iter(rows))
    elif {cell.strip() for cell in header} >= _DAY_ONE:
        work.day_one([cell.strip() for cell in header], rows)
    else:
        work.long([cell.strip() for cell in header], rows)
    work.finish()
    return reading


class _Work:
    """One file being read."""

    def __init__(self, context: Context, reading: Reading) -> None:
        self.context, self.reading = context, reading
        self.span = Span(context.first_day, context.span.today, slashes_fixed=True)
        self.sums: Sums = {}
        self.elsewhere: Counter[str] = Counter()
        self.days: dict[str, Date | None] = {}
        self.ends: dict[str, int] = {}
        self.seen: dict[tuple[str, ...], int] = {}

    # -- wide -------------------------------------------------------------------------------------------------------

    def wide(self, header: list[str], rows: Iterator[tuple[int, list[str]]]) -> None:
        second = next(rows, None)
        if second is None or len(second[1]) != len(header):
            self.find(2, "", "the second header line does not fit the first", "Download the file anew, whole")
            return
        days = self._day_columns(header, second[1])
        for line, cells in rows:
            self.reading.rows += 1
            if len(cells) != len(header):
                self.find(line, "", f"{len(cells)} cells, expected {len(header)}", "Download the file anew, whole")
                continue
            place = self.context.places.of_public_file(cells[5], cells[1].strip())
            if place is None:
                self.elsewhere[cells[2].strip()] += 1
            elif self._new(line, (cells[3], cells[4])):
                self._wide_row(line, place, cells, days)

    def _day_columns(self, dates: list[str], metrics: list[str]) -> dict[str, dict[str, int]]:
        """Column of each metric by ISO day; a day whose date cannot be read is a finding."""
        days: dict[str, dict[str, int]] = defaultdict(dict)
        for column, (date, metric) in enumerate(zip(dates, metrics, strict=True)):
            if column < len(_WIDE):
                continue
            day = self.day(1, f"{column + 1}", date)
            if day is None:
                continue
            name, known = metric.strip(), days[day.isoformat()]
            if name in known:
                self.find(1, f"{column + 1}", f"{name} of {date} stands twice", "Download the file anew, whole")
            known[name] = column
        return days

    def _wide_row(self, line: int, place: str, cells: list[str], days: dict[str, dict[str, int]]) -> None:
        for day, columns in days.items():
            whole = columns.get(_ALL)
            parts = [whole] if whole is not None else [columns[name] for name in (_FIRST, _SECOND) if name in columns]
            self.add(line, place, day, "recorded", [(f"{column + 1}", cells[column]) for column in parts])

    # -- long -------------------------------------------------------------------------------------------------------

    def long(self, header: list[str], rows: Rows) -> None:
        districts = "district" in header
        for line, cells in rows:
            self.reading.rows += 1
            if self.reading.rows > _MAX_ROWS:
                self.find(line, "", f"the file has over {_MAX_ROWS} rows", "Split it by year")
                return
            if len(cells) != len(header):
                self.find(line, "", f"{len(cells)} cells, expected {len(header)}", "Download the file anew, whole")
                continue
            row = dict(zip(header, cells, strict=True))
            day = self.day(line, "date", row["date"])
            if day is not None:
                self._long_row(line, row, day.isoformat(), districts)

    def _long_row(self, line: int, row: dict[str, str], day: str, districts: bool) -> None:
        state = row.get("state") or row.get("district_key", "").partition("_")[0]
        places = self.context.places
        place = places.of_public_file(row["district"], state) if districts else places.state_of_public_file(state)
        if place is None:
            self.elsewhere[state] += 1
            return
        if not self._new(line, (day, place, row.get("district", ""), row.get("cowin_key", ""))):
            return
        if "mohfw_reported_cum" in row:
            for kind, column in (("recorded", "cowin_recorded_cum"), ("reported", "mohfw_reported_cum")):
                self.add(line, place, day, kind, [(column, row[column])])
            return
        kind = "recorded" if districts else "reported"
        self.add(line, place, day, kind, [(name, row[name]) for name in ("dose1_cum", "dose2_cum")])

    # -- day one ----------------------------------------------------------------------------------------------------

    def day_one(self, header: list[str], rows: Rows) -> None:
        for line, cells in rows:
            self.reading.rows += 1
            if len(cells) != len(header):
                self.find(line, "", f"{len(cells)} cells, expected {len(header)}", "Download the file anew, whole")
                continue
            row = dict(zip(header, cells, strict=True))
            place = self.context.places.state_of_public_file(row["state"])
            if place is None:
                self.elsewhere["other states"] += 1
            elif self._new(line, (row["state"],)):
                self._states_day(line, place, row)

    def _states_day(self, line: int, place: str, row: dict[str, str]) -> None:
        day = self.context.first_day.isoformat()
        for column, kind, source in _DAY_ONE_KINDS:
            try:
                count = read_count(row.get(column, ""))
            except Unreadable as problem:
                self.find(line, column, problem.wrong, problem.cure)
                continue
            self.reading.blanks += count.value is None
            if count.value is not None:
                self.reading.figures.append(
                    Figure(
                        place, day, kind, count.value, self.end_ms(day), False, source, who=self.context.who, line=line
                    )
                )

    # -- both -------------------------------------------------------------------------------------------------------

    def _new(self, line: int, key: tuple[str, ...]) -> bool:
        first = self.seen.setdefault(key, line)
        if first != line:
            self.find(line, "", f"the same row stands in line {first}", "Download the file anew, whole")
        return first == line

    def add(self, line: int, place: str, day: str, kind: str, parts: list[tuple[str, str]]) -> None:
        """Add first and second doses to a place's day. Blank first doses: not reported. Blank second doses: none yet."""
        doses = None
        for column, text in parts:
            try:
                value = read_count(text).value
            except Unreadable as problem:
                self.find(line, column, problem.wrong, problem.cure)
                return
            if value is None and doses is None:
                self.reading.blanks += 1
                return
            doses = (doses or 0) + (value or 0)
        if doses is not None:
            key = (place, day, SINCE_START[kind])
            self.sums[key] = (self.sums.get(key, (0, 0))[0] + doses, line)

    def day(self, line: int, column: str, text: str) -> Date | None:
        if text not in self.days:
            try:
                self.days[text] = read_day(text, self.span)
            except Unreadable as problem:
                self.days[text] = None
                self.find(line, column, problem.wrong, problem.cure)
        return self.days[text]

    def find(self, line: int, column: str, wrong: str, cure: str) -> None:
        self.reading.findings.append(Finding(line, column, wrong, cure))

    def end_ms(self, day: str) -> int:
        """The end of a day: the hour of these snapshots was not published."""
        if day not in self.ends:
            midnight = datetime.combine(Date.fromisoformat(day) + timedelta(days=1), time(0), self.context.zone)
            self.ends[day] = int((midnight - timedelta(seconds=1)).timestamp() * 1000)
        return self.ends[day]

    def finish(self) -> None:
        for (place, day, kind), (doses, line) in self.sums.items():
            source = REGISTRY if kind == SINCE_START["recorded"] else MINISTRY
            self.reading.figures.append(
                Figure(place, day, kind, doses, self.end_ms(day), False, source, who=self.context.who, line=line)
            )
        if self.elsewhere:
            rows = sum(self.elsewhere.values())
            names = ", ".join(sorted(self.elsewhere)[:5])
            self.reading.notice(
                0,
                "",
                f"{rows} {'row' if rows == 1 else 'rows'} of places that are not watched here were left out: {names}",
            )
        if not self.reading.figures and not self.reading.findings:
            self.find(0, "", "the file holds no figure of a place known here", "See config.yaml, districts")
