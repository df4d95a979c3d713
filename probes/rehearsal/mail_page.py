"""The pages of the mail catcher. Pure: mails in, HTML out; everything that came by mail is escaped here."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from html import escape
from typing import Final

from probes.rehearsal.mail_folder import Mail, header, headers, text_and_html

SAYING: Final = "Mail catcher of the rehearsal: nothing here was sent to anybody"
CONTENT_SECURITY_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'"
_INDIA: Final = timezone(timedelta(hours=5, minutes=30))
_STYLE: Final = """
:root { color-scheme: light dark; --ground: #edf0f3; --card: #fff; --line: #cbd3da; --ink: #101820; --ink2: #3f4d59;
  --action: #0b5cad; --note: #f3d48a; --note-ink: #1a1405 }
@media (prefers-color-scheme: dark) { :root { --ground: #0b1218; --card: #121b23; --line: #2a3844; --ink: #eef3f7;
  --ink2: #b4c1cc; --action: #6fb7f0 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
.note { background: var(--note); color: var(--note-ink); padding: 8px 24px; margin: 0; font-weight: 600 }
main { max-width: 1100px; margin: 0 auto; padding: 24px }
h1 { font-size: 24px; line-height: 1.3; margin: 0 0 16px; overflow-wrap: anywhere } h2 { font-size: 18px; margin: 24px 0 8px }
a { color: var(--action) } a:focus-visible { outline: 3px solid var(--action); outline-offset: 2px }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 6px; overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th { text-align: left; color: var(--ink2); font-weight: 600 }
th, td { padding: 8px 16px; border-top: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere }
thead th, tbody:first-child tr:first-child > * { border-top: 0 }
.empty { padding: 16px; margin: 0; color: var(--ink2) }
pre { margin: 0; padding: 16px; white-space: pre-wrap; overflow-wrap: anywhere; font: 15px/1.5 ui-monospace, monospace }
iframe { display: block; width: 100%; height: 70vh; border: 1px solid var(--line); border-radius: 6px; background: #fff;
  color-scheme: light }
tbody th, .when, .to { white-space: nowrap }
@media (max-width: 700px) { main { padding: 16px } .note { padding: 8px 16px } thead { display: none }
  tr { display: block; padding: 8px 16px; border-top: 1px solid var(--line) } tr:first-child { border-top: 0 }
  th, td { display: block; padding: 0; border: 0 } .when, .to { white-space: normal; color: var(--ink2) } }
"""


def list_page(mails: Sequence[Mail]) -> str:
    """All mails, in the order given."""
    rows = "".join(
        f'<tr><td class="when">{escape(_when(mail.date))}</td><td class="to">{escape(", ".join(mail.to))}</td>'
        f'<td><a href="/mails/{mail.number}">{escape(mail.subject or "(no subject)")}</a></td></tr>'
        for mail in mails
    )
    head = '<thead><tr><th scope="col">Time</th><th scope="col">To</th><th scope="col">Subject</th></tr></thead>'
    table = f"<table>{head}<tbody>{rows}</tbody></table>"
    content = table if mails else '<p class="empty">No mail yet.</p>'
    count = "1 mail" if len(mails) == 1 else f"{len(mails)} mails"
    return _page("Caught mails", f'<h1>{count}, newest first</h1><div class="card">{content}</div>')


def mail_page(number: int, message: EmailMessage) -> str:
    """One mail: headers, plain text, and HTML in a frame that may run nothing and fetch nothing."""
    subject = header(message, "Subject") or "(no subject)"
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in headers(message)
    )
    text, html = text_and_html(message)
    parts = [
        '<p><a href="/">All mails</a></p>',
        f"<h1>{escape(subject)}</h1>",
        f'<div class="card"><table><tbody>{rows}</tbody></table></div>',
        f'<h2>Text part</h2><div class="card"><pre>{escape(text) or "none"}</pre></div>',
        "<h2>HTML part</h2>",
        f'<iframe sandbox="" title="HTML part of mail {number}" srcdoc="{escape(html)}"></iframe>'
        if html
        else '<div class="card"><p class="empty">none</p></div>',
    ]
    return _page(subject, "".join(parts))


def missing_page() -> str:
    return _page("No such mail", '<h1>There is no such mail</h1><p><a href="/">All mails</a></p>')


def _page(title: str, content: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<style>{_STYLE}</style></head><body><p class="note" role="note">{SAYING}</p>'
        f"<main>{content}</main></body></html>"
    )


def _when(date: str) -> str:
    if not date:
        return "no date"
    moment = datetime.fromisoformat(date)
    if moment.tzinfo is None:
        return f"{moment:%d %b %Y, %H:%M:%S}"
    return f"{moment.astimezone(_INDIA):%d %b %Y, %H:%M:%S} IST"
