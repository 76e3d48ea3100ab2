"""Values of JSON and of tensors as cells, by the kind that their column has in the reference."""

import math
from typing import Any

import numpy as np
import pytest

from sparkmon.protocol.cells import cells_of
from sparkmon.records import FeatureKind

NAN = math.nan
DAY = 1_767_571_200.0


@pytest.mark.parametrize(
    ("kind", "values", "numbers", "texts"),
    [
        ("categorical", ["a", NAN, None, 3, 2.0, True], [NAN] * 6, ["a", None, None, "3", "2", "true"]),
        ("categorical", [1.0, NAN, math.inf, None], [NAN, NAN, math.inf, NAN], ["1", None, None, None]),
        ("categorical", [2**70, 1.5, 2**53 + 1], [NAN] * 3, [str(2**70), "1.5", str(2**53 + 1)]),
        ("categorical", [1e-5, 0.1, -0.0], [NAN] * 3, ["1.0E-5", "0.1", "0"]),
        ("boolean", [1, 0, 2, None], [NAN] * 4, ["true", "false", "2", None]),
        ("boolean", ["TRUE", "no", 1, False], [NAN] * 4, ["true", "no", "true", "false"]),
        ("time", ["2026-01-05", "05.01.2026", DAY, None], [DAY, NAN, DAY, NAN], [None, "05.01.2026", None, None]),
        ("time", [0, -86_400_000, DAY * 1e3], [0, -86_400, DAY], None),
        ("time", [253_402_214_400, DAY], [253_402_214_400, DAY], None),
        ("time", ["2026-01-05", "2026-01-05T01:00:00+01:00", "20260105"], [DAY, DAY, NAN], [None, None, "20260105"]),
        ("numeric", ["2026-01-05", 1.5], [NAN, 1.5], ["2026-01-05", None]),
        (None, [2**53 + 1, "x"], [NAN, NAN], [str(2**53 + 1), "x"]),
    ],
)
def test_values_are_read_as_their_column_is(
    kind: FeatureKind | None, values: list[Any], numbers: list[float], texts: list[str] | None
) -> None:
    cells = cells_of(("x",), values, len(values), (kind,))
    np.testing.assert_array_equal(cells.numbers[:, 0], numbers)
    assert (cells.texts[0].to_pylist() if cells.texts else None) == texts


def test_an_array_of_codes_and_quantities_is_read_column_by_column() -> None:
    array = np.array([3, 0.5, 1, 4, 1.5, 0], "<f4")
    cells = cells_of(("code", "x", "flag"), array, 2, ("categorical", "numeric", "boolean"))
    assert cells.numbers[:, 1].tolist() == [0.5, 1.5]
    assert cells.is_number().tolist() == [[False, True, False]] * 2
    assert {place: texts.to_pylist() for place, texts in cells.texts.items()} == {0: ["3", "4"], 2: ["true", "false"]}
