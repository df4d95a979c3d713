"""Which redirects a check follows, and what several hops make together. Pure.

May be changed: where a check may be led. A registry that was broken into, or is only badly set up, must not lead an agent to
other people's servers or into the agent's own network. So nothing is followed but what the check names: its own host and
port (from http also to https on the usual ports), and the hosts in `redirects`.
"""

from dataclasses import replace
from typing import Final
from urllib.parse import SplitResult, urlsplit

from probes.exchange import Request, Result, origin
from probes.kinds.web import Redirects
from probes.sample import Phases

FOLLOWED: Final = (301, 302, 303, 307, 308)
_USUAL: Final = {"http": 80, "https": 443}


def refusal(rules: Redirects, went: list[str], to: str) -> str:
    """Why the redirect from the last address of `went` must not be followed; empty when it may be. Names origins only."""
    try:
        target, parts = _place(to), urlsplit(to)
        readable = to.isprintable() and " " not in to
    except ValueError:
        readable = False
    if not readable:
        return "redirected to an unreadable address"
    here = urlsplit(went[-1])
    where = origin(parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl())
    if parts.scheme not in _USUAL or not parts.hostname:
        return f"redirected to {where}, which is no web address"
    if here.scheme == "https" and parts.scheme == "http":
        return f"redirected from https to {where}"
    if to.partition("#")[0] in went:
        return f"redirected in a circle, to {where}"
    if not _allowed(rules, urlsplit(went[0]), parts, target):
        return f"redirected to {where}, which the check does not name"
    if parts.username is not None:
        return f"redirected to {where} with a user name in the address"
    return f"more than {rules.most} redirects, the last to {where}" if len(went) > rules.most else ""


def followed(request: Request, first: str, to: str) -> Request:
    """The next hop, within the same deadline. The check's headers may hold secrets: only its own host gets them."""
    own = urlsplit(to).hostname == urlsplit(first).hostname
    return replace(request, url=to.partition("#")[0], headers=request.headers if own else ())


def together(before: Result, last: Result) -> Result:
    """The last hop's result with the phases and bytes of all hops added up."""
    return replace(
        last,
        began=before.began,
        phases=_added(before.phases, last.phases),
        bytes_up=before.bytes_up + last.bytes_up,
        bytes_down=before.bytes_down + last.bytes_down,
    )


def _allowed(rules: Redirects, own: SplitResult, to: SplitResult, target: tuple[str, int]) -> bool:
    if to.hostname == own.hostname:
        here = _place(own.geturl())
        return target == here or (_is_usual(own) and _is_usual(to))
    return ((to.hostname, None) in rules.places and _is_usual(to)) or target in rules.places


def _is_usual(parts: SplitResult) -> bool:
    return parts.port in (None, _USUAL.get(parts.scheme))


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _USUAL.get(parts.scheme, 0)


def _added(one: Phases, other: Phases) -> Phases:
    """A phase that the last hop did not reach was not reached."""
    names = ("dns", "connect", "tls", "first_byte", "transfer")
    sums = {name: _sum(getattr(one, name), getattr(other, name)) for name in names}
    if other.tls is None and other.first_byte is not None:  # the last hop needed none, an earlier one may have
        sums["tls"] = one.tls
    return Phases(**sums, total=one.total + other.total)


def _sum(one: float | None, other: float | None) -> float | None:
    return None if other is None else (one or 0.0) + other
