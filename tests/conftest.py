"""What holds for every test: one that is not marked `process` or `browser` must not sleep, and one marked `timed` gets three tries."""

import time

import pytest

TRIES = 3  # a fault of ours shows in each of them, a machine that stood still for a moment does not


@pytest.fixture(autouse=True)
def _no_sleep_in_unit_tests(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not any(request.node.get_closest_marker(name) for name in ("process", "browser")):
        real, here = time.sleep, request.node.nodeid

        def refuse(seconds: float) -> None:
            if seconds > 0:
                raise AssertionError(f"{here} sleeps {seconds} s: hand it a clock, or mark it `process`")
            real(0)

        monkeypatch.setattr(time, "sleep", refuse)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The summary names each further try: a test that is often there has a bound that is wrong, or has found something."""
    for item in items:
        if item.get_closest_marker("timed") is not None:
            item.add_marker(pytest.mark.flaky(reruns=TRIES - 1))
