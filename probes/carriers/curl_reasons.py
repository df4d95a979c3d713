"""What a libcurl error means for a sample: its Reason and one readable line. Pure.

May be changed: rows of the table. Each curl code is written out by name: pycurl's E_MULTI_* share numbers with others,
so a map turned round from its names is wrong.
"""

import errno
import os
from typing import Final

import pycurl

from probes.sample import Phases, Reason

_TOO_LARGE: Final = 100  # CURLE_TOO_LARGE; pycurl has no name for it,
_HTTP2_STREAM: Final = 92  # nor for CURLE_HTTP2_STREAM
_REASONS: Final = {
    pycurl.E_COULDNT_RESOLVE_HOST: Reason.DNS,
    pycurl.E_COULDNT_CONNECT: Reason.UNREACHABLE,
    pycurl.E_INTERFACE_FAILED: Reason.UNREACHABLE,
    pycurl.E_OPERATION_TIMEDOUT: Reason.TIMEOUT,
    pycurl.E_GOT_NOTHING: Reason.RESET,
    pycurl.E_SEND_ERROR: Reason.RESET,
    pycurl.E_RECV_ERROR: Reason.RESET,
    pycurl.E_PARTIAL_FILE: Reason.RESET,
    _HTTP2_STREAM: Reason.RESET,
    pycurl.E_SSL_CONNECT_ERROR: Reason.TLS,
    pycurl.E_PEER_FAILED_VERIFICATION: Reason.TLS,
    pycurl.E_SSL_CERTPROBLEM: Reason.TLS,
    pycurl.E_SSL_CIPHER: Reason.TLS,
    pycurl.E_SSL_CACERT_BADFILE: Reason.TLS,
    pycurl.E_SSL_ISSUER_ERROR: Reason.TLS,
    pycurl.E_SSL_INVALIDCERTSTATUS: Reason.TLS,
    pycurl.E_SSL_SHUTDOWN_FAILED: Reason.TLS,
    pycurl.E_USE_SSL_FAILED: Reason.TLS,
    pycurl.E_FILESIZE_EXCEEDED: Reason.TOO_LARGE,
    pycurl.E_WRITE_ERROR: Reason.TOO_LARGE,  # our own write callback ended it
    _TOO_LARGE: Reason.TOO_LARGE,
    # the agent ran out of something; that says nothing of the registry
    pycurl.E_FAILED_INIT: Reason.AGENT_FAULT,
    pycurl.E_OUT_OF_MEMORY: Reason.AGENT_FAULT,
}  # all others: the answer is not HTTP as we know it
_OUR_ADDRESS: Final = (pycurl.E_URL_MALFORMAT, pycurl.E_UNSUPPORTED_PROTOCOL)  # nobody was asked at all
_BY_ERRNO: Final = {
    errno.ECONNREFUSED: Reason.REFUSED,
    errno.ECONNRESET: Reason.RESET,
    errno.EPIPE: Reason.RESET,
    errno.ETIMEDOUT: Reason.TIMEOUT,
    errno.EMFILE: Reason.AGENT_FAULT,
    errno.ENFILE: Reason.AGENT_FAULT,
    errno.EADDRNOTAVAIL: Reason.AGENT_FAULT,
    errno.ENOBUFS: Reason.AGENT_FAULT,
}
_WORDS: Final = {
    Reason.DNS: "the name could not be resolved",
    Reason.REFUSED: "nobody listens on that port",
    Reason.UNREACHABLE: "the host cannot be reached",
    Reason.RESET: "the connection broke off",
    Reason.TLS: "the secure connection failed",
    Reason.TOO_LARGE: "the answer is longer than allowed",
    Reason.PROTOCOL: "the answer is not HTTP",
    Reason.AGENT_FAULT: "the agent itself could not open a connection",
}
_DOING: Final = {
    "connect": "connecting",
    "tls": "making the connection secure",
    "first_byte": "waiting for the answer to begin",
    "transfer": "reading the answer",
}


def reason_of(code: int, os_errno: int, message: str, phases: Phases, secure: bool = False) -> tuple[Reason, str]:
    """The reason and a readable line for a curl code, the last errno of its socket, curl's message and the phases reached.

    `secure`: the address begins with https.
    """
    if code == pycurl.E_OK:
        return Reason.NONE, ""
    reason = _REASONS.get(code, Reason.PROTOCOL)
    # an errno left over from a first address that failed must not speak for a transfer that got further
    if code in (pycurl.E_COULDNT_CONNECT, pycurl.E_SSL_CONNECT_ERROR):
        reason = _BY_ERRNO.get(os_errno, reason)
    if code == pycurl.E_RECV_ERROR and "Too large" in message:  # libcurl's limit on headers
        reason = Reason.TOO_LARGE
    if code == pycurl.E_RECV_ERROR and "chunk" in message:  # bad framing has no code of its own
        reason = Reason.PROTOCOL
    if reason is Reason.TIMEOUT and phases.dns is None:  # a resolver that hangs is as good as none
        return Reason.DNS, f"the name could not be resolved within {phases.total:.1f} s"
    if reason is Reason.TIMEOUT:
        return reason, f"no end after {phases.total:.1f} s, {_DOING[stage_of(phases, secure)]}"
    if code in _OUR_ADDRESS and phases.connect is None:
        return Reason.AGENT_FAULT, f"the address cannot be asked ({_plain(message, os_errno)})"
    if reason is Reason.TLS and "wrong version number" in message:  # as OpenSSL calls an answer that is no hand-shake
        return reason, f"the port does not speak TLS ({_plain(message, os_errno)})"
    return reason, f"{_WORDS[reason]} ({_plain(message, os_errno)})"


def stage_of(phases: Phases, secure: bool) -> str:
    """The stage in which a transfer that is not whole came to its end."""
    if phases.dns is None:
        return "dns"
    if phases.connect is None:
        return "connect"
    if secure and phases.tls is None:
        return "tls"
    return "first_byte" if phases.first_byte is None else "transfer"


def _plain(message: str, os_errno: int) -> str:
    text = "".join(sign for sign in message if sign.isprintable()).strip()
    return text[:120] or (os.strerror(os_errno) if os_errno else "no further word")
