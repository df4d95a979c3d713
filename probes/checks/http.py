"""The `http` check: one GET; status, headers, body and certificate decide. May be changed: what makes a GET good.

The first thing that is wrong speaks: transport, status, HTTP version, headers, text, JSON, pattern, certificate.
"""

import random
from collections.abc import Generator
from dataclasses import replace
from typing import Final

from probes.carriers.line_reasons import ANSWER
from probes.checks import Steps, Target, address, header_lines, judged, measurement
from probes.checks.answers import MOST_JSON, misfit
from probes.checks.certificates import ends_too_soon
from probes.checks.redirects import FOLLOWED, followed, refusal, together
from probes.clock import Clock
from probes.exchange import Match, Request, Result, Wish
from probes.kinds.web import HttpCheck
from probes.sample import Reason

PATTERN_BYTES: Final = 65_536
_GZIP: Final = b"\x1f\x8b"


def measure(target: Target, clock: Clock, _random: random.Random) -> Steps:
    """Ends with HTTP_STATUS, REDIRECT, PROTOCOL, HEADER, BODY or CERTIFICATE, or the transport's own reason."""
    check = target.check
    assert isinstance(check, HttpCheck)
    request = _asked(target, check, clock)
    result = yield request
    if check.redirects:
        result = yield from _at_the_end(check, request, result)
    result = _judged(result, check)
    if check.expect_pattern and result.reason is Reason.NONE:
        text = result.body[:PATTERN_BYTES].decode("utf-8", "replace")
        matched = yield Match(pattern=check.expect_pattern, text=text, deadline=request.deadline)
        result = _with_pattern(result, matched, check)
    if check.certificate_days and result.reason is Reason.NONE:
        soon = ends_too_soon(result.certificates, check.certificate_days, clock.now())
        result = _bad(result, Reason.CERTIFICATE, soon) if soon else result
    return measurement(result)


def _asked(target: Target, check: HttpCheck, clock: Clock) -> Request:
    return Request(
        url=address(check.url, target.district),
        deadline=clock.monotonic() + check.deadline_s,
        headers=header_lines(check),
        max_bytes=check.max_bytes,
        find=check.expect_text,
        keep=_kept(check),
        keep_headers=bool(check.expect_headers),
        certificates=check.certificate_days > 0,
        http2=check.http2,
        ip_version=check.ip_version,
        reuse=check.reuse_connection,
    )


def _kept(check: HttpCheck) -> int:
    if check.expect_json:
        return MOST_JSON
    return PATTERN_BYTES if check.expect_pattern else len(_GZIP) if check.expect_text else 0


def _at_the_end(check: HttpCheck, request: Request, result: Result) -> Generator[Wish, Result, Result]:
    """The answer of the last hop; one that may not be followed is REDIRECT."""
    assert check.redirects is not None
    went = [request.url]
    while result.reason is Reason.NONE and result.status in FOLLOWED and result.status not in check.expect_status:
        refused = refusal(check.redirects, went, result.redirect)
        if refused:
            return _bad(result, Reason.REDIRECT, refused)
        request = followed(request, went[0], result.redirect)
        went.append(request.url)
        result = together(result, (yield request))
    return result


# -- what makes it bad, one thing each ----------------------------------------------------------------------------------


def _judged(result: Result, check: HttpCheck) -> Result:
    for judge in (_status, _version, _headers, _text, _json):
        if result.reason is not Reason.NONE:
            break
        result = judge(result, check)
    return result


def _bad(result: Result, reason: Reason, detail: str) -> Result:
    return replace(result, reason=reason, detail=detail, stage=ANSWER)


def _status(result: Result, check: HttpCheck) -> Result:
    found = judged(result, check.expect_status)
    return found if found.reason is Reason.NONE else _bad(result, found.reason, found.detail)


def _version(result: Result, check: HttpCheck) -> Result:
    if not check.http2 or result.http_version == "2":
        return result
    return _bad(result, Reason.PROTOCOL, f"answered with HTTP/{result.http_version}, the check wants HTTP/2")


def _headers(result: Result, check: HttpCheck) -> Result:
    for name, text in check.expect_headers.items():
        values = [value for known, value in result.headers if known == name.lower()]
        if not values:
            return _bad(result, Reason.HEADER, f"the answer has no header {name[:60]}")
        if not any(text in value for value in values):
            return _bad(result, Reason.HEADER, f'"{text[:60]}" is not in the header {name[:60]}')
    return result


def _text(result: Result, check: HttpCheck) -> Result:
    if result.found or not check.expect_text:
        return result
    return _bad(result, Reason.BODY, f'"{check.expect_text[:60]}" is not in the answer{_packed(result)}')


def _json(result: Result, check: HttpCheck) -> Result:
    wrong = misfit(result, check.expect_json, {}) if check.expect_json else ""
    return _bad(result, Reason.BODY, wrong + _packed(result)) if wrong else result


def _with_pattern(result: Result, matched: Result, check: HttpCheck) -> Result:
    if matched.reason is not Reason.NONE:
        return replace(result, reason=matched.reason, detail=matched.detail, stage=matched.stage)
    if matched.found:
        return result
    return _bad(result, Reason.BODY, f'the pattern "{check.expect_pattern[:60]}" is not in the answer{_packed(result)}')


def _packed(result: Result) -> str:
    """No encoding is ever asked for, and none is unpacked: what a server packs all the same is read as it comes."""
    return ", which is packed with gzip though nobody asked for it" if result.body.startswith(_GZIP) else ""
