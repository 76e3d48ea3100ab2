"""Files that workers write are rows of the table once they are committed, and once only."""

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sparkmon.protocol import ROWS
from sparkmon.row_files import RowFiles, without_models
from sparkmon.tables import Tables

TIME = datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=timezone.utc)


def rows_of(model: str, count: int) -> pa.Table:
    texts = {field.name: "" for field in ROWS if pa.types.is_string(field.type)}
    values = [("x", {"number": 0.25, "text": None}), ("y", {"number": None, "text": "a"})]
    rows: list[dict[str, Any]] = [
        texts | {"model": model, "event_type": "response", "instance": 0, "features": None, "predictions": values}
        for _ in range(count)
    ]
    times = [TIME + timedelta(seconds=place) for place in range(count)]
    return pa.Table.from_pylist([row | {"event_time": t} for row, t in zip(rows, times, strict=True)], schema=ROWS)


def files_of(rows: pa.Table, directory: str) -> list[dict[str, Any]]:
    files = RowFiles(directory)
    for batch in rows.to_batches():
        files.add(batch)
    return files.close()


def test_files_are_committed_once_and_pruned_by_model_and_time(tmp_path: Path) -> None:
    writer = Tables(f"{tmp_path}/tables").open()
    directory = writer.directory("rows")
    assert directory is not None
    both = pa.concat_tables([rows_of("iris", 3), rows_of("loans", 2)])
    (file,) = files_of(both, directory)
    assert writer.read("rows") is None
    for expected in (True, False):
        assert writer.append_files([file], "rows", ROWS, writer="query", batch_id=4) is expected
    assert writer.last_batch("rows", "query") == 4
    found = writer.read("rows", ROWS.names)
    assert found is not None
    assert found.cast(ROWS).equals(both)
    # The greatest time is between two milliseconds, where Delta's statistics end.
    last = TIME + timedelta(seconds=2)
    late = writer.read("rows", ["model"], [("event_time", ">=", last), ("model", "=", "iris")])
    assert late is not None
    assert late.num_rows == 1
    # An append by other means, and maintenance, go on from there.
    writer.append(rows_of("iris", 1), "rows", writer="query", batch_id=5)
    assert writer.maintain("rows") is not None
    again = writer.read("rows", ["model"])
    assert again is not None
    assert again.num_rows == 6


def test_rows_of_models_that_another_monitor_has_are_left_out(tmp_path: Path) -> None:
    (file,) = files_of(pa.concat_tables([rows_of("iris", 3), rows_of("loans", 2)]), str(tmp_path))
    assert without_models(file, str(tmp_path), ["other"]) == file
    assert without_models(file, str(tmp_path), ["iris", "loans"]) is None
    own = without_models(file, str(tmp_path), ["iris"])
    assert own is not None
    assert own["models"] == ["loans"]
    assert pq.read_table(tmp_path / own["path"], partitioning=None).num_rows == 2


def test_where_spark_writes_workers_do_not() -> None:
    assert Tables("s3://bucket/tables").open().directory("rows") is None


def test_maintenance_removes_files_that_no_commit_names_once_they_are_old(tmp_path: Path) -> None:
    writer = Tables(str(tmp_path)).open()
    directory = str(writer.directory("rows"))
    writer.append_files(files_of(rows_of("iris", 3), directory), "rows", ROWS, writer="query", batch_id=1)
    [young], [old] = files_of(rows_of("iris", 1), directory), files_of(rows_of("iris", 2), directory)
    days_ago = (TIME - timedelta(days=3)).timestamp()
    os.utime(f"{directory}/{old['path']}", (days_ago, days_ago))
    writer.maintain("rows")
    assert Path(directory, young["path"]).exists()
    assert not Path(directory, old["path"]).exists()
