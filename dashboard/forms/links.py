"""Signed links: what they claim, how they are made and read. Pure; the key comes in as bytes, the time as a number.

A link is `DISTRICT.DAY.EXPIRY.KEY-ID.MAC`; the MAC is HMAC-SHA256 over the purpose and all of these, so a link made for one thing,
district or day is good for no other. Another key makes every older link invalid.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, time
from enum import StrEnum

from dashboard.settings import ControlRoomFile
from probes.sections import bracketed

REPORT = "report-doses"
BRING = "bring-in-figures"
_PARTS = re.compile(r"([0-9]{1,7})\.([0-9]{4}-[0-9]{2}-[0-9]{2})\.([0-9]{1,12})\.([0-9a-f]{8})\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class Claim:
    """What a link allows: one purpose, for one district (LGD code) and service day, until `expires` (seconds since 1970 UTC)."""

    purpose: str
    district: int
    day: Date
    expires: int


class Fault(StrEnum):
    """Why a link is not taken."""

    INVALID = "invalid"
    EXPIRED = "expired"


class BadLink(ValueError):
    """A link that is not taken, and why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def sign(key: bytes, claim: Claim) -> str:
    """The link of a claim, as it stands in an address."""
    told = f"{claim.district}.{claim.day.isoformat()}.{claim.expires}.{key_id(key)}"
    return f"{told}.{_mac(key, claim.purpose, told)}"


def read(key: bytes, purpose: str, link: str, now: float) -> Claim:
    """The claim of a link; `now` in seconds since 1970 UTC.

    Raises:
        BadLink: not ours, of another key or purpose, changed, or expired.
    """
    parts = _PARTS.fullmatch(link)
    if parts is None:
        raise BadLink(Fault.INVALID)
    told, mac = link.rsplit(".", 1)
    if not hmac.compare_digest(mac, _mac(key, purpose, told)):
        raise BadLink(Fault.INVALID)
    claim = Claim(purpose, int(parts[1]), Date.fromisoformat(parts[2]), int(parts[3]))
    if now >= claim.expires:
        raise BadLink(Fault.EXPIRED)
    return claim


def key_id(key: bytes) -> str:
    """Eight hexadecimal digits that tell two keys apart and say nothing of either."""
    return hmac.new(key, b"key id", hashlib.sha256).hexdigest()[:8]


def officers_link(key: bytes, settings: ControlRoomFile, district: int, day: Date) -> str:
    """The whole address of a district's form for a service day; good until `link_hours` after the day begins."""
    begins = datetime.combine(day, time(0), settings.zone).timestamp()
    claim = Claim(REPORT, district, day, int(begins + settings.dashboard.forms.link_hours * 3600))
    web = settings.dashboard.web
    here = web.address or f"http://{bracketed(web.host)}:{web.port}"
    return f"{(web.outside.address if web.outside else here).rstrip('/')}/report/{sign(key, claim)}"


def _mac(key: bytes, purpose: str, told: str) -> str:
    digest = hmac.new(key, f"{purpose}\n{told}".encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
