"""The overview as one JSON-able dict, bounded and versioned: words and numbers ready to be written by the browser."""

import hashlib
import json
from typing import Any

from dashboard.settings import ControlRoomFile
from dashboard.web import wording
from dashboard.web.pages.overview import equation, footer, incident_rows, tiles
from dashboard.web.pages.overview.reading import MINUTE_MS, Day, Reading
from dashboard.web.pages.overview.situation import Facts, second_line, situation_of, waiting_box
from dashboard.web.pages.overview.told_figures import newest_published
from dashboard.web.sentence import headline_state, state_sentence

Snapshot = dict[str, Any]
STALE_AFTER_INTERVALS = 3
USUAL_INTERVAL_S = 15.0


def snapshot(reading: Reading, settings: ControlRoomFile) -> Snapshot:
    """Everything but the day's figure and the moving clock. `version` changes when anything else does."""
    day, newest = reading.day, newest_published(reading.figures, settings.dashboard.doses.prefer)
    nows = tiles.districts_now(reading, settings)
    rows = incident_rows.open_rows(reading, settings)
    facts = Facts(reading, settings, nows, newest, rows)
    situation = situation_of(facts)
    content: Snapshot = {
        "date": header_line(day),
        "headline": {"state": str(headline_state(situation)), "text": state_sentence(situation), "second": second_line(facts)},
        "equation": equation.equation(newest, day, reading.doses.paces),
        "equation_line": equation.one_line(newest, day),
        "counts": tiles.counts(nows),
        "tiles": [tiles.tile(now, newest, settings, day) for now in nows],
        "worst": tiles.worst_list(nows, newest, settings, reading),
        "box": waiting_box(rows, reading.decided.suggestions),
        "incidents": rows,
        "resolved": incident_rows.resolved_rows(reading, settings),
        "footer": footer.footer(reading, newest, settings),
    }  # fmt: skip
    return {**content, "version": version_of(content)}


def header_line(day: Day) -> str:
    """ "Sat 16 January 2021 · sessions 11:30–17:30"."""
    hours = "no session today"
    if day.session is not None:
        hours = f"sessions {wording.clock(day.session[0], day.zone)}–{wording.clock(day.session[1], day.zone)}"
    return f"{wording.day(day.today)} · {hours}"


def heard(reading: Reading) -> dict[str, Any]:
    """What moves all the time: the server's clock and the newest sample, and when its age is too much (seconds)."""
    return {
        "now_ms": reading.day.now_ms,
        "newest_ms": reading.newest_ms,
        "stale_after_s": stale_after_s(reading),
        "judged_ms": int(reading.watch["ran_ms"].iloc[0]) if len(reading.watch) else None,
    }


def stale_after_s(reading: Reading, window_ms: int = MINUTE_MS) -> float:
    """Three intervals of a check; the interval is how far apart the samples of one series came in the last minute."""
    series, samples = (int(reading.pulse[name].iloc[0]) if len(reading.pulse) else 0 for name in ("series", "samples"))
    interval = window_ms / 1000 * series / samples if samples else USUAL_INTERVAL_S
    return round(STALE_AFTER_INTERVALS * min(60.0, max(5.0, interval)), 1)


def version_of(content: Any) -> str:
    """A short name of a content: the same content has the same name."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]
