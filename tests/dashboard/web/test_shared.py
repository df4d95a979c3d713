"""One reading serves everybody for a while."""

import threading

from dashboard.web.pages.overview.shared import Shared
from probes.clock import SetClock


def test_it_is_made_once_while_fresh_and_again_when_old_or_asked_for() -> None:
    clock, made = SetClock(100.0), []
    shared = Shared(lambda now: made.append(now) or now, clock, fresh_s=2.0)
    assert [shared.get(), shared.get()] == [100.0, 100.0]
    clock.at = 101.9
    assert shared.get() == 100.0
    assert shared.get(anew=True) == 101.9
    clock.at = 103.9
    assert shared.get() == 103.9
    assert made == [100.0, 101.9, 103.9]


def test_many_who_ask_at_once_wait_for_one_reading() -> None:
    made: list[float] = []
    shared = Shared(lambda now: made.append(now) or now, SetClock(1.0), fresh_s=5.0)
    threads = [threading.Thread(target=shared.get) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1.0]
