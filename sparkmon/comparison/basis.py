"""What a profile is compared with, and the findings of one profile."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from sparkmon.comparison.calibration import BlockEffects
from sparkmon.comparison.checks import Checks
from sparkmon.comparison.rates import ALLOWED, RATES, judge_rate
from sparkmon.comparison.schema import DRIFT_METRICS
from sparkmon.comparison.verdict import verdict
from sparkmon.distributions import kind_of, summary_of
from sparkmon.distributions.schema import PROFILES
from sparkmon.records import SummaryKind
from sparkmon.statistics import STATISTICS, Summary, evidence

_BLOCK_ALPHA = 0.01
"""The share of a reference's blocks that may exceed a limit."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a profile is compared with."""

    reference: str
    data_type: SummaryKind
    summary: Summary
    blocks: Mapping[str, BlockEffects]
    """What its own blocks reach, by statistic."""
    drift_type: str = "BASELINE"


def judge_profile(
    row: Mapping[str, Any], basis: Basis | None, checks: Checks, *, anytime: bool = False
) -> Iterator[dict[str, Any]]:
    """Judge a profile by itself.

    Parameters
    ----------
    row : mapping
        ``model``, ``column_kind``, ``column_name`` and ``profile`` of ``sparkmon.schemas.PROFILES``.
    basis : Basis or None
        What to compare with; None where there is nothing.
    checks : Checks
        The statistics and thresholds.
    anytime : bool, default False
        Whether p-values shall hold at every look at a growing window.

    Yields
    ------
    dict
        The fields of ``sparkmon.schemas.DRIFT_METRICS`` that are not null, without the profile's key.
    """
    if row["column_kind"] == "row_flag":
        yield from _judge_rate(row, checks)
    elif basis is None:
        kind = kind_of(row["profile"])
        finding = {
            "drift_type": "BASELINE",
            "reference": "",
            "data_type": kind,
            "status": "no_reference",
            "reason": f"the store has no reference for {row['column_name']!r} of the model {row['model']!r}",
        }
        for name in checks.statistics_of(kind):
            yield finding | {"statistic": name}
    else:
        yield from _compare(row["profile"], basis, checks, anytime)


def _compare(
    profile: Mapping[str, Any], basis: Basis, checks: Checks, anytime: bool
) -> Iterator[dict[str, Any]]:
    current = summary_of(profile, basis.data_type)
    lasting = math.exp(-max(0.0, evidence(basis.summary, current))) if anytime else None
    for name in checks.statistics_of(basis.data_type):
        measured = STATISTICS.get(name).measure(basis.summary, current, checks.thresholds.get(name))
        blocks = basis.blocks.get(name)
        limit = None if blocks is None else blocks.limit(_BLOCK_ALPHA)
        count = 0 if blocks is None else len(blocks.effects)
        status, reason = verdict(name, measured, limit, count)
        yield {
            "drift_type": basis.drift_type,
            "reference": basis.reference,
            "data_type": basis.data_type,
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


def _judge_rate(row: Mapping[str, Any], checks: Checks) -> Iterator[dict[str, Any]]:
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


def findings_table(
    profiles: pa.Table,
    findings: Iterable[tuple[int, Mapping[str, Any]]],
    keep: Sequence[str] = (),
) -> pa.Table:
    """Make a table of findings.

    Parameters
    ----------
    profiles : pyarrow.Table
        Has the key of ``sparkmon.schemas.PROFILES``.
    findings : iterable of (int, mapping)
        Rows of ``profiles`` and the fields of a finding on each; ``column_name`` instead of the row's own, if it is
        given.
    keep : sequence of str
        Further columns of ``profiles`` to keep, in front.
    """
    places, records = [], []
    for place, finding in findings:
        places.append(place)
        records.append(finding)
    rows = pa.array(places, pa.int64())
    keys = [name for name in PROFILES.names if name != "profile"]
    columns = {name: profiles[name].take(rows) for name in (*keep, *keys)}
    if any("column_name" in record for record in records):
        names = zip(columns["column_name"].to_pylist(), records, strict=True)
        columns["column_name"] = pa.array([each.get("column_name", name) for name, each in names])
    for field in list(DRIFT_METRICS)[len(keys) :]:
        values = [record.get(field.name) for record in records]
        columns[field.name] = pa.array(values, field.type)
    schema = pa.schema([*(profiles.schema.field(name) for name in keep), *DRIFT_METRICS])
    return pa.table(list(columns.values()), names=schema.names).cast(schema)
