"""Named places at which a test may end the process hard, as `kill -9` would: no clean-up, no flush.

Set the environment variable TIKAWATCH_CRASH_AT to a name of WATCH, DESK or SENDER, the rooms that stop there; without it nothing happens.
"""

import os

WATCH = (
    "judged",  # verdicts are there, nothing is stored
    "step_stored",  # an incident and its step stand in the transaction, its mails do not
    "mails_stored",  # all stands in the transaction, which is not committed
    "committed",  # committed; nothing was sent yet
)
DESK = WATCH[1:]  # a person's step goes the same way
SENDER = (
    "before_mail",  # claimed, not sent
    "after_250",  # the relay took it, the row does not say so yet
)


def crash_point(name: str) -> None:
    """End the process here if a test asked for it."""
    if os.environ.get("TIKAWATCH_CRASH_AT") == name:
        os._exit(137)
