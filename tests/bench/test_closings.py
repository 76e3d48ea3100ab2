"""The windows that the benchmark closes: their sketches are those of DataSketches, of the rows that they tell of."""

import datasketches
import numpy as np
import pytest

from bench.closings import Closing


def test_a_sketch_in_another_unit_is_that_of_the_values_in_that_unit() -> None:
    closing = Closing(models=2, columns=5, slices=4, windows=2, unknown=3)
    references, profiles = closing.references(), closing.profiles()
    assert references.num_rows == 2 * 5 * 5
    assert profiles.num_rows == 2 * 2 * (5 + 3) * 5
    sketches = set()
    for row in references.to_pylist():
        profile, unit = row["profile"], 1 + int(row["model"][1:]) / 7 + row["column_index"] / 1e3
        sketch = datasketches.kll_doubles_sketch.deserialize(profile["sketch"])
        assert sketch.n == profile["count"] == (20_000 if row["slice_key"] is None else 5_000)
        assert (sketch.get_min_value(), sketch.get_max_value()) == (profile["min"], profile["max"])
        quantiles = np.array(sketch.get_quantiles([0.1, 0.5, 0.9])) / unit
        np.testing.assert_allclose(quantiles, [-1.2816, 0, 1.2816], atol=0.05)
        assert np.sqrt(profile["m2"] / profile["count"]) / unit == pytest.approx(1, abs=0.02)
        sketches.add(profile["sketch"])
    assert len(sketches) == references.num_rows
    for row in profiles.to_pylist():
        sketch = datasketches.kll_doubles_sketch.deserialize(row["profile"]["sketch"])
        assert sketch.n == row["profile"]["count"]
        assert sketch.get_min_value() == pytest.approx(row["profile"]["min"])
