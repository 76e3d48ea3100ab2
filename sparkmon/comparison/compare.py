"""Profiles set beside their references: one finding per profile and statistic."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from sparkmon.comparison.calibration import Calibration
from sparkmon.comparison.checks import Checks
from sparkmon.comparison.rates import ALLOWED, RATES, judge_rate
from sparkmon.comparison.verdict import verdict
from sparkmon.distributions import kind_of, summary_of
from sparkmon.errors import OptionError
from sparkmon.schemas import DRIFT_METRICS, PROFILES, REFERENCES
from sparkmon.statistics import STATISTICS

__all__ = ["compare"]

_BLOCK_ALPHA = 0.01
"""The share of a reference's blocks that may exceed a limit."""


def compare(
    profiles: DataFrame,
    references: DataFrame,
    checks: Checks | None = None,
    *,
    calibration: Calibration | None = None,
    keep: Sequence[str] = (),
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

    Returns
    -------
    DataFrame
        The ``keep`` columns and ``sparkmon.schemas.DRIFT_METRICS``: one row per profile and statistic that applies
        to the column's kind. Each is judged by itself: :func:`sparkmon.comparison.correct` and
        :func:`sparkmon.comparison.confirm` judge them together.

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
    extra = [profiles.schema[name] for name in keep]
    joined = _with_reference(profiles, references, keep)
    schema = StructType([*extra, *DRIFT_METRICS.fields])
    output = to_arrow_schema(schema, timezone="UTC")
    chosen = checks or Checks()
    blocks = calibration or Calibration()

    def judge(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            found = [
                finding | {name: row[name] for name in output.names if name in row}
                for row in batch.to_pylist()
                for finding in _judge(row, chosen, blocks)
            ]
            yield pa.RecordBatch.from_pylist(found, schema=output)

    return joined.mapInArrow(judge, schema)


def _require(frame: DataFrame, schema: StructType, what: str) -> None:
    missing = [name for name in schema.names if name not in frame.columns]
    if missing:
        raise OptionError(
            f"got {what} without the column {missing[0]!r}; expected {', '.join(schema.names)}"
        )


def _with_reference(profiles: DataFrame, references: DataFrame, keep: Sequence[str]) -> DataFrame:
    """Put beside each profile the reference of its model version, or else that of its model."""
    whole = references.where(F.col("block_start").isNull()).select(
        F.col("model").alias("r_model"),
        F.col("model_version").alias("r_version"),
        F.col("column_name").alias("r_column"),
        F.col("column_kind").alias("r_kind"),
        F.struct("model_version", "reference", "data_type", "profile").alias("found"),
    )
    # Of a model that echoes, a feature and a prediction may have one name.
    same_column = (
        (F.col("model") == F.col("r_model"))
        & (F.col("column_name") == F.col("r_column"))
        & (F.col("column_kind") == F.col("r_kind"))
    )
    of_version = whole.where("r_version <> ''").withColumnRenamed("found", "by_version")
    of_model = whole.where("r_version = ''").withColumnRenamed("found", "by_model")
    dropped = ("r_model", "r_version", "r_column", "r_kind")
    joined = profiles.join(
        F.broadcast(of_version),
        same_column & (F.col("model_version") == F.col("r_version")),
        "left",
    ).drop(*dropped)
    joined = joined.join(F.broadcast(of_model), same_column, "left").drop(*dropped)
    return joined.select(
        *keep, *PROFILES.names, F.coalesce("by_version", "by_model").alias("known")
    )


def _judge(
    row: dict[str, Any], checks: Checks, calibration: Calibration
) -> Iterator[dict[str, Any]]:
    if row["column_kind"] == "enrichment":
        yield from _judge_rate(row, checks)
        return
    known = row["known"]
    kind = kind_of(row["profile"]) if known is None else known["data_type"]
    shared = {
        "drift_type": "BASELINE",
        "reference": "" if known is None else known["reference"],
        "data_type": kind,
    }
    names = [name for name in checks.statistics if kind in STATISTICS.get(name).kinds]
    if known is None:
        reason = (
            f"the store has no reference for {row['column_name']!r} of the model {row['model']!r}"
        )
        for name in names:
            yield shared | {"statistic": name, "status": "no_reference", "reason": reason}
        return
    reference, current = summary_of(known["profile"], kind), summary_of(row["profile"], kind)
    column = (row["column_kind"], row["column_name"])
    for name in names:
        measured = STATISTICS.get(name).measure(reference, current, checks.thresholds.get(name))
        blocks = calibration.of(
            (row["model"], known["model_version"], known["reference"], *column, name)
        )
        limit = None if blocks is None else blocks.limit(_BLOCK_ALPHA)
        count = 0 if blocks is None else len(blocks.effects)
        effect = measured.value - measured.noise - measured.sketch_error
        status, reason = verdict(name, measured, limit, count)
        yield shared | {
            "statistic": name,
            "value": _or_none(measured.value),
            "threshold": _or_none(measured.threshold),
            "noise": _or_none(measured.noise),
            "p_value": measured.p_value,
            "p_adjusted": None,
            "reference_count": round(measured.reference_count),
            "current_count": round(measured.current_count),
            "sketch_error": _or_none(measured.sketch_error),
            "blocks": count,
            "p_blocks": None if blocks is None or math.isnan(effect) else blocks.p_value(effect),
            "limit": _or_none(max(measured.threshold, -math.inf if limit is None else limit)),
            "status": status,
            "reason": reason,
        }


def _judge_rate(row: dict[str, Any], checks: Checks) -> Iterator[dict[str, Any]]:
    """Judge a column that marks rows with 1 and 0; a feature's age is profiled alone."""
    name = RATES.get(row["column_name"].rpartition(".")[2])
    if name is None:
        return
    profile = row["profile"]
    rows = profile["num_numbers"]
    hits = round(rows * (profile["avg"] or 0))
    judged = judge_rate(name, hits, rows, checks.rates.get(name, ALLOWED))
    yield {
        "drift_type": "LIMIT",
        "reference": "",
        "data_type": "numeric",
        "statistic": name,
        "value": _or_none(judged.value),
        "threshold": judged.threshold,
        "noise": _or_none(judged.noise),
        "p_value": judged.p_value,
        "p_adjusted": None,
        "reference_count": None,
        "current_count": rows,
        "sketch_error": 0.0,
        "limit": judged.threshold,
        "status": judged.status,
        "reason": judged.reason,
    }


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None
