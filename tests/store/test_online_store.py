"""The contract of OnlineStore for feature views, checked for every implementation; rows have their own files."""

import pytest

from sparkmon.errors import StoreError
from sparkmon.store import FeatureView, GroupInView, HopsworksStore, OnlineStore

HOSTILE = 'it\'s \\ "a" `model`; -- %s\n\u00e9'


def test_a_view_comes_back_as_it_was_written(store: OnlineStore) -> None:
    group = GroupInView(*(HOSTILE, {HOSTILE: "id"}, {"a": HOSTILE}, "t", 60.0), avro={"a": '"double"'}, booleans=("a",))
    view = FeatureView(HOSTILE, 3, ("amount", HOSTILE), (group,))
    store.write_view(FeatureView(HOSTILE, 3, (), ()))
    store.write_view(FeatureView(HOSTILE, 4, (), ()))
    store.write_view(view)
    assert store.read_view(HOSTILE, 3) == view


def test_a_view_that_is_not_there_is_a_store_error(store: OnlineStore) -> None:
    with pytest.raises(StoreError, match=r"nothing was written to it yet|it has none; "):
        store.read_view("fraud")
    store.write_view(FeatureView("fraud", 2, (), ()))
    store.write_view(FeatureView("Fraud ", 1, (), ()))
    with pytest.raises(StoreError, match=r"no feature view fraud:1; it has Fraud :1, fraud:2; "):
        store.read_view("fraud")


def test_a_read_only_store_says_how_to_write() -> None:
    hopsworks = HopsworksStore("fraud", "hopsworks.example", api_key="secret")
    with pytest.raises(StoreError, match=r"is read-only; .*feature_group\.insert"):
        hopsworks.write_rows("cards_1", ["id"], [{"id": 1}])
    with pytest.raises(StoreError, match=r"is read-only; .*create_feature_view"):
        hopsworks.write_view(FeatureView("fraud", 1, (), ()))
