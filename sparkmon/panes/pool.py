"""What exceeds the limits pooled: a client that invents names costs bounded memory."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.distributions.arrays import BoolArray
from sparkmon.distributions.schema import with_values

OTHER = "(other)"
"""The pooled column of a model, and the pooled model: what was beyond the limits. The ``count`` of its profile is the
number of pooled cells."""


@dataclass(frozen=True)
class PaneLimits:
    """Bounds of one build, and of one merge.

    What occurs least is pooled; what a monitor expects never is.

    >>> PaneLimits(columns=500).models
    2000
    """

    models: int = 2000
    """Models and versions; the others are pooled to one column of the model ``(other)``."""
    columns: int = 2000
    """Columns of a model and version, of all kinds; the others are pooled to one column ``(other)`` of each kind."""
    name_bytes: int = 1024
    """The name of a column, a model or a level, in bytes of UTF-8; longer ones are pooled, longer levels not listed."""
    levels: int = 1000
    """Levels of a column in a pane: the commonest are kept; while it is built, ten times as many."""
    buffer_bytes: int = 64 * 2**20
    """Rows that are buffered before they are summarised, in bytes."""


Expected: TypeAlias = Mapping[str, Collection[str]]
"""By model, the columns that are never pooled, such as those of its reference."""

_Pair: TypeAlias = tuple[str, str]

_SERIES = ["model", "model_version", "column_name", "column_kind"]


def pooled(parts: pa.Table, limits: PaneLimits, expected: Expected) -> pa.Table:
    """Rename the models and the columns that occur least, so that a merge makes one ``(other)`` of them."""
    if not parts.num_rows:
        return parts
    numbered = parts.select([*_SERIES, "count"])
    numbered = numbered.append_column("row", pa.array(np.arange(parts.num_rows)))
    series = numbered.group_by(_SERIES, use_threads=False).aggregate([("count", "sum"), ("row", "list")])
    names = [pc.max(pc.binary_length(series[name])).as_py() for name in ("model", "column_name")]
    if series.num_rows <= min(limits.models, limits.columns) and max(names) <= limits.name_bytes:
        return parts
    lists: Any = series["row_list"].combine_chunks()
    of_model, of_column = np.empty((2, parts.num_rows), np.bool_)
    for of_parts, flags in zip((of_model, of_column), _beyond(series, limits, expected), strict=True):
        of_parts[lists.values.to_numpy()] = np.repeat(flags, np.diff(lists.offsets.to_numpy()))
    for name, is_other, other in (
        ("model", of_model, OTHER),
        ("model_version", of_model, ""),
        ("column_name", of_model | of_column, OTHER),
    ):
        parts = with_values(parts, name, pc.if_else(pa.array(is_other), other, parts[name]))
    # The whole has the rows of the slices, and whole rows of different projections have nothing in common.
    joint = pa.scalar("joint")
    is_whole = pc.and_(pc.is_null(parts["slice_key"]), pc.not_equal(parts["column_kind"], joint))
    return parts.filter(pc.or_(pa.array(~of_model), is_whole))


def _beyond(series: pa.Table, limits: PaneLimits, expected: Expected) -> tuple[BoolArray, BoolArray]:
    """Flag the series of models beyond the limits, and the columns that are beyond those of their model."""
    rows = series.drop_columns(["row_list"]).to_pylist()
    columns: dict[_Pair, dict[_Pair, int]] = {}
    for row in rows:
        by_column = columns.setdefault((row["model"], row["model_version"]), {})
        by_column[row["column_name"], row["column_kind"]] = row["count_sum"]
    cells = {model: sum(by_column.values()) for model, by_column in columns.items()}
    models = _within(cells, limits.models, limits, {key for key in cells if key[0] in expected})
    within = {
        model: _within(by_column, limits.columns, limits, _exempt(model, by_column, expected))
        for model, by_column in columns.items()
        if model in models
    }
    of_model, of_column = [], []
    for row in rows:
        chosen = within.get((row["model"], row["model_version"]))
        of_model.append(chosen is None)
        of_column.append(chosen is not None and (row["column_name"], row["column_kind"]) not in chosen)
    return np.array(of_model), np.array(of_column)


def _exempt(model: _Pair, columns: Collection[_Pair], expected: Expected) -> set[_Pair]:
    names = expected.get(model[0], ())
    return {(name, kind) for name, kind in columns if name in names or kind in ("joint", "event")}


def _within(counts: Mapping[_Pair, int], most: int, limits: PaneLimits, exempt: set[_Pair]) -> set[_Pair]:
    """Return the pool, the exempt names, and the commonest of the others."""
    pool = {key for key in counts if key[0] == OTHER}
    others = sorted(
        (-count, key)
        for key, count in counts.items()
        if key not in exempt | pool and len(key[0].encode()) <= limits.name_bytes
    )
    return pool | exempt | {key for _, key in others[: max(0, most - len(exempt))]}
