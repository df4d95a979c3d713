"""Settings of the checks that ask a web address once: `http`, `anchor` and `tls`. May be changed: by adding what an answer must hold."""

import ipaddress
import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from probes.kinds.check import BundledCheck, Check, Expected, HeaderName, Statuses, WebCheck
from probes.kinds.placeholders import DISTRICT, AskedHost, Place, look_through
from probes.sample import CheckKind
from probes.sections import HostAndPort, Port, Section, bracketed, refuse


def _pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as problem:
        cure = "Write for example version: [0-9]+, with a backslash before a sign that stands for itself"
        raise refuse(f'"{pattern}" is no pattern: {problem}', cure) from None
    return pattern


Pattern = Annotated[str, Field(max_length=200), AfterValidator(_pattern)]


class Redirects(Section):
    """Which redirects are followed: to the check's own host and port, and to the hosts named here. Never from https to http.

    A named host without a port stands for its usual ports, 80 and 443; with one, for that port alone.
    """

    most: int = Field(default=3, ge=1, le=10, examples=[3])
    hosts: tuple[HostAndPort, ...] = Field(default=(), max_length=10, examples=[["login.example.org"]])

    @property
    def places(self) -> tuple[tuple[str, int | None], ...]:
        """Host in lower case and port of each named host; no port: the usual ones."""
        return tuple(_place(host) for host in self.hosts)

    @model_validator(mode="after")
    def _ports_are_ports(self) -> Self:
        for index, host in enumerate(self.hosts):
            look_through([Place(host, ("hosts", index), frozenset())])
            _, port = _place(host)
            if port is not None and not 1 <= port <= 65_535:
                cure = "Write a host, or host:port with a port from 1 to 65535"
                raise refuse(f'"{host}" is no host', cure, ("hosts", index))
        return self


class GetCheck(WebCheck):
    """One GET. `{district}` in its address is all that is filled in."""

    @model_validator(mode="after")
    def _words_are_known(self) -> Self:
        look_through([Place(self.url, ("url",), DISTRICT), Place(self.headers, ("headers",), frozenset())])
        return self


class HttpCheck(GetCheck, BundledCheck):
    """One GET; its status, its headers and its body decide."""

    kind: Literal[CheckKind.HTTP] = Field(default=CheckKind.HTTP, examples=["http"])
    expect_status: Statuses = Field(default=(200,), examples=[[200, 201]])
    expect_text: str = Field(default="", max_length=200, examples=["OK"])
    expect_json: Expected = Field(default_factory=dict, max_length=20, examples=[{"$.status": "UP"}])
    expect_pattern: Pattern = Field(default="", examples=["version: [0-9]+"])
    expect_headers: dict[HeaderName, str] = Field(
        default_factory=dict, max_length=20, examples=[{"Content-Type": "application/json"}]
    )
    certificate_days: int = Field(default=0, ge=0, le=3650, examples=[14])
    redirects: Redirects | None = Field(default=None, examples=[{"most": 3}])
    http2: bool = Field(default=False, examples=[True])
    ip_version: Literal[4, 6] | None = Field(default=None, examples=[4])
    reuse_connection: bool = Field(default=False, examples=[False])

    @model_validator(mode="after")
    def _can_be_carried_out(self) -> Self:
        if not self.url.lower().startswith("https:"):
            self._needs_no_tls()
        if self.reuse_connection and self.certificate_days:
            cure = "Remove one of the two, or write two checks"
            raise refuse("an open connection shows no certificate", cure, ("certificate_days",))
        return self

    def _needs_no_tls(self) -> None:
        if self.certificate_days:
            cure = "Write an https:// address, or remove certificate_days"
            raise refuse("an http:// address has no certificate", cure, ("certificate_days",))
        if self.http2:
            cure = "Write an https:// address, or remove http2"
            raise refuse("HTTP/2 is agreed on in the TLS hand-shake, and an http:// address has none", cure, ("http2",))

    @property
    def addresses(self) -> tuple[str, ...]:
        places = self.redirects.places if self.redirects else ()
        return (self.url, *(_address(host, port) for host, port in places))


class AnchorCheck(GetCheck):
    """One GET of a neutral host: any HTTP answer proves that the line works."""

    kind: Literal[CheckKind.ANCHOR] = Field(default=CheckKind.ANCHOR, examples=["anchor"])


class TlsCheck(Check):
    """The TLS hand-shake alone: is the chain trusted, does the name fit, how many days are left."""

    kind: Literal[CheckKind.TLS] = Field(default=CheckKind.TLS, examples=["tls"])
    host: AskedHost = Field(examples=["registry.example.org"])
    port: Port = Field(default=443, examples=[443])
    days_left: int = Field(default=14, ge=0, le=3650, examples=[14])

    @property
    def addresses(self) -> tuple[str, ...]:
        return (_address(self.host, self.port),)


def _place(host: str) -> tuple[str, int | None]:
    """`host`, `host:port` or an IPv6 address, which has colons of its own."""
    try:
        return str(ipaddress.ip_address(host)), None
    except ValueError:
        name, colon, port = host.lower().rpartition(":")
    return (name, int(port) if port.isdecimal() else 0) if colon else (port, None)


def _address(host: str, port: int | None) -> str:
    return f"https://{bracketed(host)}/" if port is None else f"https://{bracketed(host)}:{port}/"
