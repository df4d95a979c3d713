"""Test inboxes of an agent: where the messages arrive that `message` checks ask for. May be changed: by adding a way to hear of them.

A test inbox belongs to nobody: a phone or a mailbox that gets nothing but what our checks ask for.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from probes.kinds.check import Check
from probes.kinds.message import MessageCheck
from probes.sections import Host, Name, Port, Section, bracketed, is_loopback, refuse


class Webhook(Section):
    """The agent listens, and the test phone's forwarder or the message service POSTs each text to http://host:port/SECRET."""

    host: Host = Field(default="127.0.0.1", examples=["127.0.0.1"])
    port: Port = Field(default=8605, examples=[8605])
    secret_file: Path = Field(examples=["data/inbox-secret"])


class Imap(Section):
    """A mailbox, looked into each `every_s` while a message is awaited: arrivals are known as finely as that."""

    host: Host = Field(examples=["mail.example.org"])
    port: Port = Field(default=993, examples=[993])
    tls: bool = Field(default=True, examples=[True])
    user: str = Field(min_length=1, max_length=200, examples=["probe@example.org"])
    password_file: Path = Field(examples=["data/inbox-password"])
    folder: str = Field(default="INBOX", pattern=r"^[ -!#-\[\]-~]{1,100}$", examples=["INBOX"])
    every_s: float = Field(default=3, ge=0.2, le=60, examples=[3])

    @property
    def address(self) -> str:
        return f"imap://{bracketed(self.host)}:{self.port}"

    @model_validator(mode="after")
    def _no_password_in_the_clear(self) -> Self:
        if not self.tls and not is_loopback(self.address):
            cure = "Remove tls: false; only a mail server on this machine may do without"
            raise refuse("the password would be sent in the clear", cure, ("tls",))
        return self


class Inbox(Section):
    """One test inbox, heard of in one of two ways."""

    name: Name = Field(examples=["test-phone"])
    webhook: Webhook | None = Field(default=None, examples=[{"port": 8605, "secret_file": "data/inbox-secret"}])
    imap: Imap | None = Field(
        default=None,
        examples=[{"host": "mail.example.org", "user": "probe@example.org", "password_file": "data/inbox-password"}],
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.webhook is None) == (self.imap is None):
            how = "no way" if self.webhook is None else "two ways"
            raise refuse(f'inbox "{self.name}" has {how} to hear of messages', "Give it a webhook or an imap section")
        return self


def refuse_mix_ups(checks: Sequence[Check], districts: Sequence[int], inboxes: Sequence[Inbox]) -> None:
    """Messages must find their check.

    Raises:
        PydanticCustomError: an inbox nobody knows or that stands twice, checks that could take each other's messages, or
            districts that cannot all have their turn within the interval.
    """
    _inboxes_differ(inboxes)
    asking = [(index, check) for index, check in enumerate(checks) if isinstance(check, MessageCheck)]
    for place, (index, check) in enumerate(asking):
        _inbox_is_known(index, check, inboxes)
        _turns_fit(index, check, len(districts))
        for _, other in asking[:place]:
            if check.inbox == other.inbox and (check.find in other.find or other.find in check.find):
                wrong = (
                    f'a message to {check.inbox} that holds "{check.find}" could be that of check {other.name} as well'
                )
                cure = "Let each find words that the other's message does not hold, or give it an inbox of its own"
                raise refuse(wrong, cure, ("checks", index, "find"))


def _inboxes_differ(inboxes: Sequence[Inbox]) -> None:
    for index, inbox in enumerate(inboxes):
        for other in inboxes[:index]:
            if inbox.name == other.name:
                cure = "Give each inbox its own name"
                raise refuse(f'two inboxes are called "{inbox.name}"', cure, ("inboxes", index, "name"))
            if inbox.webhook and other.webhook and inbox.webhook.port == other.webhook.port:
                wrong = f"port {inbox.webhook.port} is taken by inbox {other.name}"
                raise refuse(wrong, "Give each webhook its own port", ("inboxes", index, "webhook", "port"))


def _inbox_is_known(index: int, check: MessageCheck, inboxes: Sequence[Inbox]) -> None:
    names = [inbox.name for inbox in inboxes]
    if check.inbox not in names:
        cure = f"Write one of {', '.join(names)}" if names else "Add a section inboxes to probes"
        raise refuse(f'there is no inbox "{check.inbox}"', cure, ("checks", index, "inbox"))


def _turns_fit(index: int, check: MessageCheck, districts: int) -> None:
    if check.shared and districts > 1 and districts * check.deadline_s > check.interval_s:
        wrong = (
            f"{districts} districts wait for the same words one after the other, for up to {check.deadline_s:g} s each: "
            f"more than interval_s {check.interval_s:g}"
        )
        cure = "Put {district} into find if the message names it, shorten deadline_s, or lengthen interval_s"
        raise refuse(wrong, cure, ("checks", index, "find"))
