"""Rows of nobody knows whom: sweeps among those of many honest clients."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sparkmon.adversaries import Baseline, ClientIdentity, judge_anonymous, longest_sweeps, rows_by_client
from sparkmon.detectors import Rows
from sparkmon.errors import ProfileError
from tests.support.attacks import baseline, kept_rows, recorded


def nameless(model: str, *streams: pa.Table, seed: int = 0) -> Any:  # noqa: ANN401
    """Mix streams in random order, without their clients, and read them."""
    rows = pa.concat_tables(streams)
    rows = rows.set_column(rows.column_names.index("client"), "client", pa.nulls(rows.num_rows, pa.string()))
    rows = rows.take(np.random.default_rng(seed).permutation(rows.num_rows))
    [(name, client)] = rows_by_client(baseline(model).honest, kept_rows(model, rows))
    assert name == ""
    return client


@pytest.mark.slow
@pytest.mark.parametrize("model", ["flights", "shuttle"])
@pytest.mark.parametrize("stream", ["extract_linesearch", "attribute_inference"])
def test_a_sweep_is_found_among_the_rows_of_honest_clients(model: str, stream: str) -> None:
    honest = recorded(model, "honest")
    base = Baseline.fit(baseline(model).honest, [("", nameless(model, honest))])
    assert (base.limits, base.windows) == ({}, 0)
    later = recorded(model, "later").slice(0, 4_950)
    assert judge_anonymous(base, nameless(model, later).rows) is None
    swept = recorded(model, stream).slice(0, 50)
    rows = nameless(model, later, swept)
    attack = judge_anonymous(base, rows.rows)
    assert attack is not None
    assert "are the limit; like a line search" in attack.description
    values = rows.rows.numbers[attack.suspects]
    assert (values != values[0]).any(axis=0).sum() == 1


def test_the_longest_sweeps_are_those_of_a_comparison_of_all_pairs() -> None:
    random = np.random.default_rng(5)
    numbers = random.integers(0, 4, (300, 4)).astype(float)
    rows = Rows(numbers, np.zeros((300, 4), np.int8), random.integers(0, 3, (300, 1)))
    values = np.unique(np.hstack([rows.numbers, rows.levels]), axis=0)
    sizes = []
    for column in range(5):
        others = np.delete(values, column, axis=1)
        sizes.append(np.unique(others, axis=0, return_counts=True)[1].max())
    assert [each.size for each in longest_sweeps(rows)] == sizes


@pytest.mark.slow
def test_too_few_rows_without_a_client_are_no_baseline() -> None:
    rows = nameless("flights", recorded("flights", "honest").slice(0, 4_999))
    with pytest.raises(ProfileError, match="5,000 rows without a client"):
        Baseline.fit(baseline("flights").honest, [("", rows)])


def test_nobody_is_an_identity() -> None:
    assert ClientIdentity.parse("nobody").kind == "nobody"
