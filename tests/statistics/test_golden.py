"""Values known from elsewhere: ``tests/golden/<statistic>.json`` holds inputs, values and where those are from."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sparkmon.distributions import Categories, Distribution, Joint
from sparkmon.statistics import STATISTICS, Summary

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}: {case['name']}")
    for path in sorted(GOLDEN.glob("*.json"))
    for case in json.loads(path.read_text())["cases"]
]


def summary(side: dict[str, Any] | list[float | str | None]) -> Summary:
    if isinstance(side, dict) and "errors" in side:
        vector = [*side["embedding"], *[0.0] * (128 - len(side["embedding"])), *side["constants"]]
        return Joint(Distribution.from_sample(side["errors"]), np.array(vector))
    if isinstance(side, dict):
        return Categories(**side)
    texts = sum(isinstance(value, str) for value in side)
    infinities = sum(value in (math.inf, -math.inf) for value in side)
    found = Distribution.from_sample(
        [value for value in side if not isinstance(value, str) and value not in (math.inf, -math.inf)]
    )
    missing = found.null_count + texts + infinities
    return replace(found, null_count=missing, text_count=texts, inf_count=infinities)


@pytest.mark.parametrize("name", list(STATISTICS))
def test_every_statistic_has_golden_values(name: str) -> None:
    content = json.loads((GOLDEN / f"{name}.json").read_text())
    assert content["statistic"] == name
    assert len(content["cases"]) >= 8


@pytest.mark.parametrize(("name", "case"), CASES)
def test_value_is_the_golden_one(name: str, case: dict[str, Any]) -> None:
    statistic = STATISTICS.get(name)
    reference, current = summary(case["reference"]), summary(case["current"])
    assert statistic.function(reference, current) == pytest.approx(case["value"], 1e-12, 1e-15)
    if "p_value" in case:
        assert statistic.measure(reference, current).p_value == pytest.approx(case["p_value"], 1e-9)
