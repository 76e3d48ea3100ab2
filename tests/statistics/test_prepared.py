"""A reference that was measured before gives the same numbers as a fresh one, whatever it was measured against."""

import pickle
from collections.abc import Callable
from dataclasses import asdict

import datasketches
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st

from sparkmon.distributions import Categories, Distribution, QuantileTable, summary_of
from sparkmon.statistics import STATISTICS, Summary, evidence, prepare

Rows = npt.NDArray[np.float64]
Drawn = Callable[[np.random.Generator, int], Rows]
COLUMNS: dict[str, Drawn] = {
    "normal": lambda rng, rows: rng.normal(size=rows),
    "shifted": lambda rng, rows: rng.normal(0.3, size=rows),
    "tied": lambda rng, rows: rng.poisson(3, rows).astype(float),
    "decimals": lambda rng, rows: np.round(rng.exponential(size=rows), 2),
    "constant": lambda rng, rows: np.full(rows, 0.1),
    "huge": lambda rng, rows: 1e300 * rng.normal(size=rows),
    "tiny": lambda rng, rows: 1e-300 * rng.normal(size=rows),
    "one far out": lambda rng, rows: np.append(rng.normal(size=rows), -1e12),
}
FORMS: dict[str, Callable[[Rows], Distribution]] = {
    "sample": Distribution.from_sample,
    "sketch": lambda rows: sketched(rows),
    "profile": lambda rows: profiled(rows),
    "table": lambda rows: Distribution.from_table(table(rows)),
}


def kll(rows: Rows) -> bytes:
    sketch = datasketches.kll_doubles_sketch(100)
    sketch.update(rows)
    return bytes(sketch.serialize())


def sketched(rows: Rows) -> Distribution:
    return Distribution.from_kll(kll(rows), 2.0)


def profiled(rows: Rows) -> Distribution:
    counts = {"count": len(rows) + 5, "num_numbers": len(rows), "num_nan": 1, "num_texts": 2}
    with np.errstate(over="ignore"):
        moments = {"avg": rows.mean(), "m2": rows.var() * len(rows)}
    summary = summary_of(counts | moments | {"sketch": kll(rows)}, "numeric")
    assert isinstance(summary, Distribution)
    return summary


def table(rows: Rows) -> QuantileTable:
    shares = (0.1, 0.25, 0.5, 0.9)
    cuts = dict(zip(shares, np.quantile(rows, shares), strict=True))
    return QuantileTable.from_percentiles(cuts, len(rows), minimum=rows.min(), maximum=rows.max())


def numbers(reference: Summary, current: Summary) -> dict[str, object]:
    kind = "categorical" if isinstance(reference, Categories) else "numeric"
    each = {name: STATISTICS.get(name) for name in STATISTICS}
    measured: dict[str, object] = {
        name: {key: repr(value) for key, value in asdict(one.measure(reference, current)).items()}
        for name, one in each.items()
        if kind in one.kinds
    }
    return measured | {"evidence": evidence(reference, current)}


def fresh(summary: Summary) -> Summary:
    """Return a copy that remembers nothing."""
    copied: Summary = pickle.loads(pickle.dumps(summary))
    return copied


columns, forms = st.sampled_from(sorted(COLUMNS)), st.sampled_from(sorted(FORMS))


@pytest.mark.slow
@settings(max_examples=60)
@given(columns, st.lists(st.tuples(columns, forms), min_size=2, max_size=4), forms, st.data())
def test_numbers_do_not_depend_on_what_was_measured_before(
    column: str, windows: list[tuple[str, str]], form: str, data: st.DataObject
) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    rows = st.sampled_from((1, 2, 40, 3_000))
    reference = FORMS[form](COLUMNS[column](rng, data.draw(rows)))
    live = [FORMS[of](COLUMNS[name](rng, data.draw(rows))) for name, of in windows if of != "table"]
    with np.errstate(over="ignore", invalid="ignore"):
        for current in [*live, *live]:
            assert numbers(reference, current) == numbers(fresh(reference), fresh(current))


@pytest.mark.slow
@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 90)),
    st.lists(st.dictionaries(st.sampled_from("abcdefghij"), st.integers(1, 90)), max_size=3),
    st.integers(0, 30),
)
def test_levels_do_not_depend_on_what_was_measured_before(
    levels: dict[str, int], windows: list[dict[str, int]], untracked: int
) -> None:
    reference = Categories(levels, 3, sum(levels.values()) + untracked)
    for counts in [*windows, *windows]:
        current = Categories(counts, 1, sum(counts.values()) + untracked)
        assert numbers(reference, current) == numbers(fresh(reference), fresh(current))


@pytest.mark.slow
def test_many_pairs_at_once_have_the_numbers_of_each_by_itself() -> None:
    rng, pairs = np.random.default_rng(7), list[tuple[Summary, Summary]]()
    for of in COLUMNS.values():
        for form in FORMS.values():
            with np.errstate(over="ignore"):
                sides = form(of(rng, 3_000)), sketched(of(rng, 900))
            pairs += [sides, (sides[0], Distribution.from_sample([None, 1.0])), (sides[0], none())]
    pairs.append((Categories({"a": 3}, 0, 3), Categories({"a": 1, "b": 1}, 0, 2)))
    statistics = [STATISTICS.get(name) for name in STATISTICS]
    prepare([*pairs, (none(), sketched(np.arange(9.0)))], statistics)
    with np.errstate(over="ignore", invalid="ignore"):
        for reference, current in pairs:
            assert numbers(reference, current) == numbers(fresh(reference), fresh(current))


def none() -> Distribution:
    return Distribution.from_sample([])


def test_rows_beyond_32_bits_and_parts_of_rows_are_counted_exactly() -> None:
    many = Distribution(np.arange(3.0), np.array([2.0**40, 1.0, 2.0**33]), 0.0, 2.0**40 + 2.0**33 + 1)
    assert many.ranks.tolist() == [0, 2.0**40, 2.0**40 + 1, 2.0**40 + 2.0**33 + 1]
    coarse = Distribution.from_table(QuantileTable.from_histogram([0, 1, 2], [1, 2]))
    assert coarse.weights.tolist() == [1 / 8] * 8 + [2 / 8] * 8
    counted = Distribution.from_sample([3.0, 1.0, 3.0])
    assert (counted.ranks.dtype.name, counted.weights.dtype.name) == ("uint32", "float64")
    assert counted.weights.tolist() == [1, 2]


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_a_profile_is_the_distribution_that_its_fields_say(name: str) -> None:
    rows = COLUMNS[name](np.random.default_rng(4), 3_000)
    trusted = sketched(rows)
    checked = Distribution(trusted.values, trusted.weights, trusted.rank_error, trusted.n, trusted.null_count)
    assert trusted.values.tolist() == checked.values.tolist()
    assert trusted.weights.tolist() == checked.weights.tolist()
    assert trusted.weights.sum() == trusted.n == len(rows)
    assert not trusted.values.flags.writeable
    assert not trusted.weights.flags.writeable
