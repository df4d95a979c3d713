"""Who is told of a step, and who is not."""

import pytest

from dashboard.incidents.incident import IncidentKind, Scope, StepKind
from dashboard.notices.route import Purpose, Recipient, Told, district_name, route, told_districts
from dashboard.settings import ControlRoomFile

from .conftest import DHULE, NASHIK, PUNE, RAIGAD, THANE, make_step, with_officers

ROOM = "control-room@example.org"


def addresses(recipients: tuple[Recipient, ...]) -> list[str]:
    return [one.address for one in recipients]


def told(address: str, *districts: int, number: int = 1, what: StepKind = StepKind.OPENED) -> Told:
    return Told(address, not districts, districts, "en", number, what)


def test_it_tells_the_control_room_and_each_officer_concerned_when_an_incident_opens(example: ControlRoomFile) -> None:
    recipients = route(example, make_step(), ())
    assert addresses(recipients) == [ROOM, "dio.thane@example.org", "dio.pune@example.org"]
    assert recipients[1].name == "Thane: District Immunisation Officer"
    assert {one.purpose for one in recipients} == {Purpose.OPENING}


def test_it_tells_only_the_officers_of_districts_that_joined_when_an_incident_widens(example: ControlRoomFile) -> None:
    step = make_step(2, StepKind.UPGRADED, districts=(THANE, PUNE, RAIGAD), joined=(RAIGAD,))
    recipients = route(
        example, step, (told(ROOM), told("dio.thane@example.org", THANE), told("dio.pune@example.org", PUNE))
    )
    assert [(one.address, one.purpose) for one in recipients] == [
        (ROOM, Purpose.UPDATE),
        ("dio.raigad@example.org", Purpose.OPENING),
    ]


def test_it_tells_nobody_of_an_acknowledgement(example: ControlRoomFile) -> None:
    assert route(example, make_step(2, StepKind.ACKNOWLEDGED, joined=()), ()) == ()


def test_it_tells_everybody_who_was_told_once_that_it_is_over(example: ControlRoomFile) -> None:
    before = (
        told(ROOM),
        told("dio.thane@example.org", THANE),
        told(ROOM, number=2),
        told("dio.pune@example.org", PUNE, number=2),
    )
    recipients = route(example, make_step(3, StepKind.RESOLVED, joined=()), before)
    assert addresses(recipients) == [ROOM, "dio.thane@example.org", "dio.pune@example.org"]
    assert {one.purpose for one in recipients} == {Purpose.CLOSING}


def test_it_does_not_tell_officers_of_an_end_whose_beginning_they_never_heard_of(example: ControlRoomFile) -> None:
    assert addresses(route(example, make_step(2, StepKind.RESOLVED, joined=()), (told(ROOM),))) == [ROOM]


def test_it_tells_the_districts_again_when_the_fault_comes_back_and_closes_only_with_them(
    example: ControlRoomFile,
) -> None:
    over = StepKind.RESOLVED
    first = (told(ROOM), told("dio.thane@example.org", THANE), told("dio.pune@example.org", PUNE))
    closed = (told(ROOM, number=2, what=over), told("dio.thane@example.org", THANE, number=2, what=over))
    back = make_step(3, StepKind.REOPENED, districts=(THANE,), joined=())
    again = route(example, back, (*first, *closed))
    assert [(one.address, one.purpose) for one in again] == [
        (ROOM, Purpose.AGAIN),
        ("dio.thane@example.org", Purpose.AGAIN),
    ]
    third = told("dio.thane@example.org", THANE, number=3, what=StepKind.REOPENED)
    closing = route(example, make_step(4, over, joined=()), (*first, *closed, third))
    assert addresses(closing) == [ROOM, "dio.thane@example.org"]
    assert told_districts((*first, *closed, third)) == (THANE,)


def test_it_tells_only_the_control_room_that_the_monitor_is_cut_off(example: ControlRoomFile) -> None:
    assert addresses(route(example, make_step(kind=IncidentKind.MONITOR_OFFLINE), ())) == [ROOM]


@pytest.mark.parametrize(("silent", "mails"), [((THANE, PUNE, RAIGAD), 4), ((THANE, PUNE, RAIGAD, NASHIK), 1)])
def test_it_tells_officers_of_silence_only_when_few_districts_are_silent(
    example: ControlRoomFile, silent: tuple[int, ...], mails: int
) -> None:
    step = make_step(kind=IncidentKind.AGENT_SILENT, districts=silent, joined=silent)
    assert len(route(example, step, ())) == mails


def test_it_tells_officers_when_silence_they_were_spared_turns_into_an_outage(example: ControlRoomFile) -> None:
    four = (THANE, PUNE, RAIGAD, NASHIK)
    step = make_step(2, StepKind.UPGRADED, kind=IncidentKind.OUTAGE, districts=four, joined=())
    assert len(route(example, step, (told(ROOM),))) == 5


def test_it_writes_one_mail_to_an_address_that_stands_for_two_districts_whatever_its_case(
    example: ControlRoomFile,
) -> None:
    settings = with_officers(example, Thane={"mail": "Konkan@example.org"}, Pune={"mail": "konkan@EXAMPLE.org"})
    recipients = route(settings, make_step(), ())
    assert addresses(recipients) == [ROOM, "Konkan@example.org"]
    assert recipients[1].districts == (THANE, PUNE)
    assert recipients[1].name == "Thane, Pune: District Immunisation Officer"


def test_it_writes_one_mail_when_the_control_room_is_an_officer_too(example: ControlRoomFile) -> None:
    settings = with_officers(example, Thane={"mail": "Control-Room@example.org"})
    room = route(settings, make_step(), ())[0]
    assert room.control_room
    assert room.districts == (THANE,)
    assert room.name == example.state.control_room.name


def test_it_closes_with_the_address_that_was_told_even_when_the_officer_has_changed(example: ControlRoomFile) -> None:
    settings = with_officers(example, Thane={"mail": "new@example.org"})
    closing = route(settings, make_step(2, StepKind.RESOLVED, joined=()), (told("dio.thane@example.org", THANE),))
    assert addresses(closing) == [ROOM, "dio.thane@example.org"]


def test_it_passes_over_a_district_the_config_no_longer_knows(example: ControlRoomFile) -> None:
    assert addresses(route(example, make_step(districts=(1, DHULE), joined=(1, DHULE)), ())) == [
        ROOM,
        "dio.dhule@example.org",
    ]
    assert district_name(example, 1, "mr") == "district 1"


def test_it_names_a_district_in_the_reader_s_language_and_in_english_where_there_is_no_such_name(
    example: ControlRoomFile,
) -> None:
    assert [district_name(example, RAIGAD, tongue) for tongue in ("en", "mr", "hi", "bn")] == [
        "Raigad",
        "रायगड",
        "रायगढ़",
        "Raigad",
    ]


@pytest.mark.parametrize(("scope", "officers"), [(Scope.STATE, False), (Scope.DISTRICT, True)])
def test_a_backlog_stalled_by_the_states_own_counts_goes_to_the_control_room_alone(
    example: ControlRoomFile, scope: Scope, officers: bool
) -> None:
    step = make_step(kind=IncidentKind.BACKLOG_STALLED, scope=scope, districts=(RAIGAD,), joined=(RAIGAD,))
    assert (len(route(example, step, ())) > 1) is officers
