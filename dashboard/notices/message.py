"""Builds the mail that goes over the wire: headers around a notice's stored parts. The same row gives the same mail."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry, MessageIDHeader
from email.message import EmailMessage
from email.policy import SMTP

from dashboard.notices.letter import one_line
from dashboard.settings import ControlRoomFile

# as plain text a reference longer than a line would be folded into pieces that no mailbox can match
_headers = HeaderRegistry()
_headers.map_to_type("references", MessageIDHeader)  # type: ignore[arg-type]  # the stubs do not know it is one
_POLICY = SMTP.clone(header_factory=_headers)
# names a person sees first in a mailbox; longer ones only get folded there
_NAME_LENGTH = 120


@dataclass(frozen=True)
class Stored:
    """What a notice row and its incident hold of a mail."""

    incident_id: int
    opened_ms: int
    address: str
    recipient: str
    control_room: bool
    message_id: str
    subject: str
    text: str
    html: str


def message_id(opened_ms: int, incident_id: int, step: int, address: str, sender: str) -> str:
    """The fixed Message-ID of a (incident, step, recipient); the opening time keeps two stores apart."""
    who = hashlib.sha256(address.casefold().encode()).hexdigest()[:16]
    return f"<tw1.{opened_ms}.{incident_id}.{step}.{who}@{_domain(sender)}>"


def root_id(opened_ms: int, incident_id: int, sender: str) -> str:
    """What all mails of an incident refer to, so that mailboxes show them as one thread."""
    return f"<tw1.{opened_ms}.{incident_id}.root@{_domain(sender)}>"


def build(settings: ControlRoomFile, stored: Stored, at: float) -> EmailMessage:
    """The mail, dated `at` (seconds since 1970 UTC) in the state's zone.

    Raises:
        ValueError: the address cannot stand in a header.
    """
    room, sender = settings.state.control_room, settings.dashboard.mail.sender
    message = EmailMessage(policy=_POLICY)
    message["From"] = _mailbox(room.name, sender)
    message["To"] = _mailbox(stored.recipient, stored.address)
    if not stored.control_room:
        message["Reply-To"] = _mailbox(room.name, room.mail)
    message["Subject"] = one_line(stored.subject)
    message["Date"] = datetime.fromtimestamp(at, settings.zone)
    message["Message-ID"] = stored.message_id
    message["References"] = root_id(stored.opened_ms, stored.incident_id, sender)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Tikawatch-Incident"] = str(stored.incident_id)
    message.set_content(stored.text, cte="quoted-printable")
    message.add_alternative(stored.html, subtype="html", cte="quoted-printable")
    return message


def _mailbox(name: str, address: str) -> Address:
    if address != one_line(address):
        raise ValueError(f"{address!r} is not one mail address")
    try:
        return Address(display_name=one_line(name)[:_NAME_LENGTH], addr_spec=address)
    except (IndexError, MessageError) as problem:
        raise ValueError(f"{address!r} is not one mail address") from problem


def _domain(sender: str) -> str:
    return sender.rpartition("@")[2].lower()
