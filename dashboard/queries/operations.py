"""Is the monitor itself at work: agents, the watch, mails."""

import pandas as pd
from sqlalchemy import Connection, func, select

from dashboard.queries.frame import read
from dashboard.store.schema import agent, boot, job, notice

AGENTS = {"name": "str", "last_ms": "Int64"}
WATCH = {"ran_ms": "int64"}
MAILS = {"state": "str", "mails": "int64"}


def agents(connection: Connection) -> pd.DataFrame:
    """Agents that may deliver, and when each was last heard (<NA>: never): columns AGENTS."""
    statement = (
        select(agent.c.name, func.max(boot.c.last_ms))
        .select_from(agent.outerjoin(boot, boot.c.agent_id == agent.c.agent_id))
        .where(agent.c.revoked_ms.is_(None))
        .group_by(agent.c.agent_id)
        .order_by(agent.c.name)
    )
    return read(connection, statement, AGENTS)


def watch(connection: Connection) -> pd.DataFrame:
    """When samples were last judged: no row or one, column `ran_ms`."""
    return read(connection, select(job.c.ran_ms).where(job.c.name == "watch"), WATCH)


def mails(connection: Connection, start_ms: int) -> pd.DataFrame:
    """Number of mails by state, of those written since `start_ms` and those still owed: columns MAILS."""
    wanted = (notice.c.created_ms >= start_ms) | notice.c.state.in_(("due", "sending"))
    statement = select(notice.c.state, func.count()).where(wanted).group_by(notice.c.state)
    return read(connection, statement, MAILS)
