"""The sections of config.yaml that an agent reads: `probes` and `rehearsal`. Every field has an example, used as the cure in messages."""

import ipaddress
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from probes.sample import MAX_DISTRICT, CheckKind

SECTIONS_OF_OTHERS = frozenset({"state", "districts", "joint_areas", "calendar", "figures", "dashboard"})


class Section(BaseModel):
    """A frozen part of the config file; unknown keys are errors, and texts do not turn into numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def refuse(wrong: str, cure: str, at: tuple[str | int, ...] = ()) -> PydanticCustomError:
    """A mistake in our own words; `at` points further into the section."""
    return PydanticCustomError("config", "{wrong}", {"wrong": wrong, "cure": cure, "at": at})


def _web_address(url: str) -> str:
    parts = urlsplit(url.replace("{district}", "0").replace("{record}", "0"))
    if parts.scheme not in ("http", "https"):
        raise refuse(f'scheme "{parts.scheme}" is not supported in "{url}"', "Use http:// or https://")
    if not parts.hostname:
        raise refuse(f'"{url}" names no host', "Write for example https://registry.example.org/ping")
    if parts.username or parts.password:
        cure = "Addresses are shown on pages and in logs: send the secret in headers instead"
        raise refuse("the address holds a user name or password", cure)
    return url


WebAddress = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_web_address)]
DistrictCode = Annotated[int, Field(ge=1, le=MAX_DISTRICT)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


def is_loopback(url: str) -> bool:
    """True when the address can only be this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class ReadBack(Section):
    """How an upload is seen again."""

    url: WebAddress = Field(examples=["https://registry.example.org/records/{record}"])
    every_s: float = Field(default=0.5, ge=0.05, le=60, examples=[0.5])


class CleanUp(Section):
    """How the synthetic record is taken away again."""

    url: WebAddress = Field(examples=["https://registry.example.org/records/{record}"])
    method: Literal["DELETE", "POST"] = Field(default="DELETE", examples=["DELETE"])


class Check(Section):
    """One measurement, taken for each district of the agent. `{district}` in an address becomes the LGD code."""

    name: Name = Field(examples=["upload"])
    kind: CheckKind = Field(examples=["http"])
    url: WebAddress = Field(examples=["https://registry.example.org/ping"])
    interval_s: float = Field(default=15, ge=0.2, le=3600, examples=[15])
    deadline_s: float = Field(default=10, ge=0.1, le=600, examples=[10])
    expect_status: tuple[int, ...] = Field(default=(200,), min_length=1, examples=[[200, 201]])
    expect_text: str = Field(default="", max_length=200, examples=["OK"])
    headers: dict[str, str] = Field(default_factory=dict, examples=[{"X-Facility": "test"}])
    max_bytes: int = Field(default=1_048_576, ge=1, le=104_857_600, examples=[1048576])
    payload_bytes: int = Field(default=4096, ge=256, le=10_485_760, examples=[4096])
    read_back: ReadBack | None = Field(
        default=None, examples=[{"url": "https://registry.example.org/records/{record}"}]
    )
    clean_up: CleanUp | None = Field(default=None, examples=[{"url": "https://registry.example.org/records/{record}"}])

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind is CheckKind.UPLOAD and self.read_back is None:
            raise refuse(
                f'upload check "{self.name}" has no read_back',
                "A 200 alone proves nothing: add read_back: {url: https://registry.example.org/records/{record}}",
            )
        if self.kind is not CheckKind.UPLOAD and (self.read_back or self.clean_up):
            raise refuse(
                f'check "{self.name}" is of kind {self.kind}; only an upload has read_back or clean_up', "Remove it"
            )
        return self

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address this check may call."""
        more = (self.read_back and self.read_back.url, self.clean_up and self.clean_up.url)
        return (self.url, *(url for url in more if url))


class Consent(Section):
    """Who allowed us to probe a registry that is not on this machine."""

    who: str = Field(min_length=3, examples=["Registry Operations, Example Ministry"])
    when: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$", examples=["2021-01-10"])
    reference: str = Field(min_length=1, examples=["letter 17/2021"])


class Spool(Section):
    """Samples wait here, on disk, until the control room has acknowledged them."""

    file: Path = Field(default=Path("data/spool.db"), examples=["data/spool.db"])
    max_samples: int = Field(default=500_000, ge=1000, le=50_000_000, examples=[500000])


class Delivery(Section):
    """Where samples go."""

    url: WebAddress = Field(
        default="http://127.0.0.1:8600/api/v1/samples", examples=["http://127.0.0.1:8600/api/v1/samples"]
    )
    token_file: Path = Field(default=Path("data/agent-token"), examples=["data/agent-token"])
    batch: int = Field(default=500, ge=1, le=1000, examples=[500])
    every_s: float = Field(default=1.0, ge=0.05, le=60, examples=[1])
    deadline_s: float = Field(default=10, ge=0.5, le=120, examples=[10])
    back_off_max_s: float = Field(default=60, ge=0.1, le=3600, examples=[60])


class Metrics(Section):
    """The agent's own /metrics, on loopback unless told otherwise. Port 0 takes a free one; none means off."""

    host: str = Field(default="127.0.0.1", examples=["127.0.0.1"])
    port: int | None = Field(default=8602, ge=0, le=65_535, examples=[8602])


