"""Every Prometheus name of the agent, in one table; docs/metrics.md carries the same table and a test compares them.

May be changed: rows, by adding. A name in use stays: dashboards and alerts elsewhere hang on it. Base units only.
"""

from dataclasses import dataclass
from typing import Final

DURATION_BUCKETS: Final = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0)
LATENESS_BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 3.0, 10.0, 30.0)


@dataclass(frozen=True)
class Row:
    """One metric: its name as it is scraped, its type and labels, and what it says."""

    name: str
    kind: str
    labels: tuple[str, ...]
    says: str
    buckets: tuple[float, ...] = ()


DURATION: Final = Row(
    "tikawatch_probe_duration_seconds", "histogram", ("district", "check", "phase"),
    "Duration of checks, each phase alone; `phase` is dns, connect, tls, first_byte, transfer, visible or total. "
    "Checks whose outcome is unknown are left out", DURATION_BUCKETS,
)  # fmt: skip
SUCCESS: Final = Row(
    "tikawatch_probe_success",
    "gauge",
    ("district", "check"),
    "1 when the last check was good, else 0; unchanged while unknown",
)
LAST: Final = Row(
    "tikawatch_probe_last_duration_seconds",
    "gauge",
    ("district", "check"),
    "Duration of the last check as a whole, good or not; unchanged while unknown",
)
SAMPLES: Final = Row(
    "tikawatch_probe_samples_total", "counter", ("outcome", "reason"), "Checks that ended, by outcome and reason"
)
IN_FLIGHT: Final = Row("tikawatch_probe_in_flight", "gauge", (), "Checks under way")
LATENESS: Final = Row(
    "tikawatch_schedule_lateness_seconds",
    "histogram",
    (),
    "Time between the moment a check was due and its start",
    LATENESS_BUCKETS,
)
SKIPPED: Final = Row(
    "tikawatch_schedule_skipped_total", "counter", (),
    "Checks not started: the last one of the same target was still under way, or the moment lay too far back",
)  # fmt: skip
UNRELEASED: Final = Row(
    "tikawatch_schedule_unreleased_total",
    "counter",
    (),
    "Times an interval went on without its release; a sign of a clock that was set",
)
HELD: Final = Row(
    "tikawatch_schedule_held_total",
    "counter",
    ("reason",),
    "Checks not started to spare a registry that is busy; `reason` is the status it answered: 429, 503 or 504",
)
SPOOLED: Final = Row("tikawatch_spool_samples", "gauge", (), "Samples on disk that wait for delivery")
DROPPED: Final = Row(
    "tikawatch_spool_dropped_total",
    "counter",
    (),
    "Samples thrown away because the spool was full, they were too old, or the disk refused",
)
ASIDE: Final = Row(
    "tikawatch_spool_set_aside_total",
    "counter",
    (),
    "Samples the control room refused; kept and tried again at the next start",
)
LEFT: Final = Row(
    "tikawatch_cleanups_pending", "gauge", (), "Synthetic records that could not be taken away yet and are tried again"
)
GIVEN_UP: Final = Row(
    "tikawatch_cleanups_given_up_total",
    "counter",
    (),
    "Synthetic records that were not taken away: the registry's operator has to; the log names them",
)
ATTEMPTS: Final = Row(
    "tikawatch_delivery_attempts_total", "counter", ("result",),
    "Attempts to deliver a batch; `result` is delivered, no_token, unreachable, busy, denied, failed or refused",
)  # fmt: skip
LAG: Final = Row(
    "tikawatch_delivery_lag_seconds", "gauge", (), "Age of the oldest sample at the last attempt; 0 when none waits"
)
REQUESTS: Final = Row(
    "tikawatch_agent_requests_total", "counter", ("host",),
    "What this agent asked of a host: every request of its checks, looks and clean-ups; past 64 hosts the rest is `other`",
)  # fmt: skip
BYTES: Final = Row(
    "tikawatch_agent_bytes_total",
    "counter",
    ("direction",),
    "Bytes of those requests and their answers; `direction` is up or down",
)
BUDGET: Final = Row(
    "tikawatch_agent_budget_requests_per_second",
    "gauge",
    (),
    "Requests a second this agent may at most ask of any one host; neutral hosts are not in it",
)

TABLE: Final = (
    DURATION, SUCCESS, LAST, SAMPLES, IN_FLIGHT, LATENESS, SKIPPED, UNRELEASED, HELD, SPOOLED, DROPPED, ASIDE, LEFT,
    GIVEN_UP, ATTEMPTS, LAG, REQUESTS, BYTES, BUDGET,
)  # fmt: skip


def markdown() -> str:
    """The table as it stands in docs/metrics.md."""
    lines = ["| name | type | labels | says |", "|---|---|---|---|"]
    lines += [f"| `{row.name}` | {row.kind} | {', '.join(row.labels) or '-'} | {row.says} |" for row in TABLE]
    return "\n".join(lines) + "\n"
