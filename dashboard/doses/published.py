"""Tables of the first weeks gathered from press releases and reports: the states' first day, Maharashtra by day and by district.

Each is known by its header. Sources stand in the row, or where a table has none, here. What is derived says so in its note; what
was only remembered, counts a part of the doses, or is no count of doses is left out and said. Zero on a day without sessions is
not zero.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date as Date
from typing import NamedTuple

from dashboard.doses.cowin import REGISTRY
from dashboard.doses.days import read_as_of
from dashboard.doses.figure import SINCE_START, Figure, Reading
from dashboard.doses.finding import quoted
from dashboard.doses.rows import Context, legible, plain_words
from dashboard.doses.sheet import Row, Rows, Sheet
from dashboard.doses.sums import settle

MINISTRY_LIST = "Ministry of Health, provisional list of the night of 16 January 2021"
PRESS = "NDTV, 16 January 2021"
_WEBDUNIA = (
    "https://marathi.webdunia.com/article/regional-marathi-news/"
    "corona-vaccination-completed-for-18-thousand-166-employees-in-the-state-121012100011_1.html"
)
_DEVDISCOURSE = (
    "https://www.devdiscourse.com/article/health/1421467-maha-35816-health-workers-get-vaccines-total-now-135701"
)
_STATES_OWN = {  # where a state's own word of the first day was printed
    "Maharashtra": "https://www.hindustantimes.com/cities/mumbai-news/"
    "cowin-loses-maharashtra-covid-vaccination-drive-on-halt-for-2-days-101610824252801.html",
    "West Bengal": "https://indianexpress.com/article/india/"
    "covid-vaccine-app-glitches-persist-state-may-miss-shot-target-today-too-7150596/",
    "Madhya Pradesh": "https://www.freepressjournal.in/bhopal/madhya-pradeshs-vaccination-target-better-than-many-states",
}
_FIRST_DAY = (  # column, kind, source; empty: the state's own
    ("mohfw_vaccinated", "reported", MINISTRY_LIST), ("vaccinated_state", "reported", ""), ("target_ndtv", "target", PRESS),
    ("target_state", "target", ""), ("cowin_recorded", "recorded", REGISTRY),
)  # fmt: skip
_BY_DISTRICT = (  # column, kind, day, hour if it was published, source
    ("target_20jan_derived", "target", "2021-01-20", "", _WEBDUNIA), ("reported_day_20jan", "reported", "2021-01-20", "19:00", _WEBDUNIA),
    ("reported_cum_25jan", SINCE_START["reported"], "2021-01-25", "", _DEVDISCOURSE),
    *((f"recorded_cum_{day}jan", SINCE_START["recorded"], f"2021-01-{day}", "", REGISTRY) for day in (16, 20, 25)),
)  # fmt: skip
_FOUND_KINDS = {"target": "target", "achieved": "reported", "recorded_in_registry": "recorded"}
_HOUR = re.compile(r"\b(?:at|until) ([0-9]{2}:[0-9]{2})")
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:/[0-9]{2})?(?: ([0-9]{2}:[0-9]{2}))? ?(.*)")
_A_PART = re.compile(r"\bgroup only\b")
_DOUBTED = re.compile(r"recalled|doubtful")
_SAID = 120  # characters that are kept of when and by whom it was said


def is_public(header: list[str]) -> bool:
    """True for the header of one of these tables."""
    return _reader(header) is not None


def read(header: list[str], rows: Rows, context: Context, reading: Reading) -> Reading:
    """Figures of the places this control room knows; rows of other places are counted in a notice."""
    read_table = _reader(header)
    assert read_table is not None, "asked only after is_public"
    sheet = Sheet(header, rows, context, reading)
    read_table(sheet)
    settle(reading, (), context.places)
    return sheet.close()


def _reader(header: list[str]) -> Callable[[Sheet], None] | None:
    names = {cell.strip() for cell in header}
    return next((reader for shape, reader in _SHAPES if shape <= names), None)


class _Cell(NamedTuple):
    """One cell of a table. `at` is an hour, a day or a moment; empty: the end of the service day."""

    line: int
    column: str
    text: str
    place: str
    day: Date
    kind: str
    source: str
    at: str = ""
    note: str = ""
    said: str = ""


def _states_first_day(sheet: Sheet) -> None:
    day = sheet.context.first_day
    for line, row in sheet.by_column():
        place = sheet.context.places.state_of_public_file(row["state"])
        if place is None:
            sheet.elsewhere("other states")
        elif sheet.is_new(line, row["state"]):
            own = _STATES_OWN.get(row["state"].strip(), "the state's own release")
            for column, kind, source in _FIRST_DAY:
                _tell(sheet, _Cell(line, column, row.get(column, ""), place, day, kind, source or own))


def _by_district(sheet: Sheet) -> None:
    for line, row in sheet.by_column():
        code = row["code"]
        if code not in sheet.context.places.districts:
            sheet.elsewhere(row["district"])
        elif sheet.is_new(line, code):
            notes = {"reported": row["note"], "target": _both("derived: doses / printed per cent", row["note"])}
            for column, kind, iso, hour, source in _BY_DISTRICT:
                if day := sheet.day(1, column, iso):
                    _tell(sheet, _Cell(line, column, row[column], code, day, kind, source, hour, notes.get(kind, "")))


def _state_by_day(sheet: Sheet) -> None:
    place = sheet.context.places.state_of_public_file("MH")
    for line, row in sheet.by_column():
        day = sheet.day(line, "date", row["date"])
        if place is None:
            sheet.elsewhere("Maharashtra")
        elif _A_PART.search(row["note"]):
            sheet.reading.notice(line, "", f"left out, it counts a part of the doses: {legible(row['note'], _SAID)}")
        elif day and sheet.is_new(line, row["date"]):
            for cell in _state_cells(line, row, place, day):
                _tell(sheet, cell)


def _state_cells(line: int, row: Row, place: str, day: Date) -> Iterator[_Cell]:
    source, note, hour = row["source"], row["note"], _HOUR.search(row["note"])
    at = hour[1] if hour else ""
    yield _Cell(line, "reported_cum", row["reported_cum"], place, day, SINCE_START["reported"], source, at, note)
    if row["centres"] != "0":  # the zeros of a day without sessions are no counts
        yield _Cell(line, "reported_day", row["reported_day"], place, day, "reported", source, at, note)
        planned = row["target_100_per_centre"]
        yield _Cell(
            line,
            "target_100_per_centre",
            planned,
            place,
            day,
            "target",
            source,
            note=_both("derived: 100 a centre", note),
        )


def _found_of_first_day(sheet: Sheet) -> None:
    other = 0
    for line, row in sheet.by_column():
        place, moment = _area(sheet, row), _MOMENT.fullmatch(row["as_of"])
        if row["metric"] not in _FOUND_KINDS:
            other += 1
        elif place is None:
            sheet.elsewhere(row["area"])
        elif _DOUBTED.search(row["quality"]):
            told = f"{legible(row['value'])} of {legible(row['area'])} is {legible(row['quality'], _SAID)}"
            sheet.reading.notice(line, "quality", f"left out, {told}")
        elif moment is None:
            sheet.find(line, "as_of", f"{quoted(row['as_of'])} is not a moment", "Write for example 2021-01-16 17:30")
        else:
            _tell(sheet, _found(sheet, line, row, place, moment))
    if other:
        sheet.reading.notice(0, "", f"{other} rows that are no count of doses were left out")


def _found(sheet: Sheet, line: int, row: Row, place: str, moment: re.Match[str]) -> _Cell:
    at = f"{moment[1]}T{moment[2]}" if moment[2] else moment[1]
    note = "" if row["quality"] == "published" else row["quality"]
    kind, first = _FOUND_KINDS[row["metric"]], sheet.context.first_day
    return _Cell(line, "value", row["value"], place, first, kind, row["source"], at, note, moment[3][:_SAID])


def _area(sheet: Sheet, row: Row) -> str | None:
    places = sheet.context.places
    if row["area"] == "State":
        return places.state_of_public_file(row["state"])
    return places.of_public_file(row["area"], row["state"])


def _centres(sheet: Sheet) -> None:
    """Centres that are no session sites of config.yaml are added up by district."""
    counted: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    places = sheet.context.places
    for line, row in sheet.by_column():
        place = places.of_public_file(row["district"], places.state_code)
        doses = sheet.count(line, "achieved", row["achieved"])
        if place is None:
            sheet.elsewhere(row["district"])
        elif doses is not None and sheet.is_new(line, row["centre"]):
            counted[place, row["source_url"]].append((line, doses))
    for (place, source), found in counted.items():
        total, note = str(sum(doses for _, doses in found)), f"derived: sum of {len(found)} centres"
        day = sheet.context.first_day
        _tell(sheet, _Cell(found[0][0], "achieved", total, place, day, "reported", source, note=note))


def _both(derived: str, note: str) -> str:
    return f"{derived}; {note}" if note else derived


def _tell(sheet: Sheet, cell: _Cell) -> None:
    value = sheet.count(cell.line, cell.column, cell.text)
    if value is None:
        return
    moment = cell.at or cell.day.isoformat()
    as_of = sheet.take(cell.line, "as_of", lambda: read_as_of(moment, cell.day, sheet.context.zone, sheet.context.now))
    source = sheet.take(cell.line, "source", lambda: plain_words("source", cell.source, needed=True))
    note = sheet.take(cell.line, "note", lambda: plain_words("note", cell.note))
    if as_of is None or source is None or note is None:
        return
    sheet.tell(Figure(
        cell.place, cell.day.isoformat(), cell.kind, value, as_of.ms, as_of.hour_known, source, note=note, said=cell.said,
        who=sheet.context.who, line=cell.line,
    ))  # fmt: skip


_SHAPES: tuple[tuple[set[str], Callable[[Sheet], None]], ...] = (
    ({"state", "mohfw_vaccinated", "target_state", "vaccinated_state", "cowin_recorded"}, _states_first_day),
    ({"code", "district", "note", *(column for column, *_ in _BY_DISTRICT)}, _by_district),
    ({"date", "centres", "target_100_per_centre", "reported_day", "reported_cum", "source", "note"}, _state_by_day),
    ({"state", "area", "metric", "value", "as_of", "quality", "source"}, _found_of_first_day),
    ({"centre", "district", "achieved", "source_url"}, _centres),
)
