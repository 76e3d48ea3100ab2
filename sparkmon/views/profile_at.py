"""The summaries that a comparison rests on: of a column in a window, and in the reference."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.distributions import Categories, Distribution, Joint, kind_of, summary_of
from sparkmon.distributions.schema import PROFILES
from sparkmon.records import SummaryKind
from sparkmon.tables import Condition
from sparkmon.views.source import Source, rows_of

_SUMMARIES: Mapping[str, SummaryKind] = {"boolean": "categorical", "time": "numeric"}
"""How columns of a reference are summarised whose type is not its name."""


def profile_at(
    source: Source, model: str, column: str, window_end: datetime, slice: tuple[str, str] | None = None
) -> Distribution | Categories | Joint | None:
    """Return what a column was like in a window; None if the table ``profiles`` has no such profile.

    Of several versions of a model, the one with the most rows is returned.
    """
    where: list[Condition] = [("model", "=", model), ("window_end", "=", window_end), ("column_name", "=", column)]
    rows = _of_slice(rows_of(source, "profiles", PROFILES, where), slice)
    profiles = sorted(rows["profile"].to_pylist(), key=lambda profile: -profile["count"])
    return summary_of(profiles[0], kind_of(profiles[0])) if profiles else None


def reference_at(
    references: pa.Table, model: str, column: str, version: str = "", slice: tuple[str, str] | None = None
) -> Distribution | Categories | Joint | None:
    """Return what a column is like in a store's references; None if it is in none of the model.

    The reference of the version goes before the one without a version.
    """
    columns: Any = references
    mask: Any = pc.and_(
        pc.equal(columns["model"], pa.scalar(model)), pc.equal(columns["column_name"], pa.scalar(column))
    )
    mask = pc.and_(mask, pc.is_null(columns["block_start"]))
    rows = _of_slice(references.filter(mask), slice).select(["model_version", "data_type", "profile"]).to_pylist()
    rows.sort(key=lambda row: (row["model_version"] != version, row["model_version"] != ""))
    return _summary(rows[0]) if rows else None


def _summary(row: Mapping[str, Any]) -> Distribution | Categories | Joint:
    data_type = row["data_type"]
    return summary_of(row["profile"], _SUMMARIES.get(data_type, data_type))


def _of_slice(rows: Any, slice: tuple[str, str] | None) -> Any:  # noqa: ANN401 - an Arrow table
    if slice is None:
        return rows.filter(pc.is_null(rows["slice_key"]))
    is_same = pc.and_(
        pc.equal(rows["slice_key"], pa.scalar(slice[0])), pc.equal(rows["slice_value"], pa.scalar(slice[1]))
    )
    return rows.filter(is_same)
