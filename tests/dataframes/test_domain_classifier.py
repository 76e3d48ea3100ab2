"""The domain classifier tells apart what differs, names the column, and stays silent where nothing does."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from sparkmon.dataframes import DomainShift, domain_classifier
from sparkmon.errors import OptionError

ROWS = 1_500
NAMES = [f"f{at}" for at in range(8)]
LEVELS = np.array(["red", "blue", "green", None], object)


def drawn(random: np.random.Generator) -> dict[str, Any]:
    mixed = random.normal(size=(ROWS, 1)) + random.normal(size=(ROWS, len(NAMES)))
    table: dict[str, Any] = dict(zip(NAMES, mixed.T, strict=True))
    return table | {"colour": LEVELS[random.integers(0, 4, ROWS)]}


def injected(table: dict[str, Any], at: int, random: np.random.Generator) -> str:
    """Change one column in one of five ways, and return its name."""
    name = [*NAMES, "colour"][at % 9]
    values = table[name]
    if name == "colour":
        values = np.where(random.random(ROWS) < 0.3, "mauve", values)
    elif at % 4 == 0:
        values = values + 0.5 * values.std()
    elif at % 4 == 1:
        values = values * 1.6
    elif at % 4 == 2:
        values = random.permutation(values)
    else:
        values = np.where(random.random(ROWS) < 0.2, np.nan, values)
    table[name] = values
    return name


def frame(spark: SparkSession, table: dict[str, Any]) -> DataFrame:
    return spark.createDataFrame(pa.table({name: pa.array(table[name]) for name in table}))


def test_the_injected_column_comes_first_in_nine_of_ten(spark: SparkSession) -> None:
    first = []
    for at in range(10):
        random = np.random.default_rng(100 + at)
        before, after = drawn(random), drawn(random)
        name = injected(after, at, random)
        found = domain_classifier(frame(spark, before), frame(spark, after))
        first.append(next(iter(found.importances)) == name and found.z > 3)
    assert sum(first) >= 9


def test_tables_alike_cannot_be_told_apart(spark: SparkSession) -> None:
    found = []
    for at in range(4):
        random = np.random.default_rng(at)
        before, after = frame(spark, drawn(random)), frame(spark, drawn(random))
        found.append(domain_classifier(before, after))
    assert max(each.z for each in found) < 3
    assert np.mean([each.auc for each in found]) == pytest.approx(0.5, abs=0.02)
    assert "cannot be distinguished" in str(found[0])


def test_the_sample_is_bounded_and_always_the_same(spark: SparkSession) -> None:
    random = np.random.default_rng(3)
    before, after = frame(spark, drawn(random)), frame(spark, drawn(random))
    one, other = (domain_classifier(before, after, rows=300, columns=["f1"]) for _ in range(2))
    assert (one.reference_count, one.current_count) == (300, 300)
    assert (one.auc, one.importances) == (other.auc, other.importances)
    assert one.std_error == pytest.approx(np.sqrt(601 / (12 * 300 * 300)))


def test_a_column_without_values_says_nothing(spark: SparkSession) -> None:
    random = np.random.default_rng(4)
    sides = [drawn(random) | {"empty": np.full(ROWS, np.nan)} for _ in range(2)]
    sides[1]["f2"] = sides[1]["f2"] + 1.0
    found = domain_classifier(*(frame(spark, each) for each in sides), columns=["empty", "f2"])
    assert found.importances["empty"] == 0.0
    assert found.z > 3


def test_it_says_so_in_a_sentence() -> None:
    found = DomainShift(0.75, 0.01, {"age": 0.2, "fare": 0.05, "zone": 0.01, "kind": 0.0}, 900, 1200)
    assert str(found) == (
        "1,200 current rows and 900 of the reference can be distinguished (AUC 0.750, 25.0 standard "
        "errors from 0.5), most of all by age (0.200), fare (0.050), zone (0.010)"
    )


def test_what_cannot_be_compared_is_refused(spark: SparkSession) -> None:
    table = frame(spark, drawn(np.random.default_rng(1)))
    with pytest.raises(OptionError, match=r"'age', which the reference table does not have"):
        domain_classifier(table, table, columns=["age"])
    with pytest.raises(OptionError, match="49 current rows; expected 50 or more"):
        domain_classifier(table, table.limit(49))
    with pytest.raises(OptionError, match="without a common column"):
        domain_classifier(table.select("f1"), table.select("f2"))
