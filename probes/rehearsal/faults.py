"""Faults that the stand-in registry can be given, and what a request meets under them. Pure.

A new kind of fault needs a FaultKind, its calls in _TOUCHES, and a rank in _RANK if it stops the answer.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError

from probes.rehearsal.latency import Call


class FaultKind(StrEnum):
    SLOW = "slow"  # latency times `factor`
    ERRORS = "errors"  # HTTP 503; reading back and cleaning up are spared, so `rate` is the share of failed checks
    HANG = "hang"  # never answers, keeps the connection until the client leaves or the server stops
    REFUSE = "refuse"  # the connection is reset
    UNSTORED = "unstored"  # uploads are accepted and never stored
    LINE_CUT = "line_cut"  # the district's own line: registry and neutral host both reset


class Fault(BaseModel):
    """One fault in force. `districts`: LGD codes, empty means all; `rate`: share of the requests that meet it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FaultKind
    districts: tuple[int, ...] = Field(default=(), max_length=1000)
    factor: float = Field(default=1.0, ge=1, le=1000, allow_inf_nan=False, description="slow only: times the latency")
    rate: float = Field(default=1.0, gt=0, le=1, allow_inf_nan=False)

    @model_validator(mode="after")
    def _factor_fits(self) -> Self:
        if self.kind is FaultKind.SLOW and self.factor == 1:
            raise PydanticCustomError("factor", "a slow fault needs a factor above 1, for example 5")
        if self.kind is not FaultKind.SLOW and self.factor != 1:
            raise PydanticCustomError("factor", "only a slow fault has a factor; remove it")
        return self

    def touches(self, district: int, call: Call) -> bool:
        """True when the fault can be met by this call of this district."""
        return call in _TOUCHES[self.kind] and (not self.districts or district in self.districts)


FAULT_LIST: Final = TypeAdapter(tuple[Fault, ...])


class Ending(StrEnum):
    """How a request ends."""

    ANSWER = "answer"
    UNSTORED = "unstored"  # answered as if all were well
    ERROR = "error"
    HANG = "hang"
    RESET = "reset"


@dataclass(frozen=True)
class Encounter:
    """What one request meets: how it ends, and by what factor it is slowed before."""

    ending: Ending = Ending.ANSWER
    factor: float = 1.0


_REGISTRY: Final = frozenset(Call) - {Call.ANCHOR}
_TOUCHES: Final = {
    FaultKind.SLOW: _REGISTRY,
    FaultKind.ERRORS: frozenset({Call.PING, Call.REGISTER, Call.UPLOAD}),
    FaultKind.HANG: _REGISTRY,
    FaultKind.REFUSE: _REGISTRY,
    FaultKind.UNSTORED: frozenset({Call.UPLOAD}),
    FaultKind.LINE_CUT: frozenset(Call),
}
# what breaks off earlier on the way hides what would have come later
_RANK: Final = (
    (FaultKind.LINE_CUT, Ending.RESET),
    (FaultKind.REFUSE, Ending.RESET),
    (FaultKind.HANG, Ending.HANG),
    (FaultKind.ERRORS, Ending.ERROR),
    (FaultKind.UNSTORED, Ending.UNSTORED),
)


def encounter(faults: Iterable[Fault], district: int, call: Call, uniform: Callable[[], float]) -> Encounter:
    """What a call of a district meets; `uniform` draws from [0, 1) and is asked only for faults with a rate below 1.

    Of several slow faults the greatest factor counts.
    """
    met = [fault for fault in faults if fault.touches(district, call) and (fault.rate >= 1 or uniform() < fault.rate)]
    kinds = {fault.kind for fault in met}
    ending = next((ending for kind, ending in _RANK if kind in kinds), Ending.ANSWER)
    return Encounter(ending, max((fault.factor for fault in met), default=1.0))
