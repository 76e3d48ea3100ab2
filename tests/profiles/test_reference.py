"""A training table becomes a reference: whole, and block by block."""

from datetime import datetime, timedelta, timezone

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from sparkmon.distributions.schema import REFERENCES
from sparkmon.errors import OptionError
from sparkmon.profiles import reference_of

START = datetime(2026, 11, 1, tzinfo=timezone.utc)
TABLE = pa.table(
    {
        "id": list(range(12)),
        "at": [None, *(START + timedelta(hours=9 * at) for at in range(11))],
        "temp": [float(at) for at in range(12)],
        "code": [1, 2] * 6,
        "label": ["yes", "no", "no"] * 4,
    }
)


def test_a_reference_has_the_whole_and_its_blocks(spark: SparkSession) -> None:
    made = reference_of(
        spark.createDataFrame(TABLE),
        "flights",
        model_version="3",
        reference="june",
        predictions=["label"],
        exclude=["id"],
        kinds={"code": "categorical"},
        time="at",
        block="1 day",
    )
    table = made.toArrow().cast(REFERENCES)
    rows = table.to_pylist()
    whole = {row["column_name"]: row for row in rows if row["block_start"] is None}
    columns = [(name, row["column_kind"], row["data_type"], row["column_index"]) for name, row in whole.items()]
    assert sorted(columns, key=lambda column: column[3]) == [
        ("temp", "feature", "numeric", 0),
        ("code", "feature", "code", 1),
        ("label", "prediction", "categorical", 2),
    ]
    assert {(row["model"], row["model_version"], row["reference"]) for row in rows} == {("flights", "3", "june")}
    assert whole["temp"]["profile"]["count"] == 12
    assert dict(whole["code"]["profile"]["frequent_items"]) == {"1": 6, "2": 6}
    assert dict(whole["label"]["profile"]["frequent_items"]) == {"yes": 4, "no": 8}
    # 11 rows, 9 hours apart from midnight on; the row without a time is in no block.
    blocks = {
        row["block_start"]: (row["block_end"], row["profile"]["count"], row["profile"]["max"])
        for row in rows
        if row["block_start"] is not None and row["column_name"] == "temp"
    }
    days = [START + timedelta(days=day) for day in range(5)]
    assert blocks == {
        days[0]: (days[1], 3, 3.0),
        days[1]: (days[2], 3, 6.0),
        days[2]: (days[3], 2, 8.0),
        days[3]: (days[4], 3, 11.0),
    }
    assert len(rows) == 3 + 3 * 4


def test_without_a_time_there_are_no_blocks(spark: SparkSession) -> None:
    rows = reference_of(spark.createDataFrame(TABLE), "flights").toArrow().to_pylist()
    assert [row["column_name"] for row in rows] == ["id", "at", "temp", "code", "label"]
    assert {(row["block_start"], row["block_end"]) for row in rows} == {(None, None)}
    assert {(row["model_version"], row["reference"]) for row in rows} == {("", "training")}


@pytest.mark.parametrize("named", [{"predictions": ["absent"]}, {"kinds": {"absent": "numeric"}}, {"time": "absent"}])
def test_a_column_the_table_has_not_is_refused(spark: SparkSession, named: dict[str, str]) -> None:
    with pytest.raises(OptionError, match=r"'absent'.*its columns are id, at, temp, code, label"):
        reference_of(spark.createDataFrame(TABLE), "flights", **named)  # type: ignore[arg-type]
