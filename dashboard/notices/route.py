"""Who is told of a step. Pure: settings, step and who was told before in, recipients out. Change routing rules here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from dashboard.incidents.incident import IncidentKind, Scope, Step, StepKind
from dashboard.settings import ControlRoomFile, District, Language

# more silent districts than this are a fault of the measuring, not something their officers can mend
SILENT_DISTRICTS_TOLD = 3


class Purpose(StrEnum):
    OPENING = "opening"  # the first this person hears of the incident
    UPDATE = "update"
    AGAIN = "again"
    CLOSING = "closing"


_PURPOSE_FOR_ROOM = {
    StepKind.OPENED: Purpose.OPENING,
    StepKind.UPGRADED: Purpose.UPDATE,
    StepKind.WOKEN: Purpose.UPDATE,
    StepKind.REOPENED: Purpose.AGAIN,
    StepKind.RESOLVED: Purpose.CLOSING,
}


@dataclass(frozen=True)
class Told:
    """A mail that is already owed or sent for an earlier step of the same incident."""

    address: str
    control_room: bool
    districts: tuple[int, ...]  # LGD codes this person was told of, as their officer
    language: Language
    number: int  # of the step
    what: StepKind


@dataclass(frozen=True)
class Recipient:
    """One person, or one mailbox, that gets one mail for the step."""

    address: str
    name: str  # for the page and the To line: "Raigad: District Immunisation Officer"
    control_room: bool
    districts: tuple[int, ...]  # LGD codes whose officer this is
    language: Language
    purpose: Purpose


def route(settings: ControlRoomFile, step: Step, told: Sequence[Told]) -> tuple[Recipient, ...]:
    """The mails of a step, the control room's first, one an address (compared without case).

    An officer hears once that a fault has begun and once that it is over; the control room hears of every step.
    """
    if not step.tells:
        return ()
    room = settings.state.control_room
    first = Recipient(room.mail, room.name, True, (), room.language, _PURPOSE_FOR_ROOM[step.what])
    officers = _closings(settings, told) if step.what is StepKind.RESOLVED else _openings(settings, step, told)
    return _one_an_address(settings, (first, *officers))


def told_districts(told: Sequence[Told]) -> tuple[int, ...]:
    """Districts whose officers know of the fault as it stands: told since the incident opened, or reopened, last."""
    return tuple(dict.fromkeys(code for entry in this_round(told) for code in entry.districts))


def district_name(settings: ControlRoomFile, code: int, language: Language) -> str:
    """A district's name in a language, in English where there is none; of an unknown code the code."""
    district = _district(settings, code)
    if district is None:
        return f"district {code}"
    return {"mr": district.mr, "hi": district.hi}.get(language) or district.name


def this_round(told: Sequence[Told]) -> list[Told]:
    """The mails since it was resolved last."""
    closed = max((entry.number for entry in told if entry.what is StepKind.RESOLVED), default=0)
    return [entry for entry in told if entry.number > closed]


def _openings(settings: ControlRoomFile, step: Step, told: Sequence[Told]) -> Iterable[Recipient]:
    if step.kind is IncidentKind.MONITOR_OFFLINE:
        return
    if step.kind is IncidentKind.AGENT_SILENT and len(step.districts) > SILENT_DISTRICTS_TOLD:
        return
    if step.kind is IncidentKind.BACKLOG_STALLED and step.scope is Scope.STATE:
        return  # judged by the state's own counts: which districts it is about, nobody knows
    known = set(told_districts(told))
    purpose = Purpose.AGAIN if step.what is StepKind.REOPENED else Purpose.OPENING
    for code in dict.fromkeys((*step.districts, *step.joined)):
        district = _district(settings, code)
        if district is not None and code not in known:
            officer = district.officer
            yield Recipient(officer.mail, "", False, (code,), officer.language, purpose)


def _closings(settings: ControlRoomFile, told: Sequence[Told]) -> Iterable[Recipient]:
    # the address that got the opening mail, even when the config names another officer by now
    for entry in this_round(told):
        if entry.districts:
            yield Recipient(entry.address, "", False, entry.districts, entry.language, Purpose.CLOSING)


def _one_an_address(settings: ControlRoomFile, recipients: Iterable[Recipient]) -> tuple[Recipient, ...]:
    grouped: dict[str, Recipient] = {}
    for one in recipients:
        key = one.address.casefold()
        before = grouped.get(key, one)
        districts = tuple(dict.fromkeys((*before.districts, *one.districts)))
        grouped[key] = replace(before, districts=districts)
    return tuple(replace(one, name=one.name or _officer_name(settings, one.districts)) for one in grouped.values())


def _officer_name(settings: ControlRoomFile, codes: Sequence[int]) -> str:
    district = _district(settings, codes[0])
    title = district.officer.name if district else "District officer"
    return f"{', '.join(district_name(settings, code, 'en') for code in codes)}: {title}"


def _district(settings: ControlRoomFile, code: int) -> District | None:
    return next((district for district in settings.districts if district.code == code), None)
