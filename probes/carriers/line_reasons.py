"""What an error of a socket means for a sample: its Reason and one readable line. Pure.

May be changed: rows of the tables. curl_reasons.py does the same for libcurl's codes.
"""

import errno
import os
from typing import Final

from probes.sample import Reason

DNS: Final = "dns"  # the stages of a socket's life, as Result.stage tells them
CONNECT: Final = "connect"
FIRST_BYTE: Final = "first_byte"
TRANSFER: Final = "transfer"
ANSWER: Final = "answer"  # it came, and is not as expected

_BY_ERRNO: Final = {
    errno.ECONNREFUSED: Reason.REFUSED,
    errno.ECONNRESET: Reason.RESET,
    errno.ECONNABORTED: Reason.RESET,
    errno.EPIPE: Reason.RESET,
    errno.ETIMEDOUT: Reason.TIMEOUT,
    # the agent ran out of something, or may not do it; that says nothing of the registry
    errno.EMFILE: Reason.AGENT_FAULT,
    errno.ENFILE: Reason.AGENT_FAULT,
    errno.ENOMEM: Reason.AGENT_FAULT,
    errno.ENOBUFS: Reason.AGENT_FAULT,
    errno.EAGAIN: Reason.AGENT_FAULT,
    errno.EADDRNOTAVAIL: Reason.AGENT_FAULT,
    errno.EPERM: Reason.AGENT_FAULT,
    errno.EACCES: Reason.AGENT_FAULT,
}  # all others: no way to the host
_WORDS: Final = {
    Reason.REFUSED: "nobody listens on that port",
    Reason.UNREACHABLE: "the host cannot be reached",
    Reason.RESET: "the connection broke off",
    Reason.TIMEOUT: "no end",
    Reason.AGENT_FAULT: "the agent itself could not open a connection",
}
_WAITING: Final = {
    CONNECT: "connecting",
    FIRST_BYTE: "waiting for the answer to begin",
    TRANSFER: "reading the answer",
}


def reason_of(problem: OSError) -> tuple[Reason, str]:
    """The reason and a readable line for an error of the system."""
    code = problem.errno or 0
    reason = _BY_ERRNO.get(code, Reason.UNREACHABLE)
    return reason, f"{_WORDS[reason]} ({os.strerror(code) if code else 'no further word'})"


def too_late(stage: str, seconds: float) -> tuple[Reason, str]:
    """The reason and a readable line for a deadline that passed in this stage, after so many seconds."""
    if stage == DNS:  # a resolver that hangs is as good as none
        return Reason.DNS, f"the name could not be resolved within {seconds:.1f} s"
    return Reason.TIMEOUT, f"no end after {seconds:.1f} s, {_WAITING[stage]}"
