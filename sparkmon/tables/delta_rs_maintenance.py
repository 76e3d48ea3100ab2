"""What delta-rs does to keep a table quick: each step is a commit, or removes what no commit needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from deltalake import DeltaTable, WriterProperties

from sparkmon.errors import OptionError
from sparkmon.tables.conditions import Condition

TARGET_SIZE = 16 * 1024 * 1024
"""Bytes: files are compacted up to this size. Each run writes the last one anew, so it is not larger."""
_FEWEST = 8
"""Small files that are worth a compaction."""
_ROW_GROUP = 1024
"""Rows. A profile has some KiB, and a reader of one window skips the other groups."""
_OPERATORS = {"=", "!=", "<", "<=", ">", ">="}


def delete(table: DeltaTable, where: Sequence[Condition]) -> None:
    """Delete the rows that meet all conditions."""
    table.delete(" AND ".join(_sql(*each) for each in where))


def _sql(name: str, operator: str, value: object) -> str:
    if operator not in _OPERATORS or not isinstance(value, datetime):
        raise OptionError.malformed("expired", (name, operator, value), "a comparison with a time")
    # delta-rs compares statistics with values of the very same type.
    time = f"arrow_cast('{value.isoformat()}', 'Timestamp(Microsecond, Some(\"UTC\"))')"
    return f'"{name}" {operator} {time}'


def compactable(sizes: Sequence[int]) -> int:
    """Return how many files are to be compacted; 0 if they are too few."""
    small = sum(size < TARGET_SIZE for size in sizes)
    return small if small >= _FEWEST else 0


def compact(table: DeltaTable) -> None:
    """Write small files anew as few."""
    table.optimize.compact(
        target_size=TARGET_SIZE,
        max_concurrent_tasks=1,
        writer_properties=WriterProperties(compression="ZSTD", max_row_group_size=_ROW_GROUP),
    )


def clean(table: DeltaTable, *, dry_run: bool) -> int:
    """Remove files that no commit needs, and commits that a checkpoint has; return the number of files."""
    removed = table.vacuum(dry_run=True, full=True)
    if not dry_run:
        if removed:
            table.vacuum(dry_run=False, full=True)
        table.create_checkpoint()
        table.cleanup_metadata()
    return len(removed)
