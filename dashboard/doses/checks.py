"""Good rows against what is known already: doses far above the target, and counts that fall. Both need a person's word."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from dashboard.doses.figure import KINDS, SINCE_START, Figure, Reading
from dashboard.doses.numbers import indian

ABSURD = 10
MAY_FALL = ("target", "stock_left")
CONFIRM = 'Correct it; or, if it is right, confirm it (--confirmed, or "confirmed": true)'
REASON = (
    'Correct it; or, if it is right, write the reason in its note, or confirm it (--confirmed, or "confirmed": true)'
)


@dataclass(frozen=True)
class Known:
    """What the store holds for the places and days of a file: chosen targets, and what each source told last of each as_of."""

    targets: Mapping[tuple[str, str], int] = field(default_factory=dict)
    told: Mapping[tuple[str, str, str, str], Mapping[int, int]] = field(default_factory=dict)


def weigh(reading: Reading, known: Known, confirmed: bool = False) -> None:
    """Move figures that need a person's word from the good ones to the findings, unless the file is confirmed."""
    if reading.public:
        for earlier, later in falls_since_start(reading.figures):
            drop = indian(earlier.value - later.value)
            text = f"revised downward by {drop}: {indian(earlier.value)} on {earlier.day}, {indian(later.value)} on {later.day}"
            reading.notice(later.line, "", text)
        return
    refused = {id(figure) for figure in _absurd(reading, known, confirmed)}
    refused |= {id(figure) for figure in _falling(reading, known, confirmed)}
    reading.figures[:] = [figure for figure in reading.figures if id(figure) not in refused]
    reading.unconfirmed += len(refused)
    reading.findings.sort(key=lambda finding: (finding.line, finding.index))


def falls_since_start(figures: Iterable[Figure]) -> list[tuple[Figure, Figure]]:
    """Pairs of one place's days on which a count since the start of the drive fell: no doses were taken back, it was corrected."""
    series: dict[tuple[str, str, str], list[Figure]] = defaultdict(list)
    for figure in figures:
        if figure.kind in SINCE_START.values():
            series[figure.place, figure.kind, figure.source].append(figure)
    pairs = []
    for row in series.values():
        row.sort(key=lambda figure: figure.day)
        pairs += [(a, b) for a, b in pairwise(row) if b.value < a.value]
    return sorted(pairs, key=lambda pair: (pair[1].line, pair[1].day))


def _absurd(reading: Reading, known: Known, confirmed: bool) -> list[Figure]:
    targets = dict(known.targets) | {(f.place, f.day): f.value for f in reading.figures if f.kind == "target"}
    refused = []
    for figure in reading.figures:
        target = targets.get((figure.place, figure.day))
        if figure.kind == "target" or figure.kind not in KINDS or not target or figure.value <= target:
            continue
        share = f"{figure.value / target:.0%}".replace("%", " %")
        if figure.value > ABSURD * target and not confirmed:
            wrong = f"{indian(figure.value)} is {share} of the target {indian(target)}"
            reading.findings.append(figure.remark(wrong, CONFIRM))
            refused.append(figure)
        else:
            reading.notices.append(figure.remark(f"above target ({share} of {indian(target)})"))
    return refused


def _falling(reading: Reading, known: Known, confirmed: bool) -> list[Figure]:
    told: dict[tuple[str, str, str, str], dict[int, int]] = defaultdict(dict)
    told.update({key: dict(values) for key, values in known.told.items()})
    refused = []
    for figure in sorted(reading.figures, key=lambda f: f.as_of_ms):
        key = (figure.place, figure.day, figure.kind, figure.source)
        known_already = told[key].get(figure.as_of_ms) == figure.value
        before = max((pair for pair in told[key].items() if pair[0] <= figure.as_of_ms), default=None)
        told[key][figure.as_of_ms] = figure.value
        if known_already or before is None or figure.value >= before[1] or figure.kind in MAY_FALL:
            continue
        fall = f"{indian(figure.value)} is below the {indian(before[1])} of the same source before it"
        if confirmed or figure.note:
            reading.notices.append(figure.remark(f"revised downward: {fall}"))
        else:
            reading.findings.append(figure.remark(fall, REASON))
            refused.append(figure)
    return refused
