"""Profiles joined with their references, judged in Arrow batches: one finding per statistic."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructField, StructType

from sparkmon.comparison.calibration import Calibration, block_effects
from sparkmon.comparison.checks import Checks
from sparkmon.comparison.rates import ALLOWED, RATES, judge_rate
from sparkmon.comparison.verdict import verdict
from sparkmon.distributions import kind_of, merge_summaries, summary_of
from sparkmon.schemas import DRIFT_METRICS
from sparkmon.statistics import STATISTICS, evidence

__all__ = ["judge_profiles"]

_COLUMN = ("slice_key", "slice_value", "column_kind", "column_name")
_BLOCK_ALPHA = 0.01
"""The share of a reference's blocks that may exceed a limit."""


def judge_profiles(
    joined: DataFrame,
    extra: Sequence[StructField],
    checks: Checks,
    calibration: Calibration,
    drift_type: str = "BASELINE",
    *,
    anytime: bool = False,
) -> DataFrame:
    """Judge each profile by itself.

    Parameters
    ----------
    joined : DataFrame
        ``sparkmon.schemas.PROFILES``, streaming or not, with the column ``known``: a struct of ``model_version``,
        ``reference``, ``data_type`` and ``profile``, null where there is nothing to compare with. Where it has
        ``blocks``, a list of profiles, these together are the reference, and bound what counts as drift instead of
        ``calibration``.
    extra : sequence of StructField
        Further columns to keep, in front.
    checks : Checks
        The statistics and thresholds.
    calibration : Calibration
        What the references' blocks reach.
    drift_type : str
        What is compared with: ``BASELINE`` or ``CONSECUTIVE``.
    anytime : bool
        Whether p-values shall hold at every look at a growing window.

    Returns
    -------
    DataFrame
        ``extra`` and ``sparkmon.schemas.DRIFT_METRICS``.
    """
    schema = StructType([*extra, *DRIFT_METRICS.fields])
    output = to_arrow_schema(schema, timezone="UTC")

    def judge(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            findings = [
                finding | {name: row[name] for name in output.names if name in row}
                for row in batch.to_pylist()
                for finding in _judge(row, checks, calibration, drift_type, anytime)
            ]
            yield pa.RecordBatch.from_pylist(findings, schema=output)

    return joined.mapInArrow(judge, schema)


def _judge(
    row: dict[str, Any],
    checks: Checks,
    calibration: Calibration,
    drift_type: str,
    anytime: bool,
) -> Iterator[dict[str, Any]]:
    if row["column_kind"] == "row_flag":
        yield from _judge_rate(row, checks)
        return
    expected = row["known"]
    kind = kind_of(row["profile"]) if expected is None else expected["data_type"]
    shared = {
        "drift_type": drift_type,
        "reference": "" if expected is None else expected["reference"],
        "data_type": kind,
    }
    names = [name for name in checks.statistics if kind in STATISTICS.get(name).kinds]
    if expected is None:
        reason = (
            f"the store has no reference for {row['column_name']!r} of the model {row['model']!r}"
        )
        for name in names:
            yield shared | {"statistic": name, "status": "no_reference", "reason": reason}
        return
    parts = [summary_of(part, kind) for part in expected.get("blocks") or [expected["profile"]]]
    reference = merge_summaries(parts) if len(parts) > 1 else parts[0]
    current = summary_of(row["profile"], kind)
    column = tuple(row[name] for name in _COLUMN)
    lasting = math.exp(-max(0.0, evidence(reference, current))) if anytime else None
    for name in names:
        measured = STATISTICS.get(name).measure(reference, current, checks.thresholds.get(name))
        if expected.get("blocks"):
            blocks = block_effects(reference, parts, name)
        else:
            blocks = calibration.of(
                (row["model"], expected["model_version"], expected["reference"], *column, name)
            )
        limit = None if blocks is None else blocks.limit(_BLOCK_ALPHA)
        count = 0 if blocks is None else len(blocks.effects)
        status, reason = verdict(name, measured, limit, count)
        yield shared | {
            "statistic": name,
            "value": _or_none(measured.value),
            "threshold": _or_none(measured.threshold),
            "noise": _or_none(measured.noise),
            "p_value": measured.p_value if lasting is None else lasting,
            "reference_count": round(measured.reference_count),
            "current_count": round(measured.current_count),
            "sketch_error": _or_none(measured.sketch_error),
            "blocks": count,
            "block_limit": limit,
            "p_blocks": None
            if blocks is None or math.isnan(measured.effect)
            else blocks.p_value(measured.effect),
            "limit": _or_none(max(measured.threshold, -math.inf if limit is None else limit)),
            "status": status,
            "reason": reason,
            "bins": measured.detail.get("bins"),
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
        "current_count": rows,
        "sketch_error": 0.0,
        "limit": judged.threshold,
        "status": judged.status,
        "reason": judged.reason,
    }


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None
