"""CPU of one live step, judgement and transitions, at 36, 780 and 7,800 districts, and how it grows; quiet, and in a state-wide outage.

Run: python -m tests.benchmarks.step_cost
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from dashboard.detection.columns import Columns
from dashboard.detection.judge import Judge
from dashboard.incidents.transitions import Transitions
from dashboard.replay.book import Book
from dashboard.replay.places import control_room
from dashboard.settings import ControlRoomFile

_SIZES = (36, 780, 7800)
_STEP_S, _STEPS_A_ROUND = 5.0, 3
_WARM, _TIMED = 45, 45  # steps
_START = 1_611_028_800.0


def batch(districts: int, now: float, chance: np.random.Generator, lost: float) -> Columns:
    """A third of a round: pings and uploads of every district, and a quarter of the neutral hosts; a share `lost` fails."""
    place = np.concatenate([np.arange(districts), np.arange(districts), np.arange(0, districts, 4)])
    kind = np.repeat([0, 1, 2], [districts, districts, len(range(0, districts, 4))])
    size = len(place)
    total = np.where(kind == 1, 1.1, 0.15) * chance.lognormal(0, 0.35, size)
    failed = (chance.random(size) < lost) & (kind != 2)
    whole = Columns(
        place, kind, now - chance.uniform(0, _STEP_S, size), total, failed, np.zeros(size, bool), np.where(failed, 6, 0), ~failed
    )  # fmt: skip
    return whole.rows(chance.random(size) < 1 / _STEPS_A_ROUND)


def room(districts: int) -> ControlRoomFile:
    """A control room of so many districts, six to a division."""
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "config.yaml"
        empty.write_text("")
        whole = control_room(empty, [f"d{number:05}" for number in range(districts)])
    divided = tuple(one.model_copy(update={"division": f"v{one.code // 6}"}) for one in whole.districts)
    return whole.model_copy(update={"districts": divided})


def cost_ms(districts: int, lost: float) -> float:
    """Milliseconds of CPU of one step of 5 s, on average; after the warm-up a share `lost` of the checks fails."""
    chance, settings = np.random.default_rng(1), room(districts)
    codes = [one.code for one in settings.districts]
    judge = Judge(settings.dashboard.rules, codes, _START, {one.code: one.division for one in settings.districts})
    transitions, book = Transitions(settings), Book({code: str(code) for code in codes})
    now, spent = _START, 0.0
    for turn in range(_WARM + _TIMED):
        now += _STEP_S
        judge.observe_columns(batch(districts, now, chance, lost if turn >= _WARM else 0.003))
        began = time.process_time()
        for change in transitions.advance(judge.judge(now), codes, book.standing(now - 600)):
            book.record(change, now)
        spent += time.process_time() - began if turn >= _WARM else 0.0
    return spent / _TIMED * 1000


def main() -> None:
    for name, lost in (("quiet", 0.003), ("in an outage of the state", 0.95)):
        costs = [cost_ms(size, lost) for size in _SIZES]
        for size, cost in zip(_SIZES, costs, strict=True):
            sys.stdout.write(f"{name}, {size} districts: {cost:.1f} ms of CPU a step\n")
        for small, large in ((0, 2), (1, 2)):
            growth = np.log(costs[large] / costs[small]) / np.log(_SIZES[large] / _SIZES[small])
            sys.stdout.write(f"growth exponent from {_SIZES[small]} to {_SIZES[large]}: {growth:.2f}\n")


if __name__ == "__main__":
    main()
