"""Officers hear of the end of what they were told of, also when their incident was merged into another or split off."""

import pytest
from sqlalchemy import Engine, select

from dashboard.incidents import parts
from dashboard.incidents.incident import IncidentKind, StepKind
from dashboard.notices import outbox
from dashboard.store.schema import notice
from dashboard.web.pages.incidents.asked import MergeAsked, SplitAsked
from dashboard.web.pages.incidents.desk import Desk
from tests.dashboard.incidents.hands import Hands
from tests.places import DHULE, JALGAON, PUNE, RAIGAD, THANE

OUTAGE, LOCAL, SLOWDOWN = IncidentKind.OUTAGE, IncidentKind.LOCAL, IncidentKind.SLOWDOWN


class MailedHands(Hands):
    """The same with the real outbox."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._tell = outbox.enqueue  # type: ignore[method-assign]
        self.desk = Desk(engine, self.settings, self.clock)

    def officers(self, number: int, what: StepKind) -> list[str]:
        """Districts whose officers were mailed at the newest step of this kind."""
        step = max(n for n, (each, *_) in enumerate(self.timeline(number), 1) if each == what)
        with self.engine.connect() as connection:
            mine = (notice.c.incident_id == number, notice.c.step == step, notice.c.district.is_not(None))
            found = connection.execute(select(notice.c.address).where(*mine)).scalars()
            return sorted(address.removeprefix("dio.").partition("@")[0] for address in found)

    def over(self, number: int, kind: IncidentKind) -> list[str]:
        self.rule(StepKind.RESOLVED, kind, [], number)
        return self.officers(number, StepKind.RESOLVED)


@pytest.fixture
def hands(engine: Engine) -> MailedHands:
    return MailedHands(engine)


def test_the_officers_of_a_merged_incident_hear_once_more_at_the_end_of_the_other(hands: MailedHands) -> None:
    first, second = hands.opened(OUTAGE, DHULE), hands.opened(LOCAL, RAIGAD)
    hands.done(first, MergeAsked(who="Asha", others=[second]))
    hands.rule(StepKind.UPGRADED, OUTAGE, [DHULE, RAIGAD, PUNE], first)
    assert hands.officers(first, StepKind.UPGRADED) == ["pune"]
    assert hands.over(first, OUTAGE) == ["dhule", "pune", "raigad"]
    hands.rule(StepKind.REOPENED, OUTAGE, [RAIGAD], first)
    assert hands.over(first, OUTAGE) == ["raigad"]


def test_also_when_it_came_by_way_of_a_third(hands: MailedHands) -> None:
    one, two, three = hands.opened(SLOWDOWN, DHULE), hands.opened(OUTAGE, PUNE), hands.opened(LOCAL, RAIGAD)
    hands.done(two, MergeAsked(who="Asha", others=[three]))
    hands.clock.at += 60
    hands.done(one, MergeAsked(who="Asha", others=[two]))
    assert hands.over(one, SLOWDOWN) == ["dhule", "pune", "raigad"]


def test_after_a_split_each_officer_hears_of_the_own_part(hands: MailedHands) -> None:
    number = hands.opened(SLOWDOWN, THANE, RAIGAD, PUNE)
    hands.done(number, SplitAsked(who="Asha", districts=[PUNE]))
    assert hands.over(number, SLOWDOWN) == ["raigad", "thane"]
    assert hands.over(number + 1, SLOWDOWN) == ["pune"]


def test_while_the_rest_lasts_who_comes_back_hears_of_it_again_and_of_its_end_once_more(hands: MailedHands) -> None:
    number = hands.opened(SLOWDOWN, THANE, RAIGAD, PUNE)
    hands.done(number, SplitAsked(who="Asha", districts=[PUNE]))
    hands.over(number + 1, SLOWDOWN)
    hands.rule(StepKind.UPGRADED, SLOWDOWN, [THANE, RAIGAD, PUNE], number)
    assert hands.officers(number, StepKind.UPGRADED) == ["pune"]
    assert hands.over(number, SLOWDOWN) == ["pune", "raigad", "thane"]


def test_a_part_that_is_merged_back_is_told_of_its_end_once(hands: MailedHands) -> None:
    number = hands.opened(SLOWDOWN, THANE, RAIGAD, PUNE)
    hands.done(number, SplitAsked(who="Asha", districts=[PUNE]))
    hands.clock.at += 60
    hands.done(number, MergeAsked(who="Asha", others=[number + 1]))
    assert hands.over(number, SLOWDOWN) == ["pune", "raigad", "thane"]


def test_merges_and_splits_of_the_same_millisecond_are_not_mixed_up(hands: MailedHands) -> None:
    one, two = hands.opened(OUTAGE, DHULE), hands.opened(LOCAL, RAIGAD)
    three, four = hands.opened(SLOWDOWN, THANE, PUNE), hands.opened(LOCAL, JALGAON)
    hands.done(one, MergeAsked(who="Asha", others=[two]))
    hands.done(three, MergeAsked(who="Bela", others=[four]))
    hands.done(three, SplitAsked(who="Bela", districts=[PUNE]))
    hands.done(one, SplitAsked(who="Asha", districts=[RAIGAD]))
    with hands.engine.connect() as connection:
        kin = {number: set(parts.kin(connection, number, 9)) for number in range(1, 7)}
    assert kin == {
        one: {(two, 2, 2), (6, 1, 3)}, two: {(one, 2, 2)}, three: {(four, 2, 2), (5, 1, 3)}, four: {(three, 2, 2)},
        5: {(three, 3, 1)}, 6: {(one, 3, 1)},
    }  # fmt: skip
