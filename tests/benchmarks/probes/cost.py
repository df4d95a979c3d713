"""CPU per probe: at one rate for both, saturated, from 100 to 10,000 targets, and with more than 1,100 descriptors.

May be changed: rates and lengths. The agent's CPU is that of all of it, spool and delivery included; the exporter's that of
its process, which serves one scrape a probe.
"""

from collections.abc import Iterator
from functools import partial
from math import log

from tests.benchmarks.probes.agent import Work, agent, get
from tests.benchmarks.probes.exporter import exporter
from tests.benchmarks.probes.lab import Lab
from tests.benchmarks.probes.plan import Plan
from tests.benchmarks.probes.tables import Row, paired

WARM_S = 5.0
RATE = {"http": 400, "https": 200}  # a second; the exporter's core must not be full, or its rate is another
SATURATING = {"http": 8000, "https": 2000}  # targets once a second: more than a core can do
AT_ONCE = 50  # saturated, and of both alike
SAME_RATE_DEMAND = {"http": 0.45, "https": 0.80}
SATURATED_DEMAND = {"http": 0.25, "https": 0.75}
SIZES = (100, 1_000, 10_000)
GROWTH_RATE = 200
CROWDS = (500, 1_200)
CROWD_RATE = 250
NO_WORSE = 1.1  # a tenth for the noise; a loop that spins costs a hundred times as much


def same_rate(lab: Lab, plan: Plan) -> Iterator[Row]:
    """As many probes a second of both."""
    for scheme, rate in RATE.items():
        row = Row(f"CPU per probe, {rate}/s, {scheme}", "us", SAME_RATE_DEMAND[scheme])
        url = lab.url(scheme, 5, plan.host)
        work = Work(get(url), districts=rate * 5, intervals=(5.0,), deadline_s=5)
        paired(plan.pairs, partial(_cost, lab, work, plan), partial(_peer, lab, plan, url, rate), row)
        yield row


def saturated(lab: Lab, plan: Plan) -> Iterator[Row]:
    """As many probes as the core can do, 50 at once."""
    for scheme, targets in SATURATING.items():
        row = Row(f"CPU per probe, saturated, {scheme}", "us", SATURATED_DEMAND[scheme])
        url = lab.url(scheme, 0, plan.host)
        work = Work(get(url), districts=targets, intervals=(1.0,), deadline_s=1, in_flight=AT_ONCE)
        paired(plan.pairs, partial(_cost, lab, work, plan, row), partial(_peer, lab, plan, url, None), row)
        yield row


def growth(lab: Lab, plan: Plan) -> Iterator[Row]:
    """The same rate from ever more targets; the exponent between the smallest and the largest number."""
    row = Row(f"growth of the cost, {SIZES[0]} to {SIZES[-1]} targets at {GROWTH_RATE}/s, exponent", "", 1.0)
    url = lab.url("http", 5, plan.host)
    for _ in range(plan.pairs):
        costs = [
            _cost(lab, Work(get(url), size, (size / GROWTH_RATE,), min(size / GROWTH_RATE, 5)), plan) for size in SIZES
        ]
        said = ", ".join(f"{size}: {cost:.0f} us" for size, cost in zip(SIZES, costs, strict=True))
        row.add(log(costs[-1] / costs[0]) / log(SIZES[-1] / SIZES[0]), note=said)
    yield row


def descriptors(lab: Lab, plan: Plan) -> Iterator[Row]:
    """A probe each for every connection under way: libcurl's own waiting would spin above 1,023 descriptors."""
    few, many = CROWDS
    row = Row(f"CPU per probe, {many} in flight beside {few}, {CROWD_RATE}/s", "us", NO_WORSE, other=f"{few} in flight")
    ours, others = (partial(_cost, lab, _crowd(lab, plan, size), plan) for size in (many, few))
    paired(plan.pairs, ours, others, row)
    yield row


def _crowd(lab: Lab, plan: Plan, in_flight: int) -> Work:
    delay_s = in_flight / CROWD_RATE
    return Work(get(lab.url("http", round(delay_s * 1000), plan.host)), CROWD_RATE * 8, (8.0,), 8)


def _cost(lab: Lab, work: Work, plan: Plan, row: Row | None = None) -> float:
    with agent(lab, work) as running:
        window = running.watch(WARM_S, plan.seconds)
    window.must_be_good()
    if row is not None:
        delivered = len(window.samples) / max(window.probes, 1)
        row.notes.append(
            f"the agent's core {window.cpu_s / window.wall_s:.0%} busy with {window.rate:.0f} probes/s, {delivered:.0%} of them delivered"
        )
    return window.cost_us


def _peer(lab: Lab, plan: Plan, url: str, rate: float | None) -> float:
    with exporter(lab, fair=not plan.as_installed) as running:
        driven = running.drive(url, plan.seconds, rate, AT_ONCE)
    driven.must_be_good()
    return driven.cost_us
