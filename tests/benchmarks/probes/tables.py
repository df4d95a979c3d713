"""What a bench says at the end: a table for people, and all of its runs as JSON for whoever wants to look closer.

May be changed: how it is shown. A demand is met by the median of the pairs, never by the best of them.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from math import isnan
from pathlib import Path
from statistics import median

from tests.benchmarks.probes.meter import load


@dataclass
class Row:
    """One quantity: each pair's figure of ours and of the other's. `demand`: the most that the judged figure may be.

    Judged is the median of the pairs' ratios; without another's figures, the median of ours.
    """

    quantity: str
    unit: str
    demand: float | None = None
    other: str = "blackbox_exporter"
    ours: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    loads: list[float] = field(default_factory=list)

    def add(self, ours: float, others: float | None = None, note: str = "") -> None:
        self.ours.append(ours)
        self.loads.append(load())
        if others is not None:
            self.others.append(others)
        if note:
            self.notes.append(note)
        sys.stderr.write(
            f"  {self.quantity}: {ours:.4g} / {others if others is None else format(others, '.4g')} {note}\n"
        )

    @property
    def ratios(self) -> list[float]:
        return [one / another for one, another in zip(self.ours, self.others, strict=False) if another]

    @property
    def judged(self) -> float:
        return median(self.ratios or self.ours or [float("nan")])

    @property
    def verdict(self) -> str:
        if self.demand is None or isnan(self.judged):
            return "-"
        return "met" if self.judged <= self.demand else "MISSED"


def table(rows: list[Row]) -> str:
    """Markdown; a ratio is the median of the pairs' own ratios, with their range."""
    lines = ["| quantity | agent | the other | ratio (range; pairs) | demand | |", "|---|---|---|---|---|---|"]
    for row in rows:
        ours = f"{median(row.ours):.3g} {row.unit}" if row.ours else "-"
        others = f"{row.other} {median(row.others):.3g} {row.unit}" if row.others else "-"
        ratios = row.ratios
        ratio = f"{median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}; {len(ratios)})" if ratios else "-"
        demand = "-" if row.demand is None else f"<= {row.demand:g}"
        lines.append(f"| {row.quantity} | {ours} | {others} | {ratio} | {demand} | {row.verdict} |")
    return "\n".join(lines)


def publish(rows: list[Row], file: Path | None) -> None:
    loads = [one for row in rows for one in row.loads]
    sys.stdout.write(table(rows) + "\n")
    for row in rows:
        for note in dict.fromkeys(row.notes):
            sys.stdout.write(f"- {row.quantity}: {note}\n")
    if loads:
        sys.stdout.write(
            f"- load of the machine meanwhile, the lab's own included: {min(loads):.1f} to {max(loads):.1f}\n"
        )
    if file is not None:
        found = [asdict(row) | {"ratios": row.ratios, "judged": row.judged, "verdict": row.verdict} for row in rows]
        file.write_text(json.dumps(found, indent=1) + "\n")


def paired(pairs: int, ours: Callable[[], float], others: Callable[[], float], row: Row) -> None:
    """Runs both, turn about first, so that a machine that grows noisier favours neither."""
    for number in range(pairs):
        if number % 2:
            other, one = others(), ours()
        else:
            one, other = ours(), others()
        row.add(one, other)
