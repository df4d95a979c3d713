"""Test inboxes: what a message says, whose turn it is, and the two ways of hearing of one, over real sockets."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from probes.carriers.transfers import TransferLoop
from probes.clock import WallClock
from probes.exchange import Arrival, Result, Wish
from probes.inbox_settings import Inbox
from probes.inboxes.arrivals import Inboxes
from probes.inboxes.texts import holds, of_mail, of_webhook
from probes.inboxes.turn import Turn
from probes.inboxes.webhook import MOST, SLOWEST_S
from probes.sample import Reason
from probes.settings import Probes

from .imap_server import Mailbox, imap_server
from .servers import free_port
from .test_check_message import FIELDS, SECRET, send

TLS = Path(__file__).parent / "tls"
CHECK = {**FIELDS, "body": {"mobile": "1"}, "find": "Your OTP", "deadline_s": 20}
NONSENSE = "it broke off, or what it says cannot be understood"

# -- what a message says ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "find", "there"),
    [
        ("Your OTP for 490 is 1234", "Your OTP", True),
        ("Your OTP for 490 is 1234", "OTP for 490", True),
        ("Your OTP for 4900 is 1234", "OTP for 490", False),
        ("Code 1490", "490", False),
        ("Your otp", "Your OTP", False),
        ("a+b (c)", "+b (c", True),
    ],
)
def test_words_are_found_as_they_stand_and_numbers_whole(text: str, find: str, there: bool) -> None:
    assert holds(text, find) is there


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"Your OTP is 1", "text/plain"),
        (b'{"message": {"text": "Your OTP is 1"}, "at": 3}', "application/json"),
        (b'[{"sms": "Your \\u004fTP is 1"}]', ""),
        (b"from=%2B91&text=Your+OTP+is+1", "application/x-www-form-urlencoded"),
        (b'{"broken": Your OTP is 1', "application/json"),
        (b"\xff\xfeYour OTP is 1", "text/plain"),
    ],
)
def test_a_webhook_may_send_its_text_in_many_forms(body: bytes, content_type: str) -> None:
    assert holds(of_webhook(body, content_type), "Your OTP is 1")


def test_a_deep_body_costs_nothing() -> None:
    assert of_webhook(b"[" * 50_000 + b"]" * 50_000, "application/json")[:1] in ("", "[")


def test_a_mail_is_decoded() -> None:
    mail = EmailMessage()
    mail["Subject"] = "ओटीपी 42"
    mail.set_content("Your OTP – तुमचा कोड", cte="base64")
    mail.add_alternative("<b>Your code</b>", subtype="html")
    assert all(holds(of_mail(mail.as_bytes()), words) for words in ("ओटीपी 42", "OTP – तुमचा कोड", "<b>Your code"))


@pytest.mark.parametrize("raw", [b"", b"\x00\xff" * 50, b"Content-Type: text/plain; charset=none\r\n\r\nYour OTP"])
def test_a_broken_mail_is_read_as_far_as_it_goes(raw: bytes) -> None:
    assert isinstance(of_mail(raw), str)


# -- settings -----------------------------------------------------------------------------------------------------------


def settings(*inboxes: dict[str, Any], checks: tuple[dict[str, Any], ...] = (CHECK,), **more: Any) -> Probes:
    fields = {"agent": "a", "vantage": "here", "districts": [490], "checks": checks, "inboxes": inboxes, **more}
    return Probes.model_validate(fields)


def webhook(port: int = 8605, name: str = "phone", file: str = "secret") -> dict[str, Any]:
    return {"name": name, "webhook": {"port": port, "secret_file": file}}


def other(find: str, inbox: str = "phone") -> dict[str, Any]:
    return {**CHECK, "name": "notice", "find": find, "inbox": inbox}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (settings, 'there is no inbox "phone"'),
        (lambda: settings(webhook(name="mail")), 'there is no inbox "phone"'),
        (lambda: settings(webhook(), webhook(1)), 'two inboxes are called "phone"'),
        (lambda: settings(webhook(), webhook(name="b")), "port 8605 is taken by inbox phone"),
        (
            lambda: settings(webhook(), checks=(CHECK, other("Your OTP"))),
            'a message to phone that holds "Your OTP" could be that of check otp as well',
        ),
        (
            lambda: settings(webhook(), checks=(CHECK, other("Your OTP to register"))),
            'a message to phone that holds "Your OTP to register" could be that of check otp as well',
        ),
        (
            lambda: settings(webhook(), districts=list(range(490, 510))),
            "20 districts wait for the same words one after the other, for up to 20 s each: more than interval_s 300",
        ),
        (lambda: settings(webhook(), checks=({**CHECK, "method": "GET"},)), "a GET sends no body"),
        (lambda: settings(webhook(), checks=({**CHECK, "find": "for {place}"},)), '"{place}" has no value here'),
        (lambda: Inbox(name="x"), 'inbox "x" has no way to hear of messages'),
        (
            lambda: Inbox.model_validate({**webhook(), "imap": {"host": "h", "user": "u", "password_file": "f"}}),
            'inbox "phone" has two ways to hear of messages',
        ),
        (
            lambda: Inbox.model_validate(
                {"name": "x", "imap": {"host": "mail.example.org", "user": "u", "password_file": "f", "tls": False}}
            ),
            "the password would be sent in the clear",
        ),
    ],
)
def test_messages_that_could_be_mixed_up_are_refused(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        make()
    assert refused.value.errors()[0]["msg"] == said


def test_checks_that_cannot_be_mixed_up_are_fine() -> None:
    apart = {**CHECK, "find": "Code for {district}"}
    settings(webhook(), checks=(CHECK, other("Vaccination at")))
    settings(webhook(), webhook(1, "b"), checks=(CHECK, other("Your OTP", "b")))
    settings(webhook(), checks=(apart,), districts=list(range(490, 526)))


# -- the bench ----------------------------------------------------------------------------------------------------------


class Bench:
    """An Inboxes in a loop of its own thread; `begin` starts a wish, and the result comes into a list."""

    def __init__(self, probes: Probes) -> None:
        self.clock = WallClock()
        self.loop = TransferLoop(self.clock, "Tikawatch test")
        self.inboxes = Inboxes(probes, self.loop, self.clock)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.loop.run, args=(self.stop, lambda: None))
        self.thread.start()

    def close(self) -> None:
        self.stop.set()
        self.loop.call_soon(lambda: None)
        self.thread.join()
        self.inboxes.close()
        self.loop.close()

    def begin(self, wish: Wish) -> list[Result]:
        results: list[Result] = []
        self.loop.call_soon(lambda: self.inboxes.start(wish, results.append))  # type: ignore[arg-type]
        return results

    def result(self, wish: Wish, within: float = 60.0) -> Result:
        return wait_for(self.begin(wish), within)

    def turn(self, find: str = "Your OTP", over: bool = False, **more: Any) -> Turn:
        now = self.clock.monotonic()
        return Turn(inbox="phone", find=find, over=over, **{"deadline": now + 20, "hold_s": 20.0, **more})

    def arrival(self, find: str = "Your OTP", within: float = 20.0, since: float | None = None) -> Arrival:
        begin = self.clock.now() if since is None else since
        return Arrival(inbox="phone", find=find, since=begin, deadline=self.clock.monotonic() + within)


def wait_for(results: list[Result], within: float = 60.0) -> Result:
    end = time.monotonic() + within
    while not results:
        assert time.monotonic() < end, "no result in time"
        time.sleep(0.01)
    return results[0]


@contextmanager
def listening(folder: Path) -> Iterator[tuple[Bench, int]]:
    (folder / "secret").write_text(SECRET + "\n")
    port = free_port()
    with closing(Bench(settings(webhook(port, file=str(folder / "secret"))))) as bench:
        yield bench, port


@contextmanager
def looking(folder: Path, mailbox: Mailbox, secure: ssl.SSLContext | None = None) -> Iterator[Bench]:
    (folder / "password").write_text("open sesame")
    with imap_server(mailbox, secure) as port:
        imap = {
            "host": "127.0.0.1", "port": port, "tls": secure is not None, "user": "probe", "every_s": 0.2,
            "password_file": str(folder / "password"),
        }  # fmt: skip
        with closing(Bench(settings({"name": "phone", "imap": imap}))) as bench:
            yield bench


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name in ("webhook", "imap")]


# -- turns and arrivals, by webhook -------------------------------------------------------------------------------------


@pytest.mark.process
def test_a_message_is_known_by_its_words_and_its_moment_is_kept(tmp_path: Path) -> None:
    with listening(tmp_path) as (bench, port):
        assert bench.result(bench.turn()).reason is Reason.NONE
        waiting = bench.begin(bench.arrival())
        assert send(port, "Your parcel is here") == 200
        before = time.monotonic()
        assert send(port, "Your OTP is 123456") == 200
        result = wait_for(waiting)
    assert result.reason is Reason.NONE
    assert before <= result.ended <= time.monotonic()
    assert "123456" not in repr(result)
    assert threads() == []


@pytest.mark.process
def test_a_message_that_came_before_the_asking_is_not_taken(tmp_path: Path) -> None:
    with listening(tmp_path) as (bench, port):
        send(port, "Your OTP is 1")  # nobody waits
        bench.result(bench.turn())
        send(port, "Your OTP is 2")  # between the turn and the asking
        time.sleep(0.05)
        result = bench.result(bench.arrival(within=0.4))
    assert (result.reason, result.detail) == (Reason.NOT_ARRIVED, "nothing in inbox phone")


@pytest.mark.process
def test_a_message_quicker_than_the_answer_is_taken(tmp_path: Path) -> None:
    with listening(tmp_path) as (bench, port):
        bench.result(bench.turn())
        since = bench.clock.now()
        send(port, "Your OTP is 2")
        assert bench.result(bench.arrival(since=since)).reason is Reason.NONE


@pytest.mark.process
def test_districts_that_wait_for_the_same_words_follow_each_other(tmp_path: Path) -> None:
    with listening(tmp_path) as (bench, port):
        bench.result(bench.turn())
        second, apart = bench.begin(bench.turn()), bench.result(bench.turn("Other words"))
        assert apart.reason is Reason.NONE
        first = bench.begin(bench.arrival())
        assert second == []
        send(port, "Your OTP is 1")
        wait_for(first)
        assert wait_for(second).reason is Reason.NONE
        doubled = bench.begin(bench.arrival(within=0.4))
        assert wait_for(doubled).reason is Reason.NOT_ARRIVED  # the first one's message is not taken twice


@pytest.mark.process
@pytest.mark.timed
def test_a_turn_is_given_back_runs_out_or_is_waited_for_in_vain(tmp_path: Path) -> None:
    with listening(tmp_path) as (bench, _):
        mine = bench.turn()
        bench.result(mine)
        assert bench.result(replace(mine, over=True)).reason is Reason.NONE
        assert bench.result(bench.turn(hold_s=0.1), within=1).reason is Reason.NONE
        in_vain = bench.begin(bench.turn(deadline=bench.clock.monotonic() + 0.2))
        result = wait_for(in_vain, within=1)
        assert (result.reason, result.detail) == (
            Reason.AGENT_FAULT, "inbox phone was taken by other districts all the time",
        )  # fmt: skip
        assert bench.result(bench.turn(), within=2).reason is Reason.NONE  # nobody gave it back


@pytest.mark.process
@pytest.mark.timed
def test_a_turn_given_back_late_leaves_the_next_one_its_own(tmp_path: Path) -> None:
    with listening(tmp_path) as (bench, port):
        late = bench.turn(hold_s=0.05)
        bench.result(late)
        assert bench.result(bench.turn(), within=3).reason is Reason.NONE  # the first has run out
        assert bench.result(replace(late, over=True)).reason is Reason.NONE
        assert bench.result(bench.arrival(within=-0.5)).detail == "nobody has the turn at inbox phone"
        own = bench.begin(bench.arrival())
        send(port, "Your OTP is 1")
        assert wait_for(own).reason is Reason.NONE


@pytest.mark.process
def test_an_arrival_without_a_turn_is_refused(tmp_path: Path) -> None:
    with listening(tmp_path) as (bench, _):
        assert bench.result(bench.arrival()).detail == "nobody has the turn at inbox phone"


@pytest.mark.process
@pytest.mark.parametrize("secret", [None, "short", "no spaces, please, in here", ""])
def test_a_webhook_without_a_good_secret_says_what_to_write(tmp_path: Path, secret: str | None) -> None:
    if secret is not None:
        (tmp_path / "secret").write_text(secret)
    with closing(Bench(settings(webhook(free_port(), file=str(tmp_path / "secret"))))) as bench:
        result = bench.result(bench.turn())
    assert result.reason is Reason.AGENT_FAULT
    assert str(tmp_path / "secret")[:40] in result.detail
    assert not secret or secret not in result.detail


# -- what a webhook puts up with ----------------------------------------------------------------------------------------


def say(port: int, request: bytes, within: float = 60.0) -> bytes:
    with socket.create_connection(("127.0.0.1", port), within) as connection:
        connection.sendall(request)
        return connection.makefile("rb").read()


def heard_of(call: Callable[[], bytes]) -> bytes:
    """What came before the connection was closed or reset."""
    try:
        return call()
    except ConnectionResetError:
        return b""


def post(headers: str = "", body: str = "", path: str = SECRET, method: str = "POST") -> bytes:
    return f"{method} /{path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n{body}".encode()


@pytest.mark.process
def test_strangers_learn_nothing_and_senders_are_told_what_is_wrong(tmp_path: Path) -> None:
    with listening(tmp_path) as (_, port):
        for request, status in [
            (post("Content-Length: 2\r\n", "ok"), b"200 OK"),
            (post("Content-Length: 2\r\n", "ok", SECRET + "?from=91"), b"200 OK"),
            (post("Content-Length: 2\r\n", "ok", "wrong"), b"404 Not Found"),
            (post("Content-Length: 2\r\n", "ok", ""), b"404 Not Found"),
            (post("Content-Length: 999999999\r\n", "", SECRET[:-1]), b"404 Not Found"),
            (b"what is this\r\n\r\n", b"404 Not Found"),
            (post(method="GET"), b"405 Method Not Allowed"),
            (post(), b"411 Length Required"),
            (post("Content-Length: -1\r\n"), b"400 Bad Request"),
            (post("Content-Length: 65537\r\n"), b"413 Content Too Large"),
            (post("Content-Length: 99999999999\r\n"), b"413 Content Too Large"),
        ]:
            answer = say(port, request)
            assert answer == b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.mark.process
def test_only_one_exchange_a_connection_and_no_endless_head(tmp_path: Path) -> None:
    with listening(tmp_path) as (_, port):
        twice = post("Content-Length: 2\r\n", "ok") * 2
        assert say(port, twice).count(b"HTTP/1.1") == 1
        assert say(port, post("Expect: 100-continue\r\nContent-Length: 2\r\n", "ok")).startswith(
            b"HTTP/1.1 100 Continue"
        )
        assert heard_of(lambda: say(port, b"POST /" + b"x" * 200_000)) == b""


@pytest.mark.process
@pytest.mark.timed
def test_connections_are_bounded_in_number_and_time_and_others_get_through(tmp_path: Path) -> None:
    with listening(tmp_path) as (bench, port):
        bench.result(bench.turn())
        waiting = bench.begin(bench.arrival(within=SLOWEST_S + 3))
        began = time.monotonic()
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(MOST)]
        for one in slow:
            one.sendall(b"POST /")
        time.sleep(0.2)
        assert heard_of(lambda: say(port, post("Content-Length: 2\r\n", "ok"))) == b""  # one too many
        assert time.monotonic() - began < 2
        slow[0].settimeout(SLOWEST_S + 2)
        assert heard_of(lambda: slow[0].recv(1)) == b""
        assert SLOWEST_S - 0.5 < time.monotonic() - began < SLOWEST_S + 1
        assert send(port, "Your OTP is 1") == 200
        assert wait_for(waiting).reason is Reason.NONE
        for one in slow:
            one.close()


@pytest.mark.process
@pytest.mark.timed
def test_a_webhook_ends_at_once_even_with_a_sender_that_hangs(tmp_path: Path) -> None:
    with listening(tmp_path) as (_, port):
        hanging = socket.create_connection(("127.0.0.1", port))
        hanging.sendall(b"POST /")
        time.sleep(0.1)
        began = time.monotonic()
    assert time.monotonic() - began < 1
    assert threads() == []
    hanging.close()


# -- a mailbox ----------------------------------------------------------------------------------------------------------


@pytest.mark.process
@pytest.mark.timed
def test_a_mail_that_comes_is_found_and_nothing_in_the_mailbox_changes(tmp_path: Path) -> None:
    mailbox = Mailbox()
    mailbox.put("Your OTP is 1")  # an old one
    with looking(tmp_path, mailbox) as bench:
        assert bench.result(bench.turn()).reason is Reason.NONE
        waiting = bench.begin(bench.arrival())
        mailbox.put("Your parcel is here")
        time.sleep(0.5)
        assert waiting == []
        mailbox.put("It is 123456", subject="Your OTP")
        came = time.monotonic()
        result = wait_for(waiting)
        assert result.reason is Reason.NONE
        assert came <= result.ended < came + 0.5  # as fine as the look, and never before
        time.sleep(0.5)
        assert mailbox.said[-1] == "LOGOUT"  # nobody waits any more
    assert any(one.startswith("EXAMINE") for one in mailbox.said)
    assert all("PEEK" in one for one in mailbox.said if "FETCH" in one)
    assert threads() == []


@pytest.mark.process
@pytest.mark.timed
def test_an_old_mail_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    mailbox = Mailbox()
    mailbox.put("Your OTP is 1")
    with looking(tmp_path, mailbox) as bench:
        for _ in range(2):  # the second time, the first time's mail is old
            bench.result(bench.turn())
            mailbox.put("something else")
            result = bench.result(bench.arrival(within=0.7))
            assert (result.reason, result.detail) == (Reason.NOT_ARRIVED, "nothing in inbox phone")
            mailbox.put("Your OTP is 2")


@pytest.mark.process
def test_a_mailbox_that_breaks_off_is_opened_again_and_no_mail_is_missed(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with looking(tmp_path, mailbox) as bench:
        bench.result(bench.turn())
        waiting = bench.begin(bench.arrival())
        mailbox.manner = "breaks"
        time.sleep(0.5)
        mailbox.put("Your OTP is 1")
        mailbox.manner = "good"
        assert wait_for(waiting).reason is Reason.NONE
    assert sum(one.startswith("LOGIN") for one in mailbox.said) >= 2


@pytest.mark.process
@pytest.mark.parametrize(
    ("manner", "after", "said"),
    [
        ("garbage", "NOOP", NONSENSE),
        ("garbage", "LOGIN", NONSENSE),
        ("flood", "NOOP", NONSENSE),
        ("breaks", "EXAMINE", NONSENSE),
    ],
)
def test_a_mail_server_that_talks_nonsense_is_our_trouble_alone(
    tmp_path: Path, manner: str, after: str, said: str
) -> None:
    mailbox = Mailbox(manner=manner, after=after)
    with looking(tmp_path, mailbox) as bench:
        result = bench.result(bench.turn())
        assert result.reason is Reason.AGENT_FAULT
        assert result.detail == f"inbox phone cannot be read: 127.0.0.1:{mailbox.port}: {said}"


@pytest.mark.process
def test_a_wrong_password_is_named_and_not_shown(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    mailbox = Mailbox(password="another")
    with looking(tmp_path, mailbox) as bench:
        result = bench.result(bench.turn())
    assert (
        result.detail == f"inbox phone cannot be read: 127.0.0.1:{mailbox.port} refuses the user name or the password"
    )
    assert "open sesame" not in caplog.text + result.detail
    assert "another" not in caplog.text + result.detail


@pytest.mark.process
@pytest.mark.parametrize("trusted", [True, False])
def test_a_secure_mail_server_is_read_only_when_its_certificate_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "certificate.pem"))
    with looking(tmp_path, Mailbox(), context) as bench:
        result = bench.result(bench.turn())
    assert result.reason is (Reason.NONE if trusted else Reason.AGENT_FAULT)
    assert trusted or "no secure connection to 127.0.0.1" in result.detail


@pytest.mark.process
@pytest.mark.timed
def test_a_mailbox_that_breaks_for_good_says_so_at_the_deadline(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with looking(tmp_path, mailbox) as bench:
        bench.result(bench.turn())
        mailbox.manner = "garbage"
        result = bench.result(bench.arrival(within=0.8))
    assert result.reason is Reason.AGENT_FAULT


@pytest.mark.process
@pytest.mark.timed
def test_a_mail_server_that_hangs_costs_ten_seconds_at_most(tmp_path: Path) -> None:
    mailbox = Mailbox(manner="hang", after="EXAMINE")
    began = time.monotonic()
    with looking(tmp_path, mailbox) as bench:
        result = bench.result(bench.turn())
    assert result.reason is Reason.AGENT_FAULT
    assert time.monotonic() - began < 11


@pytest.mark.process
@pytest.mark.timed
def test_a_mail_server_that_hangs_does_not_keep_the_agent_from_ending(tmp_path: Path) -> None:
    with looking(tmp_path, Mailbox(manner="hang", after="NOOP")) as bench:
        bench.begin(bench.turn())
        time.sleep(0.5)
        began = time.monotonic()
        bench.close()
        assert time.monotonic() - began < 1
        assert threads() == []
        bench.close = lambda: None  # type: ignore[method-assign]


@pytest.mark.process
def test_the_text_of_a_message_is_in_no_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    mailbox, code = Mailbox(manner="garbage"), "70361284951"  # longer than a port or a moment in the log could be
    caplog.set_level("DEBUG")
    with looking(tmp_path, mailbox) as bench:
        bench.result(bench.turn())
    with listening(tmp_path) as (bench, port):
        bench.result(bench.turn())
        send(port, json.dumps({"text": f"Your OTP is {code}"}))
        time.sleep(0.1)
    assert caplog.text
    assert code not in caplog.text
