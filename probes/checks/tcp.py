"""The `tcp` check: a connection, and what the server says first. May be changed: what makes it good."""

import random
from dataclasses import replace

from probes.carriers.line_reasons import ANSWER
from probes.checks import Steps, Target, address, measurement
from probes.clock import Clock
from probes.exchange import Dial
from probes.kinds.line import TcpCheck
from probes.sample import Reason


def measure(target: Target, clock: Clock, _random: random.Random) -> Steps:
    """Ends with ANSWER when the server said something else than expected."""
    check = target.check
    assert isinstance(check, TcpCheck)
    result = yield Dial(
        host=address(check.host, target.district),
        port=check.port,
        deadline=clock.monotonic() + check.deadline_s,
        send=check.send_text.encode(),
        until=check.expect_text.encode(),
    )
    if result.reason is Reason.NONE and not result.found:
        said = "".join(sign for sign in result.body.decode(errors="replace") if sign.isprintable())
        detail = f'"{check.expect_text[:60]}" is not in the answer, which begins with "{said[:60]}"'
        result = replace(result, reason=Reason.ANSWER, detail=detail, stage=ANSWER)
    return measurement(result)
