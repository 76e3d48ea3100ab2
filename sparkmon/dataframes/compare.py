"""Profiles compared with their references: one finding per profile and statistic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from sparkmon.comparison import Basis, Calibration, Checks, findings_table, judge_profile
from sparkmon.distributions import summary_of
from sparkmon.errors import OptionError
from sparkmon.schemas import DRIFT_METRICS, PROFILES, REFERENCES, SLICE


def compare(
    profiles: DataFrame,
    references: DataFrame,
    checks: Checks | None = None,
    *,
    calibration: Calibration | None = None,
    keep: Sequence[str] = (),
    anytime: bool = False,
) -> DataFrame:
    """Compare profiles with the references of their models.

    Parameters
    ----------
    profiles : DataFrame
        ``sparkmon.schemas.PROFILES``, streaming or not.
    references : DataFrame
        ``sparkmon.schemas.REFERENCES``, of one reference per model. A reference made for a model version is used
        for that version; one without a version for all others.
    checks : Checks, optional
        The statistics and thresholds; the defaults without.
    calibration : Calibration, optional
        What the references' own blocks reach, which then bounds what counts as drift; see
        :func:`sparkmon.comparison.calibrate`.
    keep : sequence of str
        Further columns of ``profiles`` to keep, in front.
    anytime : bool, default False
        Give p-values that hold however often a window that still grows is looked at, one per column, instead of the
        statistics' own; see :func:`sparkmon.comparison.provisional`.

    Returns
    -------
    DataFrame
        The ``keep`` columns and ``sparkmon.schemas.DRIFT_METRICS``: one row per profile and statistic that applies
        to the column's kind. Each is judged by itself: :func:`sparkmon.comparison.correct` and
        :func:`sparkmon.comparison.confirm` judge a table of them together.

    Raises
    ------
    OptionError
        A DataFrame lacks a column.

    Examples
    --------
    >>> from sparkmon.profiles import profile_table, reference_of
    >>> references = reference_of(spark.range(4_000), "m")
    >>> profiles = profile_table(spark.range(2_000), {"id": "numeric"}, model="m", k=4000)
    >>> for found in compare(profiles, references, Checks(("ks",))).collect():
    ...     print(found.column_name, found.statistic, round(found.value, 2), found.status)
    id ks 0.5 drift
    """
    _require(profiles, PROFILES, "profiles")
    _require(references, REFERENCES, "references")
    schema = StructType([*(profiles.schema[name] for name in keep), *DRIFT_METRICS.fields])
    output = to_arrow_schema(schema, timezone="UTC")
    statistics, bounds = checks or Checks(), calibration or Calibration()

    def judge(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            table = pa.Table.from_batches([batch])
            findings = (
                (place, finding)
                for place, row in enumerate(table.to_pylist())
                for finding in judge_profile(
                    row, _basis(row, statistics, bounds), statistics, anytime=anytime
                )
            )
            yield from findings_table(table, findings, keep).cast(output).to_batches()

    return _with_reference(profiles, references, keep).mapInArrow(judge, schema)


def _basis(row: Mapping[str, Any], checks: Checks, calibration: Calibration) -> Basis | None:
    """Read the reference that was joined to a profile."""
    joined = row["basis"]
    if joined is None:
        return None
    kind = joined["data_type"]
    of_reference = (row["model"], joined["model_version"], joined["reference"])
    column: Any = (*of_reference, *(row[name] for name in (*SLICE, "column_kind", "column_name")))
    effects = {name: calibration.of((*column, name)) for name in checks.statistics_of(kind)}
    blocks = {name: each for name, each in effects.items() if each is not None}
    return Basis(joined["reference"], kind, summary_of(joined["profile"], kind), blocks)


def _require(frame: DataFrame, schema: StructType, what: str) -> None:
    missing = [name for name in schema.names if name not in frame.columns]
    if missing:
        raise OptionError(
            f"got {what} without the column {missing[0]!r}; expected {', '.join(schema.names)}"
        )


def _with_reference(profiles: DataFrame, references: DataFrame, keep: Sequence[str]) -> DataFrame:
    """Join each profile with the reference of its model version, or else of its model."""
    whole = references.where(F.col("block_start").isNull()).select(
        F.col("model").alias("r_model"),
        F.col("model_version").alias("r_version"),
        F.col("column_name").alias("r_column"),
        F.col("column_kind").alias("r_kind"),
        F.col("slice_key").alias("r_slice_key"),
        F.col("slice_value").alias("r_slice_value"),
        F.struct("model_version", "reference", "data_type", "profile").alias("basis"),
    )
    # Of a model that echoes, a feature and a prediction may have one name.
    same_column = (
        (F.col("model") == F.col("r_model"))
        & (F.col("column_name") == F.col("r_column"))
        & (F.col("column_kind") == F.col("r_kind"))
        & F.col("slice_key").eqNullSafe(F.col("r_slice_key"))
        & F.col("slice_value").eqNullSafe(F.col("r_slice_value"))
    )
    of_version = whole.where("r_version <> ''").withColumnRenamed("basis", "by_version")
    of_model = whole.where("r_version = ''").withColumnRenamed("basis", "by_model")
    dropped = ("r_model", "r_version", "r_column", "r_kind", "r_slice_key", "r_slice_value")
    joined = profiles.join(
        F.broadcast(of_version),
        same_column & (F.col("model_version") == F.col("r_version")),
        "left",
    ).drop(*dropped)
    joined = joined.join(F.broadcast(of_model), same_column, "left").drop(*dropped)
    return joined.select(
        *keep, *PROFILES.names, F.coalesce("by_version", "by_model").alias("basis")
    )
