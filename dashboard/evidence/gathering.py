"""What goes into the evidence of one step. A new part may be added; parts that were sealed keep their names and meaning."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from dashboard.incidents.incident import OF_DOSES, StepKind
from dashboard.queries import evidence as around
from dashboard.queries.decisions import place_of
from dashboard.queries.evidence import SAMPLE_COLUMNS, Span
from dashboard.settings import STATE_PLACE, ControlRoomFile
from dashboard.store import evidence, figures
from dashboard.store.evidence import Due

FORMAT: Final = 1
TAKEN_OF: Final = (StepKind.OPENED, StepKind.REOPENED, StepKind.UPGRADED, StepKind.RESOLVED)
MOST_SAMPLES: Final = 5_000
MOST_FIGURES: Final = 5_000  # a backlog may stand for weeks
BEFORE_MS: Final = 5 * 60_000
AFTER_MS: Final = 2 * 60_000
LONGEST_MS: Final = 60 * 60_000  # a fault that began long ago would thin out the minutes around the step


def body_of(connection: Connection, settings: ControlRoomFile, due: Due, now_ms: int) -> dict[str, Any]:
    """Everything known around a step, ready for JSON. Times in ms since 1970 UTC by our clock, durations in microseconds."""
    span = span_of(due)
    before = evidence.last_before(connection, due.incident_id, due.step)
    return {
        "format": FORMAT,
        "taken_ms": now_ms,
        "timezone": settings.state.timezone,
        "before": None if before is None else {"step": before[0], "sha256": before[1]},
        "step": due._asdict(),
        "steps_before": around.steps_before(connection, due.incident_id, due.step),
        "districts": [
            {"district": d.code, "name": d.name, "division": d.division, "concerned": d.code in due.districts}
            for d in settings.districts
        ],
        "span": span._asdict(),
        "samples": _samples(connection, due, span),
        "counts": around.counts(connection, span),
        "agents": around.agents(connection, span),
        "flips": around.flips(connection, due.districts, span),
        "rules": settings.dashboard.rules.model_dump(mode="json"),
        "figures": _figures(connection, settings, due),
    }


def span_of(due: Due) -> Span:
    """The time looked at: from five minutes before the fault, or before a resolve, to two minutes after the step."""
    begins_ms = due.at_ms if due.what == StepKind.RESOLVED else max(due.since_ms, due.at_ms - LONGEST_MS)
    return Span(begins_ms - BEFORE_MS, due.at_ms + AFTER_MS)


def _samples(connection: Connection, due: Due, span: Span) -> dict[str, Any]:
    if due.kind in OF_DOSES:
        return {
            "found": 0,
            "kept": 0,
            "columns": SAMPLE_COLUMNS,
            "rows": [],
            "note": "judged from figures: see the part figures",
        }
    found, rows = around.samples(connection, due.districts, span, MOST_SAMPLES)
    note = "all samples of the districts concerned"
    if found > len(rows):
        note = f"{len(rows)} of {found} samples, the same share of each check of each district; the counts are of all"
    return {"found": found, "kept": len(rows), "columns": SAMPLE_COLUMNS, "rows": rows, "note": note}


def _figures(connection: Connection, settings: ControlRoomFile, due: Due) -> list[dict[str, Any]]:
    """The newest tellings of the state's and the districts' figures, of the days from the fault to the step, as known at the step."""
    places = {STATE_PLACE, *(str(code) for code in due.districts), *_joint(settings, due.districts)}
    first, last = (datetime.fromtimestamp(at / 1000, settings.zone).date() for at in (due.since_ms, due.at_ms))
    known = figures.as_known(
        connection, due.at_ms, first_day=first.isoformat(), last_day=last.isoformat(), heard_by_ms=due.at_ms
    )
    return [asdict(version) for version in known if version.place in places][-MOST_FIGURES:]


def _joint(settings: ControlRoomFile, districts: Collection[int]) -> set[str]:
    return {place_of(settings, code) for code in districts}
