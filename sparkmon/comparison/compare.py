"""Profiles compared with the references of their columns, each by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import chain
from typing import Any

import pyarrow as pa

from sparkmon.comparison.basis import findings_table, judge_profile
from sparkmon.comparison.checks import Checks
from sparkmon.comparison.references import References, column_of

_AT_ONCE = 1_000
"""How many profiles are dictionaries at a time; each has a sketch of some KB."""


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
    batches = profiles.to_batches(max_chunksize=_AT_ONCE)
    for place, row in enumerate(chain.from_iterable(batch.to_pylist() for batch in batches)):
        length = _length(row) if len(lengths) > 1 else next(iter(lengths), None)
        if len(lengths) < 2 or length in lengths:
            basis = references.basis(column_of(row), row["model_version"], length)
            for finding in judge_profile(row, basis, checks, anytime=anytime):
                yield place, finding


def _length(row: dict[str, Any]) -> timedelta | None:
    start, end = row["window_start"], row["window_end"]
    return None if start is None or end is None else end - start
