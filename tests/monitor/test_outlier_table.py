"""The table of outliers: the most severe of a window over many batches, bounded, the same after a restart."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sparkmon.detectors import OUTLIERS
from sparkmon.monitor.outlier_table import OutlierTable
from sparkmon.tables import Tables, TableWriter

START = datetime(2026, 11, 23, tzinfo=timezone.utc)


def outliers(excess: list[float], hour: int = 0) -> pa.Table:
    row: dict[str, Any] = {
        **{"model": "shop", "model_version": "", "instance": 0, "event_time": START, "severity": 99.9},
        **{"p_value": 0.001, "detector": "hbos", "columns": [], "reason": ""},
        **{"window_start": START + timedelta(hours=hour), "window_end": START + timedelta(hours=hour + 1)},
    }
    return pa.Table.from_pylist([row | {"excess": each} for each in excess], schema=OUTLIERS)


def write(table: OutlierTable, tables: TableWriter, batches: list[list[float]], first: int = 0) -> None:
    for batch_id, batch in enumerate(batches, first):
        tables.append(table.chosen(tables, outliers(batch)), "outliers", writer="q", batch_id=batch_id)


def excess(tables: TableWriter) -> list[float]:
    rows = tables.read("outliers", ["excess"])
    assert rows is not None
    found: list[Any] = rows["excess"].to_pylist()
    return sorted(found, reverse=True)


@pytest.mark.slow
def test_the_most_severe_are_in_the_table_and_few_others_also_after_a_restart(tmp_path: Path) -> None:
    tables = Tables(f"{tmp_path}/").open()
    values = np.random.default_rng(1).permutation(1_000).astype(float).reshape(50, 20).tolist()
    write(OutlierTable(5), tables, values[:25])
    write(OutlierTable(5), tables, values[25:], 25)
    assert excess(tables)[:5] == [999.0, 998.0, 997.0, 996.0, 995.0]
    assert len(excess(tables)) < 5 * (1 + np.log(1_000 / 5)) * 1.5


@pytest.mark.slow
def test_ever_worse_rows_fill_no_table(tmp_path: Path) -> None:
    tables = Tables(f"{tmp_path}/").open()
    table = OutlierTable(2)
    write(table, tables, [[float(each)] for each in range(60)])
    assert len(excess(tables)) == 20
    assert table.chosen(tables, outliers([1.0], hour=1)).num_rows == 1
