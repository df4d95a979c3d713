"""The control room dies hard while it stores what a person does; sent again to another one, nothing is lost or doubled."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from dashboard.crash_points import DESK
from dashboard.incidents.incident import IncidentKind
from dashboard.store.schema import incident_step, notice
from dashboard.web.pages.incidents.actions import AskedOfOne
from dashboard.web.pages.incidents.asked import CloseAsked, MergeAsked, NoteAsked
from tests.dashboard.incidents.test_kin_mails import MailedHands
from tests.places import DHULE, PUNE, RAIGAD, THANE
from tests.stores import fresh_store

ASKED: dict[str, AskedOfOne] = {
    "close": CloseAsked(who="Asha", why="works again", step=1),
    "merge": MergeAsked(who="Asha", others=[2], step=1),
    "note": NoteAsked(who="Asha", text="rang the DIO", form="n1"),
}


def two_open(store: Path) -> MailedHands:
    hands = MailedHands(fresh_store(store))
    hands.opened(IncidentKind.SLOWDOWN, THANE, RAIGAD, PUNE)
    hands.opened(IncidentKind.LOCAL, DHULE)
    return hands


def trace(engine: Engine) -> tuple[list[object], list[object]]:
    """Every step, and every mail owed."""
    with engine.connect() as connection:
        steps = connection.execute(select(incident_step.c["incident_id", "step", "what", "sentence"])).all()
        mails = connection.execute(
            select(notice.c["incident_id", "step", "address"]).order_by(notice.c.notice_id)
        ).all()
    return list(steps), list(mails)


def die(store: str, asked: str) -> None:
    """Do it, and die at the named point; run by a process of its own."""
    MailedHands(fresh_store(Path(store))).act(1, ASKED[asked])


@pytest.mark.process
@pytest.mark.parametrize("where", DESK)
@pytest.mark.parametrize("asked", ASKED)
def test_after_a_kill_the_same_step_sent_again_is_there_once_with_its_mails(
    tmp_path: Path, asked: str, where: str
) -> None:
    undisturbed, store = two_open(tmp_path / "undisturbed.db"), tmp_path / "t.db"
    undisturbed.done(1, ASKED[asked])
    two_open(store).engine.dispose()
    call = f"from tests.dashboard.incidents.test_desk_kills import die; die({str(store)!r}, {asked!r})"
    killed = {**os.environ, "TIKAWATCH_CRASH_AT": where}
    assert subprocess.run([sys.executable, "-c", call], env=killed, timeout=300, check=False).returncode == 137
    again = MailedHands(fresh_store(store))
    again.act(1, ASKED[asked])  # refused where it was stored: the newest step is another one by now
    assert trace(again.engine) == trace(undisturbed.engine)
    for hands in (again, undisturbed):
        hands.engine.dispose()
