"""Truth of the timings: with 1,000 probes in flight, how far they are from the delay the target is known to have.

May be changed: delays and numbers. The target's own lateness is inside both figures and is said beside them. The exporter's
starts come evenly, the agent's at random phases, which is the harder way. Memory with the same 1,000 in flight is read here.
"""

from collections.abc import Iterator, Sequence

from tests.benchmarks.probes.agent import Window, Work, agent, get
from tests.benchmarks.probes.exporter import Driven, exporter
from tests.benchmarks.probes.lab import Lab
from tests.benchmarks.probes.meter import quantile
from tests.benchmarks.probes.plan import Plan
from tests.benchmarks.probes.tables import Row

IN_FLIGHT = 1_000
SPARE = 200  # connections of the asker beyond those under way
DELAY_S = {"http": 2.0, "https": 4.0}
FIRST_BYTE_DEMAND = {"http": 0.3, "https": 0.5}
TOTAL_DEMAND = {"http": None, "https": 0.8}
MEMORY_DEMAND = {"http": None, "https": 0.75}
MS = 1000.0


def fidelity(lab: Lab, plan: Plan) -> Iterator[Row]:
    """p99 of the error of the first byte and of the total, and memory, at the same rate and as many in flight."""
    for scheme, delay_s in DELAY_S.items():
        first = Row(f"first byte, p99 error, {IN_FLIGHT} in flight, {scheme}", "ms", FIRST_BYTE_DEMAND[scheme])
        total = Row(f"total, p99 error, {IN_FLIGHT} in flight, {scheme}", "ms", TOTAL_DEMAND[scheme])
        memory = Row(f"memory, {IN_FLIGHT} in flight, {scheme}", "MiB", MEMORY_DEMAND[scheme])
        for number in range(plan.pairs):
            ours, theirs = _pair(lab, plan, scheme, swapped=bool(number % 2))
            late = f"the target itself was late by p99 {ours[1]:.2f} ms and {theirs[1]:.2f} ms"
            window, driven = ours[0], theirs[0]
            first.add(_p99(_phases(window, "first_byte"), delay_s), _p99(driven.first_bytes, delay_s), late)
            total.add(_p99(_phases(window, "total"), delay_s), _p99(driven.totals, delay_s))
            memory.add(window.memory_mb, driven.memory_mb)
        yield from (first, total, memory)


def _pair(lab: Lab, plan: Plan, scheme: str, swapped: bool) -> tuple[tuple[Window, float], tuple[Driven, float]]:
    if swapped:
        theirs = _theirs(lab, plan, scheme)
        return _ours(lab, plan, scheme), theirs
    return _ours(lab, plan, scheme), _theirs(lab, plan, scheme)


def _ours(lab: Lab, plan: Plan, scheme: str) -> tuple[Window, float]:
    delay_s = DELAY_S[scheme]
    interval_s = delay_s * 1.5
    work = Work(get(_url(lab, plan, scheme)), round(IN_FLIGHT * 1.5), (interval_s,), interval_s)
    with agent(lab, work) as running:
        # a probe that starts at the window's end needs its delay to end, and to be delivered
        window = running.watch(delay_s + interval_s, plan.seconds, deliver_s=delay_s + 3)
    window.must_be_good()
    return window, _late_ms(lab)


def _theirs(lab: Lab, plan: Plan, scheme: str) -> tuple[Driven, float]:
    delay_s = DELAY_S[scheme]
    rate = IN_FLIGHT / delay_s
    with exporter(lab, fair=not plan.as_installed) as running:
        lab.stats(reset=True)
        driven = running.drive(_url(lab, plan, scheme), plan.seconds, rate, IN_FLIGHT + SPARE, warm_s=delay_s * 2)
    driven.must_be_good()
    return driven, _late_ms(lab)


def _url(lab: Lab, plan: Plan, scheme: str) -> str:
    return lab.url(scheme, round(DELAY_S[scheme] * MS), plan.host)


def _late_ms(lab: Lab) -> float:
    return lab.stats()["late_p99_us"] / MS


def _phases(window: Window, phase: str) -> list[float]:
    """What was not reached is missing: must_be_good has seen to it that this is rare."""
    return [one["phases"][phase] for one in window.samples if one["phases"].get(phase) is not None]


def _p99(seconds: Sequence[float], known_s: float) -> float:
    """Milliseconds that 99 of 100 are within of what is known."""
    return quantile([abs(one - known_s) * MS for one in seconds], 0.99)
