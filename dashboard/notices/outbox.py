"""Writes the mails a step owes as rows, in the transaction of the step itself: both are stored, or neither."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, insert, select

from dashboard.incidents.incident import Step, StepKind
from dashboard.incidents.ledger import spells_of
from dashboard.incidents.parts import kin
from dashboard.notices.letter import LinkOf, compose, no_link
from dashboard.notices.message import message_id
from dashboard.notices.route import Recipient, Told, route, this_round, told_districts
from dashboard.notices.states import NoticeState
from dashboard.settings import ControlRoomFile
from dashboard.store.schema import incident, incident_step, notice

_RECIPIENT_LENGTH = 160


def enqueue(
    connection: Connection, settings: ControlRoomFile, step: Step, now: float, link_of: LinkOf = no_link
) -> int:
    """Write the notices of a step; the incident's row must be there. `now`: seconds since 1970 UTC.

    `link_of` gives the link of an officer's own form; it stands in that officer's mail alone.

    Returns how many were written: 0 for a step that is not told, or was enqueued before.

    Raises:
        LookupError: there is no such incident.
    """
    opened_ms = connection.scalar(select(incident.c.opened_ms).where(incident.c.incident_id == step.incident_id))
    if opened_ms is None:
        raise LookupError(f"there is no incident {step.incident_id} to tell of")
    told = _told_before(connection, settings, step.incident_id, step.number)
    there = _there_already(connection, step)
    recipients = route(settings, step, told)
    known = tuple(dict.fromkeys((*told_districts(told), *(code for one in recipients for code in one.districts))))
    spells = spells_of(connection, {step.incident_id: round(step.since * 1000)})[step.incident_id]
    due = {"created_ms": round(now * 1000), "due_ms": round(now * 1000)}
    rows = [
        _row(settings, step, one, opened_ms) | asdict(compose(settings, step, one, known, link_of, spells)) | due
        for one in recipients
        if one.address.casefold() not in there
    ]
    if rows:
        connection.execute(insert(notice), rows)
    return len(rows)


def _row(settings: ControlRoomFile, step: Step, recipient: Recipient, opened_ms: int) -> dict[str, Any]:
    sender = settings.dashboard.mail.sender
    return {
        "incident_id": step.incident_id,
        "step": step.number,
        "address": recipient.address,
        "recipient": recipient.name[:_RECIPIENT_LENGTH],
        "district": recipient.districts[0] if recipient.districts else None,
        "language": recipient.language,
        "message_id": message_id(opened_ms, step.incident_id, step.number, recipient.address, sender),
        "state": NoticeState.DUE,
        "attempts": 0,
        "last_reply": "",
    }


def _there_already(connection: Connection, step: Step) -> set[str]:
    where = (notice.c.incident_id == step.incident_id) & (notice.c.step == step.number)
    return {address.casefold() for address in connection.scalars(select(notice.c.address).where(where))}


def _told_before(connection: Connection, settings: ControlRoomFile, incident_id: int, before: int) -> tuple[Told, ...]:
    """Who was told of it by earlier steps, also by those of incidents that were merged into it, or that it was split from."""
    told = _told_by_itself(connection, settings, incident_id, before)
    for other in kin(connection, incident_id, before):
        earlier = this_round(_told_before(connection, settings, other.incident_id, other.before))
        told += [replace(one, number=other.step) for one in earlier if not one.control_room]
    splits = _splits(connection, incident_id, before)
    kept = (replace(one, districts=_still_here(one, splits)) for one in told)
    return tuple(one for one in kept if one.control_room or one.districts)


def _splits(connection: Connection, incident_id: int, before: int) -> dict[int, frozenset[int]]:
    """What was left here after each split, by the number of its step."""
    query = select(incident_step.c.step, incident_step.c.districts).where(
        incident_step.c.incident_id == incident_id,
        incident_step.c.what == StepKind.SPLIT,
        incident_step.c.step < before,
    )
    return {row.step: frozenset(json.loads(row.districts)) for row in connection.execute(query)}


def _still_here(one: Told, splits: Mapping[int, Collection[int]]) -> tuple[int, ...]:
    """Who was told of a district before it was split off hears of its end from the other part, even when it comes back here."""
    left = [codes for number, codes in splits.items() if number >= one.number]
    return tuple(code for code in one.districts if all(code in codes for codes in left))


def _told_by_itself(connection: Connection, settings: ControlRoomFile, incident_id: int, before: int) -> list[Told]:
    same_step = (incident_step.c.incident_id == notice.c.incident_id) & (incident_step.c.step == notice.c.step)
    rows = connection.execute(
        select(
            notice.c.address, notice.c.district, notice.c.language, notice.c.step,
            incident_step.c.what, incident_step.c.districts,
        )
        .select_from(notice.outerjoin(incident_step, same_step))
        .where(notice.c.incident_id == incident_id, notice.c.step < before)
        .order_by(notice.c.step, notice.c.notice_id)
    )  # fmt: skip
    return [_told(settings, row) for row in rows]


def _told(settings: ControlRoomFile, row: Any) -> Told:
    """A row names one district; the others of the same officer follow from the districts of that step."""
    concerned = json.loads(row.districts or "[]")
    mine = [] if row.district is None else [row.district]
    if mine:
        address = row.address.casefold()
        mine += [d.code for d in settings.districts if d.code in concerned and d.officer.mail.casefold() == address]
    return Told(
        address=row.address,
        control_room=row.district is None,
        districts=tuple(dict.fromkeys(mine)),
        language=row.language,
        number=row.step,
        what=StepKind(row.what or StepKind.OPENED),
    )
