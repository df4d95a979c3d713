"""What stands on the agents page: frames in, components out. Pure."""

import json
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd
from dash import html
from pydantic import ValidationError

from dashboard.web import wording
from dashboard.web.components.table import Column, table
from probes.sample import Load

LATELY_MS: Final = 15 * 60_000
SILENT_MS: Final = 2 * 60_000
SKEW_MS: Final = 5_000  # the same as where the intake corrects an agent's clock
NOTHING: Final = "–"
NO_AGENT: Final = "No agent may deliver yet: tikawatch agent add NAME makes a token for one."

_AGENTS = (
    Column("Agent"), Column("State"), Column("Newest batch"), Column("Started"),
    Column("Clock", True, "the agent's clock minus ours, at its last batch"),
    Column("Waiting", True, "samples on its disk that are not delivered yet"),
    Column("Dropped", True, "samples it had to throw away since its start"),
    Column("Late p99", True, "how late checks started, 99 of 100 of them less"),
    Column("Skipped", True, "starts left out since its start: the last of the same check was still under way"),
    Column("Processor", True, "share of one processor, over the last minute"), Column("Memory", True),
)  # fmt: skip
_LOADS = (
    Column("Agent"), Column("Host asked"), Column("Requests a second", True, "over the last minute"),
    Column("Allowed", True, "requests a second the agent allows itself, over all hosts"),
    Column("Held back", True, "checks not started since its start, to spare a registry that is busy"),
)  # fmt: skip
_CHECKS = (
    Column("Check"), Column("Kind"), Column("From"), Column("Districts", True), Column("Good", True), Column("Failed", True),
    Column("Unknown", True, "the agent itself could not measure"), Column("Mean", True, "of good ones"),
    Column("Longest", True, "of good ones"), Column("Lost", True, "of the quick samples in bundles"),
    Column("Jitter", True, "median difference between one quick sample and the next of a bundle"), Column("Newest"),
)  # fmt: skip
_FAILURES = (
    Column("Check"), Column("From"), Column("Reason"), Column("Where", title="how far the check came"), Column("Times", True),
    Column("Newest"), Column("Detail of one of them"),
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What was read: a moment in ms, and the frames of queries/agents.py over the last LATELY_MS."""

    now_ms: int
    zone: ZoneInfo
    agents: pd.DataFrame
    checks: pd.DataFrame
    failures: pd.DataFrame
    bundles: pd.DataFrame

    def clock(self, at_ms: Any) -> str:
        return (
            NOTHING
            if pd.isna(at_ms)
            else wording.clock(int(at_ms), self.zone, wording.local(self.now_ms, self.zone).date())
        )


def body(known: Known) -> list[Any]:
    """The page under its title."""
    lately = f"the last {LATELY_MS // 60_000} minutes"
    return [
        html.P(_sentence(known), className="second"),
        _card("Agents", table(_AGENTS, agent_rows(known), NO_AGENT, "Agents")),
        _card("What we ask of others", table(_LOADS, load_rows(known), "No agent has told its load yet.", "Own load")),
        _card(f"Checks, {lately}", table(_CHECKS, check_rows(known), "No sample in this time.", "Checks")),
        _card(f"Why checks were not good, {lately}", table(_FAILURES, failure_rows(known), "All were good.", "Failures")),
    ]  # fmt: skip


def agent_rows(known: Known) -> list[list[Any]]:
    """One row an agent."""
    return [_agent(known, row, _load_of(row.load)) for row in known.agents.itertuples(index=False)]


def load_rows(known: Known) -> list[list[Any]]:
    """One row a host that an agent asks."""
    loads = [(row.name, _load_of(row.load)) for row in known.agents.itertuples(index=False)]
    return [
        [name, host, f"{asked:.2f}", f"{load.budget_per_s:g}", wording.grouped(load.held)]
        for name, load in loads
        if load is not None
        for host, asked in load.requests_per_s.items()
    ]


def check_rows(known: Known) -> list[list[Any]]:
    """One row a check of a vantage."""
    quick = _quick(known.bundles)
    return [
        [
            row.check, row.kind, row.vantage, str(row.districts), wording.grouped(row.ok), _warning(row.failed), _warning(row.unknown),
            _seconds(row.mean_s), _seconds(row.longest_s), *_loss_and_jitter(quick.get((row.vantage, row.check), [])),
            known.clock(row.newest_ms),
        ]
        for row in known.checks.itertuples(index=False)
    ]  # fmt: skip


def failure_rows(known: Known) -> list[list[Any]]:
    """One row a reason of a check."""
    return [
        [row.check, row.vantage, row.reason.replace("_", " "), row.stage.replace("_", " ") or NOTHING, wording.grouped(row.times),
         known.clock(row.newest_ms), row.detail or NOTHING]
        for row in known.failures.head(40).itertuples(index=False)
    ]  # fmt: skip


def _sentence(known: Known) -> str:
    heard = [row for row in known.agents.itertuples(index=False) if _state(known, row) == "heard of late"]
    asked = sum(sum(load.requests_per_s.values()) for row in heard if (load := _load_of(row.load)))
    alive = f"{len(heard)} of {wording.counted(len(known.agents), 'agent')} heard of late"
    return f"{alive}; together they make {asked:.1f} requests a second."


def _agent(known: Known, row: Any, load: Load | None) -> list[Any]:
    told = [NOTHING] * 4 if load is None else [
        _milliseconds(load.late_p99_s), wording.grouped(load.skipped), f"{100 * load.cpu_share:.1f}%", f"{load.rss_bytes / 2**20:.0f} MB",
    ]  # fmt: skip
    waiting = NOTHING if load is None else wording.grouped(load.spooled)
    dropped = NOTHING if pd.isna(row.dropped) else _warning(row.dropped)
    state = _state(known, row)
    return [
        html.Strong(row.name), state if state == "heard of late" else html.Strong(state), known.clock(row.last_ms),
        known.clock(row.started_ms), _skew(row.skew_ms), waiting, dropped, *told,
    ]  # fmt: skip


def _state(known: Known, row: Any) -> str:
    if row.revoked:
        return "token revoked"
    if pd.isna(row.last_ms):
        return "never heard"
    silent_ms = known.now_ms - int(row.last_ms)
    return "heard of late" if silent_ms <= SILENT_MS else f"silent for {wording.lasting(silent_ms / 1000)}"


def _skew(skew_ms: Any) -> Any:
    if pd.isna(skew_ms):
        return NOTHING
    if abs(skew_ms) <= SKEW_MS:
        return f"{round(skew_ms / 1000, 1) + 0:+.1f} s".replace("-", wording.MINUS)
    return html.Strong(f"{wording.lasting(abs(skew_ms) / 1000)} {'ahead' if skew_ms > 0 else 'behind'}, corrected here")


def _load_of(text: Any) -> Load | None:
    try:
        return Load.model_validate_json(text) if isinstance(text, str) else None
    except ValidationError:  # of a version that told other things
        return None


def _quick(bundles: pd.DataFrame) -> dict[tuple[str, str], list[list[float | None]]]:
    found: dict[tuple[str, str], list[list[float | None]]] = {}
    for row in bundles.itertuples(index=False):
        found.setdefault((row.vantage, row.check), []).append(json.loads(row.parts).get("bundle", []))
    return found


def _loss_and_jitter(bundles: list[list[float | None]]) -> tuple[str, str]:
    tries = [one for bundle in bundles for one in bundle]
    if not tries:
        return NOTHING, NOTHING
    steps = [
        abs(after - before)
        for bundle in bundles
        for before, after in pairwise(bundle)
        if before is not None and after is not None
    ]
    lost = sum(one is None for one in tries)
    return f"{lost} of {wording.grouped(len(tries))}", _milliseconds(median(steps)) if steps else NOTHING


def _seconds(value: float) -> str:
    return NOTHING if pd.isna(value) else _milliseconds(value)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else wording.upload_time(seconds)


def _warning(number: int) -> Any:
    return html.Strong(wording.grouped(number)) if number else "0"


def _card(title: str, content: Any) -> html.Section:
    return html.Section([html.H2(title), content], className="card")
