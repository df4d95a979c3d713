"""Patterns looked for in a real process: good ones, evil ones, and what those who wait behind an evil one get."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from probes.carriers import pattern_worker
from probes.carriers.patterns import LONGEST_S, Patterns
from probes.carriers.transfers import TransferLoop
from probes.clock import WallClock
from probes.exchange import Match, Result
from probes.sample import Reason

pytestmark = [pytest.mark.process, pytest.mark.timed]
CLOCK = WallClock()
EVIL, VICTIM = "(a+)+$", "a" * 60 + "!"


@pytest.fixture
def patterns(loop: TransferLoop) -> Iterator[Patterns]:
    carrier = Patterns(loop, CLOCK)
    yield carrier
    carrier.close()


def match(pattern: str, text: str, within: float = 60.0) -> Match:
    return Match(pattern=pattern, text=text, deadline=CLOCK.monotonic() + within)


def look(loop: TransferLoop, patterns: Patterns, *wishes: Match) -> dict[Match, Result]:
    results: dict[Match, Result] = {}
    stop = threading.Event()

    def done(wish: Match, result: Result) -> None:
        results[wish] = result
        if len(results) == len(wishes):
            stop.set()

    for wish in wishes:
        patterns.start(wish, lambda result, wish=wish: done(wish, result))  # type: ignore[misc]
    assert not results, "a carrier must not answer from within start"
    loop.run(stop, lambda: None)
    return results


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("version: [0-9]+", "the version: 12", True),
        ("^never$", "the version: 12", False),
        ("सेतु", "आरोग्य सेतु", True),
        ("z$", "é" * 65_535 + "z", True),  # more than a socket takes at once
    ],
)
def test_it_finds_or_does_not(loop: TransferLoop, patterns: Patterns, pattern: str, text: str, found: bool) -> None:
    [result] = look(loop, patterns, match(pattern, text)).values()
    assert (result.reason, result.found, result.detail) == (Reason.NONE, found, "")


def test_one_process_serves_them_all(loop: TransferLoop, patterns: Patterns) -> None:
    look(loop, patterns, match("a", "a"))
    first = patterns._workers[False]._process
    results = look(loop, patterns, *[match(f"n{number}$", f"n{number}") for number in range(50)])
    assert all(result.found for result in results.values())
    assert patterns._workers[False]._process is first


def test_an_evil_pattern_is_ended_and_the_others_get_a_fresh_worker(loop: TransferLoop, patterns: Patterns) -> None:
    evil, good = match(EVIL, VICTIM), [match("b", "abc") for _ in range(20)]
    results = look(loop, patterns, evil, *good)
    assert (results[evil].reason, results[evil].stage) == (Reason.BODY, "answer")
    assert results[evil].detail == f"the pattern took longer than {LONGEST_S:.1f} s"
    assert results[evil].ended - results[evil].began < LONGEST_S + 0.05
    assert all(results[one].found for one in good)


def test_an_evil_pattern_that_is_known_holds_nobody_up_again(loop: TransferLoop, patterns: Patterns) -> None:
    look(loop, patterns, match(EVIL, VICTIM, within=0.3))
    evil, good = [match(EVIL, VICTIM, within=0.5) for _ in range(3)], match("b", "abc")
    results = look(loop, patterns, *evil, good)
    assert results[good].found
    assert results[good].ended - results[good].began < 0.3
    assert [results[one].reason for one in evil] == [Reason.BODY, Reason.AGENT_FAULT, Reason.AGENT_FAULT]


def test_it_is_ended_at_the_deadline_of_its_check(loop: TransferLoop, patterns: Patterns) -> None:
    evil = match(EVIL, VICTIM, within=0.4)
    result = look(loop, patterns, evil)[evil]
    assert result.reason is Reason.BODY
    assert -0.01 < result.ended - evil.deadline < 0.05


def test_a_search_that_had_no_time_says_nothing_of_the_pattern(loop: TransferLoop, patterns: Patterns) -> None:
    evil = match(EVIL, VICTIM, within=0.03)
    result = look(loop, patterns, evil)[evil]
    assert (result.reason, result.detail) == (Reason.TIMEOUT, "no time was left to look for the pattern")


def test_a_worker_that_is_killed_is_the_agents_own_trouble(loop: TransferLoop, patterns: Patterns) -> None:
    look(loop, patterns, match("a", "a"))
    process = patterns._workers[False]._process
    assert process is not None
    evil, good = match(EVIL, VICTIM), match("a", "a")
    threading.Timer(0.2, lambda: os.kill(process.pid, signal.SIGKILL)).start()
    results = look(loop, patterns, evil, good)
    assert (results[evil].reason, results[good].found) == (Reason.AGENT_FAULT, True)


def test_a_worker_that_is_given_no_processor_is_the_agents_own_trouble(loop: TransferLoop, patterns: Patterns) -> None:
    look(loop, patterns, match("a", "a"))
    process = patterns._workers[False]._process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    stopped, good = match("b", "abc"), match("a", "a")
    results = look(loop, patterns, stopped, good)
    assert (results[stopped].reason, results[good].found) == (Reason.AGENT_FAULT, True)
    assert results[stopped].detail == "the search for the pattern was given no processor"
    assert look(loop, patterns, stopped)[stopped].found  # it does not pass for an evil one


def test_nothing_is_left_when_it_is_closed(loop: TransferLoop, patterns: Patterns) -> None:
    look(loop, patterns, match("a", "a"))
    process = patterns._workers[False]._process
    patterns.start(match(EVIL, VICTIM), lambda _: None)
    patterns.close()
    assert process is not None
    assert process.returncode == -signal.SIGKILL


def test_without_a_pattern_there_is_no_process(patterns: Patterns) -> None:
    assert all(worker._process is None for worker in patterns._workers.values())


def test_a_worker_whose_agent_was_killed_ends_by_itself() -> None:
    worker = subprocess.Popen([sys.executable, "-I", "-S", pattern_worker.__file__], stdin=subprocess.PIPE)
    assert worker.stdin is not None
    evil = EVIL.encode(), VICTIM.encode()
    worker.stdin.write(pattern_worker.LENGTHS.pack(len(evil[0]), len(evil[1])) + evil[0] + evil[1])
    worker.stdin.close()
    assert worker.wait(pattern_worker.SECONDS + 3) == -signal.SIGALRM
