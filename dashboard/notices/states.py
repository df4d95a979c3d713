"""The words of an owed mail's life and of one attempt to send it. They are stored: adding one is safe, renaming is not."""

from enum import StrEnum


class NoticeState(StrEnum):
    DUE = "due"
    SENDING = "sending"  # claimed by the sender; found at a start, its fate is in doubt
    ACCEPTED = "accepted"  # the relay said 250: the relay's word, not the officer's
    REFUSED = "refused"  # the relay will never take it
    GIVEN_UP = "given_up"


class AttemptResult(StrEnum):
    ACCEPTED = "accepted"
    LATER = "later"  # temporary, or no talk with the relay at all
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"  # handed over, and the relay's answer never came


OPEN = (NoticeState.DUE, NoticeState.SENDING)
