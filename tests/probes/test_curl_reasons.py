"""What libcurl's errors mean for a sample."""

import errno

import pycurl
import pytest

from probes.carriers.curl_reasons import reason_of, stage_of
from probes.sample import Phases, Reason

NOTHING = Phases(total=1.0)
NAMED = Phases(dns=0.1, total=2.0)
CONNECTED = Phases(dns=0.1, connect=0.1, total=2.0)


@pytest.mark.parametrize(
    ("code", "os_errno", "reason"),
    [
        (pycurl.E_OK, errno.ECONNREFUSED, Reason.NONE),  # ::1 refused first, 127.0.0.1 answered
        (pycurl.E_COULDNT_RESOLVE_HOST, 0, Reason.DNS),
        (pycurl.E_COULDNT_CONNECT, errno.ECONNREFUSED, Reason.REFUSED),
        (pycurl.E_COULDNT_CONNECT, errno.ENETUNREACH, Reason.UNREACHABLE),
        (pycurl.E_COULDNT_CONNECT, errno.EHOSTUNREACH, Reason.UNREACHABLE),
        (pycurl.E_COULDNT_CONNECT, errno.ETIMEDOUT, Reason.TIMEOUT),
        (pycurl.E_COULDNT_CONNECT, errno.EMFILE, Reason.AGENT_FAULT),
        (pycurl.E_COULDNT_CONNECT, 0, Reason.UNREACHABLE),
        (pycurl.E_SSL_CONNECT_ERROR, errno.ECONNRESET, Reason.RESET),
        (pycurl.E_SSL_CONNECT_ERROR, 0, Reason.TLS),
        (pycurl.E_PEER_FAILED_VERIFICATION, errno.ECONNREFUSED, Reason.TLS),
        (pycurl.E_RECV_ERROR, errno.ECONNREFUSED, Reason.RESET),
        (pycurl.E_OPERATION_TIMEDOUT, errno.ECONNREFUSED, Reason.TIMEOUT),
        (pycurl.E_FILESIZE_EXCEEDED, 0, Reason.TOO_LARGE),
        (pycurl.E_OUT_OF_MEMORY, 0, Reason.AGENT_FAULT),
        (pycurl.E_HTTP2, 0, Reason.PROTOCOL),
        (92, 0, Reason.RESET),  # CURLE_HTTP2_STREAM
        (12345, 0, Reason.PROTOCOL),
    ],
)
def test_a_code_has_its_reason(code: int, os_errno: int, reason: Reason) -> None:
    assert reason_of(code, os_errno, "", CONNECTED)[0] is reason


@pytest.mark.parametrize(
    ("phases", "reason", "detail"),
    [
        (NOTHING, Reason.DNS, "the name could not be resolved within 1.0 s"),
        (NAMED, Reason.TIMEOUT, "no end after 2.0 s, connecting"),
        (CONNECTED, Reason.TIMEOUT, "no end after 2.0 s, waiting for the answer to begin"),
        (
            Phases(dns=0.1, connect=0.1, first_byte=0.5, total=2.0),
            Reason.TIMEOUT,
            "no end after 2.0 s, reading the answer",
        ),
    ],
)
def test_a_timeout_names_the_stage_it_ended_in(phases: Phases, reason: Reason, detail: str) -> None:
    assert reason_of(pycurl.E_OPERATION_TIMEDOUT, 0, "Timeout was reached", phases) == (reason, detail)


@pytest.mark.parametrize(
    ("phases", "secure", "stage"),
    [
        (NOTHING, False, "dns"),
        (NAMED, True, "connect"),
        (CONNECTED, True, "tls"),
        (CONNECTED, False, "first_byte"),
        (Phases(dns=0, connect=0, tls=0.1, total=2.0), True, "first_byte"),
        (Phases(dns=0, connect=0, tls=0.1, first_byte=0.2, total=2.0), True, "transfer"),
    ],
)
def test_what_is_not_whole_came_to_its_end_in_a_stage(phases: Phases, secure: bool, stage: str) -> None:
    assert stage_of(phases, secure) == stage


def test_a_timeout_of_the_hand_shake_names_it() -> None:
    _, detail = reason_of(pycurl.E_OPERATION_TIMEDOUT, 0, "", CONNECTED, secure=True)
    assert detail == "no end after 2.0 s, making the connection secure"


@pytest.mark.parametrize("code", [pycurl.E_URL_MALFORMAT, pycurl.E_UNSUPPORTED_PROTOCOL])
def test_an_address_that_cannot_be_asked_is_our_own_fault(code: int) -> None:
    assert reason_of(code, 0, "no host", NOTHING) == (Reason.AGENT_FAULT, "the address cannot be asked (no host)")
    assert reason_of(code, 0, "", CONNECTED)[1].startswith("the answer is not HTTP")


def test_a_detail_is_printable_and_short() -> None:
    _, detail = reason_of(pycurl.E_RECV_ERROR, 0, "bad\x00\x1b[31m " + "x" * 500, CONNECTED)
    assert detail.isprintable()
    assert len(detail) < 200


def test_without_a_message_the_system_speaks() -> None:
    assert reason_of(pycurl.E_COULDNT_CONNECT, errno.ENETUNREACH, "", NOTHING)[1].endswith("(Network is unreachable)")
    assert reason_of(pycurl.E_COULDNT_CONNECT, 0, "", NOTHING)[1].endswith("(no further word)")
