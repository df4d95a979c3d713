"""`tikawatch mail test`."""

import argparse

from dashboard.commands.adding import FAILED, OK, Add, with_config
from dashboard.commands.configured import control_room_settings
from probes.clock import WallClock


def add_to(add: Add) -> None:
    """Add this command."""
    mail = with_config(add("mail", _mail, "send a test mail through the configured relay"))
    mail.add_argument("what", choices=["test"])
    mail.add_argument("address", metavar="ADDRESS")


def _mail(chosen: argparse.Namespace) -> int:
    from dashboard.notices import trial

    reply = trial.send(control_room_settings(chosen.config), chosen.address, WallClock().now())
    print(f"{reply.result}: {reply.text}")
    return OK if reply.result == "accepted" else FAILED
