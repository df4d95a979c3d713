"""The `icmp` check: an echo request and its reply. May be changed: what is sent."""

import random

from probes.checks import Steps, Target, address, measurement
from probes.clock import Clock
from probes.exchange import Echo
from probes.kinds.line import IcmpCheck


def measure(target: Target, clock: Clock, _random: random.Random) -> Steps:
    """Good when the host answers in time."""
    check = target.check
    assert isinstance(check, IcmpCheck)
    result = yield Echo(host=address(check.host, target.district), deadline=clock.monotonic() + check.deadline_s)
    return measurement(result)
