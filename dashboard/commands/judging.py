"""`tikawatch check-config`, `replay` and `explain`: what will be run, what would have been told, and why."""

import argparse
import sys
from functools import partial
from pathlib import Path

from dashboard.commands.adding import OK, Add, with_config
from dashboard.commands.configured import clock_of, control_room_settings


def add_to(add: Add) -> None:
    """Add these commands."""
    check = add("check-config", _check_config, "say every mistake of a config file at once, or what it will run")
    check.add_argument("file", type=Path, metavar="FILE")
    replay = with_config(add("replay", _replay, "judge recorded samples and doses again, on a simulated clock"))
    replay.add_argument("--samples", type=Path, required=True, metavar="CSV", help="samples, .csv or .csv.gz")
    replay.add_argument("--doses", type=Path, required=True, metavar="CSV", help="dose reports, .csv or .csv.gz")
    replay.add_argument("--out", type=Path, required=True, metavar="JSONL", help="one line an incident")
    why = with_config(add("explain", _explain, "say why, and why not, at a moment; or what other thresholds had told"))
    asked = why.add_mutually_exclusive_group(required=True)
    asked.add_argument("district", nargs="?", metavar="DISTRICT", help="LGD code or name, or STATE")
    asked.add_argument("--what-if", type=Path, metavar="RULES", help="a file of changed thresholds, tried on --day")
    why.add_argument("--at", default="", metavar="MOMENT", help="for example 2021-01-16T13:20; default: now")
    why.add_argument("--day", default="", metavar="YYYY-MM-DD", help="the stored day that --what-if is tried on")


def _check_config(chosen: argparse.Namespace) -> int:
    from dashboard import check_config

    print(check_config.summary(chosen.file))
    return OK


def _replay(chosen: argparse.Namespace) -> int:
    from dashboard.replay import backtest

    print(backtest.run(chosen.samples, chosen.doses, chosen.config, chosen.out).told())
    return OK


def _explain(chosen: argparse.Namespace) -> int:
    from dashboard import explain_command

    settings = control_room_settings(chosen.config)
    if chosen.what_if is None:
        print(explain_command.explain(settings, clock_of(settings), chosen.district, chosen.at))
    else:
        say = partial(print, file=sys.stderr)
        print(explain_command.try_out(settings, chosen.what_if, chosen.day, say))
    return OK
