"""A wide table to profiles, all columns in one pass: how references are made and tables are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import (
    BooleanType,
    CharType,
    DataType,
    DateType,
    NumericType,
    StringType,
    TimestampNTZType,
    TimestampType,
    VarcharType,
)

from sparkmon.distributions import Projection
from sparkmon.errors import OptionError
from sparkmon.profiles.aggregate import WINDOW_K, cell_columns, profile_of
from sparkmon.profiles.joint import JOINT, projected_columns
from sparkmon.profiles.rows import OF_WHOLE, shaped, sliced
from sparkmon.profiles.slices import FeatureColumn, of_table
from sparkmon.records import FeatureKind
from sparkmon.schemas import SLICE
from sparkmon.slicing import Slices

_CATEGORICAL = (StringType, CharType, VarcharType, BooleanType)
_TIMES = (DateType, TimestampType, TimestampNTZType)


def column_kinds(table: DataFrame, exclude: Sequence[str] = ()) -> dict[str, FeatureKind]:
    """Return how each column of a table is summarised, in the table's order.

    Numbers, dates and times (as seconds since 1970) are numeric; strings and truth values are categorical. Columns
    of other types (arrays, structs, binary) are left out.

    Raises
    ------
    OptionError
        ``exclude`` names a column the table does not have, or nothing is left to summarise.
    """
    unknown = [name for name in exclude if name not in table.columns]
    if unknown:
        raise OptionError(
            f"got the column {unknown[0]!r}, which the table does not have; "
            f"its columns are {', '.join(table.columns)}"
        )
    kinds = {
        field.name: kind
        for field in table.schema.fields
        if field.name not in exclude and (kind := _kind(field.dataType)) is not None
    }
    if not kinds:
        raise OptionError(
            "the table has no column of numbers, dates, strings or truth values to summarise; "
            f"its columns are {', '.join(table.columns) or 'none'}"
        )
    return kinds


def profile_table(
    table: DataFrame,
    kinds: Mapping[str, FeatureKind],
    *,
    model: str,
    model_version: str = "",
    time: str | None = None,
    window: str | None = None,
    by: Sequence[str] = (),
    predictions: Sequence[str] = (),
    slices: Slices | None = None,
    projection: Projection | None = None,
    k: int = WINDOW_K,
) -> DataFrame:
    """Summarise the columns of a table, as a whole, per window or per group.

    Parameters
    ----------
    table : DataFrame
        One row per instance.
    kinds : mapping of str to {"numeric", "categorical"}
        The columns to summarise; see :func:`column_kinds`. A numeric column's strings that are no numbers are
        counted as texts; a categorical column's values are written out as strings.
    model, model_version : str
        What the profiles are of.
    time : str, optional
        The timestamp column that gives ``window_start`` and ``window_end``; they are null without.
    window : str, optional
        Group by windows of this length over ``time``, such as ``"1 day"``.
    by : sequence of str
        Columns of ``table`` to group by; kept in the result before ``sparkmon.schemas.PROFILES``.
    predictions : sequence of str
        Columns that are the model's outputs; the others are features.
    slices : Slices, optional
        What to slice the rows by, in addition to the whole and in the same pass; see :func:`sparkmon.slices_of`.
    projection : Projection, optional
        The projection of the model's reference; adds the column ``:joint``.
    k : int, default 800
        KLL parameter of the sketches.

    Returns
    -------
    DataFrame
        The ``by`` columns and those of ``sparkmon.schemas.PROFILES``; one row per group and column.
    """
    columns = {
        (name, "prediction" if name in predictions else "feature"): _cells(table, name, kind)
        for name, kind in kinds.items()
    }
    if projection is not None:
        table, columns[JOINT, "joint"] = _with_joint(table, projection)
    moment = (
        F.lit(None).cast("timestamp") if time is None else F.col(quoted(time)).cast("timestamp")
    )
    projected = [
        cell
        for index, cells in enumerate(columns.values())
        for cell in cells.projected(f"_{index}")
    ]
    profiles = [
        cells.profile(f"_{index}", k).alias(f"profile_{index}")
        for index, cells in enumerate(columns.values())
    ]
    groups = [quoted(name) for name in by]
    cut = () if slices is None else slices.of(model, model_version)
    of_slice = of_table(cut, feature_of(table)).alias("slices")
    cells = table.select(*groups, *[of_slice] * bool(cut), moment.alias("moment"), *projected)
    if cut:
        cells, groups = sliced(cells), [*groups, *SLICE]
    if window is None:
        wide = cells.groupBy(*groups).agg(
            *profiles, F.min("moment").alias("start"), F.max("moment").alias("end")
        )
    else:
        wide = cells.groupBy(*groups, F.window("moment", window).alias("window")).agg(*profiles)
        wide = wide.withColumns({"start": F.col("window.start"), "end": F.col("window.end")})
    entries = F.array(
        *(
            F.struct(
                F.lit(name).alias("column_name"),
                F.lit(kind).alias("column_kind"),
                F.col(f"profile_{index}").alias("profile"),
            )
            for index, (name, kind) in enumerate(columns)
        )
    )
    long = wide.select(*groups, "start", "end", F.inline(entries)).withColumns(
        {"model": F.lit(model), "model_version": F.lit(model_version)}
    )
    if cut and projection is not None:
        long = long.where(OF_WHOLE)
    return shaped(long, F.col("start"), F.col("end"), keep=[quoted(name) for name in by])


def feature_of(table: DataFrame) -> FeatureColumn:
    """Return how slices read a column of a table: as its profile does."""

    def feature(name: str, value_type: str) -> Column:
        cells = _cells(table, name, "numeric" if value_type == "number" else "categorical")
        column = cells.number if value_type == "number" else cells.text
        return F.lit(None) if column is None else column

    return feature


def is_time(data_type: DataType) -> bool:
    """Return whether a column's numbers are dates or times."""
    return isinstance(data_type, _TIMES)


