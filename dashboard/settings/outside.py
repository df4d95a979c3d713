"""`dashboard.web.outside`: the second, narrow listener. May be changed: what is refused, as long as no link or token goes in the clear."""

import ipaddress
import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from probes.sections import Host, Section, bracketed, is_loopback, refuse

_ADDRESS = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?")


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise refuse(f'"{text[:80]}" is not an address alone', "Write for example https://report.example.org")
    if text.startswith("http:") and not is_loopback(text):
        raise refuse(
            f"links to {text[:80]} would travel in the clear", "Put a TLS proxy in front and write its https:// address"
        )
    return text


def _private(text: str) -> str:
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise refuse(f'"{text[:60]}" is not an IP address or network', "Write for example 10.0.0.5") from None
    if not network.is_private:
        raise refuse(
            f"{text} is not a private address", "From the proxy to here nothing is encrypted: use a network of your own"
        )
    return text


class Outside(Section):
    """What can be reached from outside this machine: officers' forms by link, samples and figures by token, /healthz.

    It speaks plain HTTP to the TLS proxy in front of it, and answers nobody but that proxy.
    """

    address: Annotated[str, AfterValidator(_address)] = Field(examples=["https://report.example.org"])
    host: Host = Field(default="127.0.0.1", examples=["127.0.0.1"])
    port: int = Field(default=8610, ge=0, le=65_535, examples=[8610])
    names: tuple[Host, ...] = Field(default=(), max_length=20, examples=[["report.example.org"]])
    proxy: Annotated[str, AfterValidator(_private)] = Field(default="127.0.0.1", examples=["10.0.0.5"])

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if not is_loopback(f"http://{bracketed(self.host)}") and ipaddress.ip_network(self.proxy).is_loopback:
            raise refuse(
                f"host {self.host} is open to others, and only a proxy on this machine is answered",
                "Keep host: 127.0.0.1, or name the address of your TLS proxy in proxy",
                ("host",),
            )
        return self

    @property
    def known_names(self) -> frozenset[str]:
        """The names of a Host header that are answered: the address's own, and `names`."""
        return frozenset(name.lower() for name in (urlsplit(self.address).hostname or "", *self.names))
