"""Tables written by Spark, in a directory and in a catalog; and by both writers in turn."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from sparkmon.tables import Maintained, Maintenance, Retention, Tables, TableWriter
from sparkmon.tables.delta_rs_writer import DeltaRsWriter
from sparkmon.tables.spark_writer import SparkWriter, save
from tests.tables.writer_contract import HOUR, START, WriterContract, as_rows, counts, profiles


def spark_writer(spark: SparkSession, location: str) -> TableWriter:
    return SparkWriter(spark, location, Tables(location).name_of)


@pytest.fixture
def catalog(spark: SparkSession) -> str:
    spark.sql("DROP DATABASE IF EXISTS written CASCADE")
    spark.sql("CREATE DATABASE written")
    return "written"


class TestSparkWriterInACatalog(WriterContract):
    @pytest.fixture
    def writer(self, spark: SparkSession, catalog: str) -> TableWriter:
        writer = Tables(catalog).open(spark)
        assert isinstance(writer, SparkWriter)
        return writer

    @pytest.fixture
    def other(self, spark: SparkSession, catalog: str) -> TableWriter:
        return spark_writer(spark, catalog)


class TestSparkAfterDeltaRs(WriterContract):
    """Spark and delta-rs on the same tables."""

    @pytest.fixture
    def writer(self, spark: SparkSession, tmp_path: Path) -> TableWriter:
        return spark_writer(spark, f"{tmp_path}/it's here/")

    @pytest.fixture
    def other(self, tmp_path: Path) -> TableWriter:
        return DeltaRsWriter(f"{tmp_path}/it's here/")


class TestDeltaRsAfterSpark(WriterContract):
    @pytest.fixture
    def writer(self, tmp_path: Path) -> TableWriter:
        return DeltaRsWriter(f"{tmp_path}")

    @pytest.fixture
    def other(self, spark: SparkSession, tmp_path: Path) -> TableWriter:
        return spark_writer(spark, f"{tmp_path}")


def test_each_reads_what_the_other_wrote(spark: SparkSession, tmp_path: Path) -> None:
    by_spark, by_delta_rs = spark_writer(spark, f"{tmp_path}"), DeltaRsWriter(f"{tmp_path}")
    rows = profiles(*range(6))
    by_spark.append(rows.slice(0, 2), "profiles", writer="q", batch_id=3)
    assert not by_delta_rs.append(rows, "profiles", writer="q", batch_id=3)
    assert by_delta_rs.append(rows.slice(2, 2), "profiles", writer="q", batch_id=4)
    assert not spark_writer(spark, f"{tmp_path}").append(rows, "profiles", writer="q", batch_id=4)
    by_spark.append(rows.slice(4), "profiles", writer="q", batch_id=5)
    assert as_rows(by_spark.read("profiles")) == as_rows(rows)
    assert as_rows(by_delta_rs.read("profiles")) == as_rows(rows)
    where = [("window_start", ">", rows["window_start"][4].as_py())]
    assert as_rows(by_delta_rs.read("profiles", where=where)) == as_rows(rows.slice(5))


def test_delta_rs_reads_what_a_data_frame_wrote(spark: SparkSession, tmp_path: Path) -> None:
    tables = Tables(f"{tmp_path}")
    frame = spark.sql(
        "SELECT 1 AS number, timestamp '2026-03-01 10:00:00.123456' AS time, X'00ff' AS payload, "
        "map('a', 1.5D, 'b', NULL) AS features, array(named_struct('x', 1)) AS parts"
    )
    tables.append(frame, "rows", writer="q", batch_id=0)
    rows = tables.open(spark).read("rows")
    assert rows is not None
    assert not isinstance(tables.open(spark), SparkWriter)
    assert as_rows(rows) == as_rows(frame.toArrow())
    assert tables.open().last_batch("rows", "q") == 0
    assert not tables.open().append(counts(2), "rows", writer="q", batch_id=0)


def test_of_writers_of_both_kinds_one_replaces(spark: SparkSession, tmp_path: Path) -> None:
    writers = [spark_writer(spark, f"{tmp_path}"), DeltaRsWriter(f"{tmp_path}")]
    for turn in range(4):
        version = writers[turn % 2].version("leases")

        def replace(index: int, version: int | None = version) -> bool:
            return writers[index].replace("leases", counts(index), version)

        with ThreadPoolExecutor(2) as threads:
            answers = list(threads.map(replace, range(2)))
        assert sorted(answers) == [False, True]
        for each in writers:
            assert as_rows(each.read("leases")) == as_rows(counts(answers.index(True)))


def test_spark_maintains_a_catalog_table(spark: SparkSession, catalog: str) -> None:
    writer = spark_writer(spark, catalog)
    eight = spark.createDataFrame(profiles(*range(8))).repartitionByRange(8, "window_start")
    save(eight, f"{catalog}.profiles", {})
    writer.append(profiles(8), "profiles", writer="q", batch_id=8)
    maintenance = Maintenance(writer, Retention(profiles=3 * HOUR))
    (dry,) = maintenance.run_once(START + 24 * HOUR, dry_run=True)
    assert dry == Maintained("profiles", 5, 9, 9, 0)
    (maintained,) = maintenance.run_once(START + 24 * HOUR)
    assert maintained[:3] == dry[:3]
    assert spark.conf.get("spark.sql.sources.parallelPartitionDiscovery.parallelism") == "10000"  # as it was
    files = spark.sql(f"DESCRIBE DETAIL {catalog}.profiles").select("numFiles").collect()
    assert files[0][0] == 1
    assert as_rows(writer.read("profiles")) == as_rows(profiles(5, 6, 7, 8))
    assert not writer.append(profiles(1), "profiles", writer="q", batch_id=8)


def test_delta_rs_maintains_what_spark_wrote(spark: SparkSession, tmp_path: Path) -> None:
    tables = Tables(f"{tmp_path}")
    eight = spark.createDataFrame(profiles(*range(8)).select(["window_end"])).repartitionByRange(8, "window_end")
    tables.append(eight, "profiles", writer="q", batch_id=7)
    tables.append(spark.createDataFrame(profiles(8).select(["window_end"])), "profiles", writer="q", batch_id=8)
    Maintenance(tables.open(), Retention(profiles=3 * HOUR)).run_once(START + 24 * HOUR)
    rows = tables.read(spark, "profiles")
    assert as_rows(rows.toArrow()) == as_rows(profiles(5, 6, 7, 8).select(["window_end"]))
    tables.append(rows, "profiles", writer="q", batch_id=8)
    assert rows.count() == 4
