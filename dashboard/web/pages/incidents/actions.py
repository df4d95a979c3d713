"""What was asked, turned into a step of an incident: one function for page and API alike."""

from functools import partial
from typing import assert_never

from sqlalchemy import Connection

from dashboard.decisions.kinds import Objection
from dashboard.incidents import by_hand, parts
from dashboard.incidents.by_hand import By, Opening, Taken
from dashboard.settings import ControlRoomFile
from dashboard.web.pages.incidents.asked import (
    AcceptAsked,
    AcknowledgeAsked,
    AssignAsked,
    CloseAsked,
    MergeAsked,
    NoteAsked,
    OpeningAsked,
    SeverityAsked,
    SnoozeAsked,
    SplitAsked,
    seconds,
)  # fmt: skip
from dashboard.web.pages.incidents.desk import Desk, Done, Form

AskedOfOne = (
    AcknowledgeAsked
    | AssignAsked
    | NoteAsked
    | SeverityAsked
    | SnoozeAsked
    | CloseAsked
    | AcceptAsked
    | MergeAsked
    | SplitAsked
)


def act(desk: Desk, incident_id: int, asked: AskedOfOne) -> Done | Objection:
    """Take the step of one incident; what it names is checked against the store as it is now."""
    form = None
    if isinstance(asked, NoteAsked):
        form = Form(asked.form, {"incident_id": incident_id, "text": asked.text})
    seen = None if isinstance(asked, NoteAsked) else asked.step
    return desk.take(partial(_step, incident_id, asked), asked.who, seen, form)


def open_one(desk: Desk, asked: OpeningAsked, codes: frozenset[int]) -> Done | Objection:
    """Open an incident by hand."""
    new = Opening(asked.kind, codes, seconds(asked.since), asked.why)
    form = Form(asked.form, {"kind": asked.kind, "districts": sorted(codes), "why": asked.why})

    def opening(connection: Connection, settings: ControlRoomFile, by: By) -> Taken:
        return by_hand.open_incident(connection, settings, new, by)

    return desk.take(opening, asked.who, form=form)


def codes_of(settings: ControlRoomFile, sent: list[int] | str) -> frozenset[int] | Objection:
    """The districts that were sent: LGD codes, or STATE."""
    known = frozenset(district.code for district in settings.districts)
    if isinstance(sent, str):
        return known
    wrong = sorted(set(sent) - known)
    if wrong:
        return Objection("districts", f"there is no district {wrong[0]}", "Send LGD codes of config.yaml, or STATE")
    return frozenset(sent)


def _step(number: int, asked: AskedOfOne, connection: Connection, settings: ControlRoomFile, by: By) -> Taken:
    match asked:
        case AcknowledgeAsked():
            return by_hand.acknowledge(connection, number, by, asked.owner)
        case AssignAsked():
            return by_hand.assign(connection, number, by, asked.owner)
        case NoteAsked():
            return by_hand.note(connection, number, by, asked.text)
        case SeverityAsked():
            return by_hand.grade(connection, number, by, asked.severity)
        case SnoozeAsked():
            until = None if asked.until is None else seconds(asked.until)
            return by_hand.snooze(connection, settings, number, by, until)
        case CloseAsked():
            return by_hand.close(connection, number, by, asked.why)
        case AcceptAsked():
            return by_hand.accept(connection, number, by, asked.why)
        case MergeAsked():
            return parts.merge(connection, settings, number, by, asked.others)
        case SplitAsked():
            return parts.split(connection, settings, number, by, frozenset(asked.districts))
    assert_never(asked)
