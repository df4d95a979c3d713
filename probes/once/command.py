"""Runs `probe --once`: choose, measure, tell. May be changed: what is told around the breakdown, and the exit status."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlsplit

from probes.carriers.echoes import echo_allowed
from probes.clock import WallClock
from probes.config_file import ConfigError
from probes.once.breakdown import lines
from probes.once.leading import Told, Woken, measure
from probes.once.targets import NAMELESS, Chosen, Unclear, choose
from probes.sample import CheckKind, Outcome
from probes.templates import fill, in_address

GOOD, NOT_GOOD, USAGE = 0, 1, 2
BROKEN_OFF: Final = "tikawatch probe --once: broken off; there is no sample"

Say = Callable[[str], None]


def run(asked: argparse.Namespace, say: Say, complain: Say, fine: bool) -> int:
    """Measure once. Returns the exit status: 0 good, 1 not good or broken off, 2 for what cannot be measured at all.

    `asked` holds the arguments of arguments.py and `config`, None for the usual file. `say` prints the result, `complain`
    what went wrong; `fine`: the output can show more than ASCII.
    """
    try:
        status = _run(asked, say, complain, fine)
        sys.stdout.flush()
    except BrokenPipeError:  # as of `| head`: whoever asked has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_GOOD
    return status


def _run(asked: argparse.Namespace, say: Say, complain: Say, fine: bool) -> int:
    try:
        chosen = choose(asked.once, asked.config, asked.district)
        refuse_echo(chosen, echo_allowed())
    except (Unclear, ConfigError) as problem:
        complain(f"tikawatch probe --once: {problem}" if isinstance(problem, Unclear) else str(problem))
        return USAGE
    stop, woken = threading.Event(), Woken()
    _stop_on_signal(stop, woken)
    for line in () if asked.json else _heading(chosen):
        say(line)
    told = measure(chosen.probes, chosen.target, WallClock(chosen.clock_ahead_s), stop, woken)
    if asked.json:
        _json(told, say, complain)
    else:
        for line in lines(told, _where(chosen), fine):
            say(line)
    return GOOD if told.sample is not None and told.sample.outcome is Outcome.OK else NOT_GOOD


def refuse_echo(chosen: Chosen, no_echo: str) -> None:
    """`no_echo` says why this system lets us send no echo requests, or is empty.

    Raises:
        Unclear: the check needs them.
    """
    if no_echo and chosen.target.check.kind is CheckKind.ICMP:
        raise Unclear(f"checks of kind icmp cannot be measured here: {no_echo}")


def _json(told: Told, say: Say, complain: Say) -> None:
    if told.sample is not None:
        say(told.sample.model_dump_json(indent=2))
    else:
        complain(BROKEN_OFF)
    if told.left:
        complain(f"tikawatch probe --once: the synthetic record is still there: {told.left}")


def _heading(chosen: Chosen) -> Iterator[str]:
    target, consent = chosen.target, chosen.consent
    name = f"{target.check.name}: " if target.check.name != NAMELESS else ""
    yield f"{name}{target.check.kind} {_address(chosen)}, district {target.district}"
    if consent is not None:
        yield f"By leave of {consent.who}, {consent.when}, {consent.reference}."
        yield "This is one check; ask the operator before you repeat it."
    yield ""


def _address(chosen: Chosen) -> str:
    return fill(chosen.target.check.addresses[0], {"district": str(chosen.target.district)}, in_address)


def _where(chosen: Chosen) -> str:
    return urlsplit(_address(chosen)).netloc or _address(chosen)


def _stop_on_signal(stop: threading.Event, woken: Woken) -> None:
    def broken_off(*_: object) -> None:
        stop.set()
        woken.wake()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, broken_off)
