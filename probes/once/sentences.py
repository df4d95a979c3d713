"""What became of one check, in a plain sentence, and what to do about it. Pure.

May be changed: the words. They are read out on the phone: no jargon in the first sentence, one thing to do in the second.
"""

from typing import Final

from probes.sample import CheckKind, Reason, Sample

_GOOD: Final = {
    CheckKind.HTTP: "The registry answered in {total}.",
    CheckKind.ANCHOR: "The neutral host answered in {total}: the line of this place works.",
    CheckKind.UPLOAD: "The record was accepted and seen again {visible} later; {total} in all.",
    CheckKind.TCP: "{where} took the connection in {total}.",
    CheckKind.DNS: "The resolver {where} answered in {total}.",
    CheckKind.TLS: "The secure connection to {where} stood after {total}, and the certificate is good.",
    CheckKind.ICMP: "{where} replied in {total}.",
    CheckKind.MESSAGE: "The message came {visible} after the registry had taken the request; {total} in all.",
}
_ASK_ELSEWHERE: Final = (
    "Have another place try it: if it works there, look at the line of this place; if not, call the operator"
)
_TELL: Final = "Tell the operator this line and the time"
_BAD: Final = {
    Reason.DNS: (
        "No address was found for {where} in {total}.",
        "Check the spelling, then try another name: if that fails as well, it is the line or the resolver of this place",
    ),
    Reason.REFUSED: (
        "Nobody listens on that port: {where} refused the connection after {total}.",
        "Check the port; if it is right, the service behind it is not running: call the operator",
    ),
    Reason.UNREACHABLE: ("{where} cannot be reached from here; {total} were spent on it.", _ASK_ELSEWHERE),
    Reason.RESET: ("The connection to {where} broke off after {total}.", _ASK_ELSEWHERE),
    Reason.TLS: (
        "The secure connection to {where} failed after {total}.",
        "Check the date and the clock of this machine; if they are right, the certificate is not: call the operator",
    ),
    Reason.TIMEOUT: ("{where} did not come to an end within {total}.", _ASK_ELSEWHERE),
    Reason.HTTP_STATUS: (
        "The registry answered in {total}, with status {status}, which is not a good one.",
        "Below 500 look at the address and the key; from 500 on the trouble is the registry's own: call the operator",
    ),
    Reason.HEADER: ("The registry answered in {total}, but a header is not as expected.", _TELL),
    Reason.BODY: ("The registry answered in {total}, but its answer is not as expected.", _TELL),
    Reason.ANSWER: ("{where} answered in {total}, but its answer is not as expected.", _TELL),
    Reason.CERTIFICATE: (
        "{where} answered in {total}, and its certificate ends soon.",
        "Ask the operator to renew it before that day",
    ),
    Reason.NOT_VISIBLE: (
        "The record was accepted, and could not be seen again; {total} in all.",
        "Uploads may be waiting in the registry: tell the operator, and keep paper records until they are seen",
    ),
    Reason.NOT_ARRIVED: (
        "The registry took the request, and the message did not come; {total} in all.",
        "Look into the test inbox yourself; if it is not there, tell the operator that messages do not go out",
    ),
    Reason.LOST: ("{where} answered some of the tries only.", _ASK_ELSEWHERE),
    Reason.TOO_LARGE: ("{where} sent more than the check allows.", _TELL),
    Reason.REDIRECT: (
        "The registry answered in {total} and sends us elsewhere.",
        "Ask the operator which address is right, and write that one into the check",
    ),
    Reason.PROTOCOL: (
        "{where} answered, but not in the language of this check.",
        "Check the port and the beginning of the address: http and https are different things",
    ),
    Reason.AGENT_OFFLINE: (
        "This machine itself could not measure; that says nothing of the registry.",
        "Mend what is named below, then try again",
    ),
    Reason.AGENT_FAULT: (
        "This machine itself could not measure; that says nothing of the registry.",
        "Mend what is named below, then try again",
    ),
}


def outcome(sample: Sample, where: str) -> str:
    """One sentence, and a second one on what to do when the check was not good. `where` is host and port."""
    visible = sample.phases.visible
    words = {
        "where": where,
        "total": span(sample.phases.total),
        "visible": span(visible) if visible is not None else "",
        "status": sample.status,
    }
    if sample.reason is not Reason.NONE:
        said, cure = _BAD[sample.reason]
        return f"{_begun(said.format_map(words))} What to do: {cure}."
    if sample.kind is CheckKind.UPLOAD and visible is None:
        return f"The record was accepted in {words['total']}."
    return _begun(_GOOD[sample.kind].format_map(words))


def span(seconds: float) -> str:
    """As a person says it: 0.43 ms, 8.5 ms, 85 ms, 0.21 s, 12.3 s."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.2g} ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"


def _begun(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:] if not sentence[:1].isdigit() else sentence
