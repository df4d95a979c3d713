"""The public files of Co-WIN that the covid19india.org volunteers kept: one wide, the others long.

Wide: two header lines, a column is known only by the pair of date (line 1) and metric (line 2); dates DD/MM/YYYY, later ISO;
`302.0` and `302`; blank cells; ten, eight or three metrics a day; metric names with trailing spaces. Districts are keyed on
(District_Key, Cowin Key) and added up by District, as health districts have rows of their own.
All counts run from the start of the drive, so they are kept as kinds of their own (`recorded_cum`, `reported_cum`): the doses of
a day are a difference of two of them, and where a count falls there is none, only a mark "revised downward".
"""

from collections import defaultdict
from functools import partial

from dashboard.doses.figure import SINCE_START, Figure, Reading
from dashboard.doses.numbers import read_count
from dashboard.doses.rows import Context
from dashboard.doses.sheet import WHOLE, Row, Rows, Sheet

REGISTRY = "Co-WIN public counters, kept by covid19india.org volunteers (CC BY-SA)"
MINISTRY = "Ministry of Health, kept by covid19india.org volunteers (CC BY-SA)"
_WIDE = ["S No", "State_Code", "State", "District_Key", "Cowin Key", "District"]
_LONG_DISTRICT = {"date", "district", "dose1_cum", "dose2_cum"}
_LONG_STATE = {"date", "state", "dose1_cum", "dose2_cum"}
_BESIDE = {"date", "state", "cowin_recorded_cum", "mohfw_reported_cum"}
_FIRST, _SECOND, _ALL = "First Dose Administered", "Second Dose Administered", "Total Doses Administered"


def is_public(header: list[str]) -> bool:
    """True for the first line of one of the public files."""
    names = {cell.strip() for cell in header}
    return header[:6] == _WIDE or any(shape <= names for shape in (_LONG_DISTRICT, _LONG_STATE, _BESIDE))


def read(header: list[str], rows: Rows, context: Context, reading: Reading) -> Reading:
    """Figures of the places this control room knows; rows of other places are counted in a notice."""
    reading.public = True
    sheet = Sheet(header, rows, context, reading)
    counts = _Counts(sheet)
    if header[:6] == _WIDE:
        counts.wide(header)
    else:
        counts.long()
    counts.tell()
    return sheet.close()


class _Counts:
    """Counts since the start being added up by place, day and kind: (doses, the line where it was last met)."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet, self.places = sheet, sheet.context.places
        self.sums: dict[tuple[str, str, str], tuple[int, int]] = {}

    # -- wide -------------------------------------------------------------------------------------------------------

    def wide(self, header: list[str]) -> None:
        rows = iter(self.sheet.rows)
        second = next(rows, None)
        if second is None or len(second[1]) != len(header):
            self.sheet.find(2, "", "the second header line does not fit the first", WHOLE)
            return
        days = self._day_columns(header, second[1])
        for line, cells in rows:
            self.sheet.reading.rows += 1
            if not self.sheet.fits(line, cells):
                continue
            place = self.places.of_public_file(cells[5], cells[1].strip())
            if place is None:
                self.sheet.elsewhere(cells[2].strip())
            elif self.sheet.is_new(line, cells[3], cells[4]):
                self._wide_row(line, place, cells, days)

    def _day_columns(self, dates: list[str], metrics: list[str]) -> dict[str, dict[str, int]]:
        """Column of each metric by ISO day; a day whose date cannot be read is a finding."""
        days: dict[str, dict[str, int]] = defaultdict(dict)
        for column, (date, metric) in enumerate(zip(dates, metrics, strict=True)):
            if column < len(_WIDE):
                continue
            day = self.sheet.day(1, f"{column + 1}", date)
            if day is None:
                continue
            name, known = metric.strip(), days[day.isoformat()]
            if name in known:
                self.sheet.find(1, f"{column + 1}", f"{name} of {date} stands twice", WHOLE)
            known[name] = column
        return days

    def _wide_row(self, line: int, place: str, cells: list[str], days: dict[str, dict[str, int]]) -> None:
        for day, columns in days.items():
            whole = columns.get(_ALL)
            parts = [whole] if whole is not None else [columns[name] for name in (_FIRST, _SECOND) if name in columns]
            self.add(line, place, day, "recorded", [(f"{column + 1}", cells[column]) for column in parts])

    # -- long -------------------------------------------------------------------------------------------------------

    def long(self) -> None:
        districts = "district" in self.sheet.header
        for line, row in self.sheet.by_column():
            day = self.sheet.day(line, "date", row["date"])
            if day is not None:
                self._long_row(line, row, day.isoformat(), districts)

    def _long_row(self, line: int, row: Row, day: str, districts: bool) -> None:
        state = row.get("state") or row.get("district_key", "").partition("_")[0]
        place = (
            self.places.of_public_file(row["district"], state) if districts else self.places.state_of_public_file(state)
        )
        if place is None:
            self.sheet.elsewhere(state)
        elif self.sheet.is_new(line, day, place, row.get("district", ""), row.get("cowin_key", "")):
            for kind, columns in _kinds(row, districts):
                self.add(line, place, day, kind, [(name, row[name]) for name in columns])

    # -- both -------------------------------------------------------------------------------------------------------

    def add(self, line: int, place: str, day: str, kind: str, parts: list[tuple[str, str]]) -> None:
        """Add first and second doses to a place's day. Blank first doses: not reported. Blank second doses: none yet."""
        doses = None
        for column, text in parts:
            count = self.sheet.take(line, column, partial(read_count, text))
            if count is None:
                return
            if count.value is None and doses is None:
                self.sheet.reading.blanks += 1
                return
            doses = (doses or 0) + (count.value or 0)
        if doses is not None:
            key = (place, day, SINCE_START[kind])
            self.sums[key] = (self.sums.get(key, (0, 0))[0] + doses, line)

    def tell(self) -> None:
        """The hour of these snapshots was not published: they count as of the end of their day."""
        who = self.sheet.context.who
        for (place, day, kind), (doses, line) in self.sums.items():
            source = REGISTRY if kind == SINCE_START["recorded"] else MINISTRY
            self.sheet.tell(Figure(place, day, kind, doses, self.sheet.end_ms(day), False, source, who=who, line=line))


def _kinds(row: Row, districts: bool) -> list[tuple[str, tuple[str, ...]]]:
    """Which columns of a long row are counts of which kind: districts are the registry's, states the ministry's."""
    if "mohfw_reported_cum" in row:
        return [("recorded", ("cowin_recorded_cum",)), ("reported", ("mohfw_reported_cum",))]
    return [("recorded" if districts else "reported", ("dose1_cum", "dose2_cum"))]
