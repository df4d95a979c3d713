"""Settings of the `upload` check: authorise, submit, read back until visible, clean up. May be changed: by adding to a step.

The submit stands in the check itself; the other three steps are sections. docs/recipes.md explains them to users.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from probes.kinds.check import Expected, Headers, JsonPath, Status, Statuses, WebCheck
from probes.kinds.placeholders import Place, look_through
from probes.recipes import expanded
from probes.sample import CheckKind
from probes.sections import Section, WebAddress, refuse
from probes.templates import PADDING, words

JSON = "application/json"
OWN = frozenset({"district", "record", "uid", "now", "today"})

ValueName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
SecretName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


def _body(body: object) -> object:
    if not isinstance(body, str | dict | list | None):
        raise refuse(f'"{body}" is no body', "Write a text, or a section or a list that becomes JSON")
    return body


Body = Annotated[Any, AfterValidator(_body)]


class Part(Section):
    """A value in an answer: at a JSON path, which may stand alone, or in a header.

    Of a header it is all, or what stands after `after` up to the next / or ?.
    """

    path: JsonPath | None = Field(default=None, examples=["$.id"])
    header: str | None = Field(default=None, pattern=r"^[A-Za-z0-9-]{1,64}$", examples=["Location"])
    after: str = Field(default="", max_length=200, examples=["/Immunization/"])

    @model_validator(mode="before")
    @classmethod
    def _path_alone(cls, part: object) -> object:
        return {"path": part} if isinstance(part, str) else part

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.path is None) is (self.header is None):
            raise refuse("a value comes from one place", "Write path: $.id, or header: Location")
        return self


Carry = dict[ValueName, Part]


class Authorise(Section):
    """The log-in before the record is sent. What it carries is a secret: it may stand in headers and in the record's body."""

    url: WebAddress = Field(examples=["https://registry.example.org/authorize"])
    method: Literal["POST", "GET"] = Field(default="POST", examples=["POST"])
    headers: Headers = Field(default_factory=dict, examples=[{"Authorization": "Basic {basic:login}"}])
    content_type: str = Field(default=JSON, examples=[JSON])
    body: Body = Field(default=None, examples=[{"client_secret": "{secret:client}"}])
    expect_status: Statuses = Field(default=(200,), examples=[[200]])
    expect_json: Expected = Field(default_factory=dict, examples=[{"$.token_type": "Bearer"}])
    carry: Carry = Field(min_length=1, examples=[{"token": "$.access_token"}])
    explain: JsonPath | None = Field(default=None, examples=["$.error_description"])
    keep_s: float = Field(default=0, ge=0, le=86_400, examples=[240])


class ReadBack(Section):
    """How an upload is seen again: the status, a text in the answer and values of its JSON must all fit."""

    url: WebAddress = Field(examples=["https://registry.example.org/records/{record}"])
    every_s: float = Field(default=0.5, ge=0.05, le=60, examples=[0.5])
    headers: Headers = Field(default_factory=dict, examples=[{"Accept": "application/json"}])
    expect_status: Statuses = Field(default=(200,), examples=[[200]])
    expect_text: str = Field(default="{record}", max_length=200, examples=["{record}"])
    expect_json: Expected = Field(default_factory=dict, examples=[{"$.id": "{record}"}])

    @model_validator(mode="after")
    def _looks_at_the_answer(self) -> Self:
        if not self.expect_text and not self.expect_json:
            cure = 'Write for example expect_text: "{record}"'
            raise refuse("a status alone does not show that the record is there", cure, ("expect_text",))
        return self


class CleanUp(Section):
    """How the synthetic record is taken away again; `in_doubt_url` when no answer has told what it is called there.

    `also_gone`: statuses by which, as by 404, the registry says that it has no such record.
    """

    url: WebAddress = Field(examples=["https://registry.example.org/records/{record}"])
    in_doubt_url: WebAddress | None = Field(
        default=None, examples=["https://registry.example.org/records?identifier={record}"]
    )
    method: Literal["DELETE", "POST"] = Field(default="DELETE", examples=["DELETE"])
    headers: Headers = Field(default_factory=dict, examples=[{"Accept": "application/json"}])
    content_type: str = Field(default=JSON, examples=[JSON])
    body: Body = Field(default=None, examples=[{"ids": ["{record}"]}])
    also_gone: tuple[Status, ...] = Field(default=(), max_length=20, examples=[[409]])


