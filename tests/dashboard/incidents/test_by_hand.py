"""What people do with incidents: each step is a row with a sentence and a name, and a rule leaves it alone."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import Connection, Engine, update

from dashboard.decisions.kinds import Objection
from dashboard.incidents import by_hand, ledger
from dashboard.incidents.by_hand import By, MovedOnError, Taken
from dashboard.incidents.incident import IncidentKind, Scope, Severity, StepKind, severity
from dashboard.settings import ControlRoomFile
from dashboard.store import deliveries
from dashboard.store.schema import incident
from dashboard.web.pages.incidents.actions import open_one
from dashboard.web.pages.incidents.asked import (
    AcceptAsked,
    AcknowledgeAsked,
    AssignAsked,
    CloseAsked,
    NoteAsked,
    OpeningAsked,
    SeverityAsked,
    SnoozeAsked,
)  # fmt: skip
from dashboard.web.pages.incidents.desk import Done, Form
from tests.dashboard.incidents.hands import EVERYONE, NOON, Hands
from tests.places import PUNE, RAIGAD, THANE

SLOWDOWN, OUTAGE, LOCAL = IncidentKind.SLOWDOWN, IncidentKind.OUTAGE, IncidentKind.LOCAL


@pytest.fixture
def hands(engine: Engine) -> Hands:
    return Hands(engine)


def by_phone(*codes: int, **more: object) -> OpeningAsked:
    since = "2021-01-16T11:30:00+05:30"
    asked = {
        "who": "Asha",
        "kind": "outage",
        "districts": list(codes),
        "since": since,
        "why": "told by phone",
        "form": "f1",
    }
    return OpeningAsked.model_validate(asked | more)


# -- single steps ------------------------------------------------------------------------------------------------------


def test_who_acknowledges_has_it_unless_another_owner_is_named(hands: Hands) -> None:
    first, second = hands.opened(SLOWDOWN, THANE), hands.opened(SLOWDOWN, PUNE)
    hands.done(first, AcknowledgeAsked(who="Asha"))
    hands.done(second, AcknowledgeAsked(who="Asha", owner="Bela"))
    assert [hands.row(n).owner for n in (first, second)] == ["Asha", "Bela"]
    assert hands.timeline(second)[-1] == ("acknowledged", "Asha", "Seen by Asha; Bela has it")
    hands.clock.at += 150
    again = hands.act(first, AcknowledgeAsked(who="Chitra"))
    assert isinstance(again, Objection)
    assert again.error == "incident 1 was acknowledged before, by Asha, 2 min ago"


def test_an_owner_is_changed_by_name(hands: Hands) -> None:
    number = hands.opened(SLOWDOWN, THANE)
    hands.done(number, AssignAsked(who="Asha", owner="Bela"))
    hands.done(number, AssignAsked(who="Bela", owner="Chitra"))
    assert hands.timeline(number)[-1] == ("assigned", "Bela", "Chitra has it now, before Bela")


def test_a_note_is_kept_as_it_was_written_and_taken_once_a_form(hands: Hands) -> None:
    number = hands.opened(SLOWDOWN, THANE)
    note = NoteAsked(who="Asha", text="  Rang the DIO:\n\nthe line is being mended  ", form="n1")
    assert [hands.done(number, note).again for _ in range(2)] == [False, True]
    assert hands.timeline(number)[1:] == [("noted", "Asha", "Rang the DIO:\n\nthe line is being mended")]
    other = hands.act(number, NoteAsked(who="Asha", text="other words", form="n1"))
    assert isinstance(other, Objection)
    assert (other.field, other.conflict) == ("form", True)


def test_a_step_asked_for_at_an_older_step_is_refused_and_a_note_never_is(hands: Hands) -> None:
    number = hands.opened(SLOWDOWN, THANE)
    hands.rule(StepKind.UPGRADED, SLOWDOWN, [THANE, PUNE], number)
    late = hands.act(number, CloseAsked(who="Asha", why="over", step=1))
    assert isinstance(late, Objection)
    assert late.error == "incident 1 has moved on: its newest step is 2, not 1: upgraded by rule, a moment ago"
    hands.done(number, NoteAsked(who="Asha", text="still here", form="n1"))


def test_a_step_that_comes_between_makes_the_action_try_again_and_nothing_is_lost(hands: Hands) -> None:
    number = hands.opened(SLOWDOWN, THANE)
    tries: list[int] = []

    def beaten_once(connection, settings, by):  # type: ignore[no-untyped-def]
        tries.append(1)
        row = by_hand.found(connection, number, by)
        if len(tries) == 1:  # as another writer does on a store with several
            connection.execute(update(incident).values(steps=row.steps + 1))
        return by_hand.take(connection, row, StepKind.NOTED, "kept", by)

    assert isinstance(hands.desk.take(beaten_once, "Asha"), Done)
    assert len(tries) == 2
    assert [what for what, *_ in hands.timeline(number)] == ["opened", "noted"]


def test_when_it_is_beaten_twice_it_says_so(hands: Hands) -> None:
    def beaten(_connection, _settings, _by):  # type: ignore[no-untyped-def]
        raise MovedOnError

    answer = hands.desk.take(beaten, "Asha")
    assert isinstance(answer, Objection)
    assert answer.error == "other steps came between"


# -- severity ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "scope", "districts", "expected"),
    [
        (OUTAGE, Scope.STATE, 36, "critical"), (IncidentKind.MONITOR_OFFLINE, Scope.STATE, 36, "critical"),
        (OUTAGE, Scope.DISTRICT, 1, "major"), (SLOWDOWN, Scope.STATE, 36, "major"), (LOCAL, Scope.DISTRICT, 1, "minor"),
        (LOCAL, Scope.DIVISION, 7, "major"), (IncidentKind.AGENT_SILENT, Scope.DISTRICT, 1, "minor"),
        (IncidentKind.BACKLOG_STALLED, Scope.DISTRICT, 1, "minor"), (IncidentKind.DOSE_STALL, Scope.DISTRICT, 1, "major"),
    ],
)  # fmt: skip
def test_the_rule_s_severity_follows_from_kind_scope_and_size(
    kind: IncidentKind, scope: Scope, districts: int, expected: str
) -> None:
    assert severity(kind, scope, range(districts)) == expected


def test_a_person_s_severity_is_not_changed_back_by_the_rule(hands: Hands) -> None:
    number = hands.opened(LOCAL, THANE)
    other = hands.opened(SLOWDOWN, PUNE)
    assert hands.row(number).severity == "minor"
    hands.done(number, SeverityAsked(who="Asha", severity=Severity.CRITICAL))
    hands.rule(StepKind.UPGRADED, LOCAL, [THANE, RAIGAD], number)
    hands.rule(StepKind.UPGRADED, OUTAGE, EVERYONE, other, Scope.STATE)
    assert [hands.row(n).severity for n in (number, other)] == ["critical", "critical"]
    assert hands.timeline(number)[1] == ("graded", "Asha", "Severity set to critical, before minor")
    hands.done(other, SeverityAsked(who="Asha", severity=Severity.MINOR))
    hands.rule(StepKind.UPGRADED, OUTAGE, EVERYONE, other, Scope.STATE)
    assert hands.row(other).severity == "minor"


# -- snooze ------------------------------------------------------------------------------------------------------------


def snoozed(until: str | None) -> SnoozeAsked:
    return SnoozeAsked.model_validate({"who": "Asha", "until": until and f"2021-01-16T{until}:00+05:30"})


def test_while_it_is_snoozed_only_its_end_is_told(hands: Hands) -> None:
    number = hands.opened(SLOWDOWN, THANE)
    hands.done(number, snoozed("13:00"))
    hands.rule(StepKind.UPGRADED, SLOWDOWN, [THANE, PUNE], number)
    hands.rule(StepKind.RESOLVED, SLOWDOWN, [], number)
    assert [step.what for step in hands.told] == [StepKind.OPENED, StepKind.RESOLVED]
    assert hands.timeline(number)[1] == ("snoozed", "Asha", "No mails until 13:00, but that of its end")
    assert hands.row(number).snoozed_until_ms is None


def test_at_the_end_of_the_snooze_one_step_says_that_it_lasts(hands: Hands) -> None:
    number = hands.opened(SLOWDOWN, THANE)
    hands.done(number, snoozed("13:00"))
    for now, steps in ((NOON + 3599, 0), (NOON + 3600, 1), (NOON + 3605, 0)):
        with hands.engine.begin() as connection:
            woken = ledger.wake(connection, now)
        assert len(woken) == steps
        assert all(step.tells and step.what is StepKind.WOKEN for step in woken)
    assert hands.timeline(number)[-1][2] == "The snooze is over and it still lasts. slowdown opened"


def test_a_snooze_is_ended_by_hand_and_lasts_a_day_at_most(hands: Hands) -> None:
    number = hands.opened(SLOWDOWN, THANE)
    for wrong in ("11:59", "12:00"):
        answer = hands.act(number, snoozed(wrong))
        assert isinstance(answer, Objection)
        assert answer.field == "until"
    assert isinstance(hands.act(number, SnoozeAsked.model_validate({"who": "A", "until": NOON + 86_401})), Objection)
    assert isinstance(hands.act(number, snoozed(None)), Objection)
    hands.done(number, snoozed("13:00"))
    hands.done(number, snoozed(None))
    assert [step.what for step in hands.told] == [StepKind.OPENED, StepKind.WOKEN]


# -- opened and closed by hand -----------------------------------------------------------------------------------------


def test_what_a_person_opens_is_told_and_closed_by_a_person_alone(hands: Hands) -> None:
    answer = open_one(hands.desk, by_phone(RAIGAD), frozenset({RAIGAD}))
    assert isinstance(answer, Done)
    assert hands.timeline(1) == [("opened", "Asha", "Registry down in Raigad since 11:30: told by phone")]
    assert hands.rule(StepKind.RESOLVED, OUTAGE, [], 1) is None
    hands.done(1, CloseAsked(who="Bela", why="the DIO says it works"))
    assert hands.timeline(1)[-1] == ("resolved", "Bela", "Closed by Bela: the DIO says it works")
    assert [(step.what, step.districts) for step in hands.told] == [
        (StepKind.OPENED, (RAIGAD,)), (StepKind.RESOLVED, (RAIGAD,)),
    ]  # fmt: skip
    row = hands.row(1)
    assert (row.status, row.closed_by, row.made_by, row.resolved_ms) == ("resolved", "Bela", "Asha", row.closed_ms)


def test_the_same_form_opens_one_incident(hands: Hands) -> None:
    answers = [open_one(hands.desk, by_phone(RAIGAD), frozenset({RAIGAD})) for _ in range(2)]
    assert [answer.again for answer in answers if isinstance(answer, Done)] == [False, True]
    assert len(hands.told) == 1


def at_once(*asked: OpeningAsked, hands: Hands) -> list[Done | Objection]:
    """What is sent at the same moment, each in a thread of its own."""
    together = Barrier(len(asked))

    def send(one: OpeningAsked) -> Done | Objection:
        together.wait()
        return open_one(hands.desk, one, frozenset({RAIGAD}))

    with ThreadPoolExecutor(len(asked)) as threads:
        return list(threads.map(send, asked))


def test_a_form_that_is_sent_twice_at_once_opens_one_incident(hands: Hands) -> None:
    answers = at_once(by_phone(RAIGAD), by_phone(RAIGAD), hands=hands)
    assert sorted(answer.again for answer in answers if isinstance(answer, Done)) == [False, True]
    assert len(hands.told) == 1


def test_of_two_persons_who_open_the_same_at_once_the_second_is_told_who_was_first(hands: Hands) -> None:
    answers = at_once(by_phone(RAIGAD), by_phone(RAIGAD, who="Bela", form="f2"), hands=hands)
    (objection,) = (answer for answer in answers if isinstance(answer, Objection))
    first = hands.row(1).made_by
    assert objection.error == f"Raigad stands in incident 1 already, opened by {first}, a moment ago"
    assert objection.conflict
    assert len(hands.told) == 1


def test_of_two_persons_who_acknowledge_at_once_the_second_is_told_who_was_first(hands: Hands) -> None:
    number = hands.opened(SLOWDOWN, THANE)

    def late(connection: Connection, _settings: ControlRoomFile, by: By) -> by_hand.Taken:
        row = by_hand.found(connection, number, replace(by, seen=None))
        first = By("Bela", NOON)
        # between the look and the claim, as on a store with several writers
        by_hand.acknowledge(connection, number, first)
        assert not isinstance(row, Objection)
        with pytest.raises(MovedOnError):
            by_hand.take(connection, row, StepKind.ACKNOWLEDGED, "too late", by)
        return by_hand.acknowledge(connection, number, by)

    answer = hands.desk.take(late, "Asha", 1)
    assert isinstance(answer, Objection)
    assert answer.error == "incident 1 has moved on: its newest step is 2, not 1: acknowledged by Bela, a moment ago"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "monitor_offline"}, "kind"), ({"since": "2021-01-16T12:00:01+05:30"}, "since"),
        ({"since": "2020-12-01T12:00:00+05:30"}, "since"), ({}, "districts"),
    ],
)  # fmt: skip
def test_what_cannot_be_opened_is_refused_by_field(hands: Hands, more: dict[str, object], field: str) -> None:
    hands.opened(SLOWDOWN, RAIGAD)
    answer = open_one(hands.desk, by_phone(RAIGAD, **more), frozenset({RAIGAD}))
    assert isinstance(answer, Objection)
    assert answer.field == field


def test_what_a_person_closed_no_rule_brings_back_and_its_resolution_is_told_once(hands: Hands) -> None:
    number = hands.opened(SLOWDOWN, THANE)
    hands.done(number, CloseAsked(who="Asha", why="a drill of the registry's people"))
    assert hands.rule(StepKind.REOPENED, SLOWDOWN, [THANE], number) is None
    assert [step.what for step in hands.told] == [StepKind.OPENED, StepKind.RESOLVED]
    again = hands.act(number, CloseAsked(who="Asha", why="again"))
    assert isinstance(again, Objection)
    assert again.error == "incident 1 was closed before, by Asha, a moment ago"
    assert hands.standing()[number].closed_by_hand


def test_a_slowdown_becomes_the_new_normal_in_one_go_and_nothing_else_can(hands: Hands) -> None:
    slow, line = hands.opened(SLOWDOWN, THANE), hands.opened(LOCAL, RAIGAD)
    hands.done(slow, AcceptAsked(who="Asha", why="a new proxy"))
    assert [step[:2] for step in hands.timeline(slow)] == [
        ("opened", "rule"),
        ("accepted", "Asha"),
        ("resolved", "Asha"),
    ]
    assert hands.row(slow).closed_by == "Asha"
    for number in (slow, line):
        refused = hands.act(number, AcceptAsked(who="Asha", why="again"))
        assert isinstance(refused, Objection)
        assert refused.error == f"incident {number} is no open slowdown"
    assert len(hands.timeline(line)) == 1


def test_a_recovering_one_is_closed_by_hand_without_a_mail_and_keeps_its_technical_end(hands: Hands) -> None:
    number = hands.opened(OUTAGE, THANE)
    hands.rule(StepKind.RESOLVED, OUTAGE, [], number)
    hands.clock.at += 3600
    hands.done(number, CloseAsked(who="Asha", why="paper is entered"))
    row = hands.row(number)
    assert (row.resolved_ms, row.closed_ms) == (NOON * 1000, (NOON + 3600) * 1000)
    assert hands.timeline(number)[-1] == ("closed", "Asha", "Closed: paper is entered")
    hands.clock.at = NOON + 300
    assert not hands.standing()[number].ended_by_hand  # a fault that begins anew is told
    assert len(hands.told) == 2


def test_a_reopened_one_is_open_again_in_every_respect(hands: Hands) -> None:
    number = hands.opened(IncidentKind.AGENT_SILENT, THANE)
    hands.rule(StepKind.RESOLVED, IncidentKind.AGENT_SILENT, [], number)
    assert hands.row(number).closed_by == "rule"  # nothing of doses to wait for
    assert hands.rule(StepKind.REOPENED, IncidentKind.AGENT_SILENT, [THANE], number) is not None
    row = hands.row(number)
    assert (row.status, row.resolved_ms, row.closed_ms, row.closed_by) == ("open", None, None, None)


def test_an_incident_that_is_not_there_is_said(hands: Hands) -> None:
    with hands.engine.begin() as connection:
        answer = by_hand.note(connection, 77, By("Asha", NOON), "text")
    assert isinstance(answer, Objection)
    assert (answer.field, answer.error) == ("incident_id", "there is no incident 77")


def test_a_form_that_another_stores_meanwhile_is_tried_again_and_nothing_of_the_first_try_stays(hands: Hands) -> None:
    number, tries = hands.opened(SLOWDOWN, THANE), []

    def note(connection: Connection, _settings: ControlRoomFile, by: By) -> Taken:
        if not tries:
            deliveries.keep(connection, "incidents", "f7", deliveries.Delivery("", "{}"), 0)
        tries.append(by.who)
        return by_hand.note(connection, number, by, "three sites on paper")

    assert isinstance(hands.desk.take(note, "Asha", form=Form("f7", "three sites on paper")), Done)
    assert tries == ["Asha", "Asha"]
    assert len(hands.timeline(number)) == 2
