"""The mail catcher: real SMTP in, files and a page out."""

import http.client
import json
import smtplib
import threading
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from probes.rehearsal.listening import CannotListen
from probes.rehearsal.mail_catcher import MailCatcher, Stage
from probes.rehearsal.mail_folder import MailFolder

pytestmark = pytest.mark.process  # real servers, real waiting

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[MailCatcher]:
    server = MailCatcher(tmp_path / "mails")
    server.start()
    yield server
    server.stop()


def a_mail(subject: str = "रायगड: own line", to: str = "dio.raigad@example.org", number: int = 1) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "tikawatch@example.org", to, subject
    mail["Message-ID"] = f"<incident-{number}@example.org>"
    mail["Date"] = "Sat, 16 Jan 2021 08:05:00 +0000"
    mail.set_content(f"Text for a person. {EVIL}")
    mail.add_alternative(f'<p style="color:red">HTML "part"</p>{EVIL}', subtype="html")
    return mail


def send(catcher: MailCatcher, mail: EmailMessage, to: str = "dio.raigad@example.org") -> None:
    with smtplib.SMTP("127.0.0.1", catcher.ports.smtp, timeout=60) as relay:
        relay.send_message(mail, from_addr="tikawatch@example.org", to_addrs=[to])


def get(catcher: MailCatcher, path: str, method: str = "GET") -> tuple[int, str, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", catcher.ports.page, timeout=60)
    connection.request(method, path)
    answer = connection.getresponse()
    content = answer.read().decode()
    connection.close()
    return answer.status, content, dict(answer.getheaders())


def test_a_mail_is_kept_as_a_file_with_its_envelope(catcher: MailCatcher, tmp_path: Path) -> None:
    send(catcher, a_mail(), to="someone.else@example.org")
    (file,) = (tmp_path / "mails").iterdir()
    assert file.name == "000001.eml"
    assert file.read_bytes().startswith(b"X-Envelope-To: someone.else@example.org\r\n")


def test_the_list_as_json_has_what_a_test_needs(catcher: MailCatcher) -> None:
    send(catcher, a_mail(number=1))
    send(catcher, a_mail("Second", number=2))
    status, content, headers = get(catcher, "/mails.json")
    assert status == 200
    assert headers["Content-Type"] == "application/json"
    newest, first = json.loads(content)
    assert (newest["subject"], newest["message_id"]) == ("Second", "<incident-2@example.org>")
    assert first["to"] == ["dio.raigad@example.org"]
    assert first["subject"] == "रायगड: own line"
    assert first["date"] == "2021-01-16T08:05:00+00:00"
    assert first["text"].startswith("Text for a person.")
    assert catcher.mails()[1].message_id == "<incident-1@example.org>"


def test_the_page_lists_mails_newest_first_in_indian_time(catcher: MailCatcher) -> None:
    assert "No mail yet." in get(catcher, "/")[1]
    send(catcher, a_mail("First"))
    send(catcher, a_mail("Second"))
    _, page, headers = get(catcher, "/")
    assert page.index("Second") < page.index("First")
    assert "16 Jan 2021, 13:35:00 IST" in page
    assert "dio.raigad@example.org" in page
    assert "Mail catcher of the rehearsal: nothing here was sent to anybody" in page
    assert headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'"


def test_a_mails_page_shows_headers_text_and_html_in_a_sandbox(catcher: MailCatcher) -> None:
    send(catcher, a_mail())
    status, page, headers = get(catcher, "/mails/1")
    assert status == 200
    assert "&lt;incident-1@example.org&gt;" in page
    assert "Text for a person." in page
    assert '<iframe sandbox="" ' in page
    assert 'srcdoc="&lt;p style=&quot;color:red&quot;&gt;HTML &quot;part&quot;' in page
    assert "frame-src 'self'" in headers["Content-Security-Policy"]


def test_nothing_of_a_mail_reaches_a_page_unescaped(catcher: MailCatcher) -> None:
    send(catcher, a_mail(EVIL))
    for path in ("/", "/mails/1"):
        assert "<script" not in get(catcher, path)[1]
    assert "&lt;script&gt;" in get(catcher, "/")[1]


def test_a_mail_without_parts_or_subject_is_shown_too(catcher: MailCatcher) -> None:
    with smtplib.SMTP("127.0.0.1", catcher.ports.smtp, timeout=60) as relay:
        relay.sendmail("a@example.org", ["b@example.org"], b"Content-Type: text/plain; charset=klingon\r\n\r\nqapla")
    assert "(no subject)" in get(catcher, "/")[1]
    assert "no date" in get(catcher, "/")[1]
    assert "qapla" in get(catcher, "/mails/1")[1]


@pytest.mark.parametrize(
    "path", ["/mails/7", "/mails/x", "/mails/../../etc/passwd", "/mails/99999999999", "/favicon.ico"]
)
def test_what_is_not_there_is_404(catcher: MailCatcher, path: str) -> None:
    assert get(catcher, path)[0] == 404


def test_nothing_can_be_changed_over_the_page(catcher: MailCatcher) -> None:
    assert get(catcher, "/", "POST")[0] == 405


def test_only_the_newest_mails_are_kept(tmp_path: Path) -> None:
    folder = MailFolder(tmp_path, max_mails=3)
    for number in range(5):
        folder.add(["b@example.org"], bytes(a_mail(f"mail {number}")))
    assert [mail.subject for mail in folder.mails()] == ["mail 4", "mail 3", "mail 2"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["000003.eml", "000004.eml", "000005.eml"]
    assert folder.message(1) is None


def test_mails_are_there_again_after_a_restart(tmp_path: Path) -> None:
    before = MailFolder(tmp_path)
    before.add(["b@example.org"], bytes(a_mail("before")))
    again = MailFolder(tmp_path)
    again.add(["b@example.org"], bytes(a_mail("after")))
    assert [(mail.number, mail.subject) for mail in again.mails()] == [(2, "after"), (1, "before")]


def test_an_address_cannot_smuggle_a_header_in(tmp_path: Path) -> None:
    folder = MailFolder(tmp_path)
    mail = folder.add(["b@example.org\r\nSubject: forged"], bytes(a_mail("true")))
    assert mail.subject == "true"


def test_a_test_can_answer_for_the_relay_at_rcpt(catcher: MailCatcher) -> None:
    catcher.reply = lambda address, stage: "550 5.1.1 Nobody here" if "thane" in address and stage == "RCPT" else None
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(catcher, a_mail(), to="dio.thane@example.org")
    assert refused.value.recipients == {"dio.thane@example.org": (550, b"5.1.1 Nobody here")}
    send(catcher, a_mail())
    assert len(catcher.mails()) == 1


@pytest.mark.parametrize(("stage", "kept"), [("DATA", 0), ("STORED", 1)])
def test_a_test_can_answer_for_the_relay_at_data(catcher: MailCatcher, stage: Stage, kept: int) -> None:
    catcher.reply = lambda _address, at: "450 4.2.0 Later" if at == stage else None
    with pytest.raises(smtplib.SMTPDataError, match="Later"):
        send(catcher, a_mail())
    assert len(catcher.mails()) == kept


def test_a_421_closes_the_connection(catcher: MailCatcher) -> None:
    catcher.reply = lambda _address, stage: "421 4.3.2 Going down" if stage == "RCPT" else None
    relay = smtplib.SMTP("127.0.0.1", catcher.ports.smtp, timeout=60)
    relay.ehlo()
    relay.mail("a@example.org")
    assert relay.rcpt("b@example.org")[0] == 421
    with pytest.raises(smtplib.SMTPServerDisconnected):
        relay.noop()
    relay.close()


def test_a_delay_comes_after_the_storing_and_before_the_last_word(catcher: MailCatcher) -> None:
    catcher.delay_s = 30
    sender = threading.Thread(target=_send_and_be_cut_off, args=(catcher,))
    sender.start()
    until = time.monotonic() + 60
    while not catcher.mails() and time.monotonic() < until:
        time.sleep(0.01)
    assert len(catcher.mails()) == 1
    assert sender.is_alive()
    began = time.monotonic()
    catcher.stop()
    assert time.monotonic() - began < 10  # the delay is 30
    sender.join(timeout=60)
    assert not sender.is_alive()


def _send_and_be_cut_off(catcher: MailCatcher) -> None:
    with pytest.raises((smtplib.SMTPException, OSError)):
        send(catcher, a_mail())


def test_many_recipients_at_once_are_all_kept(catcher: MailCatcher) -> None:
    threads = [
        threading.Thread(target=send, args=(catcher, a_mail(number=n), f"dio{n}@example.org")) for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {mail.to for mail in catcher.mails()} == {(f"dio{n}@example.org",) for n in range(20)}


def test_it_listens_on_this_machine_only(tmp_path: Path) -> None:
    with pytest.raises(CannotListen, match="loopback only"):
        MailCatcher(tmp_path, host="0.0.0.0").start()
