"""Every registered statistic as pandas UDFs and as SQL functions; the arithmetic is in ``statistics``.

For a statistic ``psi`` there are

- ``over_profiles("psi")``, in SQL ``sparkmon_psi(reference, profile)``: a scalar function of two profile columns. It
  works on streams, where Spark refuses pandas aggregates, and in batch.
- ``over_rows("psi")``, in SQL ``sparkmon_psi_rows(reference, current)``: an aggregate of two columns of raw values,
  for batch. Statistics of missing rows (``null_rate``, ``nan_rate``) and of whole rows have none.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from pyspark.sql import Column, SparkSession
from pyspark.sql.pandas.functions import pandas_udf
from pyspark.sql.types import DoubleType

from sparkmon.distributions import Categories, Distribution, kind_of, summary_of
from sparkmon.errors import OptionError
from sparkmon.statistics import JOINT, STATISTICS, Statistic

Udf: TypeAlias = Callable[..., Column]
"""A function of columns that makes a column."""


def over_profiles(name: str) -> Udf:
    """Return the registered statistic ``name`` as a scalar pandas UDF ``(reference, profile) -> double``.

    Its two columns are of the type ``sparkmon.schemas.PROFILE``. The reference decides whether both are read as numbers
    or as named levels. Null where either profile is null or the two cannot be compared.

    Raises UnknownNameError: there is no such statistic.

    >>> from sparkmon.profiles import profile_table
    >>> small = profile_table(spark.range(1_000), {"id": "numeric"}, model="m", k=4000)
    >>> large = profile_table(spark.range(2_000), {"id": "numeric"}, model="m", k=4000)
    >>> both = large.selectExpr("profile AS reference").crossJoin(small.select("profile"))
    >>> both.select(over_profiles("ks")("reference", "profile").alias("ks")).first().ks
    0.5
    """
    statistic = STATISTICS.get(name)

    def compute(reference: pd.DataFrame, profile: pd.DataFrame) -> pd.Series:
        pairs = zip(_records(reference), _records(profile), strict=True)
        return pd.Series([_compare(statistic, *pair) for pair in pairs], dtype="float64")

    compute.__name__ = f"sparkmon_{name}"
    return _udf(compute)


def over_rows(name: str) -> Udf:
    """Return the registered statistic ``name`` as a grouped-aggregate pandas UDF ``(reference, current) -> double``.

    Its two columns are of numbers or of strings, raw. Each side is its column's non-null values, so that the two need
    not be of equal length: put null where a row belongs to the other side. Null if a side is empty.

    Raises
    ------
    UnknownNameError
        There is no such statistic.
    OptionError
        The statistic counts rows without a value, which here are those of the other side, or is of whole rows.

    Examples
    --------
    >>> both = spark.range(2_000).selectExpr("id AS reference", "if(id < 1000, id, null) AS current")
    >>> both.agg(over_rows("ks")("reference", "current").alias("ks")).first().ks
    0.5
    """
    statistic = STATISTICS.get(name)
    if statistic.kinds == JOINT:
        raise OptionError(
            f"got the statistic {name!r}, which is of all features together, for one column; "
            f"profile both sides with one projection and take over_profiles({name!r})"
        )
    if not statistic.of_rows:
        raise OptionError(
            f"got the statistic {name!r} for raw rows, where null marks the rows of the other side; "
            f"expected one that does not count nulls; profile both sides and take over_profiles({name!r})"
        )

    def compute(reference: pd.Series, current: pd.Series) -> float:
        return statistic.function(_summary(reference), _summary(current))

    compute.__name__ = f"sparkmon_{name}_rows"
    return _udf(compute)


def register(spark: SparkSession) -> None:
    """Make ``sparkmon_<statistic>`` and, of raw rows, ``sparkmon_<statistic>_rows`` known to a session's SQL."""
    for name in STATISTICS:
        spark.udf.register(f"sparkmon_{name}", over_profiles(name))
        if STATISTICS.get(name).of_rows:
            spark.udf.register(f"sparkmon_{name}_rows", over_rows(name))


def _udf(compute: Callable[..., object]) -> Udf:
    # Spark reads the kind of UDF from the annotations of `compute`, which its stubs cannot follow.
    udf: Udf = pandas_udf(compute, DoubleType())  # type: ignore[call-overload]
    return udf


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [dict(zip(frame.columns, values, strict=True)) for values in frame.to_numpy(dtype=object)]


def _compare(statistic: Statistic, reference: dict[str, Any], profile: dict[str, Any]) -> float:
    if pd.isna(reference["count"]) or pd.isna(profile["count"]):
        return float("nan")
    kind = kind_of(reference)
    if kind not in statistic.kinds:
        return float("nan")
    return statistic.function(summary_of(reference, kind), summary_of(profile, kind))


def _summary(values: pd.Series) -> Distribution | Categories:
    present = values.dropna().infer_objects()  # truth values next to nulls arrive as objects
    if pd.api.types.is_numeric_dtype(present) and not pd.api.types.is_bool_dtype(present):
        numbers = present.to_numpy(np.float64)
        finite = numbers[np.isfinite(numbers)]
        return replace(Distribution.from_sample(finite), null_count=float(numbers.size - finite.size))
    levels = _text(present).value_counts()
    counts = {str(level): float(rows) for level, rows in levels.items()}
    return Categories(counts, null_count=0, n=float(len(present)))


def _text(values: pd.Series) -> pd.Series:
    """Write levels as Spark does: booleans in lower case."""
    return values.astype(str).str.lower() if pd.api.types.is_bool_dtype(values) else values.astype(str)