class UploadCheck(WebCheck):
    """A marked synthetic record, sent, read back and taken away. A 200 alone proves nothing, so `read_back` is required.

    `given` holds the values of a recipe that differ from district to district, by LGD code.
    """

    kind: Literal[CheckKind.UPLOAD] = Field(default=CheckKind.UPLOAD, examples=["upload"])
    recipe: str | None = Field(default=None, examples=["generic"])
    base: WebAddress | None = Field(default=None, examples=["https://registry.example.org"])
    given: dict[str, Any] = Field(default_factory=dict, alias="with", examples=[{"org_unit": "DiszpKrYNg8"}])
    secrets: dict[SecretName, Path] = Field(default_factory=dict, examples=[{"token": "/etc/tikawatch/token"}])
    authorise: Authorise | None = Field(default=None, examples=[{"url": "https://registry.example.org/authorize"}])
    method: Literal["POST", "PUT"] = Field(default="POST", examples=["POST"])
    content_type: str = Field(default=JSON, examples=[JSON])
    body: Body = Field(default=None, examples=[{"id": "{record}", "padding": "{padding}"}])
    payload_bytes: int = Field(default=4096, ge=256, le=10_485_760, examples=[4096])
    expect_status: Statuses = Field(default=(200,), examples=[[200, 201]])
    expect_json: Expected = Field(default_factory=dict, examples=[{"$.status": "OK"}])
    carry: Carry = Field(default_factory=dict, examples=[{"id": "$.id"}])
    explain: JsonPath | None = Field(default=None, examples=["$.message"])
    stores: bool = Field(default=True, examples=[True])
    read_back: ReadBack | None = Field(
        default=None, examples=[{"url": "https://registry.example.org/records/{record}"}]
    )
    clean_up: CleanUp | None = Field(default=None, examples=[{"url": "https://registry.example.org/records/{record}"}])

    @model_validator(mode="before")
    @classmethod
    def _from_its_recipe(cls, fields: object) -> object:
        return expanded(fields) if isinstance(fields, dict) else fields

    @model_validator(mode="after")
    def _proves_something(self) -> Self:
        if self.stores and self.read_back is None:
            cure = "A 200 alone proves nothing: add read_back: {url: https://registry.example.org/records/{record}}"
            raise refuse(f'upload check "{self.name}" has no read_back', cure)
        if not self.stores and (self.read_back or self.clean_up):
            cure = "Remove read_back and clean_up, or stores: false"
            raise refuse("nothing is stored, so that nothing can be read back or cleaned up", cure, ("stores",))
        if not self.stores and not self.expect_json:
            cure = 'Say what its body must hold, for example expect_json: {"$.status": OK}'
            raise refuse("nothing is stored, and a 200 alone proves nothing", cure, ("stores",))
        return self

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        look_through(self._places())
        names = [name for one in (self.authorise, self) if one for name in one.carry]
        for name in names:
            if name in OWN | self.by_district.keys() | {PADDING} or names.count(name) > 1:
                raise refuse(f'"{name}" has a meaning already', "Carry the value under another name", ("carry", name))
        clean_up = self.clean_up
        if clean_up and not clean_up.in_doubt_url and set(words(clean_up.url)) & self.carry.keys():
            cure = "Add clean_up.in_doubt_url, an address that finds the record by {record}"
            raise refuse("a record whose answer was lost could not be taken away", cure, ("clean_up", "url"))
        if self.body is not None and PADDING not in words(self.body) and "payload_bytes" in self.model_fields_set:
            raise refuse("the body has no {padding} to grow by", "Add {padding} to a text in body", ("payload_bytes",))
        return self

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address this check may call; the submit's first, it is the one that is measured."""
        steps = (self.authorise, self.read_back, self.clean_up)
        in_doubt = self.clean_up.in_doubt_url if self.clean_up else None
        return (self.url, *(step.url for step in steps if step), *((in_doubt,) if in_doubt else ()))

    @property
    def by_district(self) -> dict[str, dict[str, str]]:
        """Values of `with` that differ from district to district: name -> LGD code -> value."""
        return {
            name: {str(code): str(one) for code, one in value.items()}
            for name, value in self.given.items()
            if isinstance(value, dict)
        }

    def _places(self) -> list[Place]:
        """Every template, and what may be filled into it. What is kept on disk or shown may hold no secret."""
        own = OWN | self.by_district.keys()
        secret = frozenset(f"{how}:{name}" for name in self.secrets for how in ("secret", "basic"))
        token = own | secret | (self.authorise.carry.keys() if self.authorise else set())
        seen = own | self.carry.keys()
        places = [
            Place(self.url, ("url",), own),
            Place(self.headers, ("headers",), token),
            Place(self.body, ("body",), token | {PADDING}),
            Place(self.expect_json, ("expect_json",), own),
        ]
        if step := self.authorise:
            places += [Place(step.url, ("authorise", "url"), own)]
            places += [Place(getattr(step, part), ("authorise", part), own | secret) for part in ("headers", "body")]
            places += [Place(step.expect_json, ("authorise", "expect_json"), own)]
        if look := self.read_back:
            places += [
                Place(look.url, ("read_back", "url"), seen),
                Place(look.headers, ("read_back", "headers"), token),
            ]
            places += [Place(getattr(look, part), ("read_back", part), seen) for part in ("expect_text", "expect_json")]
        if undo := self.clean_up:
            places += [Place(undo.url, ("clean_up", "url"), seen), Place(undo.headers, ("clean_up", "headers"), token)]
            places += [Place(getattr(undo, part), ("clean_up", part), own) for part in ("in_doubt_url", "body")]
        self._hosts_are_ours(places)
        return places

    def _hosts_are_ours(self, places: list[Place]) -> None:
        """No answer may choose the host that our headers, and what they authorise, are sent to."""
        for place in places:
            if place.at[-1] == "url" and set(words(urlsplit(str(place.template)).netloc)) & self.carry.keys():
                cure = "Write the host out, and carry only the record's own id"
                raise refuse("the host comes out of an answer", cure, place.at)
