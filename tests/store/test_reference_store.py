"""The contract of ReferenceStore, checked for every implementation."""

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from sparkmon.distributions.schema import REFERENCES, as_references
from sparkmon.errors import OptionError, ProfileError, StoreError
from sparkmon.records import Feature, ModelSchema
from sparkmon.store import HopsworksStore, LocalStore, ReferenceStore, SqlStore, read_references

TIME = datetime(2026, 11, 23, tzinfo=timezone.utc)
HOSTILE = 'it\'s \\ "a" `model`; -- %s\n\u00e9'


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


def references_in(store: ReferenceStore, name: str = "training") -> dict[tuple[str, str, str], int]:
    """List the rows a store holds: (model, version, column) to the count in their profile."""
    table = store.read_references(name)
    assert table.schema == REFERENCES
    rows = table.to_pylist()
    counts = {(row["model"], row["model_version"], row["column_name"]): row["profile"]["count"] for row in rows}
    assert len(counts) == len(rows)
    return counts


def test_a_store_that_can_be_written_says_nothing(store: ReferenceStore) -> None:
    store.check_writable()
    assert references_in(store) == {}


def test_what_cannot_be_written_is_known_before_anything_is_computed(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=f"{tmp_path}/file is no directory that can be written"):
        LocalStore(tmp_path / "file" / "store").check_writable()
    with pytest.raises(StoreError, match=r"connecting failed at mysql://u@127.0.0.1:1/d: .*Connection refused"):
        SqlStore("mysql://u@127.0.0.1:1/d").check_writable()
    with pytest.raises(StoreError, match="read-only; in Hopsworks, make references"):
        HopsworksStore("fraud", "hops.example", api_key="k", views=[("v", 1)]).check_writable()


def test_an_empty_store_has_no_references(spark: SparkSession, store: ReferenceStore) -> None:
    assert references_in(store) == {}
    assert store.schemas() == []


def test_a_reference_comes_back_as_it_was_written(spark: SparkSession, store: ReferenceStore) -> None:
    table = reference(HOSTILE, HOSTILE, model_version=HOSTILE, reference=HOSTILE)
    store.write_reference(table)
    assert store.read_references(HOSTILE).to_pylist() == as_references(table).to_pylist()
    assert references_in(store) == {}


def test_writing_again_replaces_that_reference_alone(spark: SparkSession, store: ReferenceStore) -> None:
    store.write_reference(pa.concat_tables([reference(HOSTILE, "a", "b"), reference("m", "a")]))
    store.write_reference(reference("m", "a", count=20, model_version="2"))
    store.write_reference(reference("m", "a", count=30, reference="june"))
    store.write_reference(reference(HOSTILE, "b", "c", count=40))
    assert references_in(store) == {
        (HOSTILE, "", "b"): 40,
        (HOSTILE, "", "c"): 40,
        ("m", "", "a"): 10,
        ("m", "2", "a"): 20,
    }
    assert references_in(store, "june") == {("m", "", "a"): 30}


def test_schemas_keep_the_order_of_the_payloads(spark: SparkSession, store: ReferenceStore) -> None:
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


def test_a_table_of_other_columns_is_refused(spark: SparkSession, store: ReferenceStore) -> None:
    with pytest.raises(ProfileError, match="got a reference with the columns x; expected model"):
        store.write_reference(pa.table({"x": [1]}))


def test_a_read_only_store_says_how_to_write() -> None:
    hopsworks = HopsworksStore("fraud", "hopsworks.example", api_key="secret")
    with pytest.raises(StoreError, match=r"is read-only; .* StatisticsConfig\(kll=True\)"):
        hopsworks.write_reference(REFERENCES.empty_table())


def test_what_is_not_a_reference_store_is_refused() -> None:
    with pytest.raises(OptionError, match=r"got store='store'; expected a ReferenceStore, such as"):
        read_references("store", "training")
