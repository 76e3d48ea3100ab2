"""Tables take each batch of each writer once, in a directory and in a catalog."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from pyspark.sql import SparkSession

from sparkmon.errors import OptionError
from sparkmon.tables import Tables

Made: TypeAlias = Callable[[SparkSession, Path], Tables]


def in_directory(spark: SparkSession, path: Path) -> Tables:
    return Tables(f"{path}/it's here/")


def in_catalog(spark: SparkSession, path: Path) -> Tables:
    spark.sql("CREATE DATABASE IF NOT EXISTS watched")
    return Tables("watched")


@pytest.mark.parametrize("made", [in_directory, in_catalog])
def test_a_batch_is_added_once(spark: SparkSession, tmp_path: Path, made: Made) -> None:
    tables = made(spark, tmp_path)
    for writer, batch_id in [("q", 0), ("q", 0), ("q", 1), ("q", 1), ("q", 0), ("other", 0)]:
        frame = spark.sql(f"SELECT '{writer}' AS writer, {batch_id} AS batch")
        tables.append(frame, "seen", writer=writer, batch_id=batch_id)
    rows = sorted(tuple(row) for row in tables.read(spark, "seen").collect())
    assert rows == [("other", 0), ("q", 0), ("q", 1)]


def test_a_place_that_cannot_be_named_is_refused() -> None:
    for location in ("", "a`b"):
        with pytest.raises(OptionError, match="expected a directory or a catalog schema"):
            Tables(location)
    assert Tables("s3://bucket/m/").name_of("alerts") == "delta.`s3://bucket/m/alerts`"


def test_a_relative_path_is_of_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for location in ("./m", "m/", f"{tmp_path}/m"):
        assert Tables(location).name_of("alerts") == f"delta.`{tmp_path}/m/alerts`"
    assert Tables("dbfs:/m").name_of("alerts") == "delta.`dbfs:/m/alerts`"
