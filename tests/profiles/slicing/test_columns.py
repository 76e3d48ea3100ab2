"""Expressions as columns: their values by hand, and none that fails, whatever a payload holds."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from sparkmon.profiles.slicing.columns import column_of
from sparkmon.profiles.slicing.functions import text_of
from sparkmon.profiles.slicing.grammar import parse_slice
from sparkmon.records import FeatureKind

KINDS: dict[str, FeatureKind] = {"n": "numeric", "t": "categorical"}
NUMBERS = [0.0, -0.0, 7.0, 2.5, -2.5, 1e300, -1e300, math.nan, math.inf, -math.inf, None]
TEXTS = ["", "abc", "12.5", "2026-01-05T13:00:00Z", "x" * 100_000, "%_\\", "\0", "9" * 400, None]
NOON = datetime(2026, 1, 5, 12, 30, tzinfo=timezone.utc)


def values(frame: DataFrame, *expressions: str) -> list[tuple[str | None, ...]]:
    parts = [parse_slice(expression, KINDS) for expression in expressions]
    columns = [text_of(column_of(part, lambda name, _: F.col(name)), part.type) for part in parts]
    names = [column.alias(f"c{index}") for index, column in enumerate(columns)]
    return [tuple(row) for row in frame.select(*names).collect()]


@pytest.fixture(scope="module")
def hostile(spark: SparkSession) -> DataFrame:
    pairs = [(number, text) for number in NUMBERS for text in TEXTS]
    return spark.createDataFrame(pairs, "n double, t string").coalesce(1)


def test_values_are_those_of_the_sums_done_by_hand(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(-7.5, "John F. K"), (4.0, None)], "n double, t string")
    expected = {
        "n": ("-7.5", "4"),
        "n + 1": ("-6.5", "5"),
        "n * 2 - n / 4": ("-13.125", "7"),
        "n % 2": ("-1.5", "0"),
        "n / 0": (None, None),
        "floor(n)": ("-8", "4"),
        "ceil(n)": ("-7", "4"),
        "round(n)": ("-8", "4"),
        "abs(n) BETWEEN 4 AND 7": ("false", "true"),
        "sqrt(greatest(n, 0.0))": ("0", "2"),
        "n > 0 OR t = 'x'": ("false", "true"),
        "n > 5 AND t = 'x'": ("false", "false"),
        "t IS NULL": ("false", "true"),
        "t = 'x'": ("false", None),
        "(t = 'x') IS TRUE": ("false", "false"),
        "t LIKE 'J_hn%'": ("true", None),
        "substring(t, 6, 2)": ("F.", None),
        "left(upper(t), 3)": ("JOH", None),
        "length(t) + n": ("1.5", None),
        "coalesce(t, 'none')": ("John F. K", "none"),
        "CASE WHEN n < 0 THEN 'below' WHEN n < 9 THEN 'low' END": ("below", "low"),
        "CASE t WHEN 'John F. K' THEN 1 ELSE 0 END": ("1", "0"),
        "if(n > 0, 1, 2.5)": ("2.5", "1"),
        "cast(concat(t, '1') as double)": (None, None),
        "cast(cast(n as string) as double) = n": ("true", "true"),
    }
    found = zip(*values(frame, *expected), strict=True)
    assert dict(zip(expected, found, strict=True)) == expected


def test_times_are_read_as_they_are_written_and_seconds_in_utc(spark: SparkSession) -> None:
    times = [NOON + timedelta(days=day, hours=7 * day) for day in range(-800, 800, 97)]
    pairs = [(time.timestamp(), time.isoformat()) for time in times]
    frame = spark.createDataFrame(pairs, "n double, t string").coalesce(1)
    parts = ("hour", "dayofweek", "month", "year")
    found = values(frame, *(f"{part}({name})" for part in parts for name in "nt"))
    expected = [
        tuple(
            str(number)
            for number in (time.hour, time.isoweekday() % 7 + 1, time.month, time.year)
            for _ in "nt"
        )
        for time in times
    ]
    assert found == expected


def test_no_value_makes_an_expression_fail(hostile: DataFrame) -> None:
    assert hostile.sparkSession.conf.get("spark.sql.ansi.enabled") == "true"
    numbers = ("abs", "ceil", "exp", "floor", "ln", "round", "sign", "sqrt", "isnan")
    times = ("hour", "dayofweek", "month", "year")
    texts = ("lower", "upper", "trim", "length", *times)
    found = values(
        hostile,
        *(f"{name}(n)" for name in (*numbers, *times)),
        *(f"{name}(t)" for name in texts),
        *(f"n {sign} n" for sign in "+-*/%"),
        *("n / 0", "n % 0", "-n", "cast(t as double)", "cast(n as string)", "t LIKE '%a%_'"),
        *("substring(t, 0)", "right(t, 99)", "round(n, 15)", "nullif(n, 0)", "n IN (0, 2.5)"),
    )
    assert len(found) == len(NUMBERS) * len(TEXTS)
    assert max(len(value) for row in found for value in row if value is not None) == 256


def test_whole_numbers_are_written_without_a_point(hostile: DataFrame) -> None:
    found = {row[0] for row in values(hostile, "n")}
    assert found == {
        *("0", "7", "2.5", "-2.5", "1.0E300", "-1.0E300", "NaN", "Infinity", "-Infinity", None)
    }
