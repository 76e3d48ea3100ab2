"""Every registered statistic as pandas UDFs and as SQL functions; the arithmetic is in ``statistics``.

For a statistic ``psi`` there are

- ``over_profiles("psi")``, in SQL ``sparkmon_psi(reference, profile)``: a scalar function of two profile columns. It
  works on streams, where Spark refuses pandas aggregates, and in batch.
- ``over_rows("psi")``, in SQL ``sparkmon_psi_rows(reference, current)``: an aggregate of two columns of raw values,
  for batch. Statistics of missing rows (``null_rate``, ``nan_rate``) and of whole rows have none.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeAlias, cast

import numpy as np
import pandas as pd
from pyspark.sql import Column, SparkSession
from pyspark.sql.pandas.functions import pandas_udf
from pyspark.sql.types import DoubleType

from sparkmon.distributions import Categories, Distribution, distribution_of, kind_of, summary_of
from sparkmon.errors import OptionError
from sparkmon.statistics import JOINT, STATISTICS, Statistic

Udf: TypeAlias = Callable[..., Column]
"""A function of columns that makes a column."""
Profile: TypeAlias = Mapping[str, Any] | bytes | None
"""A profile, or the bytes of a sketch."""

_NATIVE = "org.apache.spark.sql.sparkmon."
_NUMBERS = ("sketch", "count", "num_numbers", "num_nan", "num_inf", "num_texts", "avg", "m2")
"""The fields of a profile that say how its numbers are distributed."""


def over_profiles(name: str) -> Udf:
    """Return the registered statistic ``name`` as a scalar pandas UDF ``(reference, profile) -> double``.

    Its two columns are of the type ``sparkmon.schemas.PROFILE``. The reference decides whether both are read as numbers
    or as named levels. Null where either profile is null or the two cannot be compared. A statistic of numbers alone
    that has a form of raw rows takes two columns of KLL sketches, too, as ``kll_sketch_agg_double`` makes them.

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
        pairs = zip(_profiles(reference), _profiles(profile), strict=True)
        return pd.Series([compare_profiles(statistic, *pair) for pair in pairs], dtype="float64")

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
    """Make ``sparkmon_<statistic>`` and, of raw rows, ``sparkmon_<statistic>_rows`` known to a session's SQL.

    A function that the session has from ``io.sparkmon.SparkmonExtensions`` stays: the numbers are the same.
    """
    functions = spark.catalog.listFunctions(pattern="sparkmon_*")
    native = {each.name for each in functions if each.className.startswith(_NATIVE)}
    for name in STATISTICS:
        if f"sparkmon_{name}" not in native:
            spark.udf.register(f"sparkmon_{name}", over_profiles(name))
        if STATISTICS.get(name).of_rows:
            spark.udf.register(f"sparkmon_{name}_rows", over_rows(name))


def _udf(compute: Callable[..., object]) -> Udf:
    # Spark reads the kind of UDF from the annotations of `compute`, which its stubs cannot follow.
    udf: Udf = pandas_udf(compute, DoubleType())  # type: ignore[call-overload]
    return udf


def _profiles(side: pd.DataFrame | pd.Series) -> list[Profile]:
    """Return the profiles of a column of them, or the bytes of a column of sketches; None for null."""
    if isinstance(side, pd.Series):
        return [None if sketch is None else bytes(sketch) for sketch in side]
    rows: Any = side.astype(object).where(side.notna(), cast(Any, None)).to_dict("records")
    return [None if row["count"] is None else row for row in rows]


def compare_profiles(statistic: Statistic, reference: Profile, profile: Profile) -> float:
    """Return what ``sparkmon_<statistic>`` gives for one pair; NaN for null."""
    if reference is None or profile is None:
        return float("nan")
    if isinstance(reference, bytes) or isinstance(profile, bytes):
        return _compare_sketches(statistic, reference, profile)
    kind = kind_of(reference)
    if kind not in statistic.kinds:
        return float("nan")
    side = summary_of(reference, kind) if kind != "numeric" else _reference(*(reference.get(name) for name in _NUMBERS))
    return statistic.function(side, summary_of(profile, kind))


def _compare_sketches(statistic: Statistic, reference: object, profile: object) -> float:
    are_enough = "numeric" in statistic.kinds and statistic.of_rows
    if are_enough and isinstance(reference, bytes) and isinstance(profile, bytes):
        return statistic.function(_reference(reference), distribution_of(profile))
    expected = "two sketches or two profiles" if are_enough else "two profiles, since a sketch says too little"
    raise OptionError(
        f"got {type(reference).__name__} and {type(profile).__name__} for {statistic.name!r}; expected {expected}"
    )


@lru_cache(maxsize=128)
def _reference(sketch: bytes | None, *numbers: float | None) -> Distribution:
    """Read a reference, which meets many windows, once; what statistics make of it stays with it."""
    if not numbers:
        return distribution_of(sketch or b"")
    fields = dict(zip(_NUMBERS, (sketch, *numbers), strict=True))
    return cast(Distribution, summary_of(fields, "numeric"))


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
