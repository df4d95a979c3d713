"""The mail on the wire: what a header may hold, and that nothing is folded to pieces."""

import email
import email.policy

import pytest

from dashboard.notices.message import Stored, build, message_id
from dashboard.settings import ControlRoomFile

from .conftest import T1312, with_mail

LONG = "tikawatch@state-health-control-room.department-of-public-health.maharashtra.example.org"


def stored(**changes: object) -> Stored:
    fields: dict[str, object] = {
        "incident_id": 3, "opened_ms": 1610783040000, "address": "dio.raigad@example.org", "recipient": "Raigad: Officer",
        "control_room": False, "message_id": message_id(1610783040000, 3, 1, "dio.raigad@example.org", LONG),
        "subject": "Raigad: own line lost since 13:12", "text": "Text.\n", "html": "<p>Text.</p>",
    }  # fmt: skip
    return Stored(**(fields | changes))  # type: ignore[arg-type]


def test_it_keeps_message_id_and_reference_whole_for_a_sender_with_a_long_domain(example: ControlRoomFile) -> None:
    wire = build(with_mail(example, sender=LONG), stored(), T1312).as_bytes()
    unfolded = wire.replace(b"\r\n ", b" ").decode("ascii")
    assert f"Message-ID: {stored().message_id}\r\n" in unfolded
    assert f"References: <tw1.1610783040000.3.root@{LONG.partition('@')[2]}>\r\n" in unfolded


def test_it_gives_the_same_mail_for_the_same_row(example: ControlRoomFile) -> None:
    one, two = (email.message_from_bytes(build(example, stored(), at).as_bytes()) for at in (T1312, T1312 + 60))
    assert one["Message-ID"] == two["Message-ID"]
    assert one["Date"] != two["Date"]


def test_it_strips_control_characters_from_names_and_subject(example: ControlRoomFile) -> None:
    wire = build(
        example, stored(recipient="Raigad\r\nBcc: x@y.org", subject="a\r\nBcc: x@y.org\x00b"), T1312
    ).as_bytes()
    read = email.message_from_bytes(wire, policy=email.policy.default)
    assert read["Bcc"] is None
    assert read["Subject"] == "a Bcc: x@y.org b"


@pytest.mark.parametrize(
    "address", ["a@x.in\r\nBcc: b@y.in", "a@x.in\n", "a b@x.in", "a@x.in,b@y.in", "नाशिक@example.in", "no-at-sign", ""]
)
def test_it_refuses_what_is_not_one_address(example: ControlRoomFile, address: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 the library's own words differ from case to case
        build(example, stored(address=address), T1312)


def test_it_asks_for_answers_at_the_control_room_and_not_of_itself(example: ControlRoomFile) -> None:
    assert "control-room@example.org" in str(build(example, stored(), T1312)["Reply-To"])
    assert build(example, stored(control_room=True), T1312)["Reply-To"] is None
