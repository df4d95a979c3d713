"""The contract between agents and the control room, version 1.

A new optional field may be added; a field that changes its meaning, or goes, needs a new CONTRACT number
and an intake that still reads the old one. Nothing here may import another module of the project.
"""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

CONTRACT: Final = 1
MAX_DISTRICT: Final = 9_999_999

Moment = Annotated[float, Field(ge=0, le=32_503_680_000, allow_inf_nan=False)]  # up to the year 3000
Count = Annotated[int, Field(ge=0, le=2**53)]  # what every reader of JSON can hold
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]


class CheckKind(StrEnum):
    """What a check does. `anchor` asks a neutral host, to tell a district's own line from the registry."""

    HTTP = "http"
    UPLOAD = "upload"
    ANCHOR = "anchor"


class Outcome(StrEnum):
    """`unknown` means that nothing can be said of the target: the agent itself was cut off."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a sample is not ok, shared by logs, metrics, pages, mails and tests; OK carries NONE."""

    NONE = "none"
    DNS = "dns"  # the name could not be resolved
    REFUSED = "refused"  # nobody listens on the port
    UNREACHABLE = "unreachable"  # no route to the host
    RESET = "reset"  # the connection broke off
    TLS = "tls"  # hand-shake or certificate
    TIMEOUT = "timeout"  # the deadline passed
    HTTP_STATUS = "http_status"  # another status than the check expects
    BODY = "body"  # the expected text is not in the answer
    NOT_VISIBLE = "not_visible"  # upload: accepted, and not seen again within the deadline
    TOO_LARGE = "too_large"  # the answer is longer than the check allows
    REDIRECT = "redirect"  # redirected to where the check may not go
    PROTOCOL = "protocol"  # the answer is not HTTP
    AGENT_OFFLINE = "agent_offline"  # the agent's own network is down: outcome unknown


class Phases(BaseModel):
    """Durations of one transfer in seconds, each phase alone (not cumulative); None: not reached.

    `total` runs from start to the last byte, for an upload to the moment the record was seen again.
    `visible` is the wait of an upload between accepted and seen again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dns: Seconds | None = None
    connect: Seconds | None = None
    tls: Seconds | None = None
    first_byte: Seconds | None = None
    transfer: Seconds | None = None
    visible: Seconds | None = None
    total: Seconds


class Sample(BaseModel):
    """One check's result. A failed check is a sample, never an exception."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seq: int = Field(ge=1, le=2**53, description="counts up by one within a boot of the agent")
    district: int = Field(ge=1, le=MAX_DISTRICT, description="LGD code of the district the check stands for")
    check: str = Field(min_length=1, max_length=64, description="name of the check in the agent's config")
    kind: CheckKind
    vantage: str = Field(min_length=1, max_length=64, description="the place the agent measures from")
    started: Moment = Field(description="seconds since 1970 UTC, by the agent's clock")
    outcome: Outcome
    reason: Reason = Reason.NONE
    phases: Phases
    status: int | None = Field(default=None, ge=100, le=999, description="HTTP status, when there was one")
    bytes_up: Count = 0
    bytes_down: Count = 0
    lateness: Seconds = Field(default=0.0, description="seconds between due and started")
    detail: str = Field(default="", max_length=200, description="one readable line, for a person")


class Batch(BaseModel):
    """Samples of one boot of one agent, as POSTed to /api/v1/samples; the token travels in the Authorization header."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contract: int = Field(default=CONTRACT, ge=CONTRACT, le=CONTRACT)
    agent: str = Field(min_length=1, max_length=64)
    boot: str = Field(pattern=r"^[0-9a-f]{32}$", description="random at each start of the agent")
    sent: Moment = Field(description="seconds since 1970 UTC by the agent's clock, to see its skew")
    dropped: Count = Field(default=0, description="samples this boot had to throw away so far")
    samples: tuple[Sample, ...] = Field(max_length=1000)


class Receipt(BaseModel):
    """The answer to a batch: sent only after the samples are on disk. `doubled` were there already."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stored: int
    doubled: int
