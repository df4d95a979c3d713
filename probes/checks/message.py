"""The `message` check: have the registry send a code or a notice to a test inbox, and time its arrival.

May be changed: what is asked, what the steps are called. The registry is asked only when the inbox can be read and nobody
else waits for the same words: a message that nobody could tell apart would be sent in vain.
"""

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from probes import templates
from probes.checks import Measurement, Steps, Target, judged, measurement
from probes.checks.upload_requests import MARK_HEADER
from probes.clock import Clock
from probes.exchange import Arrival, Request, Result
from probes.inboxes.turn import Turn
from probes.kinds.message import MessageCheck
from probes.sample import Phases, Reason, Step
from probes.secrets import Hidden, HiddenBytes, SecretError, read_all
from probes.templates import fill, in_address

WORTH_SAYING_S: Final = 0.01  # of waiting for the inbox


def measure(target: Target, clock: Clock, _random: random.Random) -> Steps:
    """Ends with the reason of the request that asks, NOT_ARRIVED, or AGENT_FAULT when the inbox cannot be read.

    `visible` runs from the answer of the request to the arrival, and is 0 for a message that was quicker than the answer.
    Waiting for the inbox is a step of its own and in no phase.
    """
    check = _settings(target)
    try:
        values = {"district": str(target.district), **read_all(check.secrets)}
    except SecretError as problem:
        return Measurement(Reason.AGENT_FAULT, Phases(total=0.0), detail=str(problem)[:200], stage="ask")
    find = fill(check.find, values)
    turn = Turn(inbox=check.inbox, find=find, hold_s=check.deadline_s, deadline=clock.monotonic() + check.interval_s)
    ready = yield turn
    if ready.reason is not Reason.NONE:
        return replace(measurement(ready), stage="turn", steps=(_step("turn", ready),))
    ask = _ask(check, values, clock.monotonic() + check.deadline_s)
    asked = judged((yield ask), check.expect_status)
    if asked.reason is not Reason.NONE:
        yield replace(turn, over=True)
        stage = f"ask: {asked.stage}" if asked.stage else "ask"
        return replace(measurement(asked), stage=stage, steps=(_step("ask", asked),))
    since = clock.now() - (clock.monotonic() - asked.began)
    came = yield Arrival(inbox=check.inbox, find=find, since=since, deadline=ask.deadline)
    return _concluded(ready, asked, came)


def _settings(target: Target) -> MessageCheck:
    assert isinstance(target.check, MessageCheck)
    return target.check


def _ask(check: MessageCheck, values: Mapping[str, str], deadline: float) -> Request:
    lines = [Hidden(f"{name}: {fill(template, values)}") for name, template in check.headers.items()]
    if check.body is not None and "content-type" not in {name.lower() for name in check.headers}:
        lines.append(Hidden(f"Content-Type: {check.content_type}"))
    body = templates.body(check.body, check.content_type, values) if check.body is not None else b""
    return Request(
        url=fill(check.url, values, in_address),
        deadline=deadline,
        method=check.method,
        headers=(*lines, MARK_HEADER),
        body=HiddenBytes(body),
        max_bytes=check.max_bytes,
    )


def _concluded(ready: Result, asked: Result, came: Result) -> Measurement:
    arrived = came.reason is Reason.NONE
    ended = max(came.ended, asked.ended)
    steps = (Step(name="ask", seconds=asked.ended - asked.began), Step(name="message", seconds=ended - asked.ended))
    waited = ready.ended - ready.began
    return Measurement(
        reason=came.reason,
        phases=_phases(asked, ended, arrived),
        status=asked.status,
        bytes_up=asked.bytes_up,
        bytes_down=asked.bytes_down,
        detail="" if arrived else _missing(asked, came),
        stage="" if arrived else "message",
        steps=(_step("turn", ready), *steps) if waited >= WORTH_SAYING_S else steps,
    )


def _phases(asked: Result, ended: float, arrived: bool) -> Phases:
    visible = ended - asked.ended if arrived else None
    return asked.phases.model_copy(update={"visible": visible, "total": ended - asked.began})


def _missing(asked: Result, came: Result) -> str:
    if came.reason is not Reason.NOT_ARRIVED:
        return f"asked for (status {asked.status}), and then {came.detail}"[:200]
    return f"asked for (status {asked.status}), {came.detail} after {came.ended - asked.began:.0f} s"[:200]


def _step(name: str, result: Result) -> Step:
    return Step(name=name, seconds=max(result.ended - result.began, 0.0))
