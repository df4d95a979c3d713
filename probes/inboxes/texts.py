"""What a message says, out of what carried it. Pure. May be changed: forms of webhooks and mails, by adding.

Nothing of it may be logged or kept by whoever calls this: the texts hold codes.
"""

import json
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from urllib.parse import parse_qsl

DEEPEST = 8


def holds(text: str, find: str) -> bool:
    """Whether the words stand in the text; a number at their edge must stand there whole, so that 49 is not found in 490."""
    before = r"(?<!\d)" if find[:1].isdigit() else ""
    after = r"(?!\d)" if find[-1:].isdigit() else ""
    return re.search(before + re.escape(find) + after, text) is not None


def of_webhook(body: bytes, content_type: str) -> str:
    """All texts of a JSON body, all values of a form, else the body as it is."""
    text = body.decode("utf-8", "replace")
    if "json" in content_type.lower() or text.lstrip()[:1] in ("{", "["):
        try:
            return "\n".join(_strings(json.loads(text), DEEPEST))
        except (ValueError, RecursionError):
            return text
    if "form-urlencoded" in content_type.lower():
        return "\n".join(value for _, value in parse_qsl(text, keep_blank_values=True))
    return text


def of_mail(raw: bytes) -> str:
    """Subject and text parts of a mail, decoded."""
    mail = message_from_bytes(raw)
    parts = [_subject(mail)]
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            payload = part.get_payload(decode=True)
            parts.append(_decoded(payload, part.get_content_charset()) if isinstance(payload, bytes) else "")
    return "\n".join(parts)


def _strings(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth and isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item, depth - 1)


def _subject(mail: Message) -> str:
    raw = str(mail.get("Subject", ""))
    try:
        return str(make_header(decode_header(raw)))
    except (HeaderParseError, ValueError, LookupError):
        return raw


def _decoded(payload: bytes, charset: str | None) -> str:
    try:
        return payload.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return payload.decode("utf-8", "replace")
