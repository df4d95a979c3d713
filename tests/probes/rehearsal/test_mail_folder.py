"""Mails on disk, also those that are not as they should be."""

import threading
from pathlib import Path

import pytest

from probes.rehearsal.mail_folder import MailFolder
from probes.rehearsal.mail_page import list_page, mail_page


@pytest.mark.parametrize(
    "content",
    [
        b"Message-ID: <\r\n\r\nx",
        b"Message-ID: <>\r\n\r\nx",
        b'To: <\r\nFrom: @\r\nCc: a:b;\r\nReply-To: "\r\n\r\nx',
        b"Subject: =?utf-8?b?////?=\r\n\r\nx",
        b"Subject: =?klingon?q?a?=\r\n\r\nx",
        b"Subject: \xff\xfe\r\n\r\n\xff",
        b"Date: Sat, 16 Jan 0001 00:00:00 +9999\r\n\r\nx",
        b'Content-Type: text/plain; charset="\xff"\r\n\r\n\xff',
        b"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x",
    ],
)
def test_a_broken_mail_is_kept_shown_and_there_after_a_restart(tmp_path: Path, content: bytes) -> None:
    MailFolder(tmp_path).add(["b@example.org"], content)
    again = MailFolder(tmp_path)
    message = again.message(1)
    assert message is not None
    assert "<h1>" in mail_page(1, message)
    assert "1 mail, newest first" in list_page(again.mails())
    assert again.mails()[0].to == ("b@example.org",)


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        (b"=?utf-8?b?4KSw4KS+4KSv4KSX4KSh?= line", "\u0930\u093e\u092f\u0917\u0921 line"),
        ("\u0930\u093e\u092f\u0917\u0921".encode(), "\u0930\u093e\u092f\u0917\u0921"),
        (b"one\r\n two", "one two"),
    ],
)
def test_a_subject_is_read_in_every_form_it_may_have(tmp_path: Path, raw: bytes, subject: str) -> None:
    assert MailFolder(tmp_path).add(["b@example.org"], b"Subject: " + raw + b"\r\n\r\nx").subject == subject


@pytest.mark.process
def test_the_list_can_be_read_while_mails_come_in(tmp_path: Path) -> None:
    folder = MailFolder(tmp_path, max_mails=5)
    wrong: list[list[int]] = []

    def read() -> None:
        while len(folder.mails()) < 5 or adding.is_alive():
            numbers = [mail.number for mail in folder.mails()]
            if numbers != sorted(numbers, reverse=True):
                wrong.append(numbers)

    adding = threading.Thread(target=lambda: [folder.add(["b@example.org"], b"\r\nx") for _ in range(60)])
    reading = threading.Thread(target=read)
    adding.start()
    reading.start()
    adding.join()
    reading.join()
    assert wrong == []
