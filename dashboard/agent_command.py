"""`tikawatch agent`: lets an agent in, binds its token to districts, shuts it out. What a token may tell is kept by store/agents.py."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from pydantic import Field
from sqlalchemy import Connection

from dashboard.doses.places import Places
from dashboard.settings import ControlRoomFile
from dashboard.store import agents
from dashboard.store.engine import open_store
from probes.config_file import Document, validate
from probes.sections import Name, Section

ALL = "all"


class _Asked(Section):
    """As an agent names itself in its section `probes`."""

    agent: Name = Field(examples=["control-room"])


def add(settings: ControlRoomFile, name: str, districts: str | None, now: float) -> str:
    """The new token of an agent (43 characters); `now` in seconds since 1970 UTC.

    `districts`: LGD codes or names with commas between, or `all`; None leaves a known agent bound as it is.

    Raises:
        ValueError: no such district, or a name that config.yaml would refuse.
    """
    asked, findings = validate(Document("", {"agent": name}, {}, ()), _Asked)
    if asked is None:
        raise ValueError(f"{findings[0].where}: {findings[0].wrong}. {findings[0].cure}")
    own = None if districts in (None, ALL) else _codes(settings, districts, now)
    with _store(settings) as connection:
        token = agents.add(connection, asked.agent, int(now * 1000))
        if districts is not None:
            agents.bind(connection, asked.agent, own)
    return token


def revoke(settings: ControlRoomFile, name: str, now: float) -> None:
    """Take nothing more from an agent.

    Raises:
        ValueError: there is no such agent.
    """
    with _store(settings) as connection:
        if not agents.revoke(connection, name, int(now * 1000)):
            raise ValueError(f'there is no agent "{name}"; see: tikawatch agent list')


def listed(settings: ControlRoomFile) -> list[str]:
    """One line an agent: its name, whether it is shut out, and the districts its token is bound to."""
    names = Places(settings).names
    lines = []
    with _store(settings) as connection:
        for known in agents.everyone(connection):
            own = ", ".join(
                f"{code} {names.get(str(code), '(not in config.yaml)')}" for code in sorted(known.districts or ())
            )
            lines.append(f"{known.name}{'  revoked' if known.revoked else ''}{f'  only {own}' if own else ''}")
    return lines


def _codes(settings: ControlRoomFile, text: str, now: float) -> frozenset[int]:
    places, today = Places(settings), datetime.fromtimestamp(now, settings.zone).date()
    found = [places.find(name, today).place for name in text.split(",")]
    for place in found:
        if place not in places.districts:
            raise ValueError(
                f"--districts: {places.named(place)} is not one district. Write LGD codes or names, for example 491,492"
            )
    return frozenset(int(place) for place in found)


@contextmanager
def _store(settings: ControlRoomFile) -> Iterator[Connection]:
    engine = open_store(settings.dashboard.store)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()
