"""What can be configured for each kind of check. To add a kind: a model in this room, and a place in AnyCheck."""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field, TypeAdapter

from probes.kinds.check import Check
from probes.kinds.line import DnsCheck, IcmpCheck, TcpCheck
from probes.kinds.message import MessageCheck
from probes.kinds.upload import UploadCheck
from probes.kinds.web import AnchorCheck, HttpCheck, TlsCheck

AnyCheck = Annotated[
    HttpCheck | UploadCheck | AnchorCheck | TcpCheck | DnsCheck | TlsCheck | IcmpCheck | MessageCheck,
    Field(discriminator="kind"),
]
_READER: Final[TypeAdapter[Check]] = TypeAdapter(AnyCheck)


def check_of(fields: Mapping[str, object]) -> Check:
    """A check from its fields, as they stand in config.yaml.

    Raises:
        pydantic.ValidationError: the fields do not make a check.
    """
    return _READER.validate_python(fields)
