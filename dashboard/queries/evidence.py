"""What the store knows around a step of an incident, as plain rows ready for JSON. Times in ms since 1970 UTC, durations in us."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from dashboard.store.schema import agent, boot, flip, incident_step, sample, series

SAMPLE_COLUMNS: Final = (
    "district", "check", "kind", "vantage", "boot", "seq", "started_ms", "received_ms", "outcome", "reason", "status", "dns_us",
    "connect_us", "tls_us", "first_byte_us", "transfer_us", "visible_us", "total_us", "bytes_up", "bytes_down", "lateness_us",
    "stage", "detail", "parts",
)  # fmt: skip
_NAMED: Final[Mapping[str, ColumnElement[Any]]] = {
    "district": series.c.district, "check": series.c.check_name, "kind": series.c.kind, "vantage": series.c.vantage,
    "boot": sample.c.boot_id,
}  # fmt: skip

_MOST_STEPS: Final = 100


class Span(NamedTuple):
    """From a moment to another, the second one left out."""

    begins_ms: int
    ends_ms: int

    def holds(self, column: ColumnElement[int]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return column >= self.begins_ms, column < self.ends_ms


def samples(connection: Connection, districts: Collection[int], span: Span, limit: int) -> tuple[int, list[list[Any]]]:
    """How many samples of these districts started in the span, and at most `limit` of them: columns SAMPLE_COLUMNS.

    Thinned by rank: in the order district, check, vantage, time every n-th stays, so that each check of each district keeps the
    same share and the kept ones lie evenly over the time, whatever their outcome.
    """
    order = (series.c.district, series.c.check_name, series.c.vantage, sample.c.started_ms, sample.c.sample_id)
    rank, found = func.row_number().over(order_by=order), func.count().over()
    ranked = (  # of ids alone: a state's hour has 600,000 samples
        select(sample.c.sample_id, rank.label("rank"), found.label("found"))
        .join(series, series.c.series_id == sample.c.series_id)
        .where(*span.holds(sample.c.started_ms), series.c.district.in_(districts))
        .subquery()
    )
    stays = ranked.c.rank * limit // ranked.c.found > (ranked.c.rank - 1) * limit // ranked.c.found
    query = (
        select(ranked.c.found, *(_column(name) for name in SAMPLE_COLUMNS))
        .join(sample, sample.c.sample_id == ranked.c.sample_id)
        .join(series, series.c.series_id == sample.c.series_id)
        .where(stays)
        .order_by(ranked.c.rank)
    )
    rows = connection.execute(query).all()
    return (rows[0].found if rows else 0), [list(row[1:]) for row in rows]


def counts(connection: Connection, span: Span) -> list[dict[str, Any]]:
    """Samples of every district by kind of check and outcome, with mean and longest time of the good ones."""
    good = sample.c.outcome == "ok"
    query = (
        select(
            series.c.district, series.c.kind, func.count().filter(good).label("ok"),
            func.count().filter(sample.c.outcome == "failed").label("failed"),
            func.count().filter(sample.c.outcome == "unknown").label("unknown"),
            func.avg(sample.c.total_us).filter(good).label("mean_us"), func.max(sample.c.total_us).filter(good).label("max_us"),
        )
        .join(series, series.c.series_id == sample.c.series_id)
        .where(*span.holds(sample.c.started_ms))
        .group_by(series.c.district, series.c.kind)
        .order_by(series.c.district, series.c.kind)
    )  # fmt: skip
    rows = (dict(row) for row in connection.execute(query).mappings())
    return [row | {"mean_us": None if row["mean_us"] is None else round(row["mean_us"])} for row in rows]


def agents(connection: Connection, span: Span) -> list[dict[str, Any]]:
    """Starts of agents that were heard in the span or after it: clock skew and dropped samples as of their last batch."""
    query = (
        select(agent.c.name.label("agent"), *(column for column in boot.c if column.name != "agent_id"))
        .join(agent, agent.c.agent_id == boot.c.agent_id)
        .where(boot.c.last_ms >= span.begins_ms, boot.c.first_ms < span.ends_ms)
        .order_by(boot.c.boot_id)
    )
    return _plain(connection.execute(query).mappings())


def flips(connection: Connection, districts: Sequence[int], span: Span) -> list[dict[str, Any]]:
    """Changes of state of every district in the span, and what these districts were before; district 0 is the whole state."""
    earlier = (flip.c.at_ms < span.begins_ms, flip.c.district.in_([0, *districts]))
    standing = select(func.max(flip.c.flip_id)).where(*earlier).group_by(flip.c.district)
    query = select(*(column for column in flip.c if column.name != "flip_id")).where(
        flip.c.flip_id.in_(standing) | ((flip.c.at_ms >= span.begins_ms) & (flip.c.at_ms < span.ends_ms))
    )
    return _plain(connection.execute(query.order_by(flip.c.flip_id)).mappings())


def steps_before(connection: Connection, incident_id: int, step: int) -> list[dict[str, Any]]:
    """The incident's newest hundred earlier steps, whoever took them, oldest first."""
    wanted = (incident_step.c[name] for name in ("step", "what", "at_ms", "sentence", "who"))
    query = select(*wanted).where(incident_step.c.incident_id == incident_id, incident_step.c.step < step)
    return _plain(connection.execute(query.order_by(incident_step.c.step.desc()).limit(_MOST_STEPS)).mappings())[::-1]


def _column(name: str) -> ColumnElement[Any]:
    return _NAMED[name] if name in _NAMED else sample.c[name]


def _plain(rows: Any) -> list[dict[str, Any]]:
    found: Sequence[Mapping[str, Any]] = rows.all()
    return [dict(row) for row in found]
