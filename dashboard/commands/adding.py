"""How a subject adds its commands to the command line. May be changed: what several commands are asked."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

Command = Callable[[argparse.Namespace], int]
OK, FAILED, USAGE = 0, 1, 2
CONFIG: Final = Path("config.yaml")


class Add(Protocol):
    """Adds one command: its name, what runs it and returns the exit status, and its help."""

    def __call__(self, name: str, command: Command, help_: str) -> argparse.ArgumentParser: ...


def adder(parser: argparse.ArgumentParser) -> Add:
    """For the commands of the whole program."""
    commands = parser.add_subparsers(title="commands", dest="name", required=True, metavar="COMMAND")

    def add(name: str, command: Command, help_: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_, description=help_)
        sub.set_defaults(command=command)
        return sub

    return add


def ways_of(sub: argparse.ArgumentParser) -> Any:
    """For the ways of one command, such as `import` and `export`; the chosen one is in `what`."""
    return sub.add_subparsers(title="ways", dest="what", required=True, metavar="WAY")


def with_config(sub: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Ask for the config file."""
    sub.add_argument("--config", type=Path, default=CONFIG, metavar="FILE", help="default: config.yaml")
    return sub
