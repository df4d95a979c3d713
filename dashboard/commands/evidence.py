"""`tikawatch evidence export` and `check`."""

import argparse
from pathlib import Path

from dashboard.commands.adding import FAILED, OK, Add, ways_of, with_config
from dashboard.commands.configured import control_room_settings


def add_to(add: Add) -> None:
    """Add this command."""
    ways = ways_of(add("evidence", _evidence, "give out what an incident was judged from, and check such a file"))
    given = with_config(ways.add_parser("export", help="write the evidence of an incident to a zip"))
    given.add_argument("incident", type=int, metavar="ID", help="number of the incident")
    given.add_argument("--out", type=Path, metavar="FILE", help="default: evidence-ID.zip")
    checked = ways.add_parser("check", help="say what was changed in a zip since it was given out")
    checked.add_argument("file", type=Path, metavar="FILE")


def _evidence(chosen: argparse.Namespace) -> int:
    from dashboard.evidence import command

    if chosen.what == "check":
        return OK if command.check_file(chosen.file, print) else FAILED
    good = command.export_to(control_room_settings(chosen.config), chosen.incident, chosen.out, print)
    return OK if good else FAILED
