"""The shape all checks share: a function that asks for one thing after the other and ends with a Measurement.

May be changed: what every check needs alike. One protocol, one module beside this one; registry.py names them.
A check knows no network: it yields a Wish and is handed its Result, so that tests can answer it by hand. The agent owns
the loop, the schedule, the metrics and the storage.
"""

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from functools import cached_property
from sys import intern
from typing import Final

from probes.clock import Clock
from probes.exchange import Request, Result, Wish, origin
from probes.kinds.check import Check, WebCheck
from probes.kinds.upload import UploadCheck
from probes.sample import Outcome, Phases, Reason, Step
from probes.templates import fill, in_address

OURS: Final = (Reason.AGENT_OFFLINE, Reason.AGENT_FAULT)  # of the agent, not of what it asked


@dataclass(frozen=True, eq=False)  # one object a target, so that it can be a cheap key
class Target:
    """One check of one district. `district` is an LGD code."""

    district: int
    check: Check

    @cached_property
    def origin(self) -> str:
        """What it measures, as scheme://host:port."""
        return self._origin_of(self.check.addresses[0])

    @cached_property
    def origins(self) -> tuple[str, ...]:
        """All that must be willing before it starts: where it logs in, if it does, and what it measures."""
        log_in = self.check.authorise if isinstance(self.check, UploadCheck) else None
        first = (self._origin_of(log_in.url),) if log_in else ()
        return tuple(dict.fromkeys((*first, self.origin)))

    def _origin_of(self, template: str) -> str:
        code = str(self.district)
        given = self.check.by_district if isinstance(self.check, UploadCheck) else {}
        values = {name: by_code[code] for name, by_code in given.items() if code in by_code}
        return intern(origin(fill(template, {**values, "district": code}, in_address)))


@dataclass  # and no more changed than the records of exchange.py
class Measurement:
    """What a check found: a Sample without its number and place. Phases in seconds."""

    reason: Reason
    phases: Phases
    status: int | None = None
    bytes_up: int = 0
    bytes_down: int = 0
    detail: str = ""
    stage: str = ""
    steps: tuple[Step, ...] = ()
    up_bytes_per_s: float | None = None
    bundle: tuple[float | None, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Unknown when the agent itself could not measure."""
        if self.reason is Reason.NONE:
            return Outcome.OK
        return Outcome.UNKNOWN if self.reason in OURS else Outcome.FAILED


Steps = Generator[Wish, Result, Measurement]
CheckFunction = Callable[[Target, Clock, random.Random], Steps]


def address(template: str, district: int, record: str = "") -> str:
    """`{district}` and `{record}` filled in; other braces stay as they are."""
    return template.replace("{district}", str(district)).replace("{record}", record)


def header_lines(check: WebCheck) -> tuple[str, ...]:
    return tuple(f"{name}: {value}" for name, value in check.headers.items()) if check.headers else ()


def ask(target: Target, check: WebCheck, clock: Clock, neutral: bool = False) -> Request:
    """The GET of a check's own address, within its whole deadline."""
    return Request(
        url=address(check.url, target.district),
        deadline=clock.monotonic() + check.deadline_s,
        headers=header_lines(check),
        max_bytes=check.max_bytes,
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
        stage=result.stage,
    )
