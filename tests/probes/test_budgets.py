"""One budget for each host."""

import pytest

from probes.schedule.budgets import Budgets


def test_a_host_that_is_asked_much_leaves_the_others_theirs() -> None:
    budgets = Budgets(10, 0.0)
    moments = [budgets.take("busy.example.org", 5.0) for _ in range(4)]
    assert moments == pytest.approx([5.0, 5.0, 5.1, 5.2])
    assert budgets.next("other.example.org", 5.0) == 5.0
    assert budgets.take("other.example.org", 5.0) == 5.0


def test_several_requests_are_paid_for_at_once() -> None:
    budgets = Budgets(10, 0.0)
    assert budgets.take("registry.example.org", 5.0, requests=5) == 5.0
    assert budgets.next("registry.example.org", 5.0) == pytest.approx(5.4)
