"""The sections of config.yaml that an agent reads: `probes` and `rehearsal`. Every field has an example, used as the cure in messages."""

from datetime import date
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from probes.inbox_settings import Inbox, refuse_mix_ups
from probes.kinds import AnyCheck
from probes.kinds.check import Check, HeaderValue, WebCheck
from probes.kinds.message import MessageCheck
from probes.kinds.upload import UploadCheck
from probes.sample import CheckKind
from probes.sections import DistrictCode, Name, Section, WebAddress, is_loopback, refuse

SECTIONS_OF_OTHERS = frozenset({"state", "districts", "joint_areas", "calendar", "figures", "dashboard"})
ANCHOR_EVERY_S: Final = 5.0  # at least; nobody has allowed us to ask a neutral host, so it is asked as a person would


def _real_day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise refuse(f'"{text}" is no day of the calendar', "Write year-month-day, for example 2021-01-10") from None
    return text


class Consent(Section):
    """Who allowed us to probe a registry that is not on this machine."""

    who: str = Field(min_length=3, examples=["Registry Operations, Example Ministry"])
    when: Annotated[str, AfterValidator(_real_day)] = Field(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples=["2021-01-10"]
    )
    reference: str = Field(min_length=1, examples=["letter 17/2021"])


class Spool(Section):
    """Samples wait here, on disk, until the control room has acknowledged them."""

    file: Path = Field(default=Path("data/spool.db"), examples=["data/spool.db"])
    max_samples: int = Field(default=500_000, ge=1000, le=50_000_000, examples=[500000])
    max_age_s: float = Field(default=604_800, ge=3600, le=31_536_000, examples=[604800])


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

    @model_validator(mode="after")
    def _no_token_in_the_clear(self) -> Self:
        if self.url.lower().startswith("http:") and not is_loopback(self.url):
            cure = "Write an https:// address, or http://127.0.0.1:PORT and a tunnel from there to the control room"
            raise refuse("the agent's token would be sent in the clear", cure, ("url",))
        return self


class Metrics(Section):
    """The agent's own /metrics, on loopback unless told otherwise. Port 0 takes a free one; none means off."""

    host: str = Field(default="127.0.0.1", examples=["127.0.0.1"])
    port: int | None = Field(default=8602, ge=0, le=65_535, examples=[8602])


class Probes(Section):
    """The `probes` section: one agent."""

    agent: Name = Field(examples=["control-room"])
    vantage: str = Field(min_length=1, max_length=64, examples=["Mumbai data centre"])
    districts: tuple[DistrictCode, ...] = Field(min_length=1, examples=[[490, 491]])
    checks: tuple[AnyCheck, ...] = Field(
        min_length=1, examples=[[{"name": "ping", "kind": "http", "url": "https://registry.example.org/ping"}]]
    )
    inboxes: tuple[Inbox, ...] = Field(
        default=(), examples=[[{"name": "test-phone", "webhook": {"port": 8605, "secret_file": "data/inbox-secret"}}]]
    )
    consent: Consent | None = Field(
        default=None, examples=[{"who": "Registry Operations", "when": "2021-01-10", "reference": "letter 17/2021"}]
    )
    user_agent: HeaderValue = Field(
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
        self._anchors_are_neutral()
        self._districts_have_their_values()
        refuse_mix_ups(self.checks, self.districts, self.inboxes)
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
            if not isinstance(check, UploadCheck | MessageCheck) and check.deadline_s > check.interval_s:
                raise refuse(
                    f"deadline_s {check.deadline_s:g} is longer than interval_s {check.interval_s:g}",
                    "Shorten the deadline or lengthen the interval; only an upload or a message may take longer than its interval",
                    ("checks", index, "deadline_s"),
                )

    def _consented(self) -> None:
        if self.consent is not None:
            return
        asked: list[tuple[str, tuple[str | int, ...]]] = [
            (url, ("checks", index, *(("url",) if isinstance(check, WebCheck) else ())))
            for index, check in enumerate(self.checks)
            if check.kind is not CheckKind.ANCHOR
            for url in check.addresses
        ]
        asked += [
            (one.imap.address, ("inboxes", index, "imap", "host")) for index, one in enumerate(self.inboxes) if one.imap
        ]
        for url, at in asked:
            if not is_loopback(url):
                wrong = f'"{url}" is not on this machine and there is no consent'
                cure = "Ask its operator, then add consent: {who: …, when: 2021-01-10, reference: …} to probes"
                raise refuse(wrong, cure if at[0] == "inboxes" else cure.replace("its", "the registry's"), at)

    def _anchors_are_neutral(self) -> None:
        """They need no consent, so that they may not be a way round it."""
        for index, check in enumerate(self.checks):
            if check.kind is not CheckKind.ANCHOR or is_loopback(check.addresses[0]):
                continue
            other = next((one for one in self.checks if one.kind is not CheckKind.ANCHOR and _share(check, one)), None)
            if other is not None:
                wrong = f"an anchor asks a neutral host, and check {other.name} asks this one"
                raise refuse(wrong, "Write a host that has nothing to do with the registry", ("checks", index, "url"))
            if check.interval_s < ANCHOR_EVERY_S:
                wrong = f"a neutral host is asked each {check.interval_s:g} s, and nobody there has agreed to it"
                cure = f"Write an interval_s of {ANCHOR_EVERY_S:g} or more"
                raise refuse(wrong, cure, ("checks", index, "interval_s"))

    def _districts_have_their_values(self) -> None:
        for index, check in enumerate(self.checks):
            for name, by_code in check.by_district.items() if isinstance(check, UploadCheck) else ():
                missing = [str(code) for code in self.districts if str(code) not in by_code]
                if missing:
                    told = ", ".join(missing[:6]) + (" …" if len(missing) > 6 else "")
                    wrong = f"with.{name} has no value for district{'s' if len(missing) > 1 else ''} {told}"
                    raise refuse(wrong, f"Add {missing[0]}: … to it", ("checks", index, "with", name))


def _share(one: Check, other: Check) -> bool:
    """Whether they ask the same host, by whatever port."""
    mine, theirs = ({_host_of(url) for url in check.addresses} for check in (one, other))
    return not mine.isdisjoint(theirs)


def _host_of(address: str) -> str:
    return (urlsplit(address).hostname or "").rstrip(".")


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
