"""Decisions in the store: appended, never changed; what may be added to one is an officer's confirmation, once a district."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, update

from dashboard.decisions.kinds import Confirmation, Decision, DecisionKind
from dashboard.store.schema import decision, decision_district

_READ = (
    decision.c.decision_id, decision.c.what, decision.c.taken_ms, decision.c.who, decision.c.why, decision.c.incident_id,
)  # fmt: skip


@dataclass(frozen=True)
class New:
    """A decision to be stored; `form` names the form it came from, and `evidence` is what was known, ready for JSON."""

    what: DecisionKind
    taken_ms: int
    who: str
    why: str
    incident_id: int | None
    districts: tuple[int, ...]
    form: str
    evidence: Mapping[str, Any]


def append(connection: Connection, new: New) -> int:
    """Store a decision in the caller's transaction; returns its id.

    Raises:
        IntegrityError: this form was stored already, or there is no such incident.
    """
    values = {
        "what": str(new.what), "taken_ms": new.taken_ms, "who": new.who, "why": new.why, "incident_id": new.incident_id,
        "evidence": json.dumps(new.evidence, ensure_ascii=False), "form": new.form,
    }  # fmt: skip
    stored = connection.execute(decision.insert().values(values))
    decision_id = int(stored.inserted_primary_key[0])  # type: ignore[index]
    rows = [{"decision_id": decision_id, "district": code} for code in new.districts]
    connection.execute(decision_district.insert(), rows)
    return decision_id


def of_form(connection: Connection, form: str) -> Decision | None:
    """The decision that came from a form, if it is stored."""
    return next(iter(_found(connection, decision.c.form == form)), None)


def until(connection: Connection, at_ms: int) -> list[Decision]:
    """Every decision taken up to a moment (ms since 1970 UTC), oldest first: what stands follows from all of them."""
    return _found(connection, decision.c.taken_ms <= at_ms)


def evidence(connection: Connection, decision_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """What was known when these decisions were taken, by id; the keys stand in dashboard/queries/decisions.py."""
    query = select(decision.c.decision_id, decision.c.evidence).where(decision.c.decision_id.in_(decision_ids))
    return {row.decision_id: json.loads(row.evidence) for row in connection.execute(query)}


def confirm(connection: Connection, decision_id: int, district: int, who: str, now_ms: int) -> bool:
    """Note an officer's word; False: there is no such decision for this district, or it was confirmed before."""
    mine = (decision_district.c.decision_id == decision_id, decision_district.c.district == district)
    free = decision_district.c.confirmed_ms.is_(None)
    values = {"confirmed_ms": now_ms, "confirmed_by": who}
    return connection.execute(update(decision_district).where(*mine, free).values(values)).rowcount == 1


def _found(connection: Connection, where: ColumnElement[bool]) -> list[Decision]:
    rows = connection.execute(select(*_READ).where(where).order_by(decision.c.taken_ms, decision.c.decision_id)).all()
    codes: dict[int, list[int]] = defaultdict(list)
    words: dict[int, dict[int, Confirmation]] = defaultdict(dict)
    members = (
        select(decision_district)
        .join(decision, decision.c.decision_id == decision_district.c.decision_id)
        .where(where)
        .order_by(decision_district.c.district)
    )
    for row in connection.execute(members):
        codes[row.decision_id].append(row.district)
        if row.confirmed_ms is not None:
            words[row.decision_id][row.district] = Confirmation(row.confirmed_ms, row.confirmed_by)
    return [
        Decision(
            row.decision_id, DecisionKind(row.what), row.taken_ms, tuple(codes[row.decision_id]), row.who, row.why, row.incident_id,
            words[row.decision_id],
        )
        for row in rows
    ]  # fmt: skip
