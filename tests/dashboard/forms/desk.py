"""How tests open the forms: a Flask server with both blueprints behind the gate, a store of its own, 16 January 2021, 16:40."""

import html
import re
from dataclasses import dataclass, field
from datetime import date as Date
from pathlib import Path

from flask import Flask
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from dashboard.forms.key_file import form_key
from dashboard.forms.links import officers_link
from dashboard.forms.officer import create_officer_form
from dashboard.forms.upload import create_upload
from dashboard.settings import ControlRoomFile
from dashboard.store import schema
from dashboard.store.engine import reading
from dashboard.web.gate import add_gate
from probes.clock import SetClock
from tests.builders import example_settings
from tests.places import THANE, at

DAY = Date(2021, 1, 16)


def settings_in(folder: Path) -> ControlRoomFile:
    """config.yaml with its store, and so its key, in a folder of the test."""
    return example_settings(store=folder / "tikawatch.db")


@dataclass
class Desk:
    """A person at the forms."""

    engine: Engine
    settings: ControlRoomFile
    clock: SetClock = field(default_factory=lambda: SetClock(at("16:40")))

    def __post_init__(self) -> None:
        self.server = Flask("forms")
        add_gate(self.server)
        self.server.register_blueprint(create_officer_form(self.engine, self.settings, self.clock))
        self.server.register_blueprint(create_upload(self.engine, self.settings, self.clock))
        self.client = self.server.test_client()

    def link(self, district: int = THANE, day: Date = DAY) -> str:
        """The path of an officer's link."""
        key = form_key(self.settings.dashboard.form_key_file)
        return "/" + officers_link(key, self.settings, district, day).split("/", 3)[3]

    def send(self, step: str = "check", link: str = "", **fields: str) -> TestResponse:
        """Press a button of the form, in English."""
        data = {"step": step, "reported": "1829", "hour": "16:30", "recorded": "38", "note": ""} | fields
        answer = self.client.post((link or self.link()) + "?lang=en", data=data)
        assert answer.status_code != 500
        return answer

    def report(self, link: str = "", **fields: str) -> TestResponse:
        """Through both steps; the page after the second."""
        shown = self.send("check", link, **fields)
        assert shown.status_code == 200, errors(shown)
        return self.send("store", link, **(hidden(shown) | {k: v for k, v in fields.items() if k == "sure"}))

    def stored(self) -> list[tuple[str, str, int]]:
        """Place, kind and value of every stored figure, in the order of storing."""
        with reading(self.engine) as connection:
            rows = connection.execute(select(schema.figure).order_by(schema.figure.c.figure_id)).all()
        return [(row.place, row.kind, row.value) for row in rows]


def hidden(answer: TestResponse) -> dict[str, str]:
    """The hidden fields of a page."""
    pairs = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', answer.text)
    return {name: html.unescape(value) for name, value in pairs}


def errors(answer: TestResponse) -> dict[str, str]:
    """What stands beside each field of the officer's form."""
    found = re.findall(r'<span class="bad" id="(\w+)-error"[^>]*>(.*?)</span>', answer.text, re.DOTALL)
    return {name: html.unescape(text) for name, text in found}


def words(answer: TestResponse) -> str:
    """The page as a person reads it, on one line."""
    body = answer.text.partition("<body")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())
