"""One table with known truth, cut into windows, and what a system said of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

__all__ = ["BLOCK", "Case", "Verdicts", "write_case"]

BLOCK = "_block"
"""The column that numbers the window, or the reference's block of like length, that a row is in: 0, 1, 2, ..."""

Verdicts = dict[str, list[bool | None]]
"""Per column, for each window in order: alarm or not, or None where the system does not judge it."""


@dataclass(frozen=True)
class Case:
    """A reference, the rows that came after it, and what is true of them.

    Parameters
    ----------
    name : str
        Unique among all cases; a folder's name.
    reference, current : DataFrame
        The columns to judge, numbers and strings, and ``BLOCK``; rows in the order of their blocks.
    drifts : mapping of str to int
        The columns that drift, and the first window in which they do, 0 being the first. All others never drift.
    joint : bool, default False
        Whether the truth is known of the row as a whole alone: an alarm of any column is then the row's, and
        ``drifts`` names the row ``"any"``.
    window_s : int, default 86,400
        The length of a window, and of a block of the reference, in seconds.
    """

    name: str
    reference: pd.DataFrame
    current: pd.DataFrame
    drifts: Mapping[str, int] = field(default_factory=dict)
    joint: bool = False
    window_s: int = 86_400

    @property
    def columns(self) -> list[str]:
        """The columns to judge."""
        return [str(name) for name in self.reference.columns if name != BLOCK]

    @property
    def windows(self) -> int:
        """How many windows there are."""
        return int(self.current[BLOCK].max()) + 1


def write_case(case: Case, folder: Path) -> Path:
    """Write a case's tables, ``reference.parquet`` and ``current.parquet``, for systems in processes of their own."""
    place = folder / case.name
    place.mkdir()
    case.reference.to_parquet(place / "reference.parquet", index=False)
    case.current.to_parquet(place / "current.parquet", index=False)
    numeric = case.reference.select_dtypes("number").columns
    kinds = {name: "numeric" if name in numeric else "categorical" for name in case.columns}
    (place / "kinds.json").write_text(json.dumps(kinds))
    return place
