"""How many mails are owed, sent and stuck, counted from the store for metrics and pages. Reads only."""

from sqlalchemy import Connection, func, select

from dashboard.notices.states import OPEN, AttemptResult, NoticeState
from dashboard.store.schema import attempt, notice


def counts(connection: Connection) -> dict[str, int]:
    """Notices by state; every state is there, with 0 when there is none."""
    rows = connection.execute(select(notice.c.state, func.count()).group_by(notice.c.state)).all()
    found = {row[0]: row[1] for row in rows}
    return {state.value: found.get(state, 0) for state in NoticeState}


def oldest_owed_s(connection: Connection, now: float) -> float | None:
    """Age in seconds of the oldest mail no relay has taken yet; None when none is owed. `now`: seconds since 1970 UTC."""
    created_ms = connection.scalar(select(func.min(notice.c.created_ms)).where(notice.c.state.in_(OPEN)))
    return None if created_ms is None else max(0.0, now - created_ms / 1000)


def in_doubt(connection: Connection) -> int:
    """Attempts whose fate is not known; repeats of a Message-ID can never be more than these."""
    where = attempt.c.result == AttemptResult.IN_DOUBT
    return connection.scalar(select(func.count()).select_from(attempt).where(where)) or 0
