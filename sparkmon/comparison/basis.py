"""What a profile is compared with, and the findings of one profile."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import pyarrow as pa

from sparkmon.comparison.block_effects import BlockEffects
from sparkmon.comparison.checks import Checks
from sparkmon.comparison.finding import rare_levels, too_short
from sparkmon.comparison.levels import Levels
from sparkmon.comparison.rates import ALLOWED, OF_RATES, RATES, ReferenceRate, judge_rate
from sparkmon.comparison.schema import DRIFT_METRICS
from sparkmon.comparison.verdict import limit_of, verdict
from sparkmon.distributions import Categories, kind_of, summary_of
from sparkmon.distributions.schema import PROFILES
from sparkmon.records import SummaryKind
from sparkmon.statistics import STATISTICS, Measurement, Summary, evidence

_MOST_RARE = 0.1
"""The largest share of rows with rare levels that needs no word."""
_AT_ONCE = 10_000
"""How many findings are dictionaries at a time; one takes some 2 KB."""
_KEY = [name for name in PROFILES.names if name != "profile"]
_FINDING = pa.struct([*DRIFT_METRICS][len(_KEY) :])


@dataclass(frozen=True, slots=True)
class Basis:
    """What a profile is compared with."""

    reference: str
    data_type: SummaryKind
    summary: Summary
    blocks: Mapping[str, BlockEffects]
    """What its own blocks reach, by statistic."""
    levels: Levels
    limits: Mapping[str, float]
    """What windows like the blocks stay below at these levels, by statistic."""
    note: str = ""
    """Why blocks that the reference has are not used."""
    drift_type: str = "BASELINE"


def current_of(row: Mapping[str, Any], basis: Basis) -> Summary:
    """Return the summary of a profile that is compared with a basis."""
    return summary_of(row["profile"], basis.data_type)


def judge_profile(
    row: Mapping[str, Any],
    basis: Basis | ReferenceRate | None,
    current: Summary | None,
    checks: Checks,
    *,
    anytime: bool = False,
) -> Iterator[dict[str, Any]]:
    """Give the fields of each finding on one profile that are not null, without the profile's key.

    ``current`` is the profile's summary where there is a basis. With ``anytime``, p-values hold at every look at a
    growing window.
    """
    if row["column_kind"] in OF_RATES:
        rate = basis if isinstance(basis, ReferenceRate) else None
        yield from _judge_rate(row, rate, checks, anytime)
    elif not isinstance(basis, Basis) or current is None:
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
        yield from _compare(current, basis, checks, anytime)


def _compare(current: Summary, basis: Basis, checks: Checks, anytime: bool) -> Iterator[dict[str, Any]]:
    rare = basis.summary.rare_share if isinstance(basis.summary, Categories) else 0.0
    lasting = math.exp(-max(0.0, evidence(basis.summary, current))) if anytime else None
    for name in checks.statistics_of(basis.data_type):
        statistic = STATISTICS.get(name)
        measured = statistic.measure(basis.summary, current, checks.thresholds.get(name))
        blocks, limit = basis.blocks.get(name), basis.limits.get(name)
        figures = _figures(name, measured, limit, 0 if blocks is None else len(blocks.ascending))
        finding = {
            **figures,
            "drift_type": basis.drift_type,
            "reference": basis.reference,
            "data_type": basis.data_type,
        }
        notes = [basis.note] if basis.note else []
        if blocks is not None:
            finding["effective_blocks"] = blocks.effective
            if not math.isnan(measured.effect):
                finding["p_blocks"] = blocks.p_value(measured.effect)
            promise = basis.levels.promise(blocks)
            if basis.drift_type == "BASELINE" and promise > basis.levels.false_alarms_per_week:
                notes.insert(0, too_short(promise))
        if lasting is not None:
            finding["p_value"] = lasting
        if rare > _MOST_RARE and statistic.of_rows:
            notes.append(rare_levels(rare))
        if notes:
            finding["reason"] = "; ".join([figures["reason"], *notes])
        yield finding


# Of columns without nulls and the like, most findings are equal.
@lru_cache(maxsize=4096)
def _figures(name: str, measured: Measurement, limit: float | None, blocks: int) -> Mapping[str, Any]:
    statistic = STATISTICS.get(name)
    status, reason = verdict(statistic, measured, limit, blocks)
    return {
        "statistic": name,
        "value": _or_none(measured.value),
        "threshold": _or_none(measured.threshold),
        "noise": _or_none(measured.noise),
        "p_value": measured.p_value,
        "reference_count": round(measured.reference_count),
        "current_count": round(measured.current_count),
        "sketch_error": _or_none(measured.sketch_error),
        "blocks": blocks,
        "block_limit": limit,
        "limit": _or_none(limit_of(statistic, measured, limit)),
        "status": status,
        "reason": reason,
        "bins": measured.bins,
    }


def _judge_rate(
    row: Mapping[str, Any], reference: ReferenceRate | None, checks: Checks, anytime: bool
) -> Iterator[dict[str, Any]]:
    """Judge a column that marks rows with 1 and 0; a feature's age is profiled alone."""
    name = RATES.get(row["column_name"].rpartition(".")[2])
    if name is not None:
        rows = row["profile"]["num_numbers"]
        hits = round(rows * (row["profile"]["avg"] or 0))
        allowed = checks.rates.get(name)
        if allowed is None:
            allowed = ALLOWED if reference is None else reference.greatest
        yield judge_rate(name, hits, rows, allowed, reference, anytime=anytime)


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


def findings_table(
    profiles: pa.Table, findings: Iterable[tuple[int, Mapping[str, Any]]], keep: Sequence[str] = ()
) -> pa.Table:
    """Make a table of findings, each given with its row of ``profiles``, of which the ``keep`` columns come first.

    A finding has a ``column_name`` where it is about another column than the row's.
    """
    schema = pa.schema([*(profiles.schema.field(name) for name in keep), *DRIFT_METRICS])
    keys = profiles.select([*keep, *_KEY]).combine_chunks()
    tables, rest = [schema.empty_table()], iter(findings)
    while part := [*islice(rest, _AT_ONCE)]:
        tables.append(_table_of(keys, part).cast(schema))
    return pa.concat_tables(tables).combine_chunks()


def _table_of(keys: pa.Table, findings: Sequence[tuple[int, Mapping[str, Any]]]) -> pa.Table:
    table = keys.take(pa.array([place for place, _ in findings], pa.int64()))
    records = [record for _, record in findings]
    if any("column_name" in record for record in records):
        own = zip(table["column_name"].to_pylist(), records, strict=True)
        names: Any = pa.array([record.get("column_name", name) for name, record in own])
        place = table.schema.get_field_index("column_name")
        table = table.set_column(place, "column_name", names)
    structs: Any = pa.array(records, _FINDING)
    for field, values in zip(_FINDING, structs.flatten(), strict=True):
        table = table.append_column(field, values)
    return table
