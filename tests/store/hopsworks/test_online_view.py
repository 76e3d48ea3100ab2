"""Vectors by the real client out of a real MariaDB in Hopsworks' layout, here and on Spark's workers."""

import asyncio
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from scripts.mariadb_process import MariaDbProcess
from sparkmon.errors import OptionError, StoreError, StoreTimeoutError
from sparkmon.store.hopsworks import HopsworksStore
from sparkmon.store.online import Entry, Vectors
from tests.support.hopsworks_double import HopsworksDouble
from tests.support.hopsworks_rows import EVENT_TIME


def read(
    store: HopsworksStore,
    entries: Sequence[Entry],
    passed_features: Sequence[Entry] | None = None,
    parameters: Entry | None = None,
) -> Vectors:
    """Open the view, read once and close it."""

    async def once() -> Vectors:
        async with store.open_view(store.read_view("fraud_fv"), timeout_s=10) as view:
            return await view.read(entries, passed_features, parameters)

    return asyncio.run(once())


def test_vectors_come_in_the_order_of_the_entries_with_their_types(store: HopsworksStore) -> None:
    found = read(store, [{"cc_num": 5, "cust_bank_id": 7}, {"cc_num": 2, "cust_bank_id": 7}])
    assert found.values == [
        [5, EVENT_TIME, 15.0, 5, "SE", True, [5.0, 0.5], 25, Decimal("1005.00")],
        [2, EVENT_TIME, 12.0, 2, "DE", False, [2.0, 0.5], 22, Decimal("1002.00")],
    ]
    assert found.missing == {}
    (times,) = found.times.values()
    assert [str(time) for time in times] == ["2026-11-23 00:00:00+00:00"] * 2


def test_missing_rows_are_reported_by_group(store: HopsworksStore) -> None:
    entries: list[Entry] = [
        {"cc_num": 3, "cust_bank_id": 7},
        {"cc_num": 95, "cust_bank_id": 7},  # a card without a customer
        {"cc_num": 999, "cust_bank_id": 7},
        {"cc_num": 80, "cust_bank_id": 7},  # a card whose columns are all null
        {"cc_num": 3},
        {"cust_bank_id": 7},
        {},
    ]
    found = read(store, entries)
    assert found.missing == {"card_activity_1": [2, 3, 5, 6], "customer_profile_2": [1, 2, 4, 5, 6]}
    assert [row[2] for row in found.values] == [13.0, 105.0, None, None, 13.0, None, None]
    assert [row[7] for row in found.values] == [23, None, None, 100, None, None, None]


def test_ids_of_zero_are_ids(store: HopsworksStore) -> None:
    found = read(store, [{"cc_num": 50, "cust_bank_id": 0}, {"cc_num": 0, "cust_bank_id": 7}])
    assert found.missing == {}
    assert [row[7] for row in found.values] == [70, 20]


def test_an_id_of_another_type_finds_its_row_or_none(store: HopsworksStore) -> None:
    never: list[Any] = ["3abc", " 3", 3.5, float("nan"), True, 2**70, [3], {"a": 3}, b"3", "", "x\0"]
    found = read(store, [{"cc_num": each, "cust_bank_id": 7} for each in ["3", 3.0, *never]])
    assert [row[2] for row in found.values] == [13.0, 13.0, *[None] * len(never)]
    assert found.missing["card_activity_1"] == list(range(2, 2 + len(never)))


def test_parameters_go_before_passed_features_and_these_before_the_store(store: HopsworksStore) -> None:
    found = read(
        store,
        [{"cc_num": 3, "cust_bank_id": 7}, {"cc_num": 999, "cust_bank_id": 7}],
        passed_features=[{"country": "NO", "cust_age": 1}, {"country": "FI"}],
        parameters={"cust_age": 50},
    )
    assert [(row[4], row[7]) for row in found.values] == [("NO", 50), ("FI", 50)]
    assert found.missing["card_activity_1"] == [1]
    with pytest.raises(OptionError, match="passed_features"):
        read(store, [{}, {}], passed_features=[{}])


