"""Open incidents, and those that ended lately, as rows: kind, where, since, lasts, told k of n, answered or the button."""

from collections.abc import Sequence
from typing import Any

from dashboard.detection.states import DistrictState
from dashboard.incidents.course import Manner, manner_of
from dashboard.incidents.incident import IncidentKind
from dashboard.settings import ControlRoomFile
from dashboard.web import wording
from dashboard.web.pages.overview.reading import Day, Reading

Row = dict[str, Any]
MOST_RESOLVED = 2
STATE_OF: dict[str, DistrictState] = {
    IncidentKind.OUTAGE: DistrictState.DOWN, IncidentKind.SLOWDOWN: DistrictState.SLOW,
    IncidentKind.LOCAL: DistrictState.OWN_LINE, IncidentKind.AGENT_SILENT: DistrictState.NO_DATA,
    IncidentKind.MONITOR_OFFLINE: DistrictState.BLIND, IncidentKind.DOSE_STALL: DistrictState.SLOW,
    IncidentKind.BACKLOG_STALLED: DistrictState.SLOW,
}  # fmt: skip
WORDS: dict[str, str] = {
    IncidentKind.OUTAGE: "Registry down", IncidentKind.SLOWDOWN: "Registry slow", IncidentKind.LOCAL: "Own line lost",
    IncidentKind.AGENT_SILENT: "Agent silent", IncidentKind.MONITOR_OFFLINE: "Monitor cut off",
    IncidentKind.DOSE_STALL: "No doses", IncidentKind.BACKLOG_STALLED: "Paper not entered",
}  # fmt: skip
FAILING_WORDS = "Uploads fail in part"


def open_rows(reading: Reading, settings: ControlRoomFile) -> list[Row]:
    """Open incidents: those without an answer first, then the oldest first."""
    rows = [
        _row(item, reading, settings) for item in reading.incidents.itertuples(index=False) if item.status == "open"
    ]
    return sorted(rows, key=lambda row: (not row["waiting"], row["since_ms"]))


def resolved_rows(reading: Reading, settings: ControlRoomFile) -> list[Row]:
    """The incidents that ended last: recovering, or closed."""
    closed = reading.incidents[reading.incidents["status"] != "open"].sort_values("resolved_ms", ascending=False)
    return [_row(item, reading, settings) for item in closed.head(MOST_RESOLVED).itertuples(index=False)]


def kind_words(kind: str, sentence: str = "") -> str:
    """The words of a kind, the same on every page; a kind that is not known as it is. The sentence may say that uploads fail in part."""
    return FAILING_WORDS if _is_failing(kind, sentence) else WORDS.get(kind, kind)


def state_of(kind: str, sentence: str = "") -> str:
    """The district state whose sign stands for an incident of this kind."""
    return str(DistrictState.DEGRADED if _is_failing(kind, sentence) else STATE_OF.get(kind, DistrictState.NO_DATA))


def _is_failing(kind: str, sentence: str) -> bool:
    return kind == IncidentKind.SLOWDOWN and manner_of(IncidentKind.SLOWDOWN, sentence) is Manner.FAILING


def districts_of(reading: Reading, incident_id: int) -> list[int]:
    """LGD codes: those it lasts for, or, when it has left all, those it ever had."""
    mine = reading.concerned[reading.concerned["incident_id"] == incident_id]
    lasting = mine[mine["left_ms"].isna()]
    return [int(code) for code in (lasting if len(lasting) else mine)["district"]]


def names_of(codes: Sequence[int], settings: ControlRoomFile) -> list[str]:
    """Names in the order of the settings; districts that stand there no more come last, by their codes."""
    named = {district.code: district.name for district in settings.districts if district.code in codes}
    return [*named.values(), *(f"district {code}" for code in sorted(set(codes) - named.keys()) if code)]


def where(codes: Sequence[int], settings: ControlRoomFile) -> str:
    """ "Dhule", "Dhule and Akola", or "9 districts: Ahmednagar, Akola, …"."""
    names = names_of(codes, settings)
    if not names or len(names) == len(settings.districts):
        return f"all {len(settings.districts)} districts"
    return wording.listed(names) if len(names) <= 3 else f"{len(names)} districts: {', '.join(names)}"


def _row(item: Any, reading: Reading, settings: ControlRoomFile) -> Row:
    day, codes = reading.day, districts_of(reading, item.incident_id)
    ends = day.now_ms if item.status == "open" else int(item.resolved_ms)
    doses = reading.doses.costs.get(int(item.incident_id))
    return {
        "id": int(item.incident_id), "step": int(item.steps), "state": state_of(item.kind, item.sentence),
        "kind": kind_words(item.kind, item.sentence), "where": where(codes, settings), "sentence": item.sentence,
        "since_ms": int(item.since_ms), "since": wording.clock(item.since_ms, day.zone, day.today),
        "until": "" if item.status == "open" else wording.clock(ends, day.zone, day.today),
        "ended": "" if item.status == "open" else f"{item.phase}, over {wording.clock(ends, day.zone, day.today)}",
        "lasts": wording.lasting((ends - item.since_ms) / 1000), "told": _told(reading, item.incident_id),
        "waiting": item.status == "open" and not _answered(item), "answered": _answer(item, day),
        "doses": doses.brief if doses else "", "doses_title": f"{doses.sentence}." if doses else "",
    }  # fmt: skip


def _answered(item: Any) -> bool:
    return isinstance(item.acknowledged_by, str) and bool(item.acknowledged_by)


def _answer(item: Any, day: Day) -> str:
    if not _answered(item):
        return ""
    return f"{wording.clock(int(item.acknowledged_ms), day.zone, day.today)} {item.acknowledged_by}"


def _told(reading: Reading, incident_id: int) -> str:
    mine = reading.told[reading.told["incident_id"] == incident_id]
    return f"{int(mine['told'].iloc[0])} of {int(mine['owed'].iloc[0])}" if len(mine) else "nobody"
