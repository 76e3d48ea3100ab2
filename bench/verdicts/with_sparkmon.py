"""sparkmon's own verdicts: rows to panes, panes to profiles, profiles to findings, as a monitor makes them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from bench.verdicts.case import BLOCK, Case, Verdicts
from sparkmon.comparison import JUDGED, Checks, Judge
from sparkmon.distributions.schema import PROFILES, REFERENCES
from sparkmon.panes import PaneBuilder
from sparkmon.profiles import REFERENCE_K, WINDOW_K
from sparkmon.protocol import Cells, RowBlock

__all__ = ["findings_of", "judge_by_sparkmon", "profiles_of", "reference_of"]

_ROWS = 100_000
"""How many rows are summarised at once."""


def judge_by_sparkmon(case: Case) -> tuple[Verdicts, Verdicts]:
    """Judge a case at all defaults.

    Returns
    -------
    alerts : dict
        A column alarms in a window if a finding would make an alert: a drift that is confirmed, by a window before or
        by its size.
    findings : dict
        It alarms if a finding is a drift, confirmed or not.

    Notes
    -----
    A column of which every finding says that it has too few rows, or that it is not comparable, is not judged.
    """
    alerts: Verdicts = {name: [None] * case.windows for name in case.columns}
    findings: Verdicts = {name: [None] * case.windows for name in case.columns}
    for row in findings_of(case, Checks()).to_pylist():
        name, place = row["column_name"], int(row["window_start"].timestamp()) // case.window_s
        if row["status"] in JUDGED:
            alerts[name][place] = bool(alerts[name][place] or row["confirmed"])
            findings[name][place] = bool(findings[name][place] or row["status"] == "drift")
    return alerts, findings


def findings_of(case: Case, checks: Checks) -> pa.Table:
    """Return the findings on all windows of a case, ``DRIFT_METRICS``."""
    judge = Judge(reference_of(case), checks, step_s=case.window_s, lengths=[f"{case.window_s} seconds"])
    return judge.findings(profiles_of(case.current, case))


def reference_of(case: Case) -> pa.Table:
    """Return the reference of a case with its blocks, ``REFERENCES``."""
    whole = profiles_of(case.reference.assign(**{BLOCK: 0}), case, k=REFERENCE_K)
    blocks = profiles_of(case.reference, case)
    none = pa.nulls(whole.num_rows, blocks.schema.field("window_start").type)
    for name in ("window_start", "window_end"):
        whole = whole.set_column(whole.schema.get_field_index(name), name, none)
    table = pa.concat_tables([whole, blocks])
    numeric = {*case.reference.select_dtypes("number").columns}
    names = [str(name) for name in table["column_name"].to_pylist()]
    rows = table.num_rows
    columns: dict[str, Any] = {name: table[name] for name in PROFILES.names} | {
        "reference": pa.repeat("training", rows),
        "data_type": pa.array(["numeric" if each in numeric else "categorical" for each in names]),
        "column_index": pa.array([case.columns.index(each) for each in names], pa.int32()),
        "block_start": table["window_start"],
        "block_end": table["window_end"],
        "created_time": pa.repeat(datetime.now(timezone.utc), rows),
        "projection": pa.nulls(rows, pa.binary()),
        "detectors": pa.nulls(rows, pa.binary()),
    }
    return pa.table({name: columns[name] for name in REFERENCES.names}).cast(REFERENCES)


def profiles_of(rows: pd.DataFrame, case: Case, *, k: int = WINDOW_K) -> pa.Table:
    """Return the profiles of a table's windows, ``PROFILES``."""
    length = case.window_s * 1_000_000
    builder = PaneBuilder(length, k=k)
    for start in range(0, len(rows), _ROWS):
        part = rows.iloc[start : start + _ROWS]
        builder.add(
            RowBlock(
                case.name,
                "",
                "request",
                np.arange(len(part)),
                part[BLOCK].to_numpy(np.int64) * length,
                np.zeros(len(part), np.int32),
                features=_cells(part[case.columns]),
            )
        )
    return builder.build().select(PROFILES.names)


def _cells(rows: pd.DataFrame) -> Cells:
    numbers = np.full(rows.shape, np.nan)
    texts = {}
    for place, name in enumerate(rows.columns):
        if pd.api.types.is_numeric_dtype(rows[name]):
            numbers[:, place] = rows[name].to_numpy(np.float64)
        else:
            texts[place] = pa.array(rows[name].astype(object), pa.string(), from_pandas=True)
    return Cells((*map(str, rows.columns),), numbers, ~np.isnan(numbers), texts)
