"""A session set up as the README says has what sparkmon needs."""

import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from sparkmon import session
from sparkmon.errors import MissingExtraError
from sparkmon.session import configure, register
from sparkmon.statistics import STATISTICS


def setting(spark: SparkSession, name: str) -> str:
    """Return what the session was started with; an example that ran in it may have set others since."""
    return spark.sparkContext.getConf().get(name, "")


def test_configure_gives_delta_rocksdb_and_utc(spark: SparkSession) -> None:
    assert "Delta" in setting(spark, "spark.sql.extensions")
    assert "RocksDB" in setting(spark, "spark.sql.streaming.stateStore.providerClass")
    assert setting(spark, "spark.sql.session.timeZone") == "UTC"
    assert setting(spark, "spark.sql.objectHashAggregate.sortBased.fallbackThreshold") == "65536"
    packages = setting(spark, "spark.jars.packages")
    assert "io.delta:delta-spark" in packages
    assert "org.apache.spark:spark-sql-kafka-0-10_2.13" in packages
    # Set by the tests after `configure`: what is set later wins.
    assert setting(spark, "spark.sql.shuffle.partitions") == "2"


def test_register_brings_the_source_and_every_function(spark: SparkSession) -> None:
    register(spark)
    register(spark)
    found = {row.name for row in spark.catalog.listFunctions(pattern="sparkmon_*")}
    assert found == {f"sparkmon_{name}" for name in STATISTICS} | {
        f"sparkmon_{name}_rows" for name in STATISTICS if STATISTICS.get(name).of_rows
    }
    with pytest.raises(Exception, match="the option 'path' is missing"):
        spark.read.format("kserve").load()


def test_without_delta_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "delta", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'sparkmon-kserve\[delta\]'"):
        configure(SparkSession.builder)


def test_a_client_of_spark_connect_sets_what_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    monkeypatch.setenv("SPARK_REMOTE", "sc://spark.example")
    options = configure(SparkSession.builder)._options
    assert options["spark.sql.session.timeZone"] == "UTC"
    assert not {"spark.sql.extensions", "spark.sql.catalog.spark_catalog", "spark.jars.packages"} & options.keys()


@pytest.mark.parametrize("spark_version", ["4.2.0", "4.3.0"])
def test_configure_adds_the_native_functions_where_they_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, spark_version: str
) -> None:
    jar = tmp_path / "jars" / "sparkmon_2.13-0.2.0.jar"
    jar.parent.mkdir()
    monkeypatch.setattr(session, "__file__", str(tmp_path / "session.py"))
    monkeypatch.setattr(session, "_spark_version", lambda: spark_version)
    monkeypatch.setattr(session, "check_java", lambda needed: None)  # nothing starts
    delta = "io.delta.sql.DeltaSparkSessionExtension"
    without = configure(SparkSession.builder.config("spark.jars", "own.jar"))._options
    assert (without["spark.jars"], without["spark.sql.extensions"]) == ("own.jar", delta)
    jar.touch()
    added = configure(SparkSession.builder.config("spark.jars", "own.jar"))._options
    if spark_version == "4.2.0":
        assert added["spark.jars"] == f"own.jar,{jar}"
        assert added["spark.sql.extensions"] == f"{delta},io.sparkmon.SparkmonExtensions"
        monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")  # as spark-submit sets it
    again = configure(SparkSession.builder.config("spark.jars", "own.jar"))._options
    assert again == without
