"""References that an earlier version of sparkmon stored, before there were slices, are read as those of all rows."""

from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa
from pyspark.sql import SparkSession

from sparkmon.distributions.schema import REFERENCES, as_references
from sparkmon.errors import ProfileError
from sparkmon.profiles import reference_of
from sparkmon.store import LocalStore
from sparkmon.store.sql.documents import read_references, write_references

SLICE = ["slice_key", "slice_value"]


@pytest.fixture(scope="module")
def made(spark: SparkSession) -> pa.Table:
    table = spark.range(10).selectExpr("id AS x", "id % 2 = 0 AS even")
    return reference_of(table, "m", slices=["even"]).toArrow().cast(REFERENCES)


def whole(table: pa.Table) -> pa.Table:
    """Keep what an earlier version would have made."""
    return table.filter(pa.compute.is_null(table["slice_key"]))


def test_a_directory_of_an_earlier_version_is_read_and_written_on(
    spark: SparkSession, made: pa.Table, tmp_path: Path
) -> None:
    store = LocalStore(tmp_path)
    old = spark.createDataFrame(whole(made).drop_columns(SLICE))
    old.write.format("delta").save(f"{tmp_path}/references")
    assert store.read_references().sort_by("column_index") == whole(made).sort_by("column_index")
    names = ["model"]
    other = made.set_column(0, "model", pa.array(["other"] * made.num_rows)).cast(REFERENCES)
    store.write_reference(other)
    stored = store.read_references()
    assert stored.schema == REFERENCES
    counts = stored.group_by([*names, "slice_key", "slice_value"]).aggregate([([], "count_all")])
    assert {tuple(row.values()) for row in counts.to_pylist()} == {
        ("m", None, None, 2),
        ("other", None, None, 2),
        ("other", "even", "true", 2),
        ("other", "even", "false", 2),
    }
    assert [schema.model for schema in store.schemas()] == ["m", "other"]
    assert {len(schema.features) for schema in store.schemas()} == {2}


def test_a_database_of_an_earlier_version_is_read(made: pa.Table) -> None:
    old = whole(made).drop_columns(SLICE)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, old.schema) as writer:
        writer.write_table(old)
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        write_references(connection, made)
        packed = {"packed": sink.getvalue().to_pybytes()}
        connection.execute(sa.text('UPDATE sparkmon_references SET "table" = :packed'), packed)
        assert read_references(connection, "training") == whole(made)
        write_references(connection, old)  # what another job still makes
        assert read_references(connection, "training") == whole(made)
    engine.dispose()


def test_other_columns_are_not_made_up(made: pa.Table) -> None:
    with pytest.raises(ProfileError, match="got a reference with the columns model, model_version"):
        as_references(made.drop_columns(["profile"]))
    with pytest.raises(ProfileError, match="expected model, model_version, reference, slice_key"):
        as_references(made.append_column("note", pa.nulls(made.num_rows)))
