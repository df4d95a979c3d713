"""One check as aligned lines, like curl's timers: when each phase began, how long it took, and a small bar. Pure.

May be changed: columns and words. Sentences stand in sentences.py.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from probes.once.leading import Exchange, Told
from probes.once.sentences import outcome, span
from probes.sample import Reason, Sample

WIDTH: Final = 32  # cells of the longest bar
MOST_TRIES: Final = 20
_EIGHTHS: Final = " ▏▎▍▌▋▊▉"
_PHASES: Final = ("dns", "connect", "tls", "first_byte", "transfer")

Row = tuple[str, float, float]  # name, start and duration in seconds


def lines(told: Told, where: str, fine: bool = True) -> Iterator[str]:
    """`where` is host and port; `fine` False: the output holds ASCII only."""
    sample = told.sample
    if sample is not None:
        yield from _table("phase", _phases(sample), sample.phases.total, fine)
        yield f"{'total':<12}{'':>12}{_ms(sample.phases.total)}"
        yield from _steps(sample)
        yield from _tries(sample.bundle)
        if len(told.exchanges) > 1:
            yield from _exchanges(told.exchanges)
        yield ""
        yield _facts(sample)
        yield ""
        yield outcome(sample, where)
        yield from _reasons(sample)
    else:
        yield "Broken off before the check had come to its end."
    yield from _leftovers(told)


def _phases(sample: Sample) -> list[Row]:
    found: list[Row] = []
    moment = _before_submit(sample)
    for name in _PHASES:
        seconds: float | None = getattr(sample.phases, name)
        if seconds is not None:
            found.append((name.replace("_", " "), moment, seconds))
            moment += seconds
    if sample.phases.visible is not None:
        found.append(("visible", sample.phases.total - sample.phases.visible, sample.phases.visible))
    return found


def _before_submit(sample: Sample) -> float:
    """An upload's phases are those of its submit; it may have logged in before."""
    names = [step.name for step in sample.steps]
    until = names.index("submit") if "submit" in names else 0
    return sum(step.seconds for step in sample.steps[:until])


def _table(head: str, rows: Sequence[Row], total: float, fine: bool) -> Iterator[str]:
    yield f"{head:<12}{'start':>12}{'took':>12}"
    for name, start, took in rows:
        yield f"{name:<12}{_ms(start)}{_ms(took)}  {_bar(start, took, total, fine)}".rstrip()


def _bar(start: float, took: float, total: float, fine: bool) -> str:
    scale = WIDTH / total if total > 0 else 0.0
    first = min(int(start * scale), WIDTH - 1)
    if not fine:
        return " " * first + "#" * min(max(round(took * scale), 1), WIDTH - first)
    full, rest = divmod(min(max(round(took * scale * 8), 1), (WIDTH - first) * 8), 8)
    return (" " * first + "█" * full + _EIGHTHS[rest]).rstrip()


def _steps(sample: Sample) -> Iterator[str]:
    if sample.steps:
        yield ""
        yield f"{'step':<12}{'':>12}{'took':>12}"
        for step in sample.steps:
            yield f"{step.name.replace('_', ' '):<12}{'':>12}{_ms(step.seconds)}"


def _tries(bundle: tuple[float | None, ...]) -> Iterator[str]:
    if not bundle:
        return
    yield ""
    for number, seconds in enumerate(bundle, 1):
        took = _ms(seconds) if seconds is not None else f"{'lost':>12}"
        yield f"{f'try {number}':<12}{'':>12}{took}"
    came = [seconds for seconds in bundle if seconds is not None]
    lost = f"{len(bundle) - len(came)} of {len(bundle)} lost"
    steps = [abs(later - earlier) for earlier, later in pairwise(came)]
    yield f"{lost}, jitter {span(sum(steps) / len(steps))}" if steps else lost


def _exchanges(exchanges: Sequence[Exchange]) -> Iterator[str]:
    shown = exchanges[:MOST_TRIES]
    width = max(len(one.what[:60]) for one in shown) + 2
    yield ""
    yield f"{'asked':<{width}}{'start':>12}{'took':>12}  answer"
    for one in shown:
        yield f"{one.what[:60]:<{width}}{_ms(one.began)}{_ms(one.took)}  {one.said}"
    if len(exchanges) > MOST_TRIES:
        yield f"and {len(exchanges) - MOST_TRIES} more"


def _facts(sample: Sample) -> str:
    status = [f"status {sample.status}"] if sample.status is not None else []
    rate = [f"{sample.up_bytes_per_s / 1000:.1f} kB/s up"] if sample.up_bytes_per_s is not None else []
    return ", ".join([*status, f"{sample.bytes_up} bytes up", f"{sample.bytes_down} bytes down", *rate])


def _reasons(sample: Sample) -> Iterator[str]:
    if sample.reason is not Reason.NONE:
        stage = f", stage {sample.stage}" if sample.stage else ""
        yield f"reason {sample.reason}{stage}: {sample.detail or 'no further word'}"
    elif sample.detail:
        yield sample.detail


def _leftovers(told: Told) -> Iterator[str]:
    if told.left:
        yield f"The synthetic record could not be taken away. Ask the operator to do it: {told.left}"
    elif told.cleaned:
        yield "The synthetic record has been taken away again."


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms".rjust(12)
