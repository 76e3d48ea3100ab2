"""What a baseline is made of, and what is no baseline."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from sparkmon.adversaries import Baseline
from sparkmon.errors import ProfileError
from tests.support.attacks import baseline, recorded


@pytest.mark.slow
def test_a_limit_is_a_quarter_beyond_the_most_extreme_honest_window() -> None:
    limits = baseline("flights").limits
    assert limits["single_changes_most"].low is None
    assert limits["outside_share"].high is not None
    assert 0 <= limits["outside_share"].high <= 1.25
    assert limits["nearest_median"].high is None
    assert limits["turn_mean"].low is not None
    assert limits["turn_mean"].high is not None
    assert limits["turn_mean"].low < -0.4 < limits["turn_mean"].high


@pytest.mark.slow
def test_written_and_read_again_it_judges_the_same() -> None:
    base = baseline("shuttle")
    again = Baseline.from_bytes(base.to_bytes())
    assert (again.limits, again.windows) == (base.limits, base.windows)
    rows_of_clients = Counter(recorded("shuttle", "honest")["client"].to_pylist()).values()
    assert base.windows == sum(rows // 100 for rows in rows_of_clients)


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.update(format=2),
        lambda state: state.pop("hbos"),
        lambda state: state["columns"]["medians"].pop(),
        lambda state: state["honest"].update(points=state["honest"]["means"]),
        lambda state: state["honest"].update(variance=["<f8", [10**9], ""]),
        lambda state: state["limits"].update(turn_mean=["a", None]),
        lambda state: state["limits"].update(turn_mean=None),
        lambda state: state.update(limits=[]),
    ],
)
def test_bytes_that_are_none_are_refused(change: Callable[[Any], None]) -> None:
    state = json.loads(baseline("flights").to_bytes())
    change(state)
    with pytest.raises(ProfileError):
        Baseline.from_bytes(json.dumps(state).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"{" * 10_000, b" " * 17_000_000])
def test_what_is_no_json_of_one_is_refused(data: bytes) -> None:
    with pytest.raises(ProfileError):
        Baseline.from_bytes(data)
