"""The `upload` check: send a marked synthetic record, read it back until it is seen, take it away again.

May be changed: the record's shape, the pace of reading back, what is cleaned up. The marks must stay: they are how a
registry's operator tells our records from people.
"""

import json
import random
from collections.abc import Generator
from typing import Final

from probes.checks import Measurement, Steps, Target, address, header_lines, judged
from probes.clock import Clock
from probes.exchange import Request, Result
from probes.sample import Reason
from probes.settings import CleanUp, ReadBack

MARKER: Final = "TIKAWATCH-PROBE"
MARK_HEADER: Final = f"X-Tikawatch-Probe: {MARKER}"
LOOK_S: Final = 10.0  # one look that hangs must not use up the time of all others
CLEAN_UP_S: Final = 5.0  # clean-up has its own time, so that a check that ran out of its own still tidies up
SLOWEST: Final = 16  # times every_s: the longest pause while the registry says that it is busy
BUSY: Final = (429, 503, 504)
_NEVER_SENT: Final = (Reason.DNS, Reason.REFUSED, Reason.UNREACHABLE, Reason.TLS, Reason.AGENT_OFFLINE)


def measure(target: Target, clock: Clock, rng: random.Random) -> Steps:
    """Total time runs from the start to the moment the record is seen; clean-up is not in it."""
    check = target.check
    record = f"tw-probe-{rng.getrandbits(64):016x}"
    deadline = clock.monotonic() + check.deadline_s
    sent = judged((yield _submit(target, record, deadline)), check.expect_status)
    looks: list[Result] = []
    if sent.reason is Reason.NONE and check.read_back is not None:
        looks = yield from _look_until_seen(target, check.read_back, record, sent.ended, deadline)
    if check.clean_up is not None and _may_be_stored(sent):
        yield _take_away(target, check.clean_up, record, clock.monotonic() + CLEAN_UP_S)
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


def _look_until_seen(
    target: Target, read_back: ReadBack, record: str, accepted: float, deadline: float
) -> Generator[Request, Result, list[Result]]:
    looks: list[Result] = []
    moment, pause = accepted, read_back.every_s
    while moment < deadline:
        look = yield Request(
            url=address(read_back.url, target.district, record),
            deadline=min(moment + max(LOOK_S, read_back.every_s), deadline),
            headers=_headers(target),
            max_bytes=target.check.max_bytes,
            find=record,
            not_before=moment,
        )
        looks.append(look)
        if _sees(look):
            break
        pause = min(pause * 2, read_back.every_s * SLOWEST) if look.status in BUSY else read_back.every_s
        moment = max(look.began + pause, look.ended)
    return looks


def _sees(look: Result) -> bool:
    return look.reason is Reason.NONE and look.status == 200 and look.found


def _may_be_stored(sent: Result) -> bool:
    """Accepted, or in doubt: the record was on its way and no plain refusal came back."""
    refused = sent.reason is Reason.HTTP_STATUS and sent.status is not None and 400 <= sent.status < 500
    return not refused and sent.reason not in _NEVER_SENT and sent.phases.connect is not None


def _take_away(target: Target, clean_up: CleanUp, record: str, deadline: float) -> Request:
    url = address(clean_up.url, target.district, record)
    return Request(url=url, deadline=deadline, method=clean_up.method, headers=_headers(target))


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
