"""What the models of config.yaml are made of: the strict section, refusals in our own words, and the values many sections share.

May be changed: what an address or a name may be. Both packages build their settings on this.
"""

import ipaddress
import re
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from probes.sample import MAX_DISTRICT

_USER: Final = re.compile(r"//\S*@")


class Section(BaseModel):
    """A frozen part of the config file; unknown keys are errors, and texts do not turn into numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def refuse(wrong: str, cure: str, at: tuple[str | int, ...] = ()) -> PydanticCustomError:
    """A mistake in our own words; `at` points further into the section."""
    return PydanticCustomError("config", "{wrong}", {"wrong": wrong, "cure": cure, "at": at})


def without_user(text: str) -> str:
    """The same text, with nothing of a user name or password that stands in an address."""
    return _USER.sub("//(hidden)@", text)


def bracketed(host: str) -> str:
    """A host as it stands in an address."""
    return f"[{host}]" if ":" in host else host


def _web_address(url: str) -> str:
    shown = without_user(url)
    if " " in url or not url.isprintable():
        raise refuse("the address holds a space or a control character", "Write a space in an address as %20")
    try:
        parts = urlsplit(_filled(url))
        port = parts.port
    except ValueError:
        cure = "Write for example https://registry.example.org:8443/ping"
        raise refuse(f'"{shown}" has a host or a port that cannot be asked', cure) from None
    if parts.scheme not in ("http", "https"):
        raise refuse(f'scheme "{parts.scheme}" is not supported in "{shown}"', "Use http:// or https://")
    if not parts.hostname or port == 0:
        lacks = "port" if parts.hostname else "host"
        raise refuse(f'"{shown}" names no {lacks}', "Write for example https://registry.example.org/ping")
    if parts.username or parts.password:
        cure = "Addresses are shown on pages and in logs: send the secret in headers instead"
        raise refuse("the address holds a user name or password", cure)
    return url


def _host(host: str) -> str:
    if ":" in host:
        try:
            ipaddress.ip_address(_filled(host))
        except ValueError:
            raise refuse(f'"{host}" is no host', "Write the port in port, and only the host here") from None
    return host


def _filled(template: str) -> str:
    """With a figure for every word in braces, which may stand for a host, a port, or a part of them."""
    return re.sub(r"\{[^{}]*\}", "1", template)


WebAddress = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_web_address)]
DistrictCode = Annotated[int, Field(ge=1, le=MAX_DISTRICT)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
HostAndPort = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:\-{}]+$")]
Host = Annotated[HostAndPort, AfterValidator(_host)]
Port = Annotated[int, Field(ge=1, le=65_535)]


def is_loopback(address: str) -> bool:
    """True when an address (`https://host/…`, `tcp://host:port`) can only be this machine."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
