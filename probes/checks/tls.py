"""The `tls` check: the hand-shake alone. May be changed: what makes a certificate good.

A chain that is not trusted is looked at a second time, without trusting it, only to say why: nothing is sent over it.
"""

import random
from dataclasses import replace

from probes.carriers.line_reasons import ANSWER
from probes.checks import Steps, Target, address, measurement
from probes.checks.certificates import ends_too_soon, why_not_trusted
from probes.clock import Clock
from probes.exchange import Request
from probes.kinds.web import TlsCheck
from probes.sample import Reason


def measure(target: Target, clock: Clock, _random: random.Random) -> Steps:
    """Ends with TLS when the chain is not trusted or the name does not fit, CERTIFICATE when it ends too soon."""
    check = target.check
    assert isinstance(check, TlsCheck)
    request = Request(
        url=address(check.addresses[0], target.district),
        deadline=clock.monotonic() + check.deadline_s,
        certificates=True,
        handshake_only=True,
    )
    result = yield request
    if result.reason is Reason.TLS:
        chain = (yield replace(request, verify=False)).certificates
        host = address(check.host, target.district)
        result = replace(result, detail=why_not_trusted(result.detail, host, chain, clock.now()))
    elif result.reason is Reason.NONE:
        soon = ends_too_soon(result.certificates, check.days_left, clock.now())
        if soon:
            result = replace(result, reason=Reason.CERTIFICATE, detail=soon, stage=ANSWER)
    return measurement(result)
