"""What a scrape of the agent costs, beside the library's own rendering in the same run; prints, asserts nothing. Not collected by pytest.

python -m tests.benchmarks.metrics_page            all below: about a minute, and half a gigabyte for the largest
python -m tests.benchmarks.metrics_page 780 1 2    so many districts, 1 or 2 checks each; several pairs may follow

`all new`: every target has changed since the last page; `unchanged`: none has. Both with packing. `step`: the longest time the
page keeps the interpreter, `held up`: how much later than due another thread of the process runs that wants to wake up every
millisecond, as the agent's loop does: 99 of 100 times and at worst, while nobody scrapes, and while another process scrapes ours
or the library's without a pause.
"""

import gc
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from statistics import median

from prometheus_client import CollectorRegistry, Histogram, generate_latest, start_http_server

from probes.checks import Measurement, Target
from probes.kinds import check_of
from probes.metrics import Metrics
from probes.metrics.exposition import PageMaker
from probes.metrics.names import DURATION
from probes.sample import Phases, Reason
from probes.settings import Metrics as MetricsSettings

SIZES = ((36, 1), (36, 2), (780, 1), (780, 2), (10_000, 1))
PAIRS = 5
PHASES = ("dns", "connect", "first_byte", "transfer", "total")
HEADING = """\
districts checks    page  packed   library  all new unchanged   ratio unchanged   step          held up by: 99 %, worst (ms)
                      MB      MB        ms       ms        ms                       ms          nobody          ours         library
"""
SCRAPE = """
import sys, urllib.request
while True:
    asked = urllib.request.Request(sys.argv[1], headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(asked) as answer:
        answer.read()
    print(flush=True)
"""


def targets_of(districts: int, checks: int) -> list[Target]:
    made = [
        check_of({"name": f"check-{number}", "kind": "http", "url": "http://127.0.0.1:1/"}) for number in range(checks)
    ]
    return [Target(district, check) for check in made for district in range(1, districts + 1)]


def round_of(metrics: Metrics, targets: list[Target], chance: Random) -> None:
    for target in targets:
        phases = Phases(**{phase: chance.expovariate(3) for phase in PHASES})
        metrics.measured(target, Measurement(Reason.NONE, phases, 200))


def library(targets: list[Target], chance: Random) -> CollectorRegistry:
    """The same histograms, as the library keeps them."""
    registry = CollectorRegistry()
    made = Histogram(DURATION.name, DURATION.says, DURATION.labels, registry=registry, buckets=DURATION.buckets)
    for target in targets:
        for phase in PHASES:
            made.labels(target.district, target.check.name, phase).observe(chance.expovariate(3))
    return registry


def page(metrics: Metrics) -> tuple[float, float, int, int]:
    """Milliseconds of CPU, the longest step in milliseconds, bytes of text, bytes packed."""
    maker, longest = PageMaker(), 0.0
    begun = stepped = time.process_time()
    for piece in metrics.pieces():
        maker.add(piece)
        longest, stepped = max(longest, time.process_time() - stepped), time.process_time()
    made = maker.page()
    return (time.process_time() - begun) * 1000, longest * 1000, made.size, len(made.packed)


def milliseconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return (time.process_time() - begun) * 1000


def held_up(times: int = 1000) -> str:
    """How late this thread wakes up, in milliseconds: 99 of 100 times, and at worst."""
    late = []
    for _ in range(times):
        due = time.perf_counter() + 0.001
        time.sleep(0.001)
        late.append((time.perf_counter() - due) * 1000)
    return f"{sorted(late)[times * 99 // 100]:>7.1f} {max(late):>7.1f}"


@contextmanager
def scraped(port: int) -> Iterator[None]:
    """While another process scrapes without a pause; from the end of its first page on."""
    command = [sys.executable, "-c", SCRAPE, f"http://127.0.0.1:{port}/metrics"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as scraper:
        assert scraper.stdout is not None
        scraper.stdout.readline()
        yield
        scraper.kill()


def held_up_by(metrics: Metrics, registry: CollectorRegistry, targets: list[Target], chance: Random) -> list[str]:
    """Nobody scrapes; ours is scraped while checks end; the library's is scraped."""
    found = [held_up()]
    ours = metrics.serve(MetricsSettings(port=0))
    assert ours is not None
    with scraped(ours.server_port):
        round_of(metrics, targets, chance)
        found.append(held_up())
    ours.shutdown()
    ours.server_close()
    theirs, _ = start_http_server(0, "127.0.0.1", registry)
    with scraped(theirs.server_port):
        found.append(held_up())
    theirs.shutdown()
    return found


def row(districts: int, checks: int) -> str:
    chance, targets, metrics = Random(1), targets_of(districts, checks), Metrics(CollectorRegistry())
    registry = library(targets, chance)
    pairs = []
    for _ in range(PAIRS if len(targets) < 5000 else 1):
        round_of(metrics, targets, chance)
        gc.collect()
        fresh, again = page(metrics), page(metrics)
        theirs = milliseconds(lambda: generate_latest(registry))
        pairs.append((theirs, fresh[0], again[0], max(fresh[1], again[1]), theirs / fresh[0], theirs / again[0]))
    theirs, new, same, step, ratio, ratio_same = (median(column) for column in zip(*pairs, strict=True))
    waits = held_up_by(metrics, registry, targets, chance)
    return (
        f"{districts:>9} {checks:>6} {fresh[2] / 1e6:>7.1f} {fresh[3] / 1e6:>7.2f} {theirs:>9.0f} {new:>8.1f} {same:>9.1f} "
        f"{ratio:>6.0f}x {ratio_same:>8.0f}x {step:>6.1f} " + " ".join(waits)
    )


def main() -> None:
    numbers = [int(word) for word in sys.argv[1:]]
    sizes = list(zip(numbers[::2], numbers[1::2], strict=True)) or SIZES
    sys.stdout.write(HEADING)
    for districts, checks in sizes:
        sys.stdout.write(row(districts, checks) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
