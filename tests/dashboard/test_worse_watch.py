"""From samples to mails: districts that are slow and then fail in part are one incident, upgraded once, and only the control room hears."""

from collections.abc import Callable, Iterable

from sqlalchemy import Engine, select

from dashboard.notices import outbox
from dashboard.store.schema import incident, notice
from dashboard.watch import Watch
from probes.sample import CheckKind, Outcome, Reason, Sample
from tests.dashboard.test_watch import EVERYONE, Room, slow_in
from tests.places import PUNE, THANE


class MailedRoom(Room):
    """The same with the real outbox."""

    def restart(self) -> None:
        self.watch = Watch(self.engine, self.settings, self.clock, outbox.enqueue)

    failing: tuple[int, ...] = ()

    def run(
        self, seconds: float, upload: Callable[[int], float] = lambda _code: 2.0, districts: Iterable[int] = EVERYONE
    ) -> None:
        """Judged once a round, which is a third of the work."""
        for _ in range(int(seconds / 15)):
            self.receive(taken for code in districts for taken in self._round(code, upload(code)))
            self.clock.at += 15
            self.watch.step()

    def _round(self, code: int, upload: float) -> Iterable[Sample]:
        """Of the failing districts every other round is answered with an error."""
        worse = {"outcome": Outcome.FAILED, "reason": Reason.HTTP_STATUS, "status": 503}
        fails = code in self.failing and self.clock.at % 30 < 15
        for taken in super()._round(code, upload):
            yield taken.model_copy(update=worse) if fails and taken.kind is not CheckKind.ANCHOR else taken

    def mails(self) -> list[tuple[int, int | None]]:
        with self.engine.connect() as connection:
            query = select(notice.c.step, notice.c.district).order_by(notice.c.notice_id)
            return [(row.step, row.district) for row in connection.execute(query)]


def test_it_is_upgraded_once_and_only_the_control_room_is_mailed(engine: Engine) -> None:
    room = MailedRoom(engine)
    room.run(300)
    room.run(120, slow_in(THANE, PUNE))
    assert sorted(room.mails(), key=str) == [(1, PUNE), (1, THANE), (1, None)]
    room.failing = (THANE, PUNE)
    room.run(480, slow_in(THANE, PUNE))
    with engine.connect() as connection:
        row = connection.execute(select(incident)).one()
    assert (row.kind, row.steps, row.status) == ("slowdown", 2, "open")
    assert row.sentence.startswith("Uploads fail in part in Pune and Thane since 12:")
    assert room.mails()[3:] == [(2, None)]
