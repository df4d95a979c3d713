"""Deliveries of figures over HTTP, by the sender's own key: what was answered once is answered the same again."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from dashboard.store.schema import dose_delivery


@dataclass(frozen=True)
class Delivery:
    """An answered delivery; `answer` is the JSON text that was sent."""

    body_sha256: str
    answer: str


def find(connection: Connection, sender: str, key: str) -> Delivery | None:
    """The delivery of a sender under a key, if it was answered before."""
    query = select(dose_delivery.c.body_sha256, dose_delivery.c.answer).where(
        dose_delivery.c.sender == sender, dose_delivery.c.delivery_key == key
    )
    row = connection.execute(query).one_or_none()
    return Delivery(row.body_sha256, row.answer) if row else None


def keep(connection: Connection, sender: str, key: str, delivery: Delivery, now_ms: int) -> None:
    """Remember an answer, in the transaction that stores the figures."""
    connection.execute(
        dose_delivery.insert().values(
            sender=sender,
            delivery_key=key,
            body_sha256=delivery.body_sha256,
            received_ms=now_ms,
            answer=delivery.answer,
        )
    )
