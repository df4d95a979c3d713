"""`tikawatch doses import`, `link` and `export`."""

import argparse
import sys
from pathlib import Path

from dashboard.commands.adding import OK, Add, ways_of, with_config
from dashboard.commands.configured import clock_of, control_room_settings


def add_to(add: Add) -> None:
    """Add this command."""
    ways = ways_of(
        add("doses", _doses, "take figures of doses from a file, give them out as CSV, link to the officer's form")
    )
    taken = with_config(ways.add_parser("import", help="store a CSV or JSON file, or a public file of Co-WIN"))
    taken.add_argument("file", type=Path, metavar="FILE")
    taken.add_argument("--dry-run", action="store_true", help="say what would be stored; store nothing")
    taken.add_argument("--good-rows", action="store_true", help="store the good rows even if others are refused")
    taken.add_argument("--confirmed", action="store_true", help="counts that fall, or far above target, are right")
    link = with_config(ways.add_parser("link", help="print the signed link of a district's form for its officer"))
    link.add_argument("district", metavar="DISTRICT", help="LGD code or name")
    link.add_argument(
        "--days", type=int, default=1, metavar="N", help="today's link and those of the next days, N in all"
    )
    given = with_config(ways.add_parser("export", help="all figures as CSV, in the form the import takes"))
    given.add_argument("--day", default="", metavar="YYYY-MM-DD", help="of one service day")
    given.add_argument("--as-known-at", default="", metavar="MOMENT", help="for example 2021-01-16T18:00")
    given.add_argument("--full", action="store_true", help="also received, who, the choice, and counts since the start")
    given.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")


def _doses(chosen: argparse.Namespace) -> int:
    ways = {"import": _import, "link": _link, "export": _export}
    return ways[chosen.what](chosen)


def _import(chosen: argparse.Namespace) -> int:
    from dashboard import doses_command

    settings = control_room_settings(chosen.config)
    wishes = doses_command.Wishes(chosen.dry_run, chosen.good_rows, chosen.confirmed)
    say = (print, lambda line: print(line, file=sys.stderr))
    return doses_command.import_file(settings, clock_of(settings), chosen.file, wishes, say)


def _link(chosen: argparse.Namespace) -> int:
    from dashboard.forms import command

    settings = control_room_settings(chosen.config)
    print("\n".join(command.links_of(settings, clock_of(settings), chosen.district, chosen.days)))
    return OK


def _export(chosen: argparse.Namespace) -> int:
    from dashboard import doses_command

    settings = control_room_settings(chosen.config)
    text = doses_command.export(settings, clock_of(settings), chosen.day, chosen.as_known_at, chosen.full)
    if chosen.out:
        chosen.out.write_text(text, encoding="utf-8", newline="")
    else:
        sys.stdout.write(text)
    return OK
