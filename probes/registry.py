"""Which function measures which kind of check. To add a kind: a module in checks/, a word in CheckKind, a line here."""

from collections.abc import Mapping
from typing import Final

from probes.checks import CheckFunction, anchor, dns, http, icmp, message, tcp, tls, upload
from probes.sample import CheckKind

FUNCTIONS: Final[Mapping[CheckKind, CheckFunction]] = {
    CheckKind.HTTP: http.measure,
    CheckKind.UPLOAD: upload.measure,
    CheckKind.ANCHOR: anchor.measure,
    CheckKind.MESSAGE: message.measure,
    CheckKind.TCP: tcp.measure,
    CheckKind.DNS: dns.measure,
    CheckKind.TLS: tls.measure,
    CheckKind.ICMP: icmp.measure,
}
