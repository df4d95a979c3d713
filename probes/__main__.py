"""`python -m probes --config config.yaml`: the agent alone; `--once TARGET`: one check, now.

May be changed: arguments; the work stands in agent.py and once/.
"""

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path

from probes import agent
from probes.clock import WallClock
from probes.config_file import ConfigError, load
from probes.once import command
from probes.once.arguments import add_arguments, shows_more_than_ascii
from probes.settings import SECTIONS_OF_OTHERS, AgentFile
from probes.spool import SpoolError


def main(arguments: list[str] | None = None) -> int:
    """Runs until SIGINT or SIGTERM. Exit status: 0 after a signal, 1 for a config or a spool that cannot be used.

    With `--once` that of command.run.
    """
    parser = argparse.ArgumentParser(
        prog="python -m probes", description="Measures and delivers samples until stopped."
    )
    parser.add_argument("--config", type=Path, help="file with a section `probes`; default: config.yaml")
    add_arguments(parser)
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if chosen.once is not None:
        fine = shows_more_than_ascii(sys.stdout)
        return command.run(chosen, print, lambda line: print(line, file=sys.stderr), fine)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        settings = load(chosen.config or Path("config.yaml"), AgentFile, ignore=SECTIONS_OF_OTHERS)
        ahead_s = settings.rehearsal.clock_ahead_s if settings.rehearsal else 0.0
        agent.run(settings, stop, WallClock(ahead_s))
    except (ConfigError, SpoolError, agent.NothingToMeasure) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
