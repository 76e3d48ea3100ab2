"""Tables of every format that the commands read."""

import gzip
import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from sparkmon.cli.open_table import find_format, open_table, parse_time
from sparkmon.errors import OptionError

ROWS = [(1, "a,b"), (2, 'say "hi"')]


@pytest.fixture
def directory(tmp_path: Path, spark: SparkSession) -> Path:
    frame = pd.DataFrame(ROWS, columns=["n", "text"])
    frame.to_parquet(tmp_path / "one.parquet")
    frame.to_csv(tmp_path / "one.csv", index=False)
    frame.to_json(tmp_path / "one.jsonl", orient="records", lines=True)
    (tmp_path / "one.json.gz").write_bytes(gzip.compress((tmp_path / "one.jsonl").read_bytes()))
    written = spark.createDataFrame(frame).coalesce(1).write
    written.parquet(str(tmp_path / "many"))
    written.format("delta").save(str(tmp_path / "delta"))
    return tmp_path


@pytest.mark.parametrize("name", ["one.parquet", "one.csv", "one.jsonl", "one.json.gz", "many", "delta"])
def test_a_path_is_read_as_what_it_is(spark: SparkSession, directory: Path, name: str) -> None:
    table, notes = open_table(spark, str(directory / name))
    assert notes == []
    assert [tuple(row) for row in table.select("n", "text").orderBy("n").collect()] == ROWS


def test_a_url_is_read_by_its_ending(spark: SparkSession, directory: Path) -> None:
    table, _ = open_table(spark, (directory / "one.parquet").as_uri())
    assert table.count() == 2


def test_a_name_is_a_table_of_the_catalog(spark: SparkSession, directory: Path) -> None:
    open_table(spark, str(directory / "delta"))[0].createOrReplaceTempView("opened")
    assert open_table(spark, "opened")[0].count() == 2
    assert open_table(spark, None, "SELECT n FROM opened WHERE n > 1")[0].collect()[0][0] == 2


@pytest.mark.parametrize(
    ("table", "sql", "said"),
    [
        ("absent", None, "neither a path nor a table"),
        (None, "SELEC 1", "PARSE_SYNTAX_ERROR"),
    ],
)
def test_what_is_no_table_is_refused(spark: SparkSession, table: str | None, sql: str | None, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        open_table(spark, table, sql)


@pytest.mark.parametrize("table", ["absent.parquet", "absent/rows", "", "s3://bucket/table", __file__])
def test_a_path_that_is_no_table_is_refused_before_spark_starts(tmp_path: Path, table: str) -> None:
    with pytest.raises(OptionError, match=r"neither a path nor a table|has no known ending"):
        find_format(table)


def test_a_directory_of_several_formats_is_refused(spark: SparkSession, directory: Path) -> None:
    with pytest.raises(OptionError, match="csv and json and parquet files"):
        open_table(spark, str(directory))


def test_json_that_is_none_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"n": 1}\n{"n":\n')
    with pytest.raises(OptionError, match="lines that are no JSON"):
        open_table(spark, str(tmp_path / "t.jsonl"))


def test_times_are_parsed_and_those_that_are_none_counted(spark: SparkSession) -> None:
    said = "SELECT explode(array('2026-01-05', '2026-01-05 10:00:01', 'soon', NULL)) AS time"
    table, untimed = parse_time(spark.sql(said), "time")
    assert untimed == 2
    times = [row.time.isoformat() for row in table.where("time IS NOT NULL").collect()]
    assert times == ["2026-01-05T00:00:00", "2026-01-05T10:00:01"]


def test_times_in_other_units_are_told_by_their_size(spark: SparkSession) -> None:
    seconds = 1764331200  # 2025-11-28T12:00:00Z, by `date -d @1764331200 -u`
    for unit in (1, 1_000, 1_000_000, 1_000_000_000):
        for value in (f"{seconds * unit}", f"'{seconds * unit}'"):
            table, untimed = parse_time(spark.sql(f"SELECT {value} AS time"), "time")
            assert (untimed, table.collect()[0].time.isoformat()) == (0, "2025-11-28T12:00:00")


@pytest.mark.parametrize("content", [b"", b"hello", b"PAR1" + bytes(40)])
def test_a_broken_parquet_file_is_one_sentence(spark: SparkSession, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "torn.parquet").write_bytes(content)
    with pytest.raises(OptionError, match=r"torn\.parquet, which is no whole Parquet file"):
        open_table(spark, str(tmp_path / "torn.parquet"))


@pytest.mark.parametrize("column", [pa.array([1, 2], pa.time64("us")), pa.array([1.0, 2.0]).cast(pa.float16())])
def test_a_type_that_spark_cannot_read_names_its_column(
    spark: SparkSession,
    tmp_path: Path,
    column: pa.Array,  # type: ignore[type-arg]
) -> None:
    pq.write_table(pa.table({"x": [1, 2], "odd": column}), tmp_path / "odd.parquet")
    with pytest.raises(OptionError, match=re.escape(f"the column 'odd' of the type {column.type}")):
        open_table(spark, str(tmp_path / "odd.parquet"))
