"""Agents that may send samples and figures. A token is shown once, when it is made; the store keeps its SHA-256."""

import hashlib
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, update

from dashboard.store.schema import agent


@dataclass(frozen=True)
class Agent:
    """A sender; `districts`: LGD codes its token may tell of, None: all."""

    agent_id: int
    name: str
    revoked: bool
    districts: frozenset[int] | None


def add(connection: Connection, name: str, now_ms: int, token: str | None = None) -> str:
    """Add an agent, or give a known one a new token, and return the token (43 characters of URL-safe base64).

    A known agent stays bound to its districts.
    """
    token = token or secrets.token_urlsafe(32)
    values = {"token_sha256": _digest(token), "added_ms": now_ms, "revoked_ms": None}
    known = connection.execute(update(agent).where(agent.c.name == name).values(values))
    if known.rowcount == 0:
        connection.execute(agent.insert().values(name=name, **values))
    return token


def bind(connection: Connection, name: str, districts: frozenset[int] | None) -> None:
    """Let an agent's token tell of these districts alone (LGD codes); None: of all."""
    listed = None if districts is None else json.dumps(sorted(districts))
    connection.execute(update(agent).where(agent.c.name == name).values(districts=listed))


def give_token(connection: Connection, name: str, file: Path, now_ms: int) -> Agent:
    """The agent whose token stands in the file, mode 0600; a file without a valid one gets a new token."""
    known = by_token(connection, file.read_text().strip()) if file.exists() else None
    if known is not None and known.name == name:
        return known
    token = add(connection, name, now_ms)
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(file.name + ".new")
    fresh.touch(mode=0o600)
    fresh.write_text(token)
    fresh.replace(file)
    added = by_token(connection, token)
    assert added is not None
    return added


def revoke(connection: Connection, name: str, now_ms: int) -> bool:
    """Refuse an agent's samples from now on; False when there is no such agent."""
    result = connection.execute(update(agent).where(agent.c.name == name).values(revoked_ms=now_ms))
    return result.rowcount == 1


def by_token(connection: Connection, token: str) -> Agent | None:
    """The agent of a token, unless revoked."""
    query = select(agent).where(agent.c.token_sha256 == _digest(token), agent.c.revoked_ms.is_(None))
    row = connection.execute(query).one_or_none()
    return _agent(row) if row else None


def everyone(connection: Connection) -> list[Agent]:
    rows = connection.execute(select(agent).order_by(agent.c.name))
    return [_agent(row) for row in rows]


def _agent(row: Any) -> Agent:
    districts = None if row.districts is None else frozenset(json.loads(row.districts))
    return Agent(row.agent_id, row.name, row.revoked_ms is not None, districts)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
