"""Reads what libcurl knows of a finished transfer into a Result.

May be changed: what is read. What an error code means stands in curl_reasons.py.
"""

import ssl
from typing import Any, Final

import pycurl

from probes.carriers.curl_reasons import reason_of, stage_of
from probes.carriers.handles import Handle
from probes.exchange import Certificate, Request, Result
from probes.sample import Phases, Reason

_VERSIONS: Final = {1: "1.0", 2: "1.1", 3: "2", 30: "3"}  # CURL_HTTP_VERSION_*


def result_of(handle: Handle, request: Request, began: float, ended: float, error: tuple[int, str]) -> Result:
    """`began` and `ended` are monotonic seconds; `error` is the curl code and curl's message."""
    easy, code = handle.easy, error[0]
    secure = request.url[:6].lower() == "https:"
    status = easy.getinfo(pycurl.RESPONSE_CODE)
    sent = easy.getinfo(pycurl.REQUEST_SIZE)  # the body is in it
    phases = _phases(easy, secure, reused=request.reuse and sent and not easy.getinfo(pycurl.NUM_CONNECTS))
    reason, detail = Reason.NONE, ""
    if code != pycurl.E_OK:
        reason, detail = reason_of(code, easy.getinfo(pycurl.OS_ERRNO), error[1], phases, secure)
    if status == 101:  # libcurl takes it for an empty answer
        reason, detail = Reason.PROTOCOL, "the answer is not HTTP (101, and nobody asked for another protocol)"
    return Result(
        began=began,
        ended=ended,
        reason=reason,
        phases=phases,
        status=status if 100 <= status <= 999 else None,
        found=handle.answer.found,
        bytes_up=sent,
        bytes_down=easy.getinfo(pycurl.HEADER_SIZE) + handle.answer.size,
        redirect=_redirect(easy) if 300 <= status < 400 else "",
        retry_after=easy.getinfo(pycurl.RETRY_AFTER) if status != 200 else 0.0,
        body=handle.answer.kept,
        detail=detail,
        stage="" if reason is Reason.NONE else stage_of(phases, secure),
        headers=tuple(handle.headers),
        certificates=_certificates(easy) if request.certificates else (),
        http_version=_VERSIONS.get(easy.getinfo(pycurl.INFO_HTTP_VERSION), "") if request.http2 else "",
    )


def _redirect(easy: Any) -> str:
    """As bytes: a server may write anything into it, and pycurl raises for what is not UTF-8."""
    return (easy.getinfo_raw(pycurl.REDIRECT_URL) or b"").decode("utf-8", "replace")


def _phases(easy: Any, secure: bool, reused: bool) -> Phases:
    """libcurl counts each moment from the start; a phase is the step from the last moment that was reached.

    Over an open connection dns, connect and tls took no time; None would say that they were not reached.
    """
    total = easy.getinfo(pycurl.TOTAL_TIME_T)
    named, connected = easy.getinfo(pycurl.NAMELOOKUP_TIME_T), easy.getinfo(pycurl.CONNECT_TIME_T)
    secured = easy.getinfo(pycurl.APPCONNECT_TIME_T) if secure else 0
    # libcurl sets the moments of asking and of the first byte even for a transfer that never got as far
    asked = reused or (secured if secure else connected)
    answered = easy.getinfo(pycurl.STARTTRANSFER_TIME_T) if asked else 0
    return Phases(
        dns=0.0 if reused else _step(0, named),
        connect=0.0 if reused else _step(named, connected),
        tls=0.0 if reused and secure else _step(connected, secured),
        first_byte=_step(easy.getinfo(pycurl.PRETRANSFER_TIME_T), answered) if answered else None,
        transfer=_step(answered, total) if answered else None,
        total=total / 1e6,
    )


def _step(start_us: int, end_us: int) -> float | None:
    return max(end_us - start_us, 0) / 1e6 if end_us else None


def _certificates(easy: Any) -> tuple[Certificate, ...]:
    """The chain as the server showed it; one that cannot be read is left out."""
    chain = easy.getinfo_raw(pycurl.INFO_CERTINFO) or ()
    return tuple(one for one in (_certificate(fields) for fields in chain) if one is not None)


def _certificate(fields: Any) -> Certificate | None:
    known = {name.decode("ascii", "replace"): value.decode("utf-8", "replace") for name, value in fields}
    names = known.get("X509v3 Subject Alternative Name", "").replace("IP Address:", "").replace("DNS:", "")
    try:
        return Certificate(
            subject=known.get("Subject", ""),
            issuer=known.get("Issuer", ""),
            names=tuple(name.strip() for name in names.split(",") if name.strip()),
            begins=float(ssl.cert_time_to_seconds(known["Start date"])),
            ends=float(ssl.cert_time_to_seconds(known["Expire date"])),
        )
    except (KeyError, ValueError):
        return None
