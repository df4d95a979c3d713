"""10,000 targets at 15, 30 and 60 s: how late starts are, whether any is missing, and what a target costs in memory.

May be changed: numbers. A rig of one agent; the exporter has no schedule to stand beside it.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from tests.benchmarks.probes.agent import Window, Work, agent, get
from tests.benchmarks.probes.lab import Lab
from tests.benchmarks.probes.meter import quantile
from tests.benchmarks.probes.plan import Plan
from tests.benchmarks.probes.tables import Row

DISTRICTS = 3_334
INTERVALS_S = (15.0, 30.0, 60.0)
FEW = 34  # districts of the small agent, to tell the targets' memory from the program's
WHOLE_ROUND_S = 63.0  # by then every target has been measured and counted in the metrics
LATENESS_DEMAND_MS, MEMORY_DEMAND_MB = 20.0, 5.0


def crowd(lab: Lab, plan: Plan) -> Iterator[Row]:
    """Lateness as the samples say it, checked against the target's own count and the distance between starts."""
    targets = DISTRICTS * len(INTERVALS_S)
    late = Row(f"lateness p99, {targets} targets at 15/30/60 s", "ms", LATENESS_DEMAND_MS)
    missing = Row("the same: starts skipped or missing", "", 0.0)
    whole = Row("the same: memory per 1,000 targets, the whole process", "MiB", MEMORY_DEMAND_MB)
    each = Row("the same: memory per 1,000 targets beyond a small agent's", "MiB")
    for _ in range(min(plan.pairs, 3)):
        window, skipped = _run(lab, plan, DISTRICTS)
        small, _ = _run(lab, plan, FEW)
        late.add(quantile([one["lateness"] * 1000 for one in window.samples], 0.99), note=_words(window))
        missing.add(skipped + _missing(window))
        whole.add(window.memory_mb / targets * 1000)
        each.add((window.memory_mb - small.memory_mb) / (DISTRICTS - FEW) / len(INTERVALS_S) * 1000)
    yield from (late, missing, whole, each)


def _run(lab: Lab, plan: Plan, districts: int) -> tuple[Window, int]:
    work = Work(get(lab.url("http", 5, plan.host)), districts, INTERVALS_S, deadline_s=10)
    with agent(lab, work) as running:
        window = running.watch(WHOLE_ROUND_S if districts == DISTRICTS else 20.0, max(plan.seconds, 32.0))
        skipped = running.skipped()
    window.must_be_good()
    return window, skipped


def _missing(window: Window) -> int:
    """Gaps of more than one and a half intervals between two starts of a target."""
    starts = defaultdict(list)
    for one in window.samples:
        starts[one["district"], one["check"]].append(one["started"])
    gaps = 0
    for (_, check), moments in starts.items():
        interval = INTERVALS_S[int(check.rpartition("-")[2])]
        moments.sort()
        gaps += sum(after - before > 1.5 * interval for before, after in pairwise(moments))
    return gaps


def _words(window: Window) -> str:
    late = [one["lateness"] * 1000 for one in window.samples]
    return (
        f"p50 {quantile(late, 0.5):.2f}, p99 {quantile(late, 0.99):.2f}, greatest {max(late):.1f} ms; {window.rate:.0f}/s; "
        f"{window.cost_us:.0f} us of CPU a probe"
    )
