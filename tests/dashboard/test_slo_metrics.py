"""The budget and its burn in /metrics."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from dashboard.metrics import StoreCollector
from tests.builders import Scene, example_settings
from tests.dashboard.web.pictures import launch_day


def registry_of(scene: Scene) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(StoreCollector(scene.engine, scene.settings, scene.clock))
    return registry


def test_what_is_left_and_how_fast_it_burns_can_be_scraped(tmp_path: Path) -> None:
    scene = launch_day(tmp_path / "t.db", example_settings())
    registry = registry_of(scene)

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"tikawatch_slo_{name}", labels)

    dhule = value("budget_left_ratio", scope=str(scene.code("Dhule")))
    state = value("budget_left_ratio", scope="state")
    assert dhule is not None
    assert state is not None
    assert dhule < state < 0
    assert all((value("burn_rate", window=window) or 0) > 14.4 for window in ("5m", "30m", "1h", "6h"))
    scene.clock.at += 3_600
    assert value("burn_rate", window="1h") is None  # the session is over
    assert value("budget_left_ratio", scope="state") == pytest.approx(state)


def test_before_any_check_they_are_absent(tmp_path: Path) -> None:
    registry = registry_of(Scene(tmp_path / "t.db", example_settings()))
    assert registry.get_sample_value("tikawatch_slo_budget_left_ratio", {"scope": "state"}) is None
    assert registry.get_sample_value("tikawatch_slo_burn_rate", {"window": "1h"}) is None
