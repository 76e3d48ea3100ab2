"""What is done where a Spark lacks something, on the Spark at hand: scripts/test_versions.py runs it on the others."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from sparkmon import compat
from sparkmon.compat import check_session, condition_of, from_arrow, groups_of, map_groups, to_arrow
from sparkmon.distributions import read_kll
from sparkmon.errors import OptionError
from sparkmon.profiles import merge, profile_table
from sparkmon.sources import KServeSource, inference_log, kserve
from sparkmon.sources.inference_log import InferenceLogDataSource, InferenceLogStreamReader


def test_a_group_is_whole_however_batches_are_cut_and_null_is_a_group() -> None:
    columns: dict[str, Any] = {"k": pa.array([None, None, "a", "b", "b", "b"]), "n": [0, 1, 2, 3, 4, 5]}
    rows = pa.record_batch(columns)
    for cut in range(1, 6):
        batches = [rows.slice(0, cut), rows.slice(cut)]
        assert [group["n"].to_pylist() for group in groups_of(batches, "k")] == [[0, 1], [2], [3, 4, 5]]
    assert [*groups_of([], "k")] == []


def test_an_error_has_a_condition_by_either_name() -> None:
    error = PySparkException(errorClass="ARGUMENT_REQUIRED", messageParameters={"arg_name": "x", "condition": "y"})
    assert condition_of(error) == "ARGUMENT_REQUIRED"


def test_spark_connect_without_arrow_tables_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Remote:
        version = "3.5.7"

    Remote.__module__ = "pyspark.sql.connect.session"
    check_session(Remote())  # type: ignore[arg-type]
    monkeypatch.setattr(compat, "_HAS_ARROW", False)
    with pytest.raises(OptionError, match=r"Spark Connect on Spark 3\.5\.7; expected a classic one"):
        check_session(Remote())  # type: ignore[arg-type]


def test_the_source_kserve_is_refused_without_sources_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kserve, "HAS_DATA_SOURCES", False)
    with pytest.raises(OptionError, match="expected the source kafka or hopsworks, or Spark 4"):
        KServeSource("spool").events(None)  # type: ignore[arg-type]


def test_a_limit_is_refused_where_spark_sets_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(inference_log, "HAS_READ_LIMITS", False)
    source = InferenceLogDataSource({"path": str(tmp_path)})
    reader = source.streamReader(source.schema())
    assert type(reader) is InferenceLogStreamReader
    assert reader.latestOffset() == reader.initialOffset()
    limited = InferenceLogDataSource({"path": str(tmp_path), "maxEventsPerTrigger": "5"})
    with pytest.raises(OptionError, match="maxEventsPerTrigger, which needs Spark 4"):
        limited.streamReader(limited.schema())


def test_tables_and_sketches_are_the_same_without_what_spark_4_added(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    map_type: Any = pa.map_(pa.string(), pa.int64())
    columns: dict[str, Any] = {
        "k": ["a", "b", "a"],
        "x": [1.5, None, 2.5],
        "m": pa.array([[("a", 1)], None, []], map_type),
    }
    table = pa.table(columns)
    with monkeypatch.context() as patch:
        patch.setattr(compat, "_HAS_ARROW", False)
        frame = from_arrow(spark, table)
        assert [row.asDict() for row in frame.collect()] == table.to_pylist(maps_as_pydicts="strict")
    counts = map_groups(frame, "k", lambda group: pa.table({"id": [group.num_rows]}), spark.range(0).schema)
    assert {row[0] for row in counts.collect()} == {1, 2}
    monkeypatch.setattr(merge, "HAS_KLL", False)
    profile = profile_table(spark.range(500).repartition(3), {"id": "numeric"}, model="m")
    sketch = read_kll(to_arrow(profile.select("profile.sketch"))["sketch"][0].as_py())
    assert np.sort(sketch.values).tolist() == [*range(500)]
