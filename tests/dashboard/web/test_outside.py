"""The narrow listener, over real sockets: the form, samples and figures, /healthz, and nothing else; one peer, known names."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import date as Date
from pathlib import Path
from textwrap import dedent
from urllib.parse import urlencode, urlsplit

import pytest
from ruamel.yaml import YAML

from dashboard import wiring
from dashboard.doses.decoding import MAX_BYTES
from dashboard.forms.key_file import form_key
from dashboard.forms.links import officers_link
from dashboard.settings import Web
from dashboard.settings.outside import Outside
from dashboard.store import agents
from dashboard.web.bad_tries import BadTries
from dashboard.web.outside import create_outside
from probes.clock import SetClock
from tests.builders import example_settings
from tests.places import EXAMPLE, RAIGAD, THANE, at
from tests.samples import a_batch, a_sample
from tests.stores import fresh_store

NAME = "report.example.org"
OUTSIDE = Outside(address=f"https://{NAME}", port=0)
PAGES = ("/", "/agents/", "/doses/", "/doses/bring/", "/doses/export.csv?day=2021-01-16", "/metrics", "/readyz", "/assets/10-words.js",
         "/api/v1/districts", "/api/v1/incidents", "/api/v1/decisions", "/api/v1/openapi.json", "/api/v1/samples", "/api/v1/doses",
         "/_dash-layout", "/report/", "/static/x", "/..%2f")  # fmt: skip


class Doors:
    """A control room with both its listeners on free ports."""

    def __init__(self, folder: Path, outside: Outside = OUTSIDE) -> None:
        web = Web(port=0, outside=outside)
        self.settings = example_settings(store=folder / "tikawatch.db", web=web)
        fresh_store(self.settings.dashboard.store).dispose()
        self.room = wiring.build(self.settings, SetClock(at("16:40")))
        self.listeners = wiring.listeners(self.room, web)
        for listener in self.listeners.values():
            threading.Thread(target=listener.run, daemon=True).start()
        with self.room.engine.begin() as connection:
            self.token = agents.add(connection, "control-room", 0)

    def ask(
        self, path: str, name: str = NAME, door: str = "outside", body: bytes | None = None, **headers: str
    ) -> tuple[int, str, dict[str, str]]:
        port = self.listeners[door].effective_port
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as line:
            sent = {"Host": name} | {key.replace("_", "-"): value for key, value in headers.items()}
            line.request("GET" if body is None else "POST", path, body, sent)
            answer = line.getresponse()
            return answer.status, answer.read().decode(), dict(answer.getheaders())

    def link(self, district: int = THANE, day: Date = Date(2021, 1, 16)) -> str:
        key = form_key(self.settings.dashboard.form_key_file)
        return officers_link(key, self.settings, district, day)

    def close(self) -> None:
        for listener in self.listeners.values():
            listener.task_dispatcher.shutdown(timeout=2)
            listener.close()
        self.room.engine.dispose()


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    opened = Doors(tmp_path_factory.mktemp("outside"))
    yield opened
    opened.close()


def test_an_officer_reports_by_the_link_of_the_public_address(doors: Doors) -> None:
    link = urlsplit(doors.link())
    assert f"{link.scheme}://{link.netloc}" == f"https://{NAME}"
    status, page, headers = doors.ask(f"{link.path}?lang=en")
    assert (status, "Report doses so far" in page) == (200, True)
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert (headers["X-Frame-Options"], headers["X-Content-Type-Options"]) == ("DENY", "nosniff")
    assert not {"Set-Cookie", "Server"} & headers.keys()
    typed = urlencode({"step": "check", "reported": "1829", "hour": "16:30", "recorded": "38"}).encode()
    form = {"Content_Type": "application/x-www-form-urlencoded", "Sec_Fetch_Site": "same-origin"}
    status, page, _ = doors.ask(f"{link.path}?lang=en", body=typed, **form)
    assert (status, "You report 1,829 doses given in Thane until 16:30." in page) == (200, True)
    assert doors.ask(link.path, body=typed, **form | {"Sec_Fetch_Site": "cross-site"})[0] == 403


def test_an_agent_and_a_sender_get_in_by_token(doors: Doors) -> None:
    batch = a_batch([a_sample(1, RAIGAD, at("16:39"))]).model_dump_json().encode()
    key = {"Authorization": f"Bearer {doors.token}", "Content_Type": "application/json", "Idempotency_Key": "k"}
    assert doors.ask("/api/v1/samples", body=batch, **key)[:2] == (200, '{"stored":1,"doubled":0}')
    figure = {"district": RAIGAD, "day": "2021-01-16", "kind": "reported", "value": 10, "as_of": "13:30", "source": "x"}
    status, text, _ = doors.ask("/api/v1/doses", body=json.dumps({"figures": [figure]}).encode(), **key)
    assert (status, json.loads(text)["stored"]) == (200, 1)
    assert doors.ask("/api/v1/samples", body=batch)[0] == 401


def test_nothing_else_is_there(doors: Doors) -> None:
    assert doors.ask("/healthz")[:2] == (200, "ok\n")
    for path in PAGES:
        status, text, headers = doors.ask(path)
        assert (status, "here is nothing here to ask so" in text) == (404, True), path
        assert headers["Content-Type"].startswith("application/json" if path.startswith("/api/") else "text/plain")
        assert "Set-Cookie" not in headers
    assert doors.ask("/api/v1/decisions", body=b"{}")[0] == 404


def test_each_door_answers_to_its_own_names_alone(doors: Doors) -> None:
    assert doors.ask("/healthz", "REPORT.example.org:443")[0] == 200
    for name in ("127.0.0.1", "evil.example", f"{NAME}.evil.example", "[", ""):
        assert doors.ask("/healthz", name)[0] == 400, name
    assert doors.ask("/healthz", "127.0.0.1", door="http")[0] == 200
    assert doors.ask("/healthz", NAME, door="http")[0] == 400


def test_a_body_that_is_far_too_long_is_not_read(doors: Doors) -> None:
    headers = {"Content_Length": str(2**30), "Content_Type": "application/json"}
    with closing(
        http.client.HTTPConnection("127.0.0.1", doors.listeners["outside"].effective_port, timeout=60)
    ) as line:
        line.putrequest("POST", "/api/v1/doses", skip_host=True)
        for name, value in ({"Host": NAME} | headers).items():
            line.putheader(name.replace("_", "-"), value)
        line.endheaders()
        answer = line.getresponse()
        assert (answer.status, json.loads(answer.read())) == (
            413,
            {
                "error": "request entity too large: exceeds max_body of 10485760",
                "field": "",
                "hint": "Send less at once",
            },
        )


@pytest.mark.parametrize("door", ["outside", "http"])
def test_a_request_that_cannot_be_read_is_refused_as_json(doors: Doors, door: str) -> None:
    with closing(socket.create_connection(("127.0.0.1", doors.listeners[door].effective_port), timeout=60)) as line:
        line.sendall(b"POST /api/v1/doses HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n")
        head, _, body = line.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n") or head.startswith(b"HTTP/1.0 400 Bad Request\r\n")
    assert json.loads(body)["error"] == "bad request: Content-Length is invalid"


def test_a_path_with_two_slashes_is_not_sent_on_in_the_clear(doors: Doors) -> None:
    status, _, headers = doors.ask(urlsplit(doors.link()).path.replace("/report/", "/report//"))
    assert (status, "Location" in headers) == (404, False)


def test_bad_links_and_tokens_are_slowed_down_and_good_ones_are_not(doors: Doors) -> None:
    path = urlsplit(doors.link()).path
    bad = [doors.ask(path[:-1], X_Forwarded_For="203.0.113.9") for _ in range(32)]
    assert [status for status, _, _ in bad] == [403] * 30 + [429] * 2
    assert (bad[-1][2]["Retry-After"], bad[-1][2]["X-Frame-Options"]) == ("600", "DENY")
    assert bad[-1][1].startswith(
        "Too many links that are not valid came from your address. Wait 10 minutes. Use the link "
    )
    assert doors.ask(path, X_Forwarded_For="203.0.113.9")[0] == 200  # a phone of the same carrier
    early = urlsplit(doors.link(day=Date(2021, 1, 17))).path
    assert "works from that day on" in doors.ask(f"{early}?lang=en", X_Forwarded_For="203.0.113.9")[1]
    assert doors.ask(path[:-1], X_Forwarded_For="::ffff:203.0.113.9")[0] == 429
    assert doors.ask(path[:-1], X_Forwarded_For="::ffff:203.0.113.10")[0] == 403
    tokens = [doors.ask("/api/v1/samples", body=b"{}", X_Forwarded_For="2001:db8::1:9") for _ in range(30)]
    assert {status for status, _, _ in tokens} == {401}
    assert doors.ask("/api/v1/doses", body=b"{}", X_Forwarded_For="2001:db8::2:9")[0] == 429  # the same line
    assert doors.ask(path[:-1], X_Forwarded_For="2001:db8::2:9")[0] == 403


def test_only_the_proxy_is_answered() -> None:
    server = create_outside(Outside(address=f"https://{NAME}", host="10.0.0.9", proxy="10.0.0.0/29"), SetClock(0))
    client = server.test_client()
    for peer, status in (("10.0.0.5", 200), ("10.0.0.9", 403), ("127.0.0.1", 403)):
        headers = {"Host": NAME, "X-Forwarded-For": "10.0.0.5"}
        assert client.get("/healthz", headers=headers, environ_base={"REMOTE_ADDR": peer}).status_code == status


def test_bad_tries_are_forgotten_in_time_and_take_no_more_room_than_they_may() -> None:
    clock = SetClock(0.0)
    tries = BadTries(clock, limit=2, window_s=600, names=3)
    assert [tries.too_many("a") for _ in range(3)] == [False, False, True]
    clock.at = 600
    assert not tries.too_many("a")
    assert not any(tries.too_many(str(n)) for n in range(1000))
    assert len(tries) == 3


def test_the_page_of_docs_shows_settings_that_are_good_and_limits_that_hold() -> None:
    page = (EXAMPLE.parent / "docs" / "outside.md").read_text(encoding="utf-8")
    shown = page.partition("has the section:\n")[2].partition("\n|")[0]
    web = YAML(typ="safe", pure=True).load(dedent(shown))["dashboard"]["web"]
    assert Web.model_validate(web).outside == Outside(address="https://report.example.org")
    tries = BadTries(SetClock(0.0))
    assert [tries.too_many("a") for _ in range(31)].index(True) == 30
    assert "after 30 in ten minutes the answer is 429" in page
    assert f"over {2 * MAX_BYTES // 2**20} MiB" in page


def test_it_is_shut_unless_it_is_configured(tmp_path: Path) -> None:
    settings = example_settings(store=tmp_path / "tikawatch.db")
    assert settings.dashboard.web.outside is None
    fresh_store(settings.dashboard.store).dispose()
    room = wiring.build(settings, SetClock(at("16:40")))
    assert room.outside is None
    room.engine.dispose()
