"""What holds for every test: one that is not marked `process` or `browser` must not sleep."""

import time

import pytest


@pytest.fixture(autouse=True)
def _no_sleep_in_unit_tests(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not any(request.node.get_closest_marker(name) for name in ("process", "browser")):
        real, here = time.sleep, request.node.nodeid

        def refuse(seconds: float) -> None:
            if seconds > 0:
                raise AssertionError(f"{here} sleeps {seconds} s: hand it a clock, or mark it `process`")
            real(0)

        monkeypatch.setattr(time, "sleep", refuse)
