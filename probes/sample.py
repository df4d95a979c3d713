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
Share = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
HOSTS_TOLD: Final = 5


class CheckKind(StrEnum):
    """What a check does. `anchor` asks a neutral host, to tell a district's own line from the registry."""

    HTTP = "http"
    UPLOAD = "upload"
    ANCHOR = "anchor"
    TCP = "tcp"
    DNS = "dns"
    TLS = "tls"
    ICMP = "icmp"
    MESSAGE = "message"


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
    HEADER = "header"  # a header of the answer is not as expected
    BODY = "body"  # the body of the answer is not as expected
    ANSWER = "answer"  # a DNS or TCP answer is not as expected
    CERTIFICATE = "certificate"  # good today, and ends sooner than the check allows
    NOT_VISIBLE = "not_visible"  # upload: accepted, and not seen again within the deadline
    NOT_ARRIVED = "not_arrived"  # message: asked for, and not in the inbox within the deadline
    LOST = "lost"  # bundle: more samples of one round were lost than allowed
    TOO_LARGE = "too_large"  # the answer is longer than the check allows
    REDIRECT = "redirect"  # redirected to where the check may not go
    PROTOCOL = "protocol"  # the answer is not HTTP
    AGENT_OFFLINE = "agent_offline"  # the agent's own network is down: outcome unknown
    AGENT_FAULT = "agent_fault"  # the agent itself could not measure, though its network is up: outcome unknown


class Phases(BaseModel):
    """Durations of one transfer in seconds, each phase alone (not cumulative); None: not reached.

    `total` runs from start to the last byte, for an upload to the moment the record was seen again.
    `visible` is the wait of an upload between accepted and seen again, of a message between asked for and arrived.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dns: Seconds | None = None
    connect: Seconds | None = None
    tls: Seconds | None = None
    first_byte: Seconds | None = None
    transfer: Seconds | None = None
    visible: Seconds | None = None
    total: Seconds


class Step(BaseModel):
    """One step of a check of several: authorise, submit, read_back, clean_up, message; its duration in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z_]{1,32}$")
    seconds: Seconds


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
    stage: str = Field(
        default="", max_length=32,
        description="how far a check that is not ok came: dns, connect, tls, first_byte, transfer, answer; a step's name before it",
    )  # fmt: skip
    steps: tuple[Step, ...] = Field(default=(), max_length=8, description="of a check of several steps, in order")
    up_bytes_per_s: float | None = Field(default=None, ge=0, le=1e12, description="of the record an upload sent")
    bundle: tuple[Seconds | None, ...] = Field(
        default=(), max_length=20, description="total seconds of each sample of a bundle, in order; None: lost"
    )


class Load(BaseModel):
    """What an agent asks of others and takes for itself. Rates are over the last minute, counts since it started."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    requests_per_s: dict[str, Share] = Field(max_length=HOSTS_TOLD, description="of the hosts asked most")
    budget_per_s: Share = Field(description="requests a second it may at most ask of the registry")
    cpu_share: Share = Field(description="of one processor")
    rss_bytes: Count
    in_flight: Count = Field(description="checks under way now")
    late_p99_s: Seconds = Field(description="99 of 100 checks started within so many seconds of their moment")
    held: Count = Field(description="checks not started to spare a busy registry")
    skipped: Count = Field(description="checks not started for another reason")
    dropped: Count = Field(description="samples thrown away")
    spooled: Count = Field(description="samples that wait on its disk")


class Batch(BaseModel):
    """Samples of one boot of one agent, as POSTed to /api/v1/samples; the token travels in the Authorization header."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contract: int = Field(default=CONTRACT, ge=CONTRACT, le=CONTRACT)
    agent: str = Field(min_length=1, max_length=64)
    boot: str = Field(pattern=r"^[0-9a-f]{32}$", description="random at each start of the agent")
    sent: Moment = Field(description="seconds since 1970 UTC by the agent's clock, to see its skew")
    dropped: Count = Field(default=0, description="samples this boot had to throw away so far")
    load: Load | None = Field(default=None, description="of the agent that sends, whatever boot the samples are of")
    samples: tuple[Sample, ...] = Field(max_length=1000)


class Receipt(BaseModel):
    """The answer to a batch: sent only after the samples are on disk. `doubled` were there already."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stored: int
    doubled: int
