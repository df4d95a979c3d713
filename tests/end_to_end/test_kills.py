"""kill -9 at the worst moments: no mail is lost, a repeated one keeps its Message-ID, and no acknowledged sample is lost."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from probes.rehearsal.faults import Fault, FaultKind
from tests.end_to_end.machine import SLOW, Machine, a_machine, eventually
from tests.places import DHULE, example

OFFICER = example().district(DHULE).officer.mail
KILLS = 20


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with a_machine(tmp_path) as machine:
        yield machine


def slow_until_it_crashes(machine: Machine, where: str) -> None:
    """Open an incident whose mail makes the control room die at the named point."""
    machine.start("serve", TIKAWATCH_CRASH_AT=where)
    machine.start("probe")
    eventually(machine.fewest_uploads, lambda count: count >= 15)
    machine.faults(Fault(kind=FaultKind.SLOW, districts=(DHULE,), factor=SLOW))
    assert machine.ended("serve") == 137


@pytest.mark.process
def test_killed_between_incident_and_mail_it_sends_the_mail_after_the_restart(machine: Machine) -> None:
    slow_until_it_crashes(machine, "before_mail")
    assert machine.mails() == []
    assert machine.asked("SELECT count(*) FROM incident") == [(1,)]
    owed = machine.asked("SELECT message_id, address FROM notice ORDER BY notice_id")
    machine.start("serve")
    eventually(lambda: {(mail.message_id, mail.to[0]) for mail in machine.mails()}, lambda sent: sent >= set(owed))
    assert OFFICER in {address for _id, address in owed}
    assert Counter(mail.message_id for mail in machine.mails()).most_common(1)[0][1] == 1


@pytest.mark.process
def test_killed_after_the_relay_took_the_mail_it_repeats_it_with_the_same_message_id(machine: Machine) -> None:
    slow_until_it_crashes(machine, "after_250")
    (first,) = machine.mails()
    machine.start("serve")
    eventually(lambda: Counter(mail.message_id for mail in machine.mails()), lambda count: count[first.message_id] == 2)
    eventually(
        lambda: machine.asked("SELECT count(*) FROM notice WHERE state <> 'accepted'"), lambda rows: rows == [(0,)]
    )
    assert machine.asked("SELECT count(*) FROM attempt WHERE result = 'in_doubt'") == [(1,)]
    counts = Counter(mail.message_id for mail in machine.mails())
    assert {count for message_id, count in counts.items() if message_id != first.message_id} <= {1}


@pytest.mark.process
def test_no_acknowledged_sample_is_lost_over_twenty_kills_of_the_control_room(machine: Machine) -> None:
    machine.start("probe")
    for kill in range(KILLS):
        before = _stored(machine)
        machine.start("serve")
        eventually(lambda: _stored(machine), lambda stored, n=before: stored > n)  # type: ignore[misc]
        machine.kill("serve")
        assert _stored(machine) > before, f"kill {kill + 1}"
    machine.start("serve")
    eventually(lambda: machine.metric("tikawatch_ingest_lag_seconds"), lambda lag: lag < 3)
    assert machine.stop() == {"serve": 0, "probe": 0}

    seqs = [seq for (seq,) in machine.asked("SELECT seq FROM sample ORDER BY seq")]
    waiting = _spooled_seqs(machine)
    assert len(seqs) == len(set(seqs))
    assert machine.asked("PRAGMA integrity_check") == [("ok",)]
    # what the agent let go of was acknowledged: together with what still waits, no number is missing
    assert sorted({*seqs, *waiting}) == list(range(1, max(*seqs, *waiting) + 1)), "an acknowledged sample is missing"


def _stored(machine: Machine) -> int:
    if not (machine.folder / "tikawatch.db").exists():
        return 0
    return int(machine.asked("SELECT count(*) FROM sample")[0][0])


def _spooled_seqs(machine: Machine) -> list[int]:
    with closing(sqlite3.connect(machine.folder / "spool.db")) as spool:
        return [row[0] for row in spool.execute("SELECT seq FROM sample")]
