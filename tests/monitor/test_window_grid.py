"""Which windows a pane is part of, as Spark's own windows say."""

import pytest

from sparkmon.monitor.window_grid import WindowGrid

MINUTE = 60_000_000


@pytest.mark.parametrize(("length", "slide", "pane"), [(60, 60, 60), (60, 20, 20), (90, 60, 30), (7, 3, 1)])
def test_a_pane_is_in_every_window_that_contains_each_of_its_moments(length: int, slide: int, pane: int) -> None:
    grid = WindowGrid(length, slide)
    assert grid.pane == pane
    for start in range(0, 3 * length, pane):
        # By the definition: windows begin at multiples of the slide, and contain a moment.
        expected = {
            (begin, begin + length)
            for begin in range(-length * slide, 4 * length * slide, slide)
            if all(begin <= moment < begin + length for moment in range(start, start + pane))
        }
        assert {*grid.windows_of(start, start + pane)} == expected


def test_a_pane_of_a_longer_grid_is_a_window_by_itself_and_one_of_a_shorter_grid_is_a_part() -> None:
    hours, minutes = WindowGrid(60 * MINUTE, 60 * MINUTE), WindowGrid(10 * MINUTE, 10 * MINUTE)
    assert minutes.windows_of(0, 60 * MINUTE) == [(0, 60 * MINUTE)]
    assert hours.windows_of(70 * MINUTE, 80 * MINUTE) == [(60 * MINUTE, 120 * MINUTE)]
