"""Sends owed mails, one at a time: claim the row, send, and mark it after the relay's 250 and before QUIT.

Only a crash between that 250 and the mark can repeat a mail, and then with the same Message-ID. Tests of
just that end the process there (crash_points.py).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, exists, func, insert, select, update

from dashboard.crash_points import crash_point
from dashboard.notices.message import Stored, build
from dashboard.notices.smtp import RELAY_TROUBLE, REPLY_LENGTH, Reply
from dashboard.notices.states import OPEN, AttemptResult, NoticeState
from dashboard.settings import ControlRoomFile
from dashboard.store.schema import attempt, incident, notice
from probes.clock import Clock

log = logging.getLogger(__name__)

RETRY_MIN = (1, 5, 15, 30, 60)  # the last one again and again
FIRST_RETRY_NOBODY_THERE_S = 20
JITTER = 0.2  # a wait is up to this share longer


class Transport(Protocol):
    """What takes a mail; see notices/smtp.py."""

    def send(self, message: EmailMessage, address: str, accepted: Callable[[str], None]) -> Reply:
        """Send to one address; call `accepted` with the relay's words as soon as it has taken the mail."""


@dataclass(frozen=True)
class _Claimed:
    notice_id: int
    created_ms: int
    attempts: int  # this one included
    mail: Stored


