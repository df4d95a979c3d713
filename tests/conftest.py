"""What holds for every test: one that is not marked `process` or `browser` must not sleep, and one marked `timed` gets three tries."""

import time
from typing import Any

import pytest
from _pytest.runner import call_and_report

AGAIN = "taken again"
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


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A test that holds the product to milliseconds is taken again when it fails, with everything it is given made anew."""
    if item.get_closest_marker("timed") is None:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for left in reversed(range(TRIES)):
        reports = _taken(item, nextitem, last=left == 0)
        wrong = [report.longreprtext.splitlines() for report in reports if report.failed]
        if not wrong or left == 0:
            break
        said = [line[1:].strip() for line in wrong[0] if line.startswith("E ")]
        item.user_properties.append((AGAIN, said[0] if said else wrong[0][-1]))
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _taken(item: Any, nextitem: pytest.Item | None, last: bool) -> list[pytest.TestReport]:
    """As pytest takes a test, but after a failure that is not the last one what others share is torn down as well."""
    if not item._request:
        item._initrequest()
    reports = [call_and_report(item, "setup", log=False)]
    if reports[0].passed:
        reports.append(call_and_report(item, "call", log=False))
    anew = not last and any(report.failed for report in reports)
    reports.append(call_and_report(item, "teardown", log=False, nextitem=None if anew else nextitem))
    item._request, item.funcargs = False, None
    return reports


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was taken again, by name: a test that is here often has a bound that is wrong, or has found something."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, said in getattr(report, "user_properties", ()):
                if name == AGAIN and report.when == "teardown":
                    terminalreporter.write_line(f"TAKEN AGAIN {report.nodeid}: {said}")
