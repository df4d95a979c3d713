"""What an answer of the control room to a batch means.

May be changed: which status means what. Only a 200 with a Receipt says that the samples are on the control room's disk.
"""

from enum import StrEnum
from typing import Final

from pydantic import ValidationError

from probes.exchange import Result
from probes.sample import Reason, Receipt

ABOUT_THE_BATCH: Final = (400, 413, 422)  # other refusals are about us or the address: the samples wait


class Word(StrEnum):
    """How an attempt ended; the `result` label of the metric."""

    DELIVERED = "delivered"
    NO_TOKEN = "no_token"
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    DENIED = "denied"
    FAILED = "failed"
    REFUSED = "refused"


def word_of(reply: Result) -> Word:
    if reply.reason is not Reason.NONE:
        return Word.UNREACHABLE
    match reply.status:
        case 200:
            return Word.DELIVERED if _is_receipt(reply.body) else Word.FAILED
        case 401 | 403:
            return Word.DENIED
        case 429 | 503:
            return Word.BUSY
        case status if status in ABOUT_THE_BATCH:
            return Word.REFUSED
        case _:
            return Word.FAILED


def was_connected(reply: Result) -> bool:
    return reply.phases.connect is not None


def took_s(reply: Result) -> float:
    """Seconds that the batch itself took; a connection takes as long for a small one."""
    phases = reply.phases
    return reply.ended - reply.began - (phases.dns or 0.0) - (phases.connect or 0.0) - (phases.tls or 0.0)


def _is_receipt(body: bytes) -> bool:
    try:
        Receipt.model_validate_json(body)
    except ValidationError:
        return False
    return True


def words_of(reply: Result) -> str:
    if reply.reason is not Reason.NONE:
        return reply.detail
    text = reply.body.decode("utf-8", "replace")
    said = "".join(sign for sign in text if sign.isprintable()).strip()[:300]
    return f"status {reply.status}: {said}" if said else f"status {reply.status}"
