"""Profiles compared with the references of their columns, each by itself."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pyarrow as pa

from sparkmon.comparison.basis import Basis, current_of, findings_table, judge_profile
from sparkmon.comparison.checks import Checks
from sparkmon.comparison.groups import objects
from sparkmon.comparison.rates import OF_RATES, ReferenceRate
from sparkmon.comparison.references import References, column_of
from sparkmon.statistics import STATISTICS, prepare

_AT_ONCE = 100
"""How many profiles are compared at a time; each has a sketch of some KB, and a reference of some ten."""


def compare_profiles(
    profiles: pa.Table,
    references: References,
    checks: Checks,
    lengths: Sequence[timedelta] = (),
    *,
    keep: Sequence[str] = (),
    anytime: bool = False,
) -> pa.Table:
    """Compare profiles with references, as :func:`sparkmon.compare` does; for ``lengths`` see :class:`Judge`."""
    findings = compare_each(profiles, references, checks, lengths, anytime=anytime)
    return findings_table(profiles, findings, keep)


def compare_each(
    profiles: pa.Table,
    references: References,
    checks: Checks,
    lengths: Sequence[timedelta] = (),
    *,
    anytime: bool = False,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Give each row with the findings on it; see :func:`compare_profiles`."""
    statistics = [STATISTICS.get(name) for name in checks.statistics]
    first = 0
    for batch in profiles.to_batches(max_chunksize=_AT_ONCE):
        rows, names = [], batch.schema.names
        for place, values in enumerate(zip(*map(objects, batch.columns), strict=True), first):
            row = dict(zip(names, values, strict=True))
            length = _length(row) if len(lengths) > 1 else next(iter(lengths), None)
            if len(lengths) < 2 or length in lengths:
                of_rate = row["column_kind"] in OF_RATES
                find = references.rate if of_rate else references.basis
                basis: Basis | ReferenceRate | None = find(column_of(row), row["model_version"], length)
                rows.append((place, row, basis, current_of(row, basis) if isinstance(basis, Basis) else None))
        pairs = [(basis.summary, current) for *_, basis, current in rows if isinstance(basis, Basis) and current]
        prepare(pairs, statistics)
        for place, row, basis, current in rows:
            for finding in judge_profile(row, basis, current, checks, anytime=anytime):
                yield place, finding
        first += batch.num_rows


def _length(row: dict[str, Any]) -> timedelta | None:
    start, end = row["window_start"], row["window_end"]
    return None if start is None or end is None else end - start
