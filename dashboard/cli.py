"""The commands: parse, wire, exit. Rooms of the control room are imported inside their command, so that an agent without them works."""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from probes import config_file
from probes.clock import WallClock
from probes.config_file import ConfigError
from probes.once.arguments import add_arguments, shows_more_than_ascii
from probes.settings import SECTIONS_OF_OTHERS, AgentFile

if TYPE_CHECKING:
    from dashboard.settings import ControlRoomFile

OK, FAILED, USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; every failure is one readable message on stderr."""
    chosen = _parser().parse_args(arguments)
    logging.basicConfig(level=chosen.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("waitress").setLevel(logging.ERROR)
    command: Callable[[argparse.Namespace], int] = chosen.command
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
    commands = parser.add_subparsers(title="commands", dest="name", required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace], int], help_: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_, description=help_)
        sub.set_defaults(command=command)
        return sub

    def with_config(sub: argparse.ArgumentParser) -> argparse.ArgumentParser:
        sub.add_argument(
            "--config", type=Path, default=Path("config.yaml"), metavar="FILE", help="default: config.yaml"
        )
        return sub

    with_config(add("demo", _demo, "rehearse 16 January 2021 on this machine; prints the address, Ctrl-C ends it"))
    with_config(add("run", _run, "run the agent and the control room of one machine"))
    _add_probe(add("probe", _probe, "run an agent alone, or measure one check once"))
    with_config(add("serve", _serve, "run the control room alone: pages, watch and mail"))
    check = add("check-config", _check_config, "say every mistake of a config file at once, or what it will run")
    check.add_argument("file", type=Path, metavar="FILE")
    _add_replay(with_config(add("replay", _replay, "judge recorded samples and doses again, on a simulated clock")))
    _add_agent(with_config(add("agent", _agent, "let an agent send samples, take that back, or list agents")))
    mail = with_config(add("mail", _mail, "send a test mail through the configured relay"))
    mail.add_argument("what", choices=["test"])
    mail.add_argument("address", metavar="ADDRESS")
    _add_doses(
        add("doses", _doses, "take figures of doses from a file, give them out as CSV, link to the officer's form"),
        with_config,
    )
    return parser


def _add_probe(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--config", type=Path, metavar="FILE", help="default: config.yaml")
    add_arguments(sub)


def _add_replay(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--samples", type=Path, required=True, metavar="CSV", help="samples, .csv or .csv.gz")
    sub.add_argument("--doses", type=Path, required=True, metavar="CSV", help="dose reports, .csv or .csv.gz")
    sub.add_argument("--out", type=Path, required=True, metavar="JSONL", help="one line an incident")


def _add_doses(
    sub: argparse.ArgumentParser, with_config: Callable[[argparse.ArgumentParser], argparse.ArgumentParser]
) -> None:
    ways = sub.add_subparsers(title="ways", dest="what", required=True, metavar="WAY")
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


def _add_agent(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("what", choices=["add", "revoke", "list"])
    sub.add_argument("agent", nargs="?", metavar="NAME")


# -- commands -----------------------------------------------------------------------------------------------------------


def _demo(chosen: argparse.Namespace) -> int:
    from dashboard.demo import day

    stop = _stop_on_signal()
    logging.getLogger().setLevel(logging.WARNING)  # the demo says itself what it does
    day.run(chosen.config, lambda line: print(line, flush=True), stop)
    print("Tikawatch has stopped; nothing is left running.", flush=True)
    return OK


def _run(chosen: argparse.Namespace) -> int:
    from dashboard import check_config, supervise
    from dashboard.supervise import Child

    check_config.summary(chosen.config)
    _own_token(chosen.config)
    stop = _stop_on_signal()
    config = str(chosen.config)
    children = [Child(role, ["-m", "dashboard.cli", role, "--config", config]) for role in ("serve", "probe")]
    try:
        while not stop.wait(0.5):
            for child in children:
                child.restart_if_dead()
    finally:
        supervise.stop(children[::-1])
    return OK


def _probe(chosen: argparse.Namespace) -> int:
    from probes import agent
    from probes.spool import SpoolError

    if chosen.once is not None:
        return _once(chosen)
    settings = _agent_settings(chosen.config or Path("config.yaml"))
    clock = WallClock(settings.rehearsal.clock_ahead_s if settings.rehearsal else 0)
    try:
        agent.run(settings, _stop_on_signal(), clock)
    except (SpoolError, agent.NothingToMeasure) as problem:
        print(f"tikawatch probe: {problem}", file=sys.stderr)
        return FAILED
    return OK


def _once(chosen: argparse.Namespace) -> int:
    from probes.once import command

    return command.run(chosen, print, lambda line: print(line, file=sys.stderr), shows_more_than_ascii(sys.stdout))


def _serve(chosen: argparse.Namespace) -> int:
    from dashboard import wiring
    from dashboard.store.lock import StoreInUseError

    settings = _control_room_settings(chosen.config)
    clock = WallClock(settings.rehearsal.clock_ahead_s if settings.rehearsal else 0)
    try:
        wiring.serve(settings, clock, _stop_on_signal())
    except StoreInUseError as problem:
        print(f"tikawatch serve: {problem}", file=sys.stderr)
        return FAILED
    return OK


def _check_config(chosen: argparse.Namespace) -> int:
    from dashboard import check_config

    print(check_config.summary(chosen.file))
    return OK


def _replay(chosen: argparse.Namespace) -> int:
    from dashboard.replay import backtest

    print(backtest.run(chosen.samples, chosen.doses, chosen.config, chosen.out).told())
    return OK


def _agent(chosen: argparse.Namespace) -> int:
    from dashboard.store import agents
    from dashboard.store.engine import open_store

    if chosen.what != "list" and not chosen.agent:
        print(
            f"tikawatch agent {chosen.what}: name the agent, for example: tikawatch agent {chosen.what} raigad-1",
            file=sys.stderr,
        )
        return USAGE
    engine = open_store(_control_room_settings(chosen.config).dashboard.store)
    now_ms = int(WallClock().now() * 1000)
    with engine.begin() as connection:
        if chosen.what == "add":
            print(agents.add(connection, chosen.agent, now_ms))
        elif chosen.what == "revoke" and not agents.revoke(connection, chosen.agent, now_ms):
            print(
                f'tikawatch agent revoke: there is no agent "{chosen.agent}"; see: tikawatch agent list',
                file=sys.stderr,
            )
            return FAILED
        elif chosen.what == "list":
            for known in agents.everyone(connection):
                print(f"{known.name}{'  revoked' if known.revoked else ''}")
    return OK


def _mail(chosen: argparse.Namespace) -> int:
    from dashboard.notices import trial

    reply = trial.send(_control_room_settings(chosen.config), chosen.address, WallClock().now())
    print(f"{reply.result}: {reply.text}")
    return OK if reply.result == "accepted" else FAILED


def _doses(chosen: argparse.Namespace) -> int:
    from dashboard import doses_command

    settings = _control_room_settings(chosen.config)
    clock = WallClock(settings.rehearsal.clock_ahead_s if settings.rehearsal else 0)
    if chosen.what == "export":
        text = doses_command.export(settings, clock, chosen.day, chosen.as_known_at, chosen.full)
        if chosen.out:
            chosen.out.write_text(text, encoding="utf-8", newline="")
        else:
            sys.stdout.write(text)
        return OK
    if chosen.what == "link":
        from dashboard.forms import command

        print("\n".join(command.links_of(settings, clock, chosen.district, chosen.days)))
        return OK
    wishes = doses_command.Wishes(chosen.dry_run, chosen.good_rows, chosen.confirmed)
    say = (print, lambda line: print(line, file=sys.stderr))
    return doses_command.import_file(settings, clock, chosen.file, wishes, say)


# -- what commands share ------------------------------------------------------------------------------------------------


def _control_room_settings(path: Path) -> "ControlRoomFile":
    from dashboard import settings

    return config_file.load(path, settings.ControlRoomFile, settings.SECTIONS_OF_OTHERS)


def _agent_settings(path: Path) -> AgentFile:
    return config_file.load(path, AgentFile, SECTIONS_OF_OTHERS)


def _own_token(path: Path) -> None:
    """The agent of this machine gets its token by itself, unless the one it has is good."""
    from dashboard.store import agents
    from dashboard.store.engine import open_store

    probes = _agent_settings(path).probes
    engine = open_store(_control_room_settings(path).dashboard.store)
    with engine.begin() as connection:
        agents.give_token(connection, probes.agent, probes.delivery.token_file, int(WallClock().now() * 1000))
    engine.dispose()


def _stop_on_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


if __name__ == "__main__":
    sys.exit(main())
