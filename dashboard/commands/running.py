"""`tikawatch demo`, `run`, `probe` and `serve`: what runs until it is told to stop."""

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path

from dashboard.commands.adding import CONFIG, FAILED, OK, Add, with_config
from dashboard.commands.configured import agent_settings, clock_of, control_room_settings
from probes.clock import WallClock
from probes.once.arguments import add_arguments, shows_more_than_ascii


def add_to(add: Add) -> None:
    """Add these commands."""
    with_config(add("demo", _demo, "rehearse 16 January 2021 on this machine; prints the address, Ctrl-C ends it"))
    with_config(add("run", _run, "run the agent and the control room of one machine"))
    probe = add("probe", _probe, "run an agent alone, or measure one check once")
    probe.add_argument("--config", type=Path, metavar="FILE", help="default: config.yaml")
    add_arguments(probe)
    with_config(add("serve", _serve, "run the control room alone: pages, watch and mail"))


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
    settings = agent_settings(chosen.config or CONFIG)
    try:
        agent.run(settings, _stop_on_signal(), clock_of(settings))
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

    settings = control_room_settings(chosen.config)
    try:
        wiring.serve(settings, clock_of(settings), _stop_on_signal())
    except StoreInUseError as problem:
        print(f"tikawatch serve: {problem}", file=sys.stderr)
        return FAILED
    return OK


def _own_token(path: Path) -> None:
    """The agent of this machine gets its token by itself, unless the one it has is good."""
    from dashboard.store import agents
    from dashboard.store.engine import open_store

    probes = agent_settings(path).probes
    engine = open_store(control_room_settings(path).dashboard.store)
    with engine.begin() as connection:
        agents.give_token(connection, probes.agent, probes.delivery.token_file, int(WallClock().now() * 1000))
    engine.dispose()


def _stop_on_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop
