"""`tikawatch mail test`: one mail through the configured relay, so that the first real one is not the first at all."""

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from dashboard.notices.smtp import Reply, SmtpTransport
from dashboard.settings import ControlRoomFile, is_mail_address


def send(settings: ControlRoomFile, address: str, now: float) -> Reply:
    """Send a test mail to `address`, at once and without the outbox; the relay's own words come back.

    Raises:
        ValueError: that is not one mail address.
    """
    if not is_mail_address(address):
        raise ValueError(f"{address!r} is not one mail address. Write for example dio.raigad@example.org")
    mail, room = settings.dashboard.mail, settings.state.control_room
    message = EmailMessage()
    message["From"], message["To"] = mail.sender, address
    message["Subject"] = f"Test mail of {room.name}"
    message["Date"] = format_datetime(datetime.fromtimestamp(now, settings.zone))
    message["Message-ID"] = make_msgid("tikawatch-test", domain=mail.sender.partition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(
        "This mail proves that Tikawatch can reach you through its relay. Nothing has happened; nothing is asked.\n"
    )
    return SmtpTransport(mail).send(message, address, lambda _words: None)
