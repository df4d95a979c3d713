"""The `anchor` check: does a neutral host answer at all? May be changed: what counts as an answer."""

import random
from dataclasses import replace

from probes.checks import Steps, Target, ask, measurement
from probes.clock import Clock
from probes.kinds.web import AnchorCheck
from probes.sample import Reason


def measure(target: Target, clock: Clock, _random: random.Random) -> Steps:
    """Any HTTP answer is good, whatever its status: it proves that the line works."""
    assert isinstance(target.check, AnchorCheck)
    result = yield ask(target, target.check, clock, neutral=True)
    if result.status is not None:
        result = replace(result, reason=Reason.NONE, detail="", stage="")
    return measurement(result)