class Sender:
    """The one sender of a store. `jitter()` gives a number from 0 to 1; `random.random` outside tests."""

    def __init__(
        self, engine: Engine, settings: ControlRoomFile, clock: Clock, transport: Transport, jitter: Callable[[], float]
    ) -> None:
        self._engine, self._settings = engine, settings
        self._clock, self._transport, self._jitter = clock, transport, jitter
        self._settled = False  # until the first step has looked for what a crash left behind

    def step(self) -> bool:
        """Send the oldest due mail. True: there was work, come again at once.

        Raises what the store raises; a row left in `sending` by that is taken up again by the next step.
        """
        if not self._settled:
            self.recover()
        notice_id = self._oldest_due()
        if notice_id is None:
            return False
        self._settled = False
        claimed = self._claim(notice_id)
        if claimed is not None:
            crash_point("before_mail")
            self._send(claimed)
        self._settled = True
        return True

    def recover(self) -> int:
        """Make rows found in `sending` due again: nobody knows whether they went out. Returns how many."""
        now_ms = self._now_ms()
        with self._engine.begin() as connection:
            lost = connection.scalars(select(notice.c.notice_id).where(notice.c.state == NoticeState.SENDING)).all()
            for notice_id in lost:
                reply = Reply(AttemptResult.IN_DOUBT, "the sender stopped during this attempt")
                self._settle(connection, notice_id, reply, {"state": NoticeState.DUE, "due_ms": now_ms})
        self._settled = True
        if lost:
            log.warning("%d mails were under way when the sender stopped; they are sent again", len(lost))
        return len(lost)

    def _oldest_due(self) -> int | None:
        earlier = notice.alias()
        waits_for_earlier = exists().where(  # "over" must not arrive before "open"
            earlier.c.incident_id == notice.c.incident_id,
            func.lower(earlier.c.address) == func.lower(notice.c.address),
            earlier.c.step < notice.c.step,
            earlier.c.state.in_(OPEN),
        )
        query = (
            select(notice.c.notice_id)
            .where(notice.c.state == NoticeState.DUE, notice.c.due_ms <= self._now_ms(), ~waits_for_earlier)
            .order_by(notice.c.due_ms, notice.c.notice_id)
            .limit(1)
        )
        with self._engine.connect().execution_options(readonly=True) as connection:
            return connection.scalar(query)

    def _claim(self, notice_id: int) -> _Claimed | None:
        """None when somebody else was quicker."""
        with self._engine.begin() as connection:
            claim = (
                update(notice)
                .where(notice.c.notice_id == notice_id, notice.c.state == NoticeState.DUE)
                .values(state=NoticeState.SENDING, attempts=notice.c.attempts + 1)
            )
            if connection.execute(claim).rowcount != 1:
                return None
            row = connection.execute(
                select(notice, incident.c.opened_ms).join(incident).where(notice.c.notice_id == notice_id)
            ).one()
        return _claimed(row)

    def _send(self, claimed: _Claimed) -> None:
        def accepted(text: str) -> None:
            crash_point("after_250")
            self._mark_accepted(claimed, text)

        try:
            message = build(self._settings, claimed.mail, self._clock.now())
            reply = self._transport.send(message, claimed.mail.address, accepted)
        except ValueError as problem:
            reply = Reply(AttemptResult.REFUSED, f"cannot be written as a mail: {problem}"[:REPLY_LENGTH])
        if reply.result is not AttemptResult.ACCEPTED:
            self._mark_failed(claimed, reply)

    def _mark_accepted(self, claimed: _Claimed, text: str) -> None:
        now_ms = self._now_ms()
        with self._engine.begin() as connection:
            values = {"state": NoticeState.ACCEPTED, "accepted_ms": now_ms}
            self._settle(connection, claimed.notice_id, Reply(AttemptResult.ACCEPTED, text), values)
            connection.execute(  # the relay is back: what waited for it goes now, oldest first
                update(notice)
                .where(notice.c.state == NoticeState.DUE, notice.c.due_ms > now_ms)
                .where(notice.c.last_reply.startswith(RELAY_TROUBLE, autoescape=True))
                .values(due_ms=now_ms)
            )

    def _mark_failed(self, claimed: _Claimed, reply: Reply) -> None:
        log.warning("mail %s: %s: %s", claimed.mail.message_id, reply.result, reply.text)
        now_ms = self._now_ms()
        due_ms = now_ms + round(1000 * self._wait_s(claimed.attempts, reply))
        state = self._state_after(claimed, reply, now_ms)
        with self._engine.begin() as connection:
            self._settle(connection, claimed.notice_id, reply, {"state": state, "due_ms": due_ms})
            if reply.relay_trouble:  # no queue of others knocking at a closed door
                connection.execute(
                    update(notice)
                    .where(notice.c.state == NoticeState.DUE, notice.c.due_ms <= now_ms)
                    .values(due_ms=due_ms, last_reply=reply.text)
                )

    def _state_after(self, claimed: _Claimed, reply: Reply, now_ms: int) -> NoticeState:
        if reply.result is AttemptResult.REFUSED:
            return NoticeState.REFUSED
        patience_ms = self._settings.dashboard.mail.give_up_h * 3_600_000
        return NoticeState.GIVEN_UP if now_ms - claimed.created_ms >= patience_ms else NoticeState.DUE

    def _wait_s(self, attempts: int, reply: Reply) -> float:
        wait = 60.0 * RETRY_MIN[min(attempts, len(RETRY_MIN)) - 1]
        if reply.nobody_there and attempts == 1:
            wait = FIRST_RETRY_NOBODY_THERE_S
        return wait * (1 + JITTER * self._jitter())

    def _settle(self, connection: Connection, notice_id: int, reply: Reply, values: dict[str, Any]) -> None:
        connection.execute(
            update(notice)
            .where(notice.c.notice_id == notice_id, notice.c.state == NoticeState.SENDING)
            .values(last_reply=reply.text, **values)
        )
        entry = {"notice_id": notice_id, "at_ms": self._now_ms(), "result": reply.result, "reply": reply.text}
        connection.execute(insert(attempt), entry)

    def _now_ms(self) -> int:
        return round(self._clock.now() * 1000)


def _claimed(row: Any) -> _Claimed:
    mail = Stored(
        incident_id=row.incident_id, opened_ms=row.opened_ms, address=row.address, recipient=row.recipient,
        control_room=row.district is None, message_id=row.message_id, subject=row.subject, text=row.text, html=row.html,
    )  # fmt: skip
    return _Claimed(row.notice_id, row.created_ms, row.attempts, mail)
