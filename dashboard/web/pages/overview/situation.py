"""From a reading to what the sentence may speak of, and the second line: what waits for us."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.decisions.kinds import NAMES
from dashboard.decisions.suggestions import Suggestion
from dashboard.detection.states import DistrictState
from dashboard.incidents.course import is_failing, manner_of, named_in, worst
from dashboard.incidents.incident import RULE, IncidentKind
from dashboard.settings import STATE_PLACE, ControlRoomFile
from dashboard.web import wording
from dashboard.web.pages.overview import planned
from dashboard.web.pages.overview.reading import MINUTE_MS, Day, Reading
from dashboard.web.pages.overview.tiles import Now
from dashboard.web.pages.overview.told_figures import Newest, state_value
from dashboard.web.sentence import DistrictNow, Recovered, Situation

Segment = tuple[str, bool]  # text, and whether it is set strong
RECOVERED_FOR_MS = 60 * MINUTE_MS
WATCH_LATE_MS = MINUTE_MS
_REGISTRY = (IncidentKind.OUTAGE, IncidentKind.SLOWDOWN)


@dataclass(frozen=True)
class Facts:
    """The parts of the page that the two lines are made of."""

    reading: Reading
    settings: ControlRoomFile
    nows: list[Now]
    newest: Newest
    open_rows: list[dict[str, Any]]


def situation_of(facts: Facts) -> Situation:
    """All that `state_sentence` needs."""
    day, zone = facts.reading.day, facts.reading.day.zone
    heard = facts.reading.newest_ms
    reported, target, recorded = (state_value(facts.newest, kind) for kind in ("reported", "target", "recorded"))
    fine = [now.p95_s for now in facts.nows if now.state is DistrictState.OK and now.p95_s is not None]
    return Situation(
        now=wording.local(day.now_ms, zone),
        districts=tuple(_for_sentence(now, day) for now in facts.nows),
        newest_sample=None if heard is None else wording.local(heard, zone),
        blind_since=_blind_since(facts.reading),
        uploads_s=(min(fine), max(fine)) if fine else None,
        answering=sum(now.p95_s is not None for now in facts.nows),
        reported=reported,
        target=target,
        recorded=recorded,
        figures_hour=_figures_hour(facts),
        judged_until=_judged_until(facts.reading),
        session=None
        if day.session is None
        else (wording.local(day.session[0], zone), wording.local(day.session[1], zone)),
        next_session=day.next_session,
        planned=planned.everywhere(facts.settings, day.now_ms),
        recovered=_recovered(facts.reading),
    )


def second_line(facts: Facts) -> list[Segment]:
    """A short list of text segments: trouble of our own first, then the backlog, then what waits for us."""
    segments: list[Segment] = []
    if _judged_until(facts.reading) is not None:
        segments.append(
            ("The watch has stopped: no incident opens and no mail is written. See the control room's log. ", True)
        )
    backlog = _backlog(facts.newest)
    if backlog > 0:
        hour = _figures_hour(facts)
        segments.append(
            (
                f"The registry counts {wording.grouped(backlog)} doses fewer than were reported{f' ({hour})' if hour else ''}. ",
                False,
            )
        )
    decide = [(f"Suggested: {_named(one)}. ", True) for one in facts.reading.decided.suggestions[:1]]
    any_waits = any(row["waiting"] for row in facts.open_rows)
    return segments + decide + (_waiting(facts.open_rows) if any_waits or not decide else [])


def waiting_box(open_rows: list[dict[str, Any]], suggested: Sequence[Suggestion] = ()) -> dict[str, Any]:
    """The box in a corner of the map: how many incidents nobody has acknowledged, the first of them, and what is suggested."""
    waiting = [row for row in open_rows if row["waiting"]]
    decide = [f"Suggested: {_named(one)}" for one in suggested[:1]]
    if not waiting and decide:
        return {"waits": True, "title": "Waiting for us: a decision", "lines": decide}
    if not waiting:
        quiet = "All open incidents are acknowledged." if open_rows else "No incident is open."
        return {"waits": False, "title": "Nothing waits for us", "lines": [quiet]}
    title = f"Waiting for us: {wording.counted(len(waiting), 'incident')}"
    lines = [f"{row['kind']}, {_short_where(row)}, since {row['since']}" for row in waiting[: 2 - len(decide)]]
    return {"waits": True, "title": title, "lines": [*lines, *decide]}


def _named(one: Suggestion) -> str:
    return f"{NAMES[one.what].lower()}, {wording.counted(len(one.districts), 'district')}"


def _waiting(open_rows: list[dict[str, Any]]) -> list[Segment]:
    waiting = [row for row in open_rows if row["waiting"]]
    if not waiting:
        if not open_rows:
            return [("Nothing waits for us.", False)]
        return [("Nothing waits for us: all open incidents are acknowledged.", False)]
    first = waiting[0]
    text = f"{first['kind']}, {_short_where(first)}, since {first['since']}"
    more = f", and {len(waiting) - 1} more" if len(waiting) > 1 else ""
    return [("Waiting for us: ", True), (f"{text}{more}; nobody has acknowledged.", False)]


def _short_where(row: dict[str, Any]) -> str:
    return str(row["where"]).split(":")[0]


def _for_sentence(now: Now, day: Day) -> DistrictNow:
    since = None if now.since_ms is None else wording.local(now.since_ms, day.zone)
    failing = now.state is DistrictState.DEGRADED and is_failing(now.sentence)
    return DistrictNow(now.district.name, now.state, since, failing)


def _blind_since(reading: Reading) -> Any:
    whole = reading.states[reading.states["district"] == 0]
    if whole.empty or whole["state"].iloc[0] != DistrictState.BLIND:
        return None
    return wording.local(int(whole["since_ms"].iloc[0]), reading.day.zone)


def _recovered(reading: Reading) -> Recovered | None:
    closed = reading.incidents[(reading.incidents["status"] != "open") & reading.incidents["kind"].isin(_REGISTRY)]
    if closed.empty or (reading.incidents["status"] == "open").any():
        return None
    last = closed.sort_values("resolved_ms").iloc[-1]
    if reading.day.now_ms - int(last["resolved_ms"]) > RECOVERED_FOR_MS or _is_ended_by_hand(last):
        return None
    lasted = (int(last["resolved_ms"]) - int(last["since_ms"])) / 1000
    return Recovered(wording.local(int(last["resolved_ms"]), reading.day.zone), lasted, *_was(last))


def _is_ended_by_hand(incident: Any) -> bool:
    """Over by a person's word: that it works again was not measured then."""
    return incident["closed_by"] not in (None, RULE) and incident["closed_ms"] == incident["resolved_ms"]


def _was(incident: Any) -> tuple[str, bool]:
    """The worst it was, and whether it was something else too, by its closing sentence; where that says nothing, by its kind."""
    named = named_in(incident["sentence"])
    return str(worst(named) or manner_of(IncidentKind(incident["kind"]), "")), len(named) > 1


def _figures_hour(facts: Facts) -> str:
    """The hour of the reported figure in words, unless it is a known hour up to now: then it needs none."""
    told = facts.newest.get((STATE_PLACE, "reported"))
    day = facts.reading.day
    if told is None or (told.hour_known and told.as_of_ms <= day.now_ms):
        return ""
    return told.hour(day)


def _backlog(newest: Newest) -> int:
    reported, recorded = state_value(newest, "reported"), state_value(newest, "recorded")
    return reported - recorded if reported is not None and recorded is not None else 0


def _judged_until(reading: Reading) -> datetime | None:
    """When the watch last judged, if that is too long ago while samples are there to judge."""
    ran = reading.watch["ran_ms"].tolist()
    since_ms = ran[0] if ran else reading.newest_ms
    late = since_ms is not None and reading.day.now_ms - since_ms > WATCH_LATE_MS
    return wording.local(int(since_ms), reading.day.zone) if late and since_ms is not None else None
