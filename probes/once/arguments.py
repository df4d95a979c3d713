"""What `probe --once` is asked on the command line. May be changed: arguments. Imports nothing heavy: every command reads this."""

import argparse
from typing import TextIO


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--once TARGET` and what goes with it."""
    parser.add_argument(
        "--once",
        metavar="TARGET",
        help="measure one check now, show it, and end; TARGET is a check's name of the config file, or an address: "
        "http(s)://…, tls://host[:port], tcp://host:port or host:port, dns://resolver/name, icmp://host",
    )
    parser.add_argument("--district", type=int, metavar="CODE", help="with --once: the LGD code to measure for")
    parser.add_argument("--json", action="store_true", help="with --once: the sample as JSON")


def shows_more_than_ascii(stream: TextIO) -> bool:
    """Whether bars of eighths can be written there."""
    return (stream.encoding or "").lower().replace("-", "") == "utf8"
