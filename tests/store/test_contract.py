"""What every feature store promises, asked of every implementation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from sparkmon.distributions.schema import REFERENCES
from sparkmon.errors import OptionError, ProfileError, ReferenceMissingError, StoreError
from sparkmon.records import Feature, ModelSchema
from sparkmon.store import FeatureStore, LocalStore

MADE: dict[str, Callable[[Path], FeatureStore]] = {
    "local": lambda path: LocalStore(path / "a store with 'quotes'")
}
TIME = datetime(2026, 11, 23, tzinfo=timezone.utc)
HOSTILE = 'it\'s \\ "a" `model`; -- %s\n\u00e9'


@pytest.fixture(params=sorted(MADE))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FeatureStore:
    return MADE[request.param](tmp_path)


def reference(
    model: str,
    *columns: str,
    count: int = 10,
    block: datetime | None = None,
    **changed: Any,  # noqa: ANN401
) -> pa.Table:
    """Make a reference; a column named in capitals is categorical, one ending in ``!`` an output."""
    profile = {
        "count": count,
        "num_nulls": 0,
        "num_nan": 0,
        "num_inf": 0,
        "num_numbers": 0,
        "num_texts": count,
        "sketch": bytes(range(256)),
        "frequent_items": [("a'b", count), ("", 0)],
    }
    rows = [
        {
            "model": model,
            "model_version": "",
            "reference": "training",
            "column_name": name,
            "column_kind": "prediction" if name.endswith("!") else "feature",
            "data_type": "categorical" if name.isupper() else "numeric",
            "column_index": index,
            "block_start": block,
            "block_end": block,
            "created_time": TIME,
            "profile": profile,
        }
        | changed
        for index, name in enumerate(columns)
    ]
    return pa.Table.from_pylist(rows, schema=REFERENCES)


def held(store: FeatureStore, name: str = "training") -> dict[tuple[str, str, str], int]:
    """List the rows a store holds: (model, version, column) to the count in their profile."""
    table = store.read_references(name)
    assert table.schema == REFERENCES
    rows = table.to_pylist()
    found = {
        (row["model"], row["model_version"], row["column_name"]): row["profile"]["count"]
        for row in rows
    }
    assert len(found) == len(rows)
    return found


def test_an_empty_store_has_no_references(spark: SparkSession, store: FeatureStore) -> None:
    assert held(store) == {}
    assert store.schemas() == []
    with pytest.raises(
        ReferenceMissingError, match=r"it has none; make one with: sparkmon profile"
    ):
        store.require_reference("m")


def test_a_reference_comes_back_as_it_was_written(spark: SparkSession, store: FeatureStore) -> None:
    table = reference(HOSTILE, HOSTILE, model_version=HOSTILE, reference=HOSTILE)
    store.write_reference(table)
    assert store.read_references(HOSTILE).to_pylist() == table.to_pylist()
    assert held(store) == {}


def test_writing_again_replaces_that_reference_alone(
    spark: SparkSession, store: FeatureStore
) -> None:
    store.write_reference(pa.concat_tables([reference(HOSTILE, "a", "b"), reference("m", "a")]))
    store.write_reference(reference("m", "a", count=20, model_version="2"))
    store.write_reference(reference("m", "a", count=30, reference="june"))
    store.write_reference(reference(HOSTILE, "b", "c", count=40))
    assert held(store) == {
        (HOSTILE, "", "b"): 40,
        (HOSTILE, "", "c"): 40,
        ("m", "", "a"): 10,
        ("m", "2", "a"): 20,
    }
    assert held(store, "june") == {("m", "", "a"): 30}


def test_schemas_keep_the_order_of_the_payloads(spark: SparkSession, store: FeatureStore) -> None:
    store.write_reference(
        pa.concat_tables(
            [
                reference("m", "z", "KIND", "a", "score!", "LABEL!"),
                reference("m", "a", "z", block=TIME),
                reference("m", "a", "z", model_version="2"),
                reference("other", "x"),
            ]
        )
    )
    features = (Feature("z", "numeric"), Feature("KIND", "categorical"), Feature("a", "numeric"))
    outputs = (Feature("score!", "numeric"), Feature("LABEL!", "categorical"))
    expected = ModelSchema("m", features, outputs)
    assert store.schemas() == [expected, ModelSchema("other", (Feature("x", "numeric"),))]
    assert store.require_reference("m") == expected
    with pytest.raises(
        ReferenceMissingError, match=r"'training' for the model 'absent'; it has m, other"
    ):
        store.require_reference("absent")


def test_a_table_of_other_columns_is_refused(spark: SparkSession, store: FeatureStore) -> None:
    with pytest.raises(ProfileError, match="got a reference with the columns x; expected model"):
        store.write_reference(pa.table({"x": [1]}))


def test_values_come_back_as_they_were_written(store: FeatureStore) -> None:
    rows: list[dict[str, Any]] = [
        {"id": 2**62, "on": True, "raw": b"\x00\xff", "name": "it's", "share": 0.1, "none": None},
        {"id": -1, "on": False, "raw": None, "name": "", "share": None, "none": None},
        {"id": 0, "on": None, "raw": b"", "name": "1.0", "share": 1e300, "none": None},
    ]
    store.write_rows("customers", ["id"], rows)
    asked = [{"id": 0}, {"id": 5}, {"id": 2**62}, {"id": -1}, {"id": 0}]
    found = store.read_rows("customers", asked)
    assert found == [rows[2], None, rows[0], rows[1], rows[2]]
    assert [type(row["on"]) for row in found if row] == [type(None), bool, bool, type(None)]


def test_a_row_with_the_same_key_is_replaced(store: FeatureStore) -> None:
    store.write_rows("g", ["a", "b"], [{"a": 1, "b": "x", "v": 1.5}, {"a": 1, "b": "y", "v": 2.5}])
    store.write_rows("g", ["a", "b"], [{"a": 1, "b": "x", "v": 9.5}])
    found = store.read_rows("g", [{"a": 1, "b": "x"}, {"b": "y", "a": 1}, {"a": 2, "b": "x"}])
    assert found == [{"a": 1, "b": "x", "v": 9.5}, {"a": 1, "b": "y", "v": 2.5}, None]


def test_names_may_hold_anything(store: FeatureStore) -> None:
    row: dict[str, Any] = {HOSTILE: HOSTILE, "select": 1}
    store.write_rows(HOSTILE, [HOSTILE], [row])
    assert store.read_rows(HOSTILE, [{HOSTILE: HOSTILE}, {HOSTILE: "' OR 1=1 --"}]) == [row, None]


def test_an_unknown_group_or_key_column_is_a_store_error(store: FeatureStore) -> None:
    with pytest.raises(StoreError):
        store.read_rows("absent", [{"id": 1}])
    store.write_rows("g", ["id"], [{"id": "nothing"}])
    with pytest.raises(StoreError, match="absent"):
        store.read_rows("absent", [{"id": 1}])
    with pytest.raises(StoreError, match="nothing"):
        store.read_rows("g", [{"nothing": "nothing"}])
    with pytest.raises(StoreError):
        store.read_rows("g", [{"id": 2**64}])


def test_rows_without_a_key_or_of_other_columns_are_refused(store: FeatureStore) -> None:
    with pytest.raises(OptionError, match="'key' is missing"):
        store.write_rows("g", ["id"], [{"id": 1}, {"v": 2}])
    with pytest.raises(OptionError, match="'key' is missing"):
        store.write_rows("g", [], [{"id": 1}])
    store.write_rows("g", ["id"], [{"id": 1, "v": 2}])
    with pytest.raises(OptionError, match=r"'w'.*'g' has not; its columns are id, v"):
        store.write_rows("g", ["id"], [{"id": 1, "w": 2}])
    store.write_rows("g", ["id"], [])
    assert store.read_rows("g", [{"id": 1}]) == [{"id": 1, "v": 2}]


def test_a_store_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot write 'g'"):
        LocalStore(tmp_path / "file").write_rows("g", ["id"], [{"id": 1}])
    with pytest.raises(StoreError, match="cannot write 'g'"):
        LocalStore(tmp_path).write_rows("g", ["id"], [{"id": 2**64}])
