"""One libcurl easy handle, set up for one request after the other.

May be changed: which options a request needs. What all requests have in common is set once; a request that is more than
a plain GET leaves nothing behind, because the handle is emptied after it.
"""

from contextlib import suppress
from typing import Any, Final

import pycurl

from probes.exchange import Answer, Request

LONGEST_MS: Final = 86_400_000  # no limit but the request's own deadline
# libcurl's default makes two key shares, one of them post-quantum: a tenth of a hand-shake's CPU. Here one is made; the
# others are offered, so that no server is lost.
GROUPS: Final = "X25519:P-256:P-384:P-521"
_HAPPY_EYEBALLS_TIMEOUT_MS: Final = 271  # pycurl has no name for it
_NO_BODY_YET: Final = Answer(0, "")


class Handle:
    """`answer` and `headers` belong to the request under way."""

    def __init__(self, user_agent: str, ca_file: str) -> None:
        self.easy: Any = pycurl.Curl()
        self.answer = _NO_BODY_YET
        self.headers: list[tuple[str, str]] = []
        self._user_agent = user_agent.encode()  # as bytes: pycurl refuses texts that are not ASCII
        self._ca_file = ca_file
        self._lines: tuple[str, ...] | None = None
        self._most = -1
        self._plain = True
        self._empty()

    def set_up(self, request: Request, left_ms: int) -> None:
        """Ready to be carried out within `left_ms`.

        Raises:
            pycurl.error, ValueError: an address or a header that cannot be put on the wire; the handle is of no more use.
        """
        easy = self.easy
        self.answer = Answer(request.max_bytes, request.find, request.keep)
        easy.setopt(pycurl.URL, request.url.encode())
        easy.setopt(pycurl.TIMEOUT_MS, left_ms)
        if request.max_bytes != self._most:
            easy.setopt(pycurl.MAXFILESIZE_LARGE, request.max_bytes)
            self._most = request.max_bytes
        if request.headers != self._lines:
            lines = [line.encode() for line in request.headers]
            easy.setopt(pycurl.HTTPHEADER, [*lines, b"Expect:"])  # no waiting for a 100 before the body
            self._lines = request.headers
        self._plain = _is_plain(request)
        if not self._plain:
            self._set_up_more(request)

    def clean(self) -> None:
        """After a request: nothing of it stays but what the next one sets anew."""
        self.answer = _NO_BODY_YET
        if not self._plain:
            self.easy.reset()
            self._empty()

    def close(self) -> None:
        self.easy.close()

    def _empty(self) -> None:
        """What every request has in common: nothing kept from another, HTTP only, no proxy, one address after the other."""
        easy = self.easy
        self._lines, self._most, self.headers = None, -1, []
        easy.setopt(pycurl.NOSIGNAL, 1)
        easy.setopt(pycurl.FRESH_CONNECT, 1)
        easy.setopt(pycurl.FORBID_REUSE, 1)
        easy.setopt(pycurl.DNS_CACHE_TIMEOUT, 0)
        easy.setopt(pycurl.SSL_SESSIONID_CACHE, 0)
        with suppress(pycurl.error):  # a libcurl made with another TLS library chooses for itself
            easy.setopt(pycurl.SSL_EC_CURVES, GROUPS)
        easy.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        easy.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        easy.setopt(pycurl.FOLLOWLOCATION, 0)
        easy.setopt(pycurl.PROXY, "")
        # libcurl's own limit of 300 s is shorter than some deadlines, and it would try a second address at the same time after 0.2 s
        easy.setopt(pycurl.CONNECTTIMEOUT_MS, LONGEST_MS)
        easy.setopt(_HAPPY_EYEBALLS_TIMEOUT_MS, LONGEST_MS)
        easy.setopt(pycurl.USERAGENT, self._user_agent)
        easy.setopt(pycurl.WRITEFUNCTION, self._write)
        if self._ca_file:
            easy.setopt(pycurl.CAINFO, self._ca_file)

    def _set_up_more(self, request: Request) -> None:
        easy = self.easy
        if request.method != "GET":
            self._send_body(request)
        if request.keep_headers:
            easy.setopt(pycurl.HEADERFUNCTION, self._header)
        if request.certificates:
            easy.setopt(pycurl.OPT_CERTINFO, 1)
        if request.handshake_only:
            easy.setopt(pycurl.CONNECT_ONLY, 1)
        if not request.verify:
            easy.setopt(pycurl.SSL_VERIFYPEER, 0)
            easy.setopt(pycurl.SSL_VERIFYHOST, 0)
        if request.http2:
            easy.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
        if request.ip_version is not None:
            easy.setopt(pycurl.IPRESOLVE, pycurl.IPRESOLVE_V4 if request.ip_version == 4 else pycurl.IPRESOLVE_V6)
        if request.reuse:
            easy.setopt(pycurl.FRESH_CONNECT, 0)
            easy.setopt(pycurl.FORBID_REUSE, 0)

    def _send_body(self, request: Request) -> None:
        if request.body or request.method == "POST":
            self.easy.setopt(pycurl.POST, 1)
            self.easy.setopt(pycurl.POSTFIELDS, request.body)
        if request.method != "POST":
            self.easy.setopt(pycurl.CUSTOMREQUEST, request.method)

    def _write(self, chunk: bytes) -> int:
        return self.answer.write(chunk)

    def _header(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace")
        if text.startswith("HTTP/"):  # the answer itself, after what came before it (103)
            self.headers = []
            return
        name, colon, value = text.partition(":")
        if colon:
            self.headers.append((name.strip().lower(), value.strip()))


def _is_plain(request: Request) -> bool:
    """Most requests are: nothing but an address, headers and limits."""
    return (
        request.method == "GET"
        and request.verify
        and request.ip_version is None
        and not (request.keep_headers or request.certificates or request.handshake_only)
        and not (request.http2 or request.reuse)
    )
