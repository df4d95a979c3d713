"""The main job with real processes: a slowdown in five districts, told to their officers, and over again."""

from collections import Counter
from pathlib import Path

import pytest

from probes.rehearsal.faults import Fault, FaultKind
from probes.rehearsal.mail_folder import Mail
from tests.end_to_end.machine import SLOW, a_machine, eventually
from tests.places import JALGAON, NASHIK, PALGHAR, PUNE, THANE, example

FIVE = (THANE, PUNE, PALGHAR, NASHIK, JALGAON)
OFFICERS = {example().district(code).officer.mail for code in FIVE}
ROOM = example().state.control_room.mail


@pytest.mark.process
def test_a_slowdown_in_five_districts_is_told_to_their_officers_once_and_closed_once(tmp_path: Path) -> None:
    with a_machine(tmp_path) as machine:
        machine.start("serve")
        machine.start("probe")
        eventually(lambda: set(machine.states().values()), lambda states: states == {"ok"})
        eventually(machine.fewest_uploads, lambda count: count >= 15)  # the judgement knows what is usual

        machine.faults(Fault(kind=FaultKind.SLOW, districts=FIVE, factor=SLOW))
        eventually(machine.incidents, lambda found: {c for i in found for c in i["districts"]} == set(FIVE))
        (incident,) = machine.incidents()
        assert (incident["kind"], incident["status"]) == ("slowdown", "open")
        told = eventually(lambda: _to(machine.mails()), lambda to: set(to) >= OFFICERS | {ROOM})
        assert {address: told[address] for address in OFFICERS} == dict.fromkeys(OFFICERS, 1)
        assert set(told) == OFFICERS | {ROOM}

        machine.faults()
        eventually(machine.incidents, lambda found: found[0]["status"] == "resolved")
        told = eventually(lambda: _to(machine.mails()), lambda to: all(to[officer] == 2 for officer in OFFICERS))
        assert set(told) == OFFICERS | {ROOM}
        (incident,) = machine.incidents()
        assert set(incident["districts"]) == set(FIVE)
        assert told[ROOM] == len(incident["history"])
        ids = [mail.message_id for mail in machine.mails()]
        assert len(ids) == len(set(ids))
        assert machine.stop() == {"serve": 0, "probe": 0}


def _to(mails: list[Mail]) -> Counter[str]:
    return Counter(address for mail in mails for address in mail.to)
