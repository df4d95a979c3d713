"""What errors of sockets are called."""

import errno

import pytest

from probes.carriers.line_reasons import reason_of, too_late
from probes.sample import Reason


@pytest.mark.parametrize(
    ("code", "reason", "begins"),
    [
        (errno.ECONNREFUSED, Reason.REFUSED, "nobody listens on that port"),
        (errno.ENETUNREACH, Reason.UNREACHABLE, "the host cannot be reached"),
        (errno.EPERM, Reason.AGENT_FAULT, "the agent itself could not open a connection"),
        (errno.EACCES, Reason.AGENT_FAULT, "the agent itself could not open a connection"),
        (errno.ECONNRESET, Reason.RESET, "the connection broke off"),
        (errno.EPIPE, Reason.RESET, "the connection broke off"),
        (errno.ETIMEDOUT, Reason.TIMEOUT, "no end"),
        (errno.EMFILE, Reason.AGENT_FAULT, "the agent itself could not open a connection"),
        (errno.ENOBUFS, Reason.AGENT_FAULT, "the agent itself could not open a connection"),
        (errno.EADDRNOTAVAIL, Reason.AGENT_FAULT, "the agent itself could not open a connection"),
    ],
)
def test_an_error_of_the_system_has_its_reason(code: int, reason: Reason, begins: str) -> None:
    found, detail = reason_of(OSError(code, "as the system says"))
    assert (found, detail.split(" (")[0]) == (reason, begins)
    assert detail.endswith(")")


def test_an_error_without_a_number_is_told_too() -> None:
    assert reason_of(OSError("odd")) == (Reason.UNREACHABLE, "the host cannot be reached (no further word)")


def test_a_deadline_says_what_was_waited_for() -> None:
    assert too_late("dns", 2) == (Reason.DNS, "the name could not be resolved within 2.0 s")
    assert too_late("connect", 0.3) == (Reason.TIMEOUT, "no end after 0.3 s, connecting")
    assert too_late("first_byte", 1) == (Reason.TIMEOUT, "no end after 1.0 s, waiting for the answer to begin")
    assert too_late("transfer", 1) == (Reason.TIMEOUT, "no end after 1.0 s, reading the answer")
