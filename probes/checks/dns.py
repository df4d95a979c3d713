"""The `dns` check: one question to one resolver. May be changed: what makes an answer good.

It asks by itself, not through the system's resolver, so that it measures that one resolver and nothing in between.
"""

import ipaddress
import random
from dataclasses import replace
from functools import partial
from typing import Final

from probes.carriers.line_reasons import ANSWER
from probes.checks import Steps, Target, address, measurement
from probes.clock import Clock
from probes.dns_messages import SIZE, Unreadable, belongs, plain, question, reply
from probes.exchange import Datagram, Result
from probes.kinds.line import DnsCheck
from probes.sample import Reason

_CODES: Final = {
    1: "it did not understand the question (FORMERR)",
    2: "it could not find out (SERVFAIL)",
    3: "there is no such name (NXDOMAIN)",
    4: "it does not do that (NOTIMP)",
    5: "it does not answer us (REFUSED)",
}


def measure(target: Target, clock: Clock, rng: random.Random) -> Steps:
    """Ends with DNS when the resolver has no answer, ANSWER when it is not the expected one or cannot be understood."""
    check = target.check
    assert isinstance(check, DnsCheck)
    name = address(check.question, target.district)
    asked = question(rng.getrandbits(16), name, check.record)
    result = yield Datagram(
        host=address(check.resolver, target.district),
        port=check.port,
        deadline=clock.monotonic() + check.deadline_s,
        payload=asked,
        accept=partial(belongs, asked),
    )
    if result.reason is Reason.NONE:
        result = _judged(check, name, result)
    return measurement(result)


def _judged(check: DnsCheck, name: str, result: Result) -> Result:
    if len(result.body) > SIZE:
        return _failed(result, Reason.TOO_LARGE, f"the answer has {len(result.body)} bytes, {SIZE} are allowed")
    try:
        said = reply(result.body)
    except Unreadable as problem:
        return _failed(result, Reason.ANSWER, f"the answer cannot be understood ({problem})")
    if said.code:
        words = _CODES.get(said.code, f"it says code {said.code}")
        return _failed(result, Reason.DNS, f'the resolver has no answer for "{name[:80]}": {words}')
    if said.truncated:
        return _failed(result, Reason.ANSWER, "the answer is cut short: it does not fit into one packet")
    return _compared(check, name, said.answers(name, check.record), result)


def _compared(check: DnsCheck, name: str, records: tuple[str, ...], result: Result) -> Result:
    if not records:
        return _failed(result, Reason.DNS, f'"{name[:80]}" has no {check.record} record')
    expected = {_plain(check.record, one) for one in check.expect_answer}
    strange = [one for one in records if expected and _plain(check.record, one) not in expected]
    if strange:
        shown = "".join(sign for sign in strange[0] if sign.isprintable())  # it goes to terminals
        return _failed(result, Reason.ANSWER, f'"{shown[:80]}" is none of the expected answers')
    return result


def _plain(kind: str, text: str) -> str:
    """A text counts as it is; of addresses and names there are several ways to write the same."""
    if kind == "TXT":
        return text
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return plain(text)


def _failed(result: Result, reason: Reason, detail: str) -> Result:
    return replace(result, reason=reason, detail=detail, stage=ANSWER)
