"""The `upload` check: send a marked synthetic record, read it back until it is seen, take it away again.

May be changed: the record's shape, the pace of reading back, what is cleaned up. The marks must stay: they are how a
registry's operator tells our records from people.
"""

import json
import random
from collections.abc import Generator
from dataclasses import replace
from typing import Final

from probes.checks import Measurement, Steps, Target, address, header_lines, judged
from probes.clock import Clock
from probes.exchange import Request, Result
from probes.holds import BUSY, asked_s
from probes.sample import Reason
from probes.settings import ReadBack

MARKER: Final = "TIKAWATCH-PROBE"
MARK_HEADER: Final = f"X-Tikawatch-Probe: {MARKER}"
LOOK_S: Final = 10.0  # one look that hangs must not use up the time of all others
CLEAN_UP_S: Final = 5.0  # clean-up has its own time, so that a check that ran out of its own still tidies up
GROWTH: Final = 1.5  # each look that does not see the record makes the next pause longer,
LONGEST_S: Final = 5.0  # up to this
SLOWEST: Final = 16  # times every_s: the longest pause while the registry says that it is busy
_NEVER_SENT: Final = (Reason.DNS, Reason.REFUSED, Reason.UNREACHABLE, Reason.TLS, Reason.AGENT_OFFLINE)


def measure(target: Target, clock: Clock, rng: random.Random) -> Steps:
    """Total time runs from the start to the moment the record is seen; clean-up is not in it."""
    check = target.check
    record = f"tw-probe-{rng.getrandbits(64):016x}"
    deadline = clock.monotonic() + check.deadline_s
    undo = _take_away(target, record)
    sent = judged((yield replace(_submit(target, record, deadline), undo=undo)), check.expect_status)
    looks: list[Result] = []
    if sent.reason is Reason.NONE and check.read_back is not None:
        look = replace(_look(target, check.read_back, record), undo=undo)
        looks = yield from _look_until_seen(look, check.read_back.every_s, sent.ended, deadline)
    if undo is not None and _may_be_stored(sent):
        yield replace(undo, deadline=clock.monotonic() + CLEAN_UP_S)
    return _concluded(sent, looks)


def body_of(record: str, district: int, size: int) -> bytes:
    """The synthetic record as JSON, padded to `size` bytes; never a person's data."""
    fields = {"id": record, "synthetic": True, "marker": MARKER, "district": district, "padding": ""}
    fields["padding"] = "x" * max(size - len(json.dumps(fields)), 0)
    return json.dumps(fields).encode()


def _headers(target: Target) -> tuple[str, ...]:
    return (*header_lines(target.check), MARK_HEADER)


def _submit(target: Target, record: str, deadline: float) -> Request:
    check = target.check
    return Request(
        url=address(check.url, target.district, record),
        deadline=deadline,
        method="POST",
        headers=(*_headers(target), "Content-Type: application/json"),
        body=body_of(record, target.district, check.payload_bytes),
        max_bytes=check.max_bytes,
    )


def _look(target: Target, read_back: ReadBack, record: str) -> Request:
    return Request(
        url=address(read_back.url, target.district, record),
        deadline=0.0,  # each look has its own
        headers=_headers(target),
        max_bytes=target.check.max_bytes,
        find=record,
    )


def _look_until_seen(
    look: Request, every_s: float, accepted: float, deadline: float
) -> Generator[Request, Result, list[Result]]:
    looks: list[Result] = []
    moment, pause = accepted, every_s
    while moment < deadline:
        ends = min(moment + max(LOOK_S, every_s), deadline)
        looks.append((yield replace(look, deadline=ends, not_before=moment)))
        last = looks[-1]
        if _sees(last):
            break
        moment, pause = _next_look(last, pause, every_s)
    return looks


def _next_look(last: Result, pause: float, every_s: float) -> tuple[float, float]:
    """The moment of the next look, and the pause after it. A record that is long in coming needs no fine measure."""
    if last.status in BUSY:
        pause = min(pause * 2, max(every_s * SLOWEST, pause))
        return max(last.began + pause, last.ended + asked_s(last)), pause
    longest = max(LONGEST_S, every_s)
    return max(last.began + min(pause, longest), last.ended), min(pause * GROWTH, longest)


def _sees(look: Result) -> bool:
    return look.reason is Reason.NONE and look.status == 200 and look.found


def _may_be_stored(sent: Result) -> bool:
    """Accepted, or in doubt: the record was on its way and no plain refusal came back."""
    refused = sent.reason is Reason.HTTP_STATUS and sent.status is not None and 400 <= sent.status < 500
    return not refused and sent.reason not in _NEVER_SENT and sent.phases.connect is not None


def _take_away(target: Target, record: str) -> Request | None:
    clean_up = target.check.clean_up
    if clean_up is None:
        return None
    url = address(clean_up.url, target.district, record)
    return Request(url=url, deadline=0.0, method=clean_up.method, headers=_headers(target), undoes=True)


def _concluded(sent: Result, looks: list[Result]) -> Measurement:
    last = looks[-1] if looks else sent
    reason, detail, waited = sent.reason, sent.detail, None
    if reason is Reason.NONE and looks and _sees(last):
        waited = last.ended - sent.ended
    elif reason is Reason.NONE:
        reason, detail = Reason.NOT_VISIBLE, _not_seen(sent, looks)
    return Measurement(
        reason=reason,
        phases=sent.phases.model_copy(update={"visible": waited, "total": last.ended - sent.began}),
        status=sent.status,
        bytes_up=sent.bytes_up + sum(look.bytes_up for look in looks),
        bytes_down=sent.bytes_down + sum(look.bytes_down for look in looks),
        detail=detail[:200],
    )


def _not_seen(sent: Result, looks: list[Result]) -> str:
    if not looks:
        return f"accepted with {sent.status}; no time was left to read it back"
    last = looks[-1]
    said = last.detail or f"status {last.status}"
    waited = last.ended - sent.ended
    return f"accepted with {sent.status}, not seen in {waited:.1f} s and {len(looks)} looks; the last: {said}"
