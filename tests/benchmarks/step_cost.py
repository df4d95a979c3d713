"""CPU of one step of the judgement at 36, 780 and 7,800 districts, and how it grows. Run: python tests/benchmarks/step_cost.py"""

import sys
import time

import numpy as np

from dashboard.detection.columns import Columns
from dashboard.detection.judge import Judge
from dashboard.settings import Rules

_WARM, _TIMED = 40, 40


def batch(districts: int, now: float, chance: np.random.Generator) -> Columns:
    """A round of pings and uploads of every district, and a quarter of the anchors."""
    place = np.concatenate([np.arange(districts), np.arange(districts), np.arange(0, districts, 4)])
    kind = np.repeat([0, 1, 2], [districts, districts, len(range(0, districts, 4))])
    size = len(place)
    total = np.where(kind == 1, 1.1, 0.15) * chance.lognormal(0, 0.35, size)
    nothing = np.zeros(size, bool)
    failed = chance.random(size) < 0.003
    reason = np.where(failed, 6, 0)
    return Columns(place, kind, now - chance.uniform(0, 15, size), total, failed, nothing, reason, ~failed)


def cost_ms(districts: int, sliced: int = 3) -> float:
    """Milliseconds of CPU of one step; a live step of 5 s has a third of a round in it."""
    chance = np.random.default_rng(1)
    codes = list(range(1, districts + 1))
    judge = Judge(Rules(), codes, 0.0, {code: f"d{code // 6}" for code in codes})
    now, spent = 1_611_028_800.0, 0.0
    for turn in range(_WARM + _TIMED):
        whole = batch(districts, now, chance)
        part = whole.rows(chance.random(len(whole.at)) < 1 / sliced)
        judge.observe_columns(part)
        began = time.process_time()
        judgement = judge.judge(now)
        judgement.in_state(*())
        spent += time.process_time() - began if turn >= _WARM else 0.0
        now += 15 / sliced
    return spent / _TIMED * 1000


def main() -> None:
    sizes = (36, 780, 7800)
    costs = [cost_ms(size) for size in sizes]
    for size, cost in zip(sizes, costs, strict=True):
        sys.stdout.write(f"{size} districts: {cost:.1f} ms of CPU a step\n")
    growth = np.log(costs[2] / costs[1]) / np.log(sizes[2] / sizes[1])
    sys.stdout.write(f"growth exponent from {sizes[1]} to {sizes[2]}: {growth:.2f}\n")


if __name__ == "__main__":
    main()
