"""The demo's config file: the shipped one, turned to our ports, folder and clock."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ruamel.yaml import YAML

from dashboard.demo.hours import TITLE
from dashboard.demo.ports import Ports

_UPLOAD_DEADLINE_S = 30  # shorter than in real life, so that a fault shows within minutes
_UPLOAD_GOOD_S = 6  # the stand-in takes about 3 s for a good upload: its budget would be gone on a quiet morning


def write(data: dict[str, Any], folder: Path, ports: Ports, ahead: float) -> Path:
    """The shipped config file, turned to our ports, folder and clock."""
    probes, room = data["probes"], data["dashboard"]
    registry, anchor = f"http://127.0.0.1:{ports['registry']}", f"http://127.0.0.1:{ports['anchor']}"
    checks = []
    for check in probes["checks"]:
        base = anchor if check["kind"] == "anchor" else registry
        moved = {key: _moved(value, base) for key, value in check.items()}
        checks.append(moved | ({"deadline_s": _UPLOAD_DEADLINE_S} if check["kind"] == "upload" else {}))
    web = f"http://127.0.0.1:{ports['web']}"
    budget = room["rules"]["slo"] | {"upload_s": _UPLOAD_GOOD_S}
    changed = data | {
        "probes": probes
        | {
            "checks": checks,
            "spool": {"file": str(folder / "spool.db")},
            "delivery": {"url": f"{web}/api/v1/samples", "token_file": str(folder / "agent-token")},
            "metrics": {"port": ports["metrics"]},
        },
        "dashboard": room
        | {
            "store": str(folder / "tikawatch.db"),
            "rules": room["rules"] | {"slo": budget},
            "web": {"port": ports["web"], "address": web},
            "mail": {"sender": room["mail"]["sender"], "host": "127.0.0.1", "port": ports["smtp"]},
        },
        "rehearsal": {"clock_ahead_s": ahead, "mail_page": f"http://127.0.0.1:{ports['mail_page']}/", "title": TITLE},
    }
    path = folder / "config.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump(changed, file)
    return path


def _moved(value: Any, base: str) -> Any:
    """Addresses of a check, with the stand-in's host and port."""
    if isinstance(value, dict):
        return {key: _moved(inner, base) for key, inner in value.items()}
    if isinstance(value, str) and "://" in value:
        return base + urlsplit(value)._replace(scheme="", netloc="").geturl()
    return value
