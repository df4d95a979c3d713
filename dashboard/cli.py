"""The command line: parse, run, exit. What each command is asked and does stands by subject in dashboard/commands/."""

import argparse
import logging
import sys
from collections.abc import Sequence
from typing import Final

from dashboard.commands import agents, doses, evidence, judging, mail, running
from dashboard.commands.adding import FAILED, Command, adder
from probes.config_file import ConfigError

_SUBJECTS: Final = (running, judging, agents, mail, doses, evidence)  # in the order of --help


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; every failure is one readable message on stderr."""
    chosen = _parser().parse_args(arguments)
    logging.basicConfig(level=chosen.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("waitress").setLevel(logging.ERROR)
    command: Command = chosen.command
    try:
        return command(chosen)
    except ConfigError as problem:
        print(problem, file=sys.stderr)
        return FAILED
    except (OSError, RuntimeError, ValueError) as problem:
        print(f"tikawatch {chosen.name}: {problem}", file=sys.stderr)
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tikawatch",
        description="Watches a vaccination registry from the districts' side, for a state health control room.",
    )
    levels = ["DEBUG", "INFO", "WARNING", "ERROR"]
    parser.add_argument(
        "--log-level", choices=levels, default="INFO", metavar="LEVEL", help="DEBUG, INFO, WARNING or ERROR"
    )
    add = adder(parser)
    for subject in _SUBJECTS:
        subject.add_to(add)
    return parser


if __name__ == "__main__":
    sys.exit(main())
