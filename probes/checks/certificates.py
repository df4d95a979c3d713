"""What a server's certificates say: until when they are good, and why a chain is not trusted. Pure.

May be changed: the words. Whether a chain is trusted, libcurl decides; here it is only explained.
"""

from datetime import UTC, datetime

from probes.exchange import Certificate


def ends_too_soon(chain: tuple[Certificate, ...], days: int, now: float) -> str:
    """What is wrong with the end of the server's own certificate; empty when it is good for `days` more. `now`: since 1970."""
    if not chain:
        return "the server showed no certificate that can be read"
    left = (chain[0].ends - now) / 86_400
    if left >= days:
        return ""
    return f"the certificate ends on {_day(chain[0].ends)}, in {left:.1f} days; the check wants {days}"


def why_not_trusted(words: str, host: str, chain: tuple[Certificate, ...], now: float) -> str:
    """One line on a chain that was refused. `words`: libcurl's own; `now`: seconds since 1970 UTC."""
    if not chain:
        return words
    mine = chain[0]
    late = next((one for one in chain if one.ends < now), None)
    early = next((one for one in chain if one.begins > now), None)
    if late is not None:
        why = f"expired since {_day(late.ends)}"
    elif early is not None:
        why = f"not valid before {_day(early.begins)}"
    elif "match" in words:
        why = f"made for {_names(mine)}, not for {host[:60]}"
    else:
        why = "unknown issuer" if mine.issuer != mine.subject else "signed by itself"
    shown = late or early or mine
    return (
        f"not trusted: {why} (subject {_short(shown.subject)}, issuer {_short(shown.issuer)}, ends {_day(shown.ends)})"
    )


def _names(certificate: Certificate) -> str:
    return _short(", ".join(certificate.names) or certificate.subject)


def _short(text: str) -> str:
    plain = "".join(sign for sign in text if sign.isprintable())
    return plain if len(plain) <= 40 else plain[:39] + "…"


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()
