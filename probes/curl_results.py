"""Reads what libcurl knows of a finished transfer into a Result.

May be changed: what is read. What an error code means stands in curl_reasons.py.
"""

from typing import Any

import pycurl

from probes.curl_reasons import reason_of
from probes.exchange import Answer, Request, Result
from probes.sample import Phases, Reason


def result_of(
    easy: Any, request: Request, answer: Answer, began: float, ended: float, error: tuple[int, str]
) -> Result:
    """`began` and `ended` are monotonic seconds; `error` is the curl code and curl's message."""
    secure = request.url.lower().startswith("https:")
    phases = _phases(easy, secure)
    status = easy.getinfo(pycurl.RESPONSE_CODE)
    reason, detail = reason_of(error[0], easy.getinfo(pycurl.OS_ERRNO), error[1], phases, secure)
    if status == 101:  # libcurl takes it for an empty answer
        reason, detail = Reason.PROTOCOL, "the answer is not HTTP (101, and nobody asked for another protocol)"
    return Result(
        began=began,
        ended=ended,
        reason=reason,
        phases=phases,
        status=status if 100 <= status <= 999 else None,
        found=answer.found,
        bytes_up=easy.getinfo(pycurl.REQUEST_SIZE),  # the body is in it
        bytes_down=easy.getinfo(pycurl.HEADER_SIZE) + answer.size,
        # raw: a server may write anything into it, and pycurl raises for what is not UTF-8
        redirect=(easy.getinfo_raw(pycurl.REDIRECT_URL) or b"").decode("utf-8", "replace"),
        retry_after=easy.getinfo(pycurl.RETRY_AFTER),
        body=answer.kept,
        detail=detail,
    )


def _phases(easy: Any, secure: bool) -> Phases:
    """libcurl counts each moment from the start; a phase is the step from the last moment that was reached."""
    named = easy.getinfo(pycurl.NAMELOOKUP_TIME_T)
    connected = easy.getinfo(pycurl.CONNECT_TIME_T)
    secured = easy.getinfo(pycurl.APPCONNECT_TIME_T) if secure else 0
    sent = easy.getinfo(pycurl.PRETRANSFER_TIME_T)
    total = easy.getinfo(pycurl.TOTAL_TIME_T)
    # libcurl sets the moment of the first byte even for a transfer that never got as far as asking
    asked = secured if secure else connected
    answered = easy.getinfo(pycurl.STARTTRANSFER_TIME_T) if asked else 0
    return Phases(
        dns=_step(0, named),
        connect=_step(named, connected),
        tls=_step(connected, secured),
        first_byte=_step(sent, answered),
        transfer=_step(answered, total) if answered else None,
        total=total / 1e6,
    )


def _step(start_us: int, end_us: int) -> float | None:
    return max(end_us - start_us, 0) / 1e6 if end_us else None
