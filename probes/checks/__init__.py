"""The shape all checks share: a function that asks for requests one by one and ends with a Measurement.

May be changed: what every check needs alike. One protocol, one module beside this one; registry.py names them.
A check knows no network: it yields a Request and is handed its Result, so that tests can answer it by hand. The agent owns
the loop, the schedule, the metrics and the storage.
"""

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from probes.clock import Clock
from probes.exchange import Request, Result
from probes.sample import Outcome, Phases, Reason
from probes.settings import Check


@dataclass(frozen=True, eq=False)  # one object a target, so that it can be a cheap key
class Target:
    """One check of one district. `district` is an LGD code."""

    district: int
    check: Check


@dataclass(frozen=True)
class Measurement:
    """What a check found: a Sample without its number and place. Phases in seconds."""

    reason: Reason
    phases: Phases
    status: int | None = None
    bytes_up: int = 0
    bytes_down: int = 0
    detail: str = ""

    @property
    def outcome(self) -> Outcome:
        """Unknown when the agent itself could not measure."""
        if self.reason is Reason.NONE:
            return Outcome.OK
        return Outcome.UNKNOWN if self.reason is Reason.AGENT_OFFLINE else Outcome.FAILED


Steps = Generator[Request, Result, Measurement]
CheckFunction = Callable[[Target, Clock, random.Random], Steps]


def address(template: str, district: int, record: str = "") -> str:
    """`{district}` and `{record}` filled in; other braces stay as they are."""
    return template.replace("{district}", str(district)).replace("{record}", record)


def header_lines(check: Check) -> tuple[str, ...]:
    return tuple(f"{name}: {value}" for name, value in check.headers.items())


def ask(target: Target, clock: Clock, find: str = "", neutral: bool = False) -> Request:
    """The GET of a check's own address, within its whole deadline."""
    check = target.check
    return Request(
        url=address(check.url, target.district),
        deadline=clock.monotonic() + check.deadline_s,
        headers=header_lines(check),
        max_bytes=check.max_bytes,
        find=find,
        neutral=neutral,
    )


def judged(result: Result, expect_status: tuple[int, ...]) -> Result:
    """The result with a reason if its status is not an expected one; transport faults keep theirs."""
    if result.reason is not Reason.NONE or result.status in expect_status:
        return result
    status = result.status or 0
    if 300 <= status < 400:
        return replace(result, reason=Reason.REDIRECT, detail=f"answered {status} to {origin(result.redirect)}")
    wanted = " or ".join(str(one) for one in expect_status)
    return replace(result, reason=Reason.HTTP_STATUS, detail=f"answered {status}, expected {wanted}")


def measurement(result: Result) -> Measurement:
    """One exchange as a whole measurement."""
    return Measurement(
        reason=result.reason,
        phases=result.phases,
        status=result.status,
        bytes_up=result.bytes_up,
        bytes_down=result.bytes_down,
        detail=result.detail[:200],
    )


def origin(url: str) -> str:
    """Scheme and host alone: the rest of a redirect may carry a person's data."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an unreadable address"
    return f"{parts.scheme}://{parts.netloc}"[:120] if parts.netloc else "nowhere"
