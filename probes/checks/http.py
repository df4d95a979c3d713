"""The `http` check: one GET; the status and a text in the answer decide. May be changed: what makes a GET good."""

import random
from dataclasses import replace

from probes.checks import Steps, Target, ask, judged, measurement
from probes.clock import Clock
from probes.sample import Reason


def measure(target: Target, clock: Clock, _random: random.Random) -> Steps:
    """Ends with HTTP_STATUS or REDIRECT for another status, BODY when the expected text is missing."""
    check = target.check
    result = judged((yield ask(target, clock, find=check.expect_text)), check.expect_status)
    if result.reason is Reason.NONE and not result.found:
        result = replace(result, reason=Reason.BODY, detail=f'"{check.expect_text[:60]}" is not in the answer')
    return measurement(result)
