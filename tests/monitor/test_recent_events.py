"""Redelivered events are recognised by their digests, exactly, whatever the order and the size of batches."""

import numpy as np
import pytest

from sparkmon.monitor.recent_events import RecentEvents


def array(*digests: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.array(digests, np.uint64)


@pytest.mark.parametrize("seed", range(5))
def test_what_a_set_would_find_is_found(seed: int) -> None:
    random = np.random.default_rng(seed)
    events, seen = RecentEvents(), set[int]()
    for time in range(40):
        tasks = [np.unique(random.integers(0, 5000, random.integers(0, 60)).astype(np.uint64)) for _ in range(3)]
        owners = events.redelivered(tasks)
        first: dict[int, int] = {}
        expected: dict[int, int] = {}
        for place, task in enumerate(tasks):
            for digest in task.tolist():
                if digest in seen:
                    expected[digest] = -1
                elif digest in first:
                    expected[digest] = first[digest]
                first.setdefault(digest, place)
        assert owners == expected
        seen |= first.keys()
        events.add(time, np.array(sorted(first), np.uint64))


def test_what_can_open_no_window_any_more_is_forgotten() -> None:
    events = RecentEvents()
    events.add(10, array(*range(1000)))
    events.add(20, array(5000))
    events.forget(first_open=15)
    assert events.redelivered([array(3, 5000)]) == {5000: -1}
    events.forget(None)
    assert events.redelivered([array(5000)]) == {}


def test_memory_is_bounded_and_the_oldest_are_forgotten() -> None:
    events = RecentEvents(most=1000)
    for time in range(30):
        events.add(time, array(*range(1000 * time, 1000 * time + 100 * (30 - time))))
    assert events.redelivered([array(29_000, 0)]) == {29_000: -1}