class Probes(Section):
    """The `probes` section: one agent."""

    agent: Name = Field(examples=["control-room"])
    vantage: str = Field(min_length=1, max_length=64, examples=["Mumbai data centre"])
    districts: tuple[DistrictCode, ...] = Field(min_length=1, examples=[[490, 491]])
    checks: tuple[Check, ...] = Field(
        min_length=1, examples=[[{"name": "ping", "kind": "http", "url": "https://registry.example.org/ping"}]]
    )
    consent: Consent | None = Field(
        default=None, examples=[{"who": "Registry Operations", "when": "2021-01-10", "reference": "letter 17/2021"}]
    )
    user_agent: str = Field(
        default="Tikawatch (synthetic probe)", max_length=200, examples=["Tikawatch (synthetic probe)"]
    )
    in_flight: int = Field(default=256, ge=1, le=4096, examples=[256])
    starts_per_second: float = Field(default=50, gt=0, le=10_000, examples=[50])
    spool: Spool = Field(default_factory=Spool, examples=[{"file": "data/spool.db"}])
    delivery: Delivery = Field(default_factory=Delivery, examples=[{"url": "http://127.0.0.1:8600/api/v1/samples"}])
    metrics: Metrics = Field(default_factory=Metrics, examples=[{"port": 8602}])

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        self._names_differ()
        self._deadlines_fit()
        self._consented()
        return self

    def _names_differ(self) -> None:
        names = [check.name for check in self.checks]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise refuse(
                    f'two checks are called "{name}"', "Give each check its own name", ("checks", index, "name")
                )
        for index, code in enumerate(self.districts):
            if code in self.districts[:index]:
                raise refuse(f"district {code} stands twice", "Remove one of the two", ("districts", index))

    def _deadlines_fit(self) -> None:
        for index, check in enumerate(self.checks):
            if check.kind is not CheckKind.UPLOAD and check.deadline_s > check.interval_s:
                raise refuse(
                    f"deadline_s {check.deadline_s:g} is longer than interval_s {check.interval_s:g}",
                    "Shorten the deadline or lengthen the interval; only an upload may take longer than its interval",
                    ("checks", index, "deadline_s"),
                )

    def _consented(self) -> None:
        for index, check in enumerate(self.checks):
            away = [url for url in check.addresses if not is_loopback(url)]
            if away and self.consent is None and check.kind is not CheckKind.ANCHOR:
                raise refuse(
                    f'"{away[0]}" is not on this machine and there is no consent',
                    "Ask the registry's operator, then add consent: {who: …, when: 2021-01-10, reference: …} to probes",
                    ("checks", index, "url"),
                )


class Rehearsal(Section):
    """Present only in a rehearsal; pages and mails then say that it is one."""

    clock_ahead_s: float = Field(
        default=0.0, ge=-1_500_000_000, le=1_500_000_000, allow_inf_nan=False, examples=[-184000000]
    )
    mail_page: str = Field(default="", examples=["http://127.0.0.1:8603/"])
    title: str = Field(default="Rehearsal", examples=["Rehearsal of 16 January 2021"])


class AgentFile(BaseModel):
    """What an agent reads of config.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    probes: Probes = Field(examples=[{"agent": "control-room"}])
    rehearsal: Rehearsal | None = Field(default=None, examples=[{"title": "Rehearsal"}])