def quoted(name: str) -> str:
    """Quote a column's name, so that dots and spaces in it are taken as they are."""
    return f"`{name.replace('`', '``')}`"


@dataclass(frozen=True)
class _Cells:
    """A column's values as numbers, as texts, or as both."""

    number: Column | None
    text: Column | None
    vector: Column | None = None

    def projected(self, suffix: str) -> list[Column]:
        number = F.lit(None).cast("double") if self.number is None else self.number
        cells = cell_columns(number, self.text, suffix, self.vector)
        return cells if self.number is not None else cells[2:]

    def profile(self, suffix: str, k: int) -> Column:
        return profile_of(
            numbers=self.number is not None,
            texts=self.text is not None,
            vectors=self.vector is not None,
            suffix=suffix,
            k=k,
        )


def _with_joint(table: DataFrame, projection: Projection) -> tuple[DataFrame, _Cells]:
    """Add a column of the rows' errors and vectors, and return how it is read."""
    numbers = F.array(
        *(
            number_of(table, name) if name in table.columns else F.lit(None).cast("double")
            for name in projection.names
        )
    )
    added = "sparkmon_" + JOINT + "_" * max(map(len, table.columns))  # longer than any other name
    projected = table.withColumn(added, projected_columns(projection)(numbers))
    error, vector = (F.col(f"{quoted(added)}.{name}") for name in ("error", "vector"))
    return projected, _Cells(error, None, vector)


def number_of(table: DataFrame, name: str) -> Column:
    """Return a column as the numbers that it is profiled by."""
    number = _cells(table, name, "numeric").number
    return F.lit(None).cast("double") if number is None else number


def _kind(data_type: DataType) -> FeatureKind | None:
    if isinstance(data_type, (NumericType, *_TIMES)):
        return "numeric"
    return "categorical" if isinstance(data_type, _CATEGORICAL) else None


def _cells(table: DataFrame, name: str, kind: FeatureKind) -> _Cells:
    column = F.col(quoted(name))
    data_type = table.schema[name].dataType
    if kind == "categorical":
        return _Cells(None, column.cast("string"))
    if isinstance(data_type, _CATEGORICAL):
        number = column.try_cast("double")
        return _Cells(number, F.when(number.isNull(), column.cast("string")))
    if is_time(data_type):
        column = column.cast("timestamp")
    return _Cells(column.cast("double"), None)
