"""A change of the mean loss split into mix and rate, by hand and in sum."""

import numpy as np
import pytest

from sparkmon.errors import ProfileError
from sparkmon.performance import Segment, Segments


def test_effects_add_up_exactly_also_with_segments_that_come_and_go() -> None:
    generator = np.random.default_rng(1)

    def drawn(names: str) -> Segments:
        parts = {name: Segment(rows, rows * generator.random()) for name in names if (rows := generator.random())}
        rows, loss = (sum(column) for column in zip(*parts.values(), strict=True))
        return Segments.of(parts, Segment(rows + 1, loss + 0.3))

    before, after = drawn("abc"), drawn("bcd")
    effects = after.effects(before)
    assert {each.value for each in effects} == {"a", "b", "c", "d", ":none"}
    change = after.whole.loss / after.whole.rows - before.whole.loss / before.whole.rows
    assert sum(each.total for each in effects) == pytest.approx(change, abs=1e-12)


def test_only_the_mix_changes() -> None:
    before = Segments.of({"good": Segment(80, 8), "bad": Segment(20, 10)}, Segment(100, 18))
    after = Segments.of({"good": Segment(40, 4), "bad": Segment(60, 30)}, Segment(100, 34))
    by_value = {each.value: each for each in after.effects(before)}
    # (.6 - .2) (.5 - .18) and (.4 - .8) (.1 - .18)
    assert by_value["bad"].mix == pytest.approx(0.128)
    assert by_value["good"].mix == pytest.approx(0.032)
    assert [each.rate for each in by_value.values()] == pytest.approx([0, 0, 0])


def test_segments_of_more_rows_than_there_are_are_refused() -> None:
    with pytest.raises(ProfileError, match="got 3 rows in segments of 2"):
        Segments.of({"a": Segment(3, 1)}, Segment(2, 1))
