"""What is said of a reference that has been stored."""

import numpy as np
import pytest

from sparkmon.cli.print_reference import too_short
from sparkmon.comparison import promise
from tests.support.panes import reference_table


@pytest.mark.slow
def test_a_reference_too_short_for_one_false_alarm_a_week_says_so() -> None:
    # Of twenty hours the last five are unlike the others.
    levels = np.repeat([0.0, 3.0], [15, 5])
    rows = np.random.default_rng(1).normal(np.repeat(levels, 100))
    few, none = reference_table("m", {"x": rows}, blocks=20), reference_table("m", {"x": rows})
    (sentence,) = too_short(few, promise(few))
    assert sentence.startswith("the reference is too short: it can promise ")
    assert sentence.endswith(" false alarms a week, not 1, for the blocks of x are few or alike")
    assert not too_short(none, promise(none))
