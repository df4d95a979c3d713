"""What rows of one file say about each other: figures told twice, and the row that claims to be their sum."""

from collections import defaultdict
from collections.abc import Iterable

from dashboard.doses.figure import Figure, Reading, SumCheck
from dashboard.doses.finding import Finding
from dashboard.doses.places import Places
from dashboard.settings import STATE_PLACE

Key = tuple[str, str, str, int, str]


def settle(reading: Reading, totals: Iterable[Figure], places: Places) -> None:
    """Drop doubled rows, refuse contradicting ones, and check each total row against the rows it sums."""
    _doubles(reading)
    for total in totals:
        check = _checked(total, reading.figures, places)
        reading.sums.append(check)
        reading.notices.append(total.remark(check.sentence))


def _doubles(reading: Reading) -> None:
    told: dict[Key, list[Figure]] = defaultdict(list)
    for figure in reading.figures:
        told[figure.key].append(figure)
    kept = []
    for same in told.values():
        if len({figure.value for figure in same}) > 1:
            reading.findings.extend(_contradicting(same))
            continue
        kept.append(same[0])
        for figure in same[1:]:
            reading.notices.append(figure.remark(f"the same figure as in {same[0].where}; taken once"))
    reading.figures[:] = kept
    reading.findings.sort(key=lambda finding: (finding.line, finding.index))


def _contradicting(same: list[Figure]) -> list[Finding]:
    values = ", ".join(f"{figure.value} in {figure.where}" for figure in same[:4])
    wrong = f"one figure is told in {len(same)} ways: {values}"
    cure = "Keep the right one; a correction needs a later as_of or another source"
    return [figure.remark(wrong, cure) for figure in same]


def _checked(total: Figure, figures: list[Figure], places: Places) -> SumCheck:
    newest: dict[str, Figure] = {}
    for figure in figures:
        if (figure.day, figure.kind) != (total.day, total.kind) or figure.place == STATE_PLACE:
            continue
        if figure.place not in newest or figure.as_of_ms >= newest[figure.place].as_of_ms:
            newest[figure.place] = figure
    counted, _ = places.without_doubles(newest)
    added = sum(newest[place].value for place in counted)
    return SumCheck(total.day, total.kind, total.value, added, len(counted))
