"""The folder with the published figures and the detection bench. Read in place, beside the checkout, or the one it is cloned from."""

import subprocess
from pathlib import Path


def shared() -> Path:
    """Where it is; beside this checkout also when it is nowhere."""
    checkout = Path(__file__).parents[1]
    here = checkout.parent / "shared"
    return here if here.is_dir() else _origin(checkout).parent / "shared"


def _origin(checkout: Path) -> Path:
    asked = ["git", "-C", str(checkout), "config", "--get", "remote.origin.url"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:  # no git here
        return checkout
    return Path(said) if said.startswith("/") else checkout
