"""Files of doses to figures: our own CSV here, its JSON twin in listing.py, public files in cowin.py and published.py.

The csv module splits cells and nothing else; every cell has its own reader. All mistakes of a file are said at once.
"""

import csv
import difflib
import io
from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.doses import cowin, published
from dashboard.doses.decoding import NotText, decode
from dashboard.doses.figure import Figure, Reading
from dashboard.doses.finding import Finding, quoted
from dashboard.doses.rows import COLUMNS, NEEDED, TOTAL, Context, RowReader, legible, refuse_length
from dashboard.doses.sums import settle

MAX_ROWS = 50_000
MAX_LINE = 10_240
HEADER = ",".join(COLUMNS)
_HALF = len(NEEDED) // 2  # of the columns there: a slip of the pen; fewer: another table


@dataclass(frozen=True)
class Line:
    """A row of cells and the line of the file on which it begins (from 1)."""

    number: int
    cells: list[str]


def read_file(raw: bytes, context: Context) -> Reading:
    """Everything a CSV file holds: good figures, and a finding for each mistake. Never raises for what is in the file."""
    reading = Reading()
    try:
        text = decode(raw)
    except NotText as problem:
        reading.findings.append(problem.finding)
        return reading
    separator = "\t" if "\t" in next(_physical(text.lstrip())) else ","
    lines = _lines(text, separator, reading)
    header = next(lines, None)
    if header is None:
        if not reading.findings:
            reading.findings.append(Finding(0, "", "the file holds no word and no number", f"Begin with {HEADER}"))
        return reading
    rows = ((line.number, line.cells) for line in lines)
    if cowin.is_public(header.cells):
        return cowin.read(header.cells, rows, context, reading)
    if published.is_public(header.cells):
        return published.read(header.cells, rows, context, reading)
    columns = _columns(header, reading)
    if not columns or _too_long(text, reading):
        return reading
    _read_rows(lines, columns, context, reading)
    return reading


def _physical(text: str) -> io.StringIO:
    """The lines as the csv module sees them: ended by LF, CR LF, or CR alone."""
    return io.StringIO(text, newline="")


def _lines(text: str, separator: str, reading: Reading) -> Iterator[Line]:
    """Rows that are not blank. A row whose quotes are wrong is a finding; reading goes on behind it."""
    rows = csv.reader(_physical(text), delimiter=separator, strict=True)
    while True:
        number = rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as problem:
            reading.findings.append(_quoting(number, str(problem)))
            continue
        if any(cell.strip() for cell in cells):
            yield Line(number, cells)


def _quoting(number: int, problem: str) -> Finding:
    if "unexpected end" in problem:
        wrong = "a quotation mark opened in this row is never closed; nothing after it was read"
        return Finding(number, "", wrong, 'Close it, or write "" for a quotation mark within a cell')
    if "larger than field limit" in problem:
        return Finding(
            number, "", "a cell has over 131072 characters", "A quotation mark before it may be open: close it"
        )
    return Finding(
        number, "", "a quotation mark stands within a cell", 'Put the whole cell in quotes, and write "" for a mark'
    )


def _columns(header: Line, reading: Reading) -> list[str]:
    """The columns by place, or [] after noting what is wrong with the header."""
    names = [cell.strip().lower() for cell in header.cells]
    while names and not names[-1]:
        names.pop()
    before = len(reading.findings)
    note = reading.findings.append
    if len(names) == 1 and ";" in names[0]:
        note(
            Finding(header.number, "", 'the cells are separated by ";"', "Save the file with commas between its cells")
        )
        return []
    if len(names) > 1 and len(set(names) & set(NEEDED)) < _HALF:
        note(
            Finding(
                header.number, "", f"this is not the header line: {quoted(header.cells[0])} …", f"Begin with {HEADER}"
            )
        )
        return []
    for name in dict.fromkeys(names):
        if name not in COLUMNS:
            note(Finding(header.number, legible(name), f"there is no column {quoted(name)}", _like(name)))
        elif names.count(name) > 1:
            note(
                Finding(
                    header.number,
                    legible(name),
                    f"column {quoted(name)} stands {names.count(name)} times",
                    "Keep one",
                )
            )
    for name in NEEDED:
        if name not in names:
            note(Finding(header.number, name, f"column {quoted(name)} is missing", f"The header is {HEADER}"))
    return names if len(reading.findings) == before else []


def _like(name: str) -> str:
    near = difflib.get_close_matches(name, COLUMNS, n=1)
    return f"Is {near[0]} meant?" if near else f"The header is {HEADER}"


def _too_long(text: str, reading: Reading) -> bool:
    """True after noting that the file is beyond what is read at all."""
    for number, line in enumerate(_physical(text), 1):
        if (length := len(line.rstrip("\r\n"))) > MAX_LINE:
            wrong = f"the line has {length} characters; {MAX_LINE} are allowed"
            reading.findings.append(Finding(number, "", wrong, "A quotation mark before it may be open: close it"))
            return True
    return False


def _read_rows(lines: Iterator[Line], columns: list[str], context: Context, reading: Reading) -> None:
    reader = RowReader(context, reading)
    totals: list[Figure] = []
    for line in lines:
        reading.rows += 1
        if reading.rows > MAX_ROWS:
            refuse_length(reading, line.number, MAX_ROWS)
            return
        cells = _fitting(line, columns, reading)
        figure = reader.read(dict(zip(columns, cells, strict=False)), line.number) if cells else None
        if figure:
            (totals if figure.place == TOTAL else reading.figures).append(figure)
    if not reading.rows and not reading.findings:
        reading.findings.append(Finding(0, "", "the file has a header and no rows", "Give at least one figure"))
    settle(reading, totals, context.places)


def _fitting(line: Line, columns: list[str], reading: Reading) -> list[str]:
    """The row's cells, one a column; [] after noting that they are too many or too few."""
    cells = line.cells
    while len(cells) > len(columns) and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) == len(columns):
        return cells
    wrong = f"{len(cells)} cells, expected {len(columns)}"
    cure = "Write an empty cell for what is not known"
    if len(cells) > len(columns):
        cure = 'Is a number or a text with a comma unquoted? Write "1,00,000" in quotes'
    reading.findings.append(Finding(line.number, "", wrong, cure))
    return []