def test_many_readers_share_a_view(store: HopsworksStore) -> None:
    async def many() -> list[Vectors]:
        async with store.open_view(store.read_view("fraud_fv"), timeout_s=10, connections=3) as view:
            await view.ping()
            asked = [[{"cc_num": card, "cust_bank_id": 7}] for card in range(60)]
            return await asyncio.gather(*(view.read(entries) for entries in asked))

    found = asyncio.run(many())
    assert [each.values[0][2] for each in found] == [10.0 + card for card in range(60)]


def test_a_view_of_other_columns_is_refused(store: HopsworksStore) -> None:
    view = store.read_view("fraud_fv")
    cards = replace(view.groups[0], features={"amount_mean_1h": "renamed"}, booleans=(), time=None)

    async def other() -> None:
        changed = replace(view, features=("renamed",), groups=(cards,))
        async with store.open_view(changed, timeout_s=10) as opened:
            await opened.read([{"cc_num": 3}])

    with pytest.raises(StoreError, match="has 'renamed' of 'card_activity_1', which Hopsworks' view has not"):
        asyncio.run(other())


def test_a_view_that_is_gone_or_closed_is_an_error(store: HopsworksStore) -> None:
    view = store.read_view("fraud_fv")

    async def gone() -> None:
        async with store.open_view(replace(view, version=9), timeout_s=10) as opened:
            await opened.ping()

    async def closed() -> None:
        opened = store.open_view(view, timeout_s=10)
        await opened.ping()
        await opened.close()
        await opened.close()
        await opened.read([{"cc_num": 3}])

    with pytest.raises(StoreError, match="no feature view 'fraud_fv' version 9"):
        asyncio.run(gone())
    with pytest.raises(StoreError, match="is closed"):
        asyncio.run(closed())


def test_a_database_that_goes_and_comes_back(store: HopsworksStore, online_tables: MariaDbProcess) -> None:
    async def through() -> tuple[Vectors, Vectors]:
        async with store.open_view(store.read_view("fraud_fv"), timeout_s=5) as view:
            before = await view.read([{"cc_num": 3, "cust_bank_id": 7}])
            online_tables.stop()
            try:
                with pytest.raises(StoreError, match="cannot read"):
                    await view.read([{"cc_num": 3, "cust_bank_id": 7}])
            finally:
                online_tables.start()
            return before, await view.read([{"cc_num": 3, "cust_bank_id": 7}])

    before, after = asyncio.run(through())
    assert before.values == after.values


def test_a_slow_database_is_given_up(store: HopsworksStore) -> None:
    async def impatient() -> None:
        async with store.open_view(store.read_view("fraud_fv"), timeout_s=1e-4) as view:
            await view.ping()

    with pytest.raises(StoreTimeoutError, match=r"within 0\.0001 s"):
        asyncio.run(impatient())


def test_an_open_view_cannot_be_sent(store: HopsworksStore) -> None:
    view = store.open_view(store.read_view("fraud_fv"))
    with pytest.raises(StoreError, match="send the store"):
        pickle.dumps(view)


def test_sparks_workers_log_in_by_themselves(
    spark: SparkSession, store: HopsworksStore, hopsworks: HopsworksDouble
) -> None:
    view = store.read_view("fraud_fv")

    def enrich(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        async def all_of_them() -> list[pa.RecordBatch]:
            made = []
            async with store.open_view(view, timeout_s=30) as opened:
                for batch in batches:
                    found = await opened.read([row | {"cust_bank_id": 7} for row in batch.to_pylist()])
                    ages = pa.array([row[7] for row in found.values], pa.int64())
                    made.append(pa.RecordBatch.from_arrays([batch["cc_num"], ages], ["cc_num", "age"]))
            return made

        yield from asyncio.run(all_of_them())

    hopsworks.requests.clear()
    cards = spark.range(0, 40, 1, 2).selectExpr("id AS cc_num")
    rows = cards.mapInArrow(enrich, "cc_num long, age long").collect()
    assert {row.cc_num: row.age for row in rows} == {card: 20 + card for card in range(40)}
    assert any("getProjectInfo" in request for request in hopsworks.requests)
