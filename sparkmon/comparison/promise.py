"""How few false alarms a week a reference can promise, from its own blocks."""

import math
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.comparison.checks import Checks
from sparkmon.comparison.references import References, column_of

_OF_BLOCKS = ("ks", "js")


@dataclass(frozen=True)
class Promise:
    """What a reference can promise of windows as long as its blocks."""

    false_alarms_per_week: float
    """As many as asked for, or what it can hold at the least."""
    too_short: tuple[str, ...]
    """The columns that cannot hold their share of what was asked for."""


def promise(references: pa.Table, false_alarms_per_week: float = 1.0) -> Promise:
    """Return what the reference of one model can promise; infinitely many where it has no blocks.

    Parameters
    ----------
    references : pyarrow.Table
        ``sparkmon.schemas.REFERENCES`` of one model, version and reference, with blocks of the length of the windows.
    false_alarms_per_week : float, default 1.0
        What is asked for: :class:`sparkmon.Checks`.

    Notes
    -----
    Of K effective blocks the tail is taken as far as 1 / K^2, see :class:`BlockLevels`; columns share what is asked
    for, and what each can hold at the least is added up, by ``ks`` or ``js``.
    """
    checks = Checks(_OF_BLOCKS, false_alarms_per_week=false_alarms_per_week)
    by_column = References(references, checks)
    is_whole = pc.and_(pc.is_null(references["block_start"]), pc.is_null(references["slice_key"]))
    total, too_short = 0.0, []
    keys = ["model", "model_version", "slice_key", "slice_value", "column_kind", "column_name"]
    for row in references.select(keys).filter(is_whole).to_pylist():
        basis = by_column.basis(column_of(row), row["model_version"])
        if basis is None or row["column_kind"] == "joint":
            continue
        share = basis.levels.false_alarms_per_week
        least = max(map(basis.levels.promise, basis.blocks.values()), default=math.inf)
        total += max(share, least)
        if least > share:
            too_short.append(row["column_name"])
    return Promise(max(total, false_alarms_per_week), tuple(too_short))
