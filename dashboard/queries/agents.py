"""The agents and their checks: when each was last heard, what it asks of the registry, what its checks came to of late."""

import pandas as pd
from sqlalchemy import Connection, func, select

from dashboard.queries.frame import read
from dashboard.store.schema import agent, boot, sample, series

AGENTS = {
    "name": "str", "revoked": "boolean", "started_ms": "Int64", "last_ms": "Int64", "skew_ms": "Int64", "dropped": "Int64", "load": "str",
}  # fmt: skip
CHECKS = {
    "vantage": "str", "check": "str", "kind": "str", "districts": "int64", "ok": "int64", "failed": "int64", "unknown": "int64",
    "mean_s": "float64", "longest_s": "float64", "newest_ms": "int64",
}  # fmt: skip
FAILURES = {
    "vantage": "str", "check": "str", "reason": "str", "stage": "str", "times": "int64", "newest_ms": "int64", "detail": "str",
}  # fmt: skip
BUNDLES = {"vantage": "str", "check": "str", "parts": "str"}
MAX_BUNDLES = 5000


def agents(connection: Connection) -> pd.DataFrame:
    """One row an agent, of its newest start (<NA>: it was never heard): columns AGENTS. `load` is probes.sample.Load as JSON."""
    other = boot.alias()
    newest = (
        select(func.max(other.c.boot_id)).where(other.c.agent_id == agent.c.agent_id).correlate(agent).scalar_subquery()
    )
    statement = (
        select(
            agent.c.name, agent.c.revoked_ms.is_not(None), boot.c.first_ms, boot.c.last_ms, boot.c.skew_ms, boot.c.dropped, boot.c.load
        )
        .select_from(agent.outerjoin(boot, boot.c.boot_id == newest))
        .order_by(agent.c.name)
    )  # fmt: skip
    return read(connection, statement, AGENTS)


def checks(connection: Connection, since_ms: int) -> pd.DataFrame:
    """What each check of each vantage came to since a moment, over all its districts: columns CHECKS, times of good ones."""
    good = sample.c.outcome == "ok"
    statement = (
        select(
            series.c.vantage, series.c.check_name, series.c.kind, func.count(series.c.district.distinct()),
            func.count().filter(good), func.count().filter(sample.c.outcome == "failed"),
            func.count().filter(sample.c.outcome == "unknown"), func.avg(sample.c.total_us).filter(good) / 1e6,
            func.max(sample.c.total_us).filter(good) / 1e6, func.max(sample.c.started_ms),
        )
        .join(series, series.c.series_id == sample.c.series_id)
        .where(sample.c.started_ms >= since_ms)
        .group_by(series.c.vantage, series.c.check_name, series.c.kind)
        .order_by(series.c.vantage, series.c.check_name)
    )  # fmt: skip
    return read(connection, statement, CHECKS)


def failures(connection: Connection, since_ms: int) -> pd.DataFrame:
    """Why checks were not good since a moment, the most frequent first, with the detail of the newest: columns FAILURES."""
    statement = (
        select(
            series.c.vantage, series.c.check_name, sample.c.reason, sample.c.stage, func.count().label("times"),
            func.max(sample.c.started_ms), sample.c.detail,
        )
        .join(series, series.c.series_id == sample.c.series_id)
        .where(sample.c.started_ms >= since_ms, sample.c.outcome != "ok")
        .group_by(series.c.vantage, series.c.check_name, sample.c.reason, sample.c.stage, sample.c.detail)
        .order_by(func.count().desc(), sample.c.detail)
        .limit(500)
    )  # fmt: skip
    found = read(connection, statement, FAILURES)
    grouped = found.groupby(["vantage", "check", "reason", "stage"], sort=False, as_index=False)
    merged = grouped.agg({"times": "sum", "newest_ms": "max", "detail": "first"})
    return merged.sort_values("times", ascending=False, kind="stable").reset_index(drop=True)[list(FAILURES)]


def bundles(connection: Connection, since_ms: int) -> pd.DataFrame:
    """The newest samples that hold several quick ones, at most MAX_BUNDLES: columns BUNDLES, `parts` as JSON."""
    statement = (
        select(series.c.vantage, series.c.check_name, sample.c.parts)
        .join(series, series.c.series_id == sample.c.series_id)
        .where(sample.c.started_ms >= since_ms, sample.c.parts.like('%"bundle"%'))
        .order_by(sample.c.started_ms.desc())
        .limit(MAX_BUNDLES)
    )
    return read(connection, statement, BUNDLES)
