"""python -m tests.benchmarks.probes [BENCH …]: runs benches, prints a table, writes all runs as JSON. May be changed: which there are."""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks.probes import cost, crowd, fidelity, peers
from tests.benchmarks.probes.lab import Lab, Missing, lab
from tests.benchmarks.probes.plan import Plan
from tests.benchmarks.probes.tables import Row, publish

BENCHES: dict[str, Callable[[Lab, Plan], Iterator[Row]]] = {
    "same-rate": cost.same_rate,
    "saturated": cost.saturated,
    "fidelity": fidelity.fidelity,
    "crowd": crowd.crowd,
    "growth": cost.growth,
    "descriptors": cost.descriptors,
    "peers": peers.peers,
}


def main() -> int:
    """Exit status: 0 when every demand is met, 1 when one is missed, 2 when something is not installed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.probes", description=__doc__)
    parser.add_argument("bench", nargs="*", help=f"any of {', '.join(BENCHES)}; all when none is named")
    parser.add_argument("--pairs", type=int, default=Plan.pairs, help="runs of each (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=Plan.seconds, help="length of a run (default %(default)s)")
    parser.add_argument("--host", default=Plan.host, help="127.0.0.1, or localhost to have a name looked up each time")
    parser.add_argument(
        "--tls", choices=["1.2", "1.3"], default=Plan.tls, help="newest TLS of the target (default %(default)s)"
    )
    parser.add_argument("--as-installed", action="store_true", help="the exporter on all cores with Go's own defaults")
    parser.add_argument("--out", type=Path, help="write every run as JSON to this file")
    asked = parser.parse_args()
    unknown = sorted(set(asked.bench) - set(BENCHES))
    if unknown:
        parser.error(f"no bench is called {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    plan = Plan(asked.pairs, asked.seconds, asked.host, asked.tls, asked.as_installed)
    rows: list[Row] = []
    try:
        with lab(plan.tls) as running:
            for name in asked.bench or BENCHES:
                sys.stderr.write(f"{name}\n")
                rows += BENCHES[name](running, plan)
    except Missing as what:
        sys.stderr.write(f"{what}\n")
        return 2
    finally:
        publish(rows, asked.out)
    return 1 if any(row.verdict == "MISSED" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
