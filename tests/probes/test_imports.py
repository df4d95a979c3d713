"""An agent needs the base dependencies alone: no part of the control room may be pulled in."""

import pkgutil
import subprocess
import sys

import pytest

import probes

BLOCKED = ("dash", "plotly", "pandas", "numpy", "sqlalchemy", "alembic", "aiosmtpd", "jinja2", "dashboard", "waitress")
SCRIPT = """
import importlib, sys
for name in {blocked!r}:
    sys.modules[name] = None
importlib.import_module({module!r})
"""
MODULES = [
    name
    for name in (found.name for found in pkgutil.walk_packages(probes.__path__, "probes."))
    if not name.startswith("probes.rehearsal")
]


def test_there_are_modules_to_look_at() -> None:
    assert {"probes.agent", "probes.checks.upload", "probes.__main__"} <= set(MODULES)


@pytest.mark.process
def test_every_module_of_the_agent_imports_without_the_control_rooms_libraries() -> None:
    script = "".join(SCRIPT.format(blocked=BLOCKED, module=module) for module in MODULES)
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
