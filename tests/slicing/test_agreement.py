"""The evaluator gives what Spark's own functions give, on values that are hard on both."""

import random

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from sparkmon.protocol.row_block import Cells
from sparkmon.slicing import Evaluation
from sparkmon.slicing.numbers import number_of
from sparkmon.slicing.slices import parse_slice
from tests.support.slice_expressions import KINDS, NUMBERS, TEXTS, expressions
from tests.support.spark_slices import text_column

EACH = (
    *(f"{name}(n)" for name in ("abs", "ceil", "floor", "sign", "sqrt", "round", "isnan")),
    *(f"{part}({name})" for part in ("hour", "dayofweek", "month", "year") for name in "nt"),
    *(f"{name}(t)" for name in ("lower", "upper", "trim", "ltrim", "rtrim", "length")),
    *(f"{name}(t, u)" for name in ("contains", "startswith", "endswith", "concat", "greatest")),
    *(f"n {sign} m" for sign in ("+", "-", "*", "/", "%", "=", "<", "<=", "!=", "<=>")),
    *(f"round(n, {digits})" for digits in (1, 2, 3, 15)),
    *("t < u", "t = u", "t <=> u", "left(t, 2)", "right(t, 2)", "substring(t, 2, 3)", "t LIKE '_b%'"),
    *("CAST(t AS DOUBLE)", "CAST(n AS STRING)", "n", "t", "t LIKE '%b%'", "(n = m) IS NOT TRUE"),
)


def agree(one: str | None, other: str | None) -> bool:
    """Compare texts; Java before 19 writes a superfluous digit after some numbers."""
    if one is None or other is None or one == other:
        return one == other
    return number_of(one) is not None and number_of(one) == number_of(other)


@pytest.mark.slow
def test_random_expressions_have_the_values_that_spark_computes(spark: SparkSession) -> None:
    source = random.Random(16)
    numbers = [*NUMBERS, *(source.lognormvariate(0, 6) for _ in range(20))]
    pairs = [*zip(numbers, reversed(numbers), strict=True)] + [(None, None)] * len(TEXTS)
    source.shuffle(pairs)
    rows = [(*pair, text, source.choice(TEXTS)) for pair, text in zip(pairs, TEXTS * 2, strict=False)]
    columns = [*zip(*rows, strict=True)]
    nothing = np.full(len(rows), np.nan)
    matrix = np.column_stack([np.array(column, np.float64) for column in columns[:2]] + [nothing] * 2)
    has_number = np.array([[each is not None for each in row[:2]] + [False] * 2 for row in rows])
    texts = {place: pa.array(columns[place], pa.string()) for place in (2, 3)}
    evaluation = Evaluation(Cells(tuple(KINDS), matrix, has_number, texts))
    parts = {each: parse_slice(each, KINDS) for each in EACH} | expressions(7, 100)
    frame = spark.createDataFrame(rows, "n double, m double, t string, u string").coalesce(1)
    names = [text_column(part).alias(f"c{place}") for place, part in enumerate(parts.values())]
    expected = frame.select(*names).toArrow()
    assert expected.num_rows == len(rows)
    assert [
        (expression, row, value, of_spark)
        for (expression, part), column in zip(parts.items(), expected.columns, strict=True)
        for row, value, of_spark in zip(rows, evaluation.texts(part).to_pylist(), column.to_pylist(), strict=True)
        if not agree(value, of_spark)
    ] == []
