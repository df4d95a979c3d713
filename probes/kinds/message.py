"""Settings of the `message` check: ask for a message, and time its arrival. May be changed: by adding to what is asked.

Where messages arrive stands in inbox_settings.py.
"""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from probes.kinds.check import Statuses, WebCheck
from probes.kinds.placeholders import Place, look_through
from probes.kinds.upload import JSON, Body, SecretName
from probes.sample import CheckKind
from probes.sections import Name, refuse


class MessageCheck(WebCheck):
    """Asks the registry for a code or a notice to a test inbox, and waits until it arrives there.

    A code carries no mark of ours, so the message is known by `find` alone, and a find is waited for by one check at a
    time. With `{district}` in it districts do not wait for each other; without, one follows the other.
    """

    kind: Literal[CheckKind.MESSAGE] = Field(default=CheckKind.MESSAGE, examples=["message"])
    interval_s: float = Field(default=300, ge=10, le=3600, examples=[300])  # each one is a text or a mail to pay for
    deadline_s: float = Field(default=60, ge=0.1, le=600, examples=[60])
    method: Literal["POST", "GET"] = Field(default="POST", examples=["POST"])
    secrets: dict[SecretName, Path] = Field(default_factory=dict, examples=[{"key": "/etc/tikawatch/key"}])
    content_type: str = Field(default=JSON, examples=[JSON])
    body: Body | None = Field(default=None, examples=[{"mobile": "{secret:mobile}"}])
    expect_status: Statuses = Field(default=(200,), examples=[[200, 202]])
    inbox: Name = Field(examples=["test-phone"])
    find: str = Field(min_length=3, max_length=200, examples=["Your OTP to register"])

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.method == "GET" and self.body is not None:
            raise refuse("a GET sends no body", "Write method: POST, or remove body", ("body",))
        own = frozenset({"district"})
        secret = own | {f"{how}:{name}" for name in self.secrets for how in ("secret", "basic")}
        places = [Place(self.url, ("url",), own), Place(self.find, ("find",), own)]
        look_through([*places, Place(self.headers, ("headers",), secret), Place(self.body, ("body",), secret)])
        return self

    @property
    def shared(self) -> bool:
        """Whether the districts of this check wait for the same words, one after the other."""
        return "{district}" not in self.find
