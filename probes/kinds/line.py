"""Settings of the checks below HTTP: `tcp`, `dns` and `icmp`. May be changed: by adding what an answer must hold."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from probes.dns_messages import fault_of
from probes.kinds.check import BundledCheck
from probes.kinds.placeholders import AskedHost
from probes.sample import CheckKind
from probes.sections import Port, bracketed, refuse

Verbatim = Annotated[str, StringConstraints(strip_whitespace=False)]  # a line's end is part of what is sent


class TcpCheck(BundledCheck):
    """A connection; with `expect_text`, the first bytes the server says must hold it."""

    kind: Literal[CheckKind.TCP] = Field(default=CheckKind.TCP, examples=["tcp"])
    host: AskedHost = Field(examples=["registry.example.org"])
    port: Port = Field(examples=[443])
    send_text: Verbatim = Field(default="", max_length=200, examples=["PING\r\n"])
    expect_text: Verbatim = Field(default="", max_length=200, examples=["220 "])

    @model_validator(mode="after")
    def _something_is_expected(self) -> Self:
        if self.send_text and not self.expect_text:
            cure = "Write the expect_text that the server answers with, or remove send_text"
            raise refuse("send_text is sent and no answer is waited for", cure, ("send_text",))
        return self

    @property
    def addresses(self) -> tuple[str, ...]:
        return (f"tcp://{bracketed(self.host)}:{self.port}",)


class DnsCheck(BundledCheck):
    """One question to one resolver, asked by ourselves: its answer and its time.

    With `expect_answer`, every record of the answer must be among those named.
    """

    kind: Literal[CheckKind.DNS] = Field(default=CheckKind.DNS, examples=["dns"])
    resolver: AskedHost = Field(examples=["192.0.2.53"])
    port: Port = Field(default=53, examples=[53])
    question: AskedHost = Field(examples=["registry.example.org"])
    record: Literal["A", "AAAA", "CNAME", "MX", "NS", "TXT"] = Field(default="A", examples=["A"])
    expect_answer: tuple[str, ...] = Field(default=(), max_length=20, examples=[["192.0.2.10"]])

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        fault = fault_of(self.question)
        if fault:
            cure = "Write a host name, for example registry.example.org"
            raise refuse(f'"{self.question}" {fault}', cure, ("question",))
        return self

    @property
    def addresses(self) -> tuple[str, ...]:
        return (f"dns://{bracketed(self.resolver)}:{self.port}",)


class IcmpCheck(BundledCheck):
    """Echo requests. Left out, with a word at the agent's start, where the system does not allow them."""

    kind: Literal[CheckKind.ICMP] = Field(default=CheckKind.ICMP, examples=["icmp"])
    host: AskedHost = Field(examples=["registry.example.org"])

    @property
    def addresses(self) -> tuple[str, ...]:
        return (f"icmp://{bracketed(self.host)}",)
