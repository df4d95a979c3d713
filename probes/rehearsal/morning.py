"""A rehearsed morning: made-up samples of 16 January 2021, as an agent would have measured them. Pure and repeatable.

Latencies come from latency.py and faults from the scenario first-morning, so that the live stand-in goes on where the
morning ends. What is published of that morning is the places and hours; every duration here is made up.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from probes.kinds.check import Check
from probes.kinds.upload import UploadCheck
from probes.rehearsal.faults import Encounter, Ending, encounter
from probes.rehearsal.latency import IST_AHEAD_S, VISIBLE_SHARE, Call, draw_s, hour_of_day
from probes.rehearsal.scenarios import FIRST_MORNING
from probes.sample import CheckKind, Outcome, Phases, Reason, Sample

_CALL_OF: Final = {CheckKind.HTTP: Call.PING, CheckKind.UPLOAD: Call.UPLOAD, CheckKind.ANCHOR: Call.ANCHOR}
_GOLDEN: Final = 0.618_033_988_75  # spreads the districts evenly over a round


@dataclass(frozen=True)
class _Measured:
    """What one check came to, before it has its place in the sequence."""

    seconds: float
    reason: Reason = Reason.NONE
    status: int | None = None
    connected: bool = True
    accepted: float | None = None  # uploads only
    detail: str = ""


def morning(  # noqa: PLR0913 - a rehearsal has this many sides
    checks: Sequence[Check],
    districts: Sequence[int],
    start: float,
    end: float,
    vantage: str,
    seed: int,
    *,
    every_s: float = 60.0,
) -> Iterator[Sample]:
    """Samples that began at `start` or later and ended by `end` (seconds since 1970 UTC), in the order of their ends.

    One round of all checks every `every_s` seconds; a check still under way at its next turn leaves that turn out. The
    same arguments give the same samples. `seq` counts from 1.
    """
    random = Random(seed)
    ended = [
        fields
        for place, district in enumerate(districts)
        for turn, check in enumerate(checks)
        for fields in _series(check, district, _turns(start, end, every_s, place, turn), random)
        if fields["started"] + fields["phases"].total <= end
    ]
    ended.sort(key=lambda fields: (fields["started"] + fields["phases"].total, fields["district"], fields["check"]))
    for seq, fields in enumerate(ended, start=1):
        yield Sample(seq=seq, vantage=vantage, **fields)


def _turns(start: float, end: float, every_s: float, place: int, turn: int) -> Iterator[float]:
    due = start + (place * _GOLDEN + turn / 3) % 1 * every_s
    while due < end:
        yield due
        due += every_s


def _series(check: Check, district: int, turns: Iterator[float], random: Random) -> Iterator[dict[str, Any]]:
    free_at = 0.0
    for due in turns:
        started = due + random.uniform(0.0005, 0.02)
        if started < free_at:
            continue
        measured = _measure(check, district, started, random)
        free_at = started + measured.seconds
        yield _fields(check, district, started, started - due, measured, random)


def _measure(check: Check, district: int, started: float, random: Random) -> _Measured:
    call = _CALL_OF[check.kind]
    met = encounter(FIRST_MORNING.faults_at((started + IST_AHEAD_S) % 86_400), district, call, random.random)
    if met.ending is Ending.RESET:
        return _Measured(random.uniform(0.001, 0.006), Reason.RESET, connected=False, detail="the connection broke off")
    seconds = draw_s(call, district, hour_of_day(started), random, met.factor)
    answered = seconds * (1 - VISIBLE_SHARE) if isinstance(check, UploadCheck) else seconds
    if met.ending is Ending.HANG or answered >= check.deadline_s:
        return _Measured(check.deadline_s, Reason.TIMEOUT, detail=f"no end after {check.deadline_s:.1f} s")
    if met.ending is Ending.ERROR:
        return _Measured(answered, Reason.HTTP_STATUS, 503, detail="answered 503")
    if isinstance(check, UploadCheck):
        return _upload(check, seconds, met, random)
    return _Measured(seconds, status=200)


def _upload(check: UploadCheck, seconds: float, met: Encounter, random: Random) -> _Measured:
    assert check.read_back is not None
    every_s = check.read_back.every_s
    accepted = seconds * (1 - VISIBLE_SHARE)
    # seen at the first look after it became visible; a look takes a moment itself
    visible = math.ceil(seconds * VISIBLE_SHARE / every_s) * every_s + random.uniform(0.06, 0.18)
    if met.ending is Ending.UNSTORED or accepted + visible > check.deadline_s:
        detail = f"accepted with 202, not seen in {check.deadline_s - accepted:.1f} s"
        return _Measured(check.deadline_s, Reason.NOT_VISIBLE, 202, accepted=accepted, detail=detail)
    return _Measured(accepted + visible, status=202, accepted=accepted)


def _fields(
    check: Check, district: int, started: float, lateness: float, measured: _Measured, random: Random
) -> dict[str, Any]:
    return {
        "district": district,
        "check": check.name,
        "kind": check.kind,
        "started": round(started, 3),
        "outcome": Outcome.OK if measured.reason is Reason.NONE else Outcome.FAILED,
        "reason": measured.reason,
        "phases": _phases(check, measured, random),
        "status": measured.status,
        "bytes_up": check.payload_bytes if isinstance(check, UploadCheck) and measured.connected else 0,
        "bytes_down": 120 if measured.status else 0,
        "lateness": round(lateness, 6),
        "detail": measured.detail,
    }


def _phases(check: Check, measured: _Measured, random: Random) -> Phases:
    total = measured.seconds
    dns, connect = random.uniform(2e-5, 8e-5), min(random.uniform(2e-4, 6e-4), total / 2)
    if not measured.connected:
        return Phases(dns=round(dns, 6), connect=round(connect, 6), total=round(total, 6))
    accepted = measured.accepted
    waited = max((accepted or total) - dns - connect, 0.0)
    answered = measured.status is not None
    visible = total - accepted if accepted is not None and measured.reason is Reason.NONE else None
    return Phases(
        dns=round(dns, 6),
        connect=round(connect, 6),
        first_byte=round(waited * 0.998, 6) if answered else None,
        transfer=round(waited * 0.002, 6) if answered else None,
        visible=None if visible is None else round(visible, 6),
        total=round(total, 6),
    )
