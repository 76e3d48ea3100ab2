"""What a reference can promise, by its own blocks: how few false alarms a week, and how small a change is found."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa

from sparkmon.comparison.checks import Checks
from sparkmon.comparison.power import drawn, found_from, some_of
from sparkmon.comparison.references import References, column_of
from sparkmon.distributions import Categories, summary_of
from sparkmon.statistics import STATISTICS

_STATISTICS = ("ks", "js", "wasserstein")
_HOUR_S = 3_600.0
WINDOW_ROWS = 1_000
"""How many rows a window is taken to have, if nothing else is known."""
_KEYS = ("model", "model_version", "slice_key", "slice_value", "column_kind", "column_name")
_Column: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class Promise:
    """What a reference can promise of windows as long as its blocks."""

    false_alarms_per_week: float
    """As many as asked for, or what it can hold at the least."""
    too_short: tuple[str, ...]
    """The columns that cannot hold their share of what was asked for."""
    found_from: Mapping[_Column, float | None]
    """By kind and name of column, the smallest change that three windows find in 95 % of cases: of numbers, the shift
    of a normal column in standard deviations, of levels, the share that the commonest one loses."""
    of_levels: frozenset[_Column]
    """The columns that have levels."""


def promise(references: pa.Table, false_alarms_per_week: float = 1.0, *, window_rows: int | None = None) -> Promise:
    """Return what the reference of one model can promise; infinitely many false alarms where it has no blocks.

    Parameters
    ----------
    references : pyarrow.Table
        ``sparkmon.schemas.REFERENCES`` of one model, version and reference, with blocks of the length of the windows.
    false_alarms_per_week : float, default 1.0
        What is asked for: :class:`sparkmon.Checks`.
    window_rows : int, optional
        How many rows a window will have: windows are drawn from the whole. By default the blocks stand for windows, or,
        if there are fewer than three, windows of 1,000 rows are drawn.

    Notes
    -----
    Of K effective blocks the tail is taken as far as 1 / K^2, see :class:`Levels`; columns share what is asked
    for, and what each can hold at the least is added up, by ``ks`` or ``js``.
    """
    checks = Checks(_STATISTICS, false_alarms_per_week=false_alarms_per_week)
    blocks: dict[_Column, list[int]] = {}
    wholes = []
    references = references.sort_by([("column_index", "ascending"), ("block_start", "ascending")])
    starts = references["block_start"].to_pylist()
    for place, row in enumerate(references.select(_KEYS).to_pylist()):
        column = row["column_kind"], row["column_name"]
        if row["slice_key"] is not None or row["column_kind"] in ("joint", "row_flag"):
            continue
        if starts[place] is None:
            wholes.append((column, row))
        else:
            blocks.setdefault(column, []).append(place)
    by_column = References(references, checks, None if blocks else _HOUR_S)
    total, too_short, changes, of_levels = 0.0, [], {}, set()
    for column, row in wholes:
        basis = by_column.basis(column_of(row), row["model_version"])
        if basis is None:
            continue
        share = basis.levels.false_alarms_per_week
        of_blocks = [each for name, each in basis.blocks.items() if STATISTICS.get(name).by_blocks]
        least = max(map(basis.levels.promise, of_blocks), default=math.inf)
        total += max(share, least)
        if least > share:
            too_short.append(row["column_name"])
        stand_in = some_of(blocks.get(column, [])) if window_rows is None else []
        windows = [summary_of(references["profile"][place].as_py(), basis.data_type) for place in stand_in]
        if len(windows) < 3:
            windows = drawn(basis.summary, window_rows or WINDOW_ROWS)
        if isinstance(basis.summary, Categories):
            of_levels.add(column)
        changes[column] = found_from(basis, windows, row, checks)
    return Promise(max(total, false_alarms_per_week), tuple(too_short), changes, frozenset(of_levels))
